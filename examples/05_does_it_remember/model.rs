//! What reads the numbers: a plain RNN or an LSTM, and one linear layer.

use nn::{Generator, Linear, Lstm, LstmConfig, Rnn, module};
use tensor::Var;

pub const HIDDEN: usize = 20;

/// The initial values of the biases.
#[derive(Clone, Copy, Debug)]
pub enum Bias {
    Rnn,
    Default,
    Forget(f64),
    Chrono,
}

pub struct Model {
    rnn: Option<Rnn<f32>>,
    pub lstm: Option<Lstm<f32>>,
    head: Linear<f32>,
}

module! { impl Module<f32> for Model { rnn, lstm, head } }

impl Model {
    pub fn new(bias: Bias, time: usize, rng: &mut Generator) -> Self {
        let (mut rnn, mut lstm) = (None, None);
        if let Bias::Rnn = bias {
            rnn = Some(Rnn::new(1, HIDDEN, rng));
        } else {
            lstm = Some(Lstm::new(LstmConfig::new(1, HIDDEN), rng));
        }
        let head = Linear::new(HIDDEN, 1, rng);
        match (bias, &mut lstm) {
            (Bias::Forget(bias), Some(lstm)) => lstm.set_forget_bias(bias),
            (Bias::Chrono, Some(lstm)) => lstm.chrono_init(time, rng),
            _ => {}
        }
        Model { rnn, lstm, head }
    }

    /// What it says after the last step, `[batch, 1]`.
    pub fn forward<'t>(&'t self, x: Var<'t, f32>) -> Var<'t, f32> {
        let last = match (&self.rnn, &self.lstm) {
            (Some(rnn), _) => rnn.forward(x, None).1,
            (None, Some(lstm)) => lstm.forward(x, None).1.0,
            (None, None) => unreachable!("one of them reads"),
        };
        let [_, batch, hidden] = last.dims();
        self.head.forward(last.reshape([batch, hidden]))
    }
}
