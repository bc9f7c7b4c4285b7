//! `torch.nn.LSTM`: layers, directions, and what a forward pass can be given.
//!
//! | to see | open |
//! |---|---|
//! | the six equations | [`equations`] |
//! | one layer in one direction, by the equations | `layer.rs` |
//! | the same as one operation, fast, with its backward pass | `fused/`, of which `step.rs` is one step |
//! | initial values that decide how long it remembers | `init.rs` |
//! | what fits, and what is said if it does not | `shapes.rs` |

mod cell;
mod config;
pub mod equations;
mod fused;
mod init;
mod layer;
mod lengths;
pub(crate) mod shapes;

use smallvec::SmallVec;
use tensor::{Scalar, Tensor, Var};

use crate::{Generator, Uniform, dropout, module};
pub use cell::LstmCell;
pub use config::LstmConfig;
pub use equations::{State, Step, Weights};
use layer::Layer;
use lengths::select_rows;
pub use shapes::step;

/// A long short-term memory: [`torch.nn.LSTM`][1].
///
/// [1]: https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
///
/// ```
/// use nn::{Generator, Lstm, LstmConfig};
/// use tensor::{Tape, Tensor};
///
/// let config = LstmConfig { batch_first: true, ..LstmConfig::new(2, 20) };
/// let lstm = Lstm::<f32>::new(config, &mut Generator::manual_seed(0));
///
/// let tape = Tape::new();
/// let x = tape.constant(Tensor::zeros([8, 3, 2])); // 8 samples, 3 steps, 2 features
/// let (output, (h_n, c_n)) = lstm.forward(x, None);
/// assert_eq!(*output.shape(), [8, 3, 20]);
/// assert_eq!(*h_n.shape(), [1, 8, 20]); // batch_first or not
/// assert_eq!(*c_n.shape(), [1, 8, 20]);
/// ```
#[derive(Clone, Debug)]
pub struct Lstm<T: Scalar> {
    config: LstmConfig,
    /// Layer by layer, and in each the directions.
    layers: Vec<Layer<T>>,
}

/// What a forward pass can be given besides its input; by default nothing.
#[derive(Debug)]
pub struct ForwardOptions<'a, 't, T: Scalar> {
    /// The initial state `(h_0, c_0)`; zeros if `None`.
    pub state: Option<State<'t, T>>,
    /// The number of steps of each sample, where they differ: what
    /// [`pack_padded_sequence`][1] is for in PyTorch. What lies behind a sample's
    /// length is not read, its output is 0, and `h_n` and `c_n` are the states
    /// after its own last step.
    ///
    /// [1]: https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html
    pub lengths: Option<&'a [usize]>,
    /// `Some` is training: dropout draws from this generator. `None` is
    /// evaluation, without dropout.
    pub training: Option<&'a mut Generator>,
    /// Whether to compute by the equations of [`equations`], one operation at a time,
    /// and not by one operation for a whole sequence, which is faster. The
    /// results are the same up to rounding (but for the gradients of steps that are NaN and that
    /// the loss does not depend on). False by default.
    pub reference: bool,
}

impl<T: Scalar> Default for ForwardOptions<'_, '_, T> {
    fn default() -> Self {
        ForwardOptions { state: None, lengths: None, training: None, reference: false }
    }
}

/// Everything that a forward pass computes.
#[derive(Debug)]
pub struct Trace<'t, T: Scalar> {
    /// As [`Lstm::forward`] returns it.
    pub output: Var<'t, T>,
    /// As [`Lstm::forward`] returns it.
    pub state: State<'t, T>,
    /// For each layer and in it each direction (layer k forwards is
    /// `num_directions · k`), the [`Step`]s in the order of time.
    pub steps: Vec<Vec<Step<'t, T>>>,
}

impl<T: Uniform> Lstm<T> {
    /// An LSTM with every parameter from U(±1/√`hidden_size`), drawn in
    /// PyTorch's order.
    ///
    /// # Panics
    /// If a size or the number of layers is 0 or too large, if `proj_size` is not smaller than
    /// `hidden_size`, if `dropout` is not a probability, or if it is not 0 and
    /// there is only one layer (where PyTorch warns).
    #[track_caller]
    pub fn new(config: LstmConfig, generator: &mut Generator) -> Self {
        config.assert_valid();
        let (directions, mut layers) = (config.num_directions(), Vec::new());
        for k in 0..config.num_layers * directions {
            let above = directions * config.output_size();
            let input_size = if k < directions { config.input_size } else { above };
            let reverse = if k % directions == 1 { "_reverse" } else { "" };
            let suffix = format!("_l{}{reverse}", k / directions);
            layers.push(Layer::new(input_size, &config, suffix, generator));
        }
        layers.shrink_to_fit();
        Lstm { config, layers }
    }
}

impl<T: Scalar> Lstm<T> {
    /// The settings.
    pub fn config(&self) -> LstmConfig {
        self.config
    }

