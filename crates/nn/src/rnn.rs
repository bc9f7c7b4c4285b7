//! `torch.nn.RNN`, the plain recurrent network.

use tensor::{Parameter, Scalar, Tensor, Var};

use crate::lstm::shapes::{assert_same_tape, assert_shape};
use crate::{Generator, Uniform, module, scan};

/// A recurrent network without gates, one layer of it: [`torch.nn.RNN`][1], whose hidden
/// state is
///
/// `h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)`.
///
/// [1]: https://pytorch.org/docs/stable/generated/torch.nn.RNN.html
///
/// ```
/// use nn::{Generator, Rnn};
/// use tensor::{Tape, Tensor};
///
/// let rnn = Rnn::<f32>::new(2, 20, &mut Generator::manual_seed(0));
/// let tape = Tape::new();
/// let x = tape.constant(Tensor::zeros([3, 8, 2])); // 3 steps of 8 samples
/// let (output, h_n) = rnn.forward(x, None);
/// assert_eq!(output.shape(), [3, 8, 20]);
/// assert_eq!(h_n.shape(), [1, 8, 20]);
/// ```
#[derive(Clone, Debug)]
pub struct Rnn<T: Scalar> {
    /// `W_ih`, of shape `[hidden_size, input_size]`.
    pub weight_ih_l0: Parameter<T>,
    /// `W_hh`, of shape `[hidden_size, hidden_size]`.
    pub weight_hh_l0: Parameter<T>,
    /// `b_ih`, of shape `[hidden_size]`.
    pub bias_ih_l0: Parameter<T>,
    /// `b_hh`, of shape `[hidden_size]`.
    pub bias_hh_l0: Parameter<T>,
}

module! {
    impl<T: Scalar> Module<T> for Rnn<T> { weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 }
}

impl<T: Uniform> Rnn<T> {
    /// A network with every parameter from U(±1/√`hidden_size`), drawn in PyTorch's order.
    ///
    /// # Panics
    /// If a size is 0, or if there is no memory for so many weights.
    #[track_caller]
    pub fn new(input_size: usize, hidden_size: usize, generator: &mut Generator) -> Self {
        assert!(input_size > 0, "RNN: input_size should be at least 1, not 0");
        assert!(hidden_size > 0, "RNN: hidden_size should be at least 1, not 0");
        let bound = 1.0 / (hidden_size as f64).sqrt();
        Rnn {
            weight_ih_l0: generator.parameter(&[hidden_size, input_size], bound),
            weight_hh_l0: generator.parameter(&[hidden_size, hidden_size], bound),
            bias_ih_l0: generator.parameter(&[hidden_size], bound),
            bias_hh_l0: generator.parameter(&[hidden_size], bound),
        }
    }
}

impl<T: Scalar> Rnn<T> {
    /// Runs the whole sequence `x`, of shape `[seq, batch, input_size]`. `h_0` is
    /// `[1, batch, hidden_size]`, zeros if `None`. Returns the hidden state at every step,
    /// `[seq, batch, hidden_size]`, and the last one, `[1, batch, hidden_size]`.
    ///
    /// # Panics
    /// If a shape does not fit, a weight's included, if there is no step, or if `h_0` is on
    /// another tape.
    #[track_caller]
    pub fn forward<'t>(
        &'t self,
        x: Var<'t, T>,
        h_0: Option<Var<'t, T>>,
    ) -> (Var<'t, T>, Var<'t, T>) {
        let all = [&self.weight_ih_l0, &self.weight_hh_l0, &self.bias_ih_l0, &self.bias_hh_l0];
        let found = all.map(|parameter| parameter.value().shape());
        let &[hidden, features] = &*found[0] else {
            panic!("RNN: weight_ih_l0 should be [hidden_size, input_size], not {}", found[0]);
        };
        assert_shape(format_args!("RNN: weight_hh_l0"), found[1], &[hidden, hidden]);
        assert_shape(format_args!("RNN: bias_ih_l0"), found[2], &[hidden]);
        assert_shape(format_args!("RNN: bias_hh_l0"), found[3], &[hidden]);
        let shape = x.shape();
        let (batch, found) = match *shape {
            [seq, batch, found] if seq > 0 => (batch, found),
            _ => panic!(
                "RNN: input should be [seq, batch, input_size], of at least one step, not {shape}"
            ),
        };
        assert!(
            found == features,
            "RNN: input should have input_size = {features} features, not {found}; its shape is \
             {shape}"
        );
        let tape = x.tape();
        let h_0 = h_0.unwrap_or_else(|| tape.constant(Tensor::zeros([1, batch, hidden])));
        let found = h_0.shape();
        assert!(
            found == [1, batch, hidden],
            "RNN: h_0 should be [1, batch, hidden_size] = [1, {batch}, {hidden}], not {found}"
        );
        assert_same_tape(format_args!("RNN: h_0"), x, h_0);
        let [w_ih, w_hh, b_ih, b_hh] = all.map(|parameter| tape.watch(parameter));
        let (h_n, hs) = scan(x, false, h_0.reshape([batch, hidden]), |h, x| {
            let h = (x.linear(w_ih, b_ih) + h.linear(w_hh, b_hh)).tanh(); // (rnn)
            (h, h)
        });
        (Var::stack(&hs, 0), Var::stack(&[h_n], 0))
    }
}
