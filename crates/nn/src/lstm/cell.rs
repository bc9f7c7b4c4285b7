//! `torch.nn.LSTMCell`.

use tensor::{Scalar, Shape, Tensor, Var};

use super::equations::{State, step};
use super::layer::Layer;
use super::shapes;
use crate::{Generator, LstmConfig, Uniform, module};

/// One time step as a module of its own: [`torch.nn.LSTMCell`][1].
///
/// [1]: https://pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html
///
/// ```
/// use nn::{Generator, LstmCell};
/// use tensor::{Tape, Tensor};
///
/// let cell = LstmCell::<f32>::new(3, 4, true, &mut Generator::manual_seed(0));
/// let tape = Tape::new();
/// let x = tape.constant(Tensor::zeros([2, 3]));
/// let (h, c) = cell.forward(x, None);
/// let (h, _) = cell.forward(x, Some((h, c)));
/// assert_eq!(*h.shape(), [2, 4]);
/// ```
#[derive(Clone, Debug)]
pub struct LstmCell<T: Scalar> {
    config: LstmConfig,
    layer: Layer<T>,
}

impl<T: Uniform> LstmCell<T> {
    /// A cell with every parameter from U(±1/√`hidden_size`).
    ///
    /// # Panics
    /// If a size is 0 or too large.
    #[track_caller]
    pub fn new(
        input_size: usize,
        hidden_size: usize,
        bias: bool,
        generator: &mut Generator,
    ) -> Self {
        let config = LstmConfig { bias, ..LstmConfig::new(input_size, hidden_size) };
        config.assert_valid();
        LstmCell { config, layer: Layer::new(input_size, &config, String::new(), generator) }
    }
}

impl<T: Scalar> LstmCell<T> {
    /// One step: `x` is `[batch, input_size]`, and `state`, `(h, c)`, twice
    /// `[batch, hidden_size]`, zeros if `None`; or all without a batch. Returns
    /// the next `(h, c)`.
    ///
    /// # Panics
    /// If a shape does not fit, or if the state is on another tape.
    #[track_caller]
    pub fn forward<'t>(&'t self, x: Var<'t, T>, state: Option<State<'t, T>>) -> State<'t, T> {
        let LstmConfig { input_size, hidden_size, .. } = self.config;
        let shape = x.shape();
        assert!(
            (1..=2).contains(&shape.len()) && shape.last() == Some(&input_size),
            "LSTMCell: input should be [batch, input_size] or [input_size], \
             with input_size = {input_size}, not {shape}"
        );
        let batch = shape.num_elements() / input_size;
        let state_shape = shape.iter().rev().skip(1).rev().copied().chain([hidden_size]);
        let state_shape = Shape::from(state_shape.collect::<Vec<_>>().as_slice());
        let (h, c) = state.unwrap_or_else(|| {
            let zeros = x.tape().constant(Tensor::zeros(state_shape));
            (zeros, zeros)
        });
        for (name, s) in [("h", h), ("c", c)] {
            let found = s.shape();
            assert!(found == state_shape, "LSTMCell: {name} should be {state_shape}, not {found}");
            shapes::assert_same_tape(format_args!("LSTMCell: {name}"), x, s);
        }
        let rows = |v: Var<'t, T>, size| v.reshape([batch, size]);
        let state = (rows(h, hidden_size), rows(c, hidden_size));
        let weights = self.layer.watch(x.tape(), input_size, &self.config);
        let step = step(rows(x, input_size), state, weights);
        (step.h.reshape(state_shape), step.c.reshape(state_shape))
    }
}

module! {
    /// `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
    impl<T: Scalar> Module<T> for LstmCell<T> {
        fn visit(Self { layer, .. }, v) {
            v.same_item(layer);
        }
    }
}
