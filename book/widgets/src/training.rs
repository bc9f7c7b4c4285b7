//! Demo 2's training, epoch by epoch, with every network on the way kept.

use std::cell::RefCell;

use crate::forecaster::{Forecaster, N_FEATURES, Windows};
use crate::notebook::{HIDDEN_SIZE, LOSSES, WINDOW, dataset, run_cells};
use nn::{Adam, AdamConfig, mse_loss};
use tensor::{Tape, Tensor};

/// A training that can be looked at after each epoch.
#[derive(Debug)]
pub struct Training {
    windows: Windows,
    network: Forecaster<f32>,
    adam: Adam<f32>,
    /// The network before each epoch that was run.
    before: Vec<Forecaster<f32>>,
}

impl Training {
    /// The notebook's network before its first epoch.
    pub fn new(lr: f64) -> Self {
        let (network, _) = run_cells(None, HIDDEN_SIZE, WINDOW);
        let windows = Windows::of(&dataset(), WINDOW);
        let adam = Adam::new(AdamConfig { lr, ..AdamConfig::default() });
        Training { windows, network, adam, before: Vec::new() }
    }

    /// One epoch, as `demos::forecaster::train` does it. Returns its loss, taken before its step.
    pub fn epoch(&mut self) -> f64 {
        self.before.push(self.network.clone());
        let tape = Tape::new();
        let output = self.network.forward(tape.constant(self.windows.x.cast()));
        let loss = mse_loss(output, tape.constant(self.windows.y.cast()));
        let value = f64::from(loss.value().item());
        let gradients = loss.backward();
        drop(tape);
        self.adam.step(&mut self.network, &gradients);
        value
    }

    /// What the network says before an epoch for all windows (8), and i, f, g, o, c, h in one of
    /// them, each for all units at the first step, at the second, and so on.
    pub fn look(&self, epoch: usize, window: usize) -> Option<Vec<f64>> {
        let network =
            if epoch == self.before.len() { &self.network } else { self.before.get(epoch)? };
        let mut out = network.predict(&self.windows);
        let [count, time, features] = [out.len(), WINDOW, N_FEATURES];
        if window >= count {
            return None;
        }
        let rows = &self.windows.x.data()[window * time * features..][..time * features];
        let tape = Tape::no_grad();
        let x = tape.constant(Tensor::new([1, time, features], rows.to_vec()).cast());
        let steps = &network.l_lstm.steps(x, None)[0];
        for k in 0..6 {
            for step in steps {
                let part = [step.i, step.f, step.g, step.o, step.c, step.h][k];
                out.extend(part.value().data().iter().map(|&value| f64::from(value)));
            }
        }
        Some(out)
    }
}

thread_local! {
    static TRAININGS: RefCell<Vec<Training>> = const { RefCell::new(Vec::new()) };
}

/// The learning rate to the number of a new training, then the losses that the notebook prints.
pub fn start(input: &[f64]) -> Option<Vec<f64>> {
    let &[lr] = input else { return None };
    TRAININGS.with_borrow_mut(|all| {
        all.push(Training::new(lr));
        let number = (all.len() - 1) as f64;
        Some([&[number], &LOSSES[..]].concat())
    })
}

/// A training and a number of epochs to their losses.
pub fn run(input: &[f64]) -> Option<Vec<f64>> {
    let &[training, epochs] = input else { return None };
    TRAININGS.with_borrow_mut(|all| {
        let training = all.get_mut(training as usize)?;
        Some((0..epochs as usize).map(|_| training.epoch()).collect())
    })
}

/// A training, an epoch and a window to [`Training::look`].
pub fn look(input: &[f64]) -> Option<Vec<f64>> {
    let &[training, epoch, window] = input else { return None };
    TRAININGS.with_borrow(|all| all.get(training as usize)?.look(epoch as usize, window as usize))
}
