//! The network of demo 2 and its training: the notebook's `MV_LSTM`.

use nn::{
    Adam, AdamConfig, Generator, Linear, Lstm, LstmConfig, Module, Uniform, module, mse_loss,
};
use tensor::{Scalar, Tape, Tensor, Var};

/// The input features of each time step.
pub const N_FEATURES: usize = 2;

/// An LSTM whose hidden states at all time steps a linear layer reads.
#[derive(Clone, Debug)]
pub struct Forecaster<T: Scalar> {
    /// Reads the window.
    pub l_lstm: Lstm<T>,
    /// Reads the hidden states, all time steps side by side.
    pub l_linear: Linear<T>,
}

impl<T: Uniform> Forecaster<T> {
    /// A network with PyTorch's initial weights.
    pub fn new(hidden_size: usize, window: usize, generator: &mut Generator) -> Self {
        let config = LstmConfig { batch_first: true, ..LstmConfig::new(N_FEATURES, hidden_size) };
        Forecaster {
            l_lstm: Lstm::new(config, generator),
            l_linear: Linear::new(hidden_size * window, 1, generator),
        }
    }
}

impl<T: Scalar> Forecaster<T> {
    /// Windows `[batch, window, 2]` to predictions `[batch]`.
    pub fn forward<'t>(&'t self, x: Var<'t, T>) -> Var<'t, T> {
        let (output, _) = self.l_lstm.forward(x, None);
        let [batch, window, hidden] = output.dims();
        self.l_linear.forward(output.reshape([batch, window * hidden])).reshape([batch])
    }

    /// Takes over the weights of a network of the same sizes, whatever its
    /// element type.
    pub fn copy_from<U: Scalar>(&mut self, other: &Forecaster<U>) {
        for ((_, p), (_, value)) in self.named_parameters_mut().into_iter().zip(other.state_dict())
        {
            *p.value_mut() = value.cast();
        }
    }

    /// The prediction for each window.
    pub fn predict(&self, windows: &Windows) -> Vec<f64> {
        let tape = Tape::no_grad();
        let y = self.forward(tape.constant(windows.x.cast()));
        y.value().data().iter().map(|y| y.as_f64()).collect()
    }
}

module! { impl<T: Scalar> Module<T> for Forecaster<T> { l_lstm, l_linear } }

/// One time step of a series: two inputs, and the target.
pub type Row = [i32; 3];

/// Windows of a series, and the target that belongs to each.
#[derive(Clone, Debug)]
pub struct Windows {
    /// The inputs, `[windows, window, 2]`.
    pub x: Tensor<f64>,
    /// The targets, `[windows]`.
    pub y: Tensor<f64>,
}

impl Windows {
    /// Every `window` successive rows of a series, with the target of the last
    /// row: the notebook's `split_sequences`.
    ///
    /// # Panics
    /// If the window is empty or longer than the series.
    pub fn of(series: &[Row], window: usize) -> Self {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for rows in series.windows(window) {
            x.extend(rows.iter().flat_map(|&[x1, x2, _]| [f64::from(x1), f64::from(x2)]));
            y.push(f64::from(rows[window - 1][2]));
        }
        assert!(!y.is_empty(), "a window of {window} in a series of {}", series.len());
        Windows { x: Tensor::new([y.len(), window, N_FEATURES], x), y: Tensor::new([y.len()], y) }
    }
}

/// Trains on all windows at once with Adam, and returns the loss of each epoch,
/// taken before its step. `on_epoch` hears of each loss as it comes.
///
/// # Errors
/// The first epoch whose loss is not a finite number.
pub fn train<T: Scalar>(
    network: &mut Forecaster<T>,
    windows: &Windows,
    epochs: usize,
    lr: f64,
    mut on_epoch: impl FnMut(usize, f64),
) -> Result<Vec<f64>, Diverged> {
    let (x, y) = (windows.x.cast(), windows.y.cast());
    let mut adam = Adam::new(AdamConfig { lr, ..AdamConfig::default() });
    let mut tape = Tape::new();
    let mut losses = Vec::with_capacity(epochs);
    for epoch in 0..epochs {
        let output = network.forward(tape.constant(x.clone()));
        let loss = mse_loss(output, tape.constant(y.clone()));
        let value = loss.value().item().as_f64();
        if !value.is_finite() {
            return Err(Diverged { epoch, lr });
        }
        losses.push(value);
        on_epoch(epoch, value);
        let gradients = loss.backward();
        tape.reset();
        adam.step(network, &gradients);
    }
    Ok(losses)
}

/// Training left the range of the numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Diverged {
    /// The first epoch without a finite loss.
    pub epoch: usize,
    /// The learning rate.
    pub lr: f64,
}

impl std::fmt::Display for Diverged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Diverged { epoch, lr } = self;
        write!(
            f,
            "the loss is not a finite number in epoch {epoch} with --lr {lr:e}; try a smaller one"
        )
    }
}

impl std::error::Error for Diverged {}
