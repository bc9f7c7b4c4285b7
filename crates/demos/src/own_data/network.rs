//! An LSTM that forecasts, and its training.

use nn::{
    Adam, AdamConfig, ForwardOptions, Generator, Linear, Lstm, LstmConfig, Module, clip_grad_norm,
    dropout, module, mse_loss,
};
use tensor::{Tape, Var};

use super::dataset::Windows;
use crate::forecaster::Diverged;

/// How large the network is and how it is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Where the random numbers begin: weights, order of the windows, dropout.
    pub seed: u64,
    /// How many rows a window has.
    pub window: usize,
    /// How many rows after it are forecast.
    pub horizon: usize,
    /// The LSTM's hidden size.
    pub hidden: usize,
    /// How many layers the LSTM has.
    pub layers: usize,
    /// The probability with which a hidden unit is dropped in training.
    pub dropout: f64,
    /// How many windows a step of training sees.
    pub batch: usize,
    /// Adam's learning rate.
    pub lr: f64,
    /// The largest norm of a step's gradient.
    pub clip: f64,
    /// How often the network sees all windows at most.
    pub epochs: usize,
    /// After how many epochs without a better one the training ends.
    pub patience: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            seed: 0,
            window: 14,
            horizon: 1,
            hidden: 32,
            layers: 1,
            dropout: 0.0,
            batch: 32,
            lr: 0.003,
            clip: 1.0,
            epochs: 100,
            patience: 20,
        }
    }
}

/// An LSTM whose last hidden state a linear layer reads.
#[derive(Clone, Debug)]
pub struct Network {
    /// Reads the window.
    pub lstm: Lstm<f32>,
    /// Reads the hidden state of the last layer after the last row.
    pub head: Linear<f32>,
    /// The probability with which a hidden unit is dropped in training.
    dropout: f64,
}

module! { impl Module<f32> for Network { lstm, head, .. } }

impl Network {
    /// A network with PyTorch's initial weights.
    pub fn new(columns: usize, settings: &Settings, generator: &mut Generator) -> Self {
        let Settings { hidden, layers, horizon, dropout, .. } = *settings;
        let config = LstmConfig {
            num_layers: layers,
            dropout: if layers > 1 { dropout } else { 0.0 },
            batch_first: true,
            ..LstmConfig::new(columns, hidden)
        };
        let lstm = Lstm::new(config, generator);
        Network { lstm, head: Linear::new(hidden, horizon, generator), dropout }
    }

    /// Windows `[batch, window, columns]` to forecasts `[batch, horizon]`, all scaled. With a
    /// generator it is training, with dropout.
    pub fn forward<'t>(
        &'t self,
        x: Var<'t, f32>,
        mut training: Option<&mut Generator>,
    ) -> Var<'t, f32> {
        let options =
            ForwardOptions { training: training.as_deref_mut(), ..ForwardOptions::default() };
        let (_, (h_n, _)) = self.lstm.forward_with(x, options);
        let [layers, batch, hidden] = h_n.dims();
        let mut h = h_n.narrow(0, layers - 1, 1).reshape([batch, hidden]);
        if let Some(generator) = training {
            h = dropout(h, self.dropout, generator);
        }
        self.head.forward(h)
    }

    /// The mean squared error over all windows.
    pub fn loss(&self, windows: &Windows<f32>) -> f64 {
        let sum = windows.in_order().into_iter().map(|starts| {
            let tape = Tape::no_grad();
            let output = self.forward(tape.constant(windows.inputs(&starts)), None);
            let loss = mse_loss(output, tape.constant(windows.targets(&starts)));
            f64::from(loss.value().item()) * starts.len() as f64
        });
        sum.sum::<f64>() / windows.count() as f64
    }
}

/// The losses of an epoch: mean squared errors of scaled numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// In training, step by step, with dropout.
    pub training: f64,
    /// Over the validation part after the epoch.
    pub validation: f64,
}

/// One step of training, on the windows that begin at these rows; returns the loss before it.
pub fn step(
    network: &mut Network,
    adam: &mut Adam<f32>,
    windows: &Windows<f32>,
    starts: &[usize],
    settings: &Settings,
    generator: &mut Generator,
) -> f64 {
    let tape = Tape::new();
    let output = network.forward(tape.constant(windows.inputs(starts)), Some(generator));
    let loss = mse_loss(output, tape.constant(windows.targets(starts)));
    let value = loss.value().item();
    let mut gradients = loss.backward();
    drop(tape);
    clip_grad_norm(network, &mut gradients, settings.clip);
    adam.step(network, &gradients);
    value.into()
}

/// Trains until the validation loss has not fallen for `patience` epochs, and leaves the network
/// with the weights of the best one. Returns the losses, and the number of the best epoch,
/// counted from 0.
///
/// # Errors
/// The first epoch whose loss is not a finite number.
pub fn train(
    network: &mut Network,
    [training, validation]: [&Windows<f32>; 2],
    settings: &Settings,
    generator: &mut Generator,
    mut on_epoch: impl FnMut(usize, Epoch),
) -> Result<(Vec<Epoch>, usize), Diverged> {
    let Settings { batch, lr, epochs, patience, .. } = *settings;
    let mut adam = Adam::new(AdamConfig { lr, ..AdamConfig::default() });
    let (mut losses, mut best, mut weights) = (Vec::<Epoch>::new(), 0, network.state_dict());
    for epoch in 0..epochs {
        let mut sum = 0.0;
        for starts in generator.randperm(training.count()).chunks(batch) {
            let loss = step(network, &mut adam, training, starts, settings, generator);
            sum += loss * starts.len() as f64;
        }
        let training = sum / training.count() as f64;
        let found = Epoch { training, validation: network.loss(validation) };
        if !(found.training.is_finite() && found.validation.is_finite()) {
            return Err(Diverged { epoch, lr });
        }
        losses.push(found);
        on_epoch(epoch, found);
        if epoch == 0 || found.validation < losses[best].validation {
            (best, weights) = (epoch, network.state_dict());
        } else if epoch - best >= patience {
            break;
        }
    }
    network.load_state_dict(&weights).expect("these are its own weights");
    Ok((losses, best))
}