    /// Runs the whole sequence `x`, of shape `[seq, batch, input_size]`, or
    /// `[batch, seq, input_size]` with `batch_first`, or `[seq, input_size]`
    /// without a batch.
    ///
    /// `state` is `(h_0, c_0)`, of shapes `[D·num_layers, batch, H_out]` and
    /// `[D·num_layers, batch, hidden_size]`; zeros if it is `None`. D is
    /// [`num_directions`](LstmConfig::num_directions) and H_out is
    /// [`output_size`](LstmConfig::output_size).
    ///
    /// Returns `(output, (h_n, c_n))`. `output` has the last layer's hidden state
    /// at every step, `[seq, batch, D·H_out]`, or `[batch, seq, D·H_out]` with
    /// `batch_first`. `h_n` and `c_n` have every layer's and direction's state
    /// after its last step, in the shapes of `h_0` and `c_0`. **These keep the
    /// batch in the middle, also with `batch_first`.** Without a batch, all
    /// shapes lack that dimension.
    ///
    /// This is evaluation, without dropout; see
    /// [`forward_with`](Lstm::forward_with) for training and more.
    ///
    /// # Panics
    /// If a shape does not fit.
    #[track_caller]
    pub fn forward<'t>(
        &'t self,
        x: Var<'t, T>,
        state: Option<State<'t, T>>,
    ) -> (Var<'t, T>, State<'t, T>) {
        self.forward_with(x, ForwardOptions { state, ..ForwardOptions::default() })
    }

    /// As [`forward`](Lstm::forward), with all that a forward pass can be given.
    ///
    /// # Panics
    /// If a shape or a length does not fit.
    #[track_caller]
    pub fn forward_with<'t>(
        &'t self,
        x: Var<'t, T>,
        options: ForwardOptions<'_, 't, T>,
    ) -> (Var<'t, T>, State<'t, T>) {
        let reference = options.reference;
        let trace = self.run(x, options, reference);
        (trace.output, trace.state)
    }

    /// Every [`Step`] of a forward pass, to read the gates: `[layer][time]` (with
    /// two directions, each layer stands twice).
    ///
    /// # Panics
    /// If a shape does not fit.
    #[track_caller]
    pub fn steps<'t>(
        &'t self,
        x: Var<'t, T>,
        state: Option<State<'t, T>>,
    ) -> Vec<Vec<Step<'t, T>>> {
        self.trace(x, ForwardOptions { state, ..ForwardOptions::default() }).steps
    }

    /// The forward pass by the equations of [`equations`], one operation at a time.
    ///
    /// # Panics
    /// If a shape or a length does not fit.
    #[track_caller]
    pub fn trace<'t>(&'t self, x: Var<'t, T>, options: ForwardOptions<'_, 't, T>) -> Trace<'t, T> {
        self.run(x, options, true)
    }

    /// By the equations, with all steps, or fused, without.
    #[track_caller]
    fn run<'t>(
        &'t self,
        x: Var<'t, T>,
        options: ForwardOptions<'_, 't, T>,
        reference: bool,
    ) -> Trace<'t, T> {
        let config = self.config;
        let ForwardOptions { state, lengths, mut training, .. } = options;
        let tape = x.tape();
        let is_batched = x.shape().len() == 3;
        let x = config.time_first(x);
        let [seq, batch, _] = x.dims();
        let (h_0, c_0) = config.initial_state(x, state, is_batched).unzip();
        lengths::assert_lengths(lengths, seq, batch);
        let inside = lengths.map(|lengths| lengths::inside(lengths, seq));
        let clear_padding = |x: Var<'t, T>| match &inside {
            Some(inside) => select_rows(inside, x, tape.constant(Tensor::zeros(x.shape()))),
            None => x,
        };

        let mut all_steps: Vec<Vec<Step<'t, T>>> = Vec::new();
        let (mut h_n, mut c_n) = (SmallVec::<[_; 8]>::new(), SmallVec::<[_; 8]>::new());
        let mut input = clear_padding(x);
        for (k, layers) in self.layers.chunks(config.num_directions()).enumerate() {
            if let (1.., Some(generator)) = (k, &mut training) {
                input = dropout(input, config.dropout, generator);
            }
            let mut outputs = SmallVec::<[_; 2]>::new();
            for (direction, layer) in layers.iter().enumerate() {
                let at = |s: Option<Var<'t, T>>, size| match s {
                    Some(s) => s.narrow(0, h_n.len(), 1).reshape([batch, size]),
                    None => tape.constant(Tensor::zeros([batch, size])),
                };
                let state = (at(h_0, config.output_size()), at(c_0, config.hidden_size));
                let [_, _, features] = input.dims();
                let weights = layer.watch(tape, features, &config);
                let reverse = direction == 1;
                let (output, (h, c)) = if reference {
                    let ((h, c), steps) = layer::steps(input, state, weights, reverse, lengths);
                    let hidden: Vec<_> = steps.iter().map(|step| step.h).collect();
                    all_steps.push(steps);
                    (Var::stack(&hidden, 0), (Var::stack(&[h], 0), Var::stack(&[c], 0)))
                } else {
                    fused::sequence(input, state, weights, reverse, lengths)
                };
                outputs.push(clear_padding(output));
                h_n.push(h);
                c_n.push(c);
            }
            input = Var::cat(&outputs, 2);
        }

        let (h_n, c_n) = (Var::cat(&h_n, 0), Var::cat(&c_n, 0));
        let (output, state) = if is_batched {
            (if config.batch_first { input.transpose(0, 1) } else { input }, (h_n, c_n))
        } else {
            let without = shapes::without;
            (without(input, 1), (without(h_n, 1), without(c_n, 1)))
        };
        Trace { output, state, steps: all_steps }
    }
}

module! {
    /// `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, `weight_hr_l0`,
    /// then the same with `_reverse`, then the next layer's.
    impl<T: Scalar> Module<T> for Lstm<T> {
        fn visit(Self { layers, .. }, v) {
            for layer in layers {
                v.same_item(layer);
            }
        }
    }
}
