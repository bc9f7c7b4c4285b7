//! The adding problem of chapter 22, small enough for a page.

use std::cell::RefCell;

use nn::Generator;

use crate::network::{BATCH, Network};
use crate::tasks::Task;

/// An LSTM that learns to add two marked numbers.
pub struct Adding {
    task: Task,
    network: Network,
    rng: Generator,
}

impl Adding {
    /// A network before its first batch, with chrono or PyTorch's initial values.
    pub fn new(is_chrono: bool, time: usize, seed: u64) -> Self {
        let (task, mut rng) = (Task::Adding(time), Generator::manual_seed(seed));
        let network = Network::new(task, is_chrono, &mut rng);
        Adding { task, network, rng }
    }

    /// Learns from one batch of new sequences. Returns the mean squared error before the step.
    pub fn batch(&mut self) -> f64 {
        let batch = self.task.draw(BATCH, &mut self.rng);
        let outputs = self.network.run(&batch, true);
        let squares = batch
            .iter()
            .zip(outputs)
            .map(|(sequence, output)| f64::from(sequence.y[0] - output[0]).powi(2));
        squares.sum::<f64>() / BATCH as f64
    }
}

thread_local! {
    static ALL: RefCell<Vec<Adding>> = const { RefCell::new(Vec::new()) };
}

/// 1 for chrono or 0, the length, and the seed to the number of a new training.
pub fn start(input: &[f64]) -> Option<Vec<f64>> {
    let &[is_chrono, time, seed] = input else { return None };
    let time = (20.0..=200.0).contains(&time).then_some(time as usize)?;
    ALL.with_borrow_mut(|all| {
        all.push(Adding::new(is_chrono == 1.0, time, seed as u64));
        Some(vec![(all.len() - 1) as f64])
    })
}

/// A training and a number of batches to their errors.
pub fn run(input: &[f64]) -> Option<Vec<f64>> {
    let &[number, batches] = input else { return None };
    ALL.with_borrow_mut(|all| {
        let adding = all.get_mut(number as usize)?;
        Some((0..batches as usize).map(|_| adding.batch()).collect())
    })
}
