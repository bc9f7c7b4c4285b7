//! Initial values that decide how long an LSTM remembers.

use std::any::type_name;

use tensor::kernel::math::ln;
use tensor::{Scalar, Tensor};

use super::Lstm;
use crate::{Generator, Uniform};

impl<T: Scalar> Lstm<T> {
    /// Gives every forget gate this bias: `bias_ih` has it, and `bias_hh`, which is added to
    /// it, is 0 there. With 1 it is what Keras calls `unit_forget_bias`.
    ///
    /// ```
    /// use nn::{Generator, Lstm, LstmConfig};
    /// use tensor::{Tape, Tensor};
    ///
    /// let mut lstm = Lstm::<f64>::new(LstmConfig::new(2, 3), &mut Generator::manual_seed(0));
    /// lstm.set_forget_bias(1.0);
    /// let tape = Tape::new();
    /// let steps = lstm.steps(tape.constant(Tensor::zeros([1, 1, 2])), None);
    /// let f = steps[0][0].f.value();
    /// assert!(f.data().iter().all(|f| (f - 0.7311).abs() < 1e-4)); // σ(1)
    /// ```
    ///
    /// # Panics
    /// If the LSTM has no biases, or one of another length, or if `bias` is not finite as `T`.
    #[track_caller]
    pub fn set_forget_bias(&mut self, bias: f64) {
        let (number, of) = (T::from_f64(bias), type_name::<T>());
        assert!(number.is_finite(), "set_forget_bias: {bias:?} is not finite as {of}");
        self.assert_has_biases("set_forget_bias");
        let bias = Tensor::full([self.config().hidden_size], number);
        for layer in &mut self.layers {
            layer.set_bias(F, &bias);
        }
    }
}

impl<T: Uniform> Lstm<T> {
    /// Biases for dependencies of up to `max_time` steps, as Tallec and Ollivier propose
    /// (*Can recurrent neural networks warp time?*, [ICLR 2018][1]): each forget gate's is
    /// ln U(1, `max_time` − 1), and the input gate's its negative. A unit whose forget gate
    /// begins with ln n forgets over about n steps, so the units begin with memories of all
    /// lengths up to `max_time`. As in [`set_forget_bias`](Lstm::set_forget_bias), `bias_hh`
    /// is 0 there.
    ///
    /// [1]: https://arxiv.org/abs/1804.11188
    ///
    /// ```
    /// use nn::{Generator, Lstm, LstmConfig, Module};
    ///
    /// let generator = &mut Generator::manual_seed(0);
    /// let mut lstm = Lstm::<f64>::new(LstmConfig::new(2, 3), generator);
    /// lstm.chrono_init(100, generator);
    /// let (_, bias_ih) = &lstm.named_parameters()[2];
    /// let (i, rest) = bias_ih.value().data().split_at(3);
    /// assert!(rest[..3].iter().all(|f| (0.0..=99_f64.ln()).contains(f)));
    /// assert_eq!(i[0], -rest[0]);
    /// ```
    ///
    /// # Panics
    /// If the LSTM has no biases, or one of another length, or if `max_time` is less than 2.
    #[track_caller]
    pub fn chrono_init(&mut self, max_time: usize, generator: &mut Generator) {
        assert!(max_time >= 2, "chrono_init: max_time should be at least 2 steps, not {max_time}");
        self.assert_has_biases("chrono_init");
        let hidden = self.config().hidden_size;
        for layer in &mut self.layers {
            let times: Tensor<T> = generator.uniform([hidden], 1.0, (max_time - 1) as f64);
            let forget = times.map(ln);
            layer.set_bias(F, &forget);
            layer.set_bias(I, &forget.map(|b| -b));
        }
    }
}

impl<T: Scalar> Lstm<T> {
    #[track_caller]
    fn assert_has_biases(&self, what: &str) {
        assert!(self.config().bias, "{what}: the LSTM has no biases (bias is false)");
        for layer in &self.layers {
            layer.assert_biases(4 * self.config().hidden_size);
        }
    }
}

/// The blocks of rows of the gates i and f.
const I: usize = 0;
const F: usize = 1;
