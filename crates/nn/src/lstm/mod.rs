//! `torch.nn.LSTM`: the cell of [`cell`], over time, layers and directions.

pub mod cell;
mod fused;
pub(crate) mod layer;

use smallvec::SmallVec;
use tensor::{Scalar, Shape, Tensor, Var};

use crate::{Generator, Module, Uniform, Visitor};
pub use cell::{State, Step, Weights};
use layer::Layer;

/// The settings of an [`Lstm`], with PyTorch's names and defaults.
///
/// ```
/// use nn::LstmConfig;
///
/// let config = LstmConfig { num_layers: 2, dropout: 0.1, ..LstmConfig::new(8, 64) };
/// assert!(config.bias && !config.bidirectional);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LstmConfig {
    /// The number of features of each time step.
    pub input_size: usize,
    /// The number of features of the hidden state.
    pub hidden_size: usize,
    /// How many layers are stacked, each reading the one below; 1 by default.
    pub num_layers: usize,
    /// Whether there are biases `b_ih` and `b_hh`; true by default.
    pub bias: bool,
    /// Whether input and output are `[batch, seq, …]` and not `[seq, batch, …]`;
    /// false by default. The states are not affected.
    pub batch_first: bool,
    /// The probability with which an element of each layer's output, but for the
    /// last layer, is dropped in training; 0 by default.
    pub dropout: f64,
    /// Whether each layer also reads the sequence from its end; false by default.
    pub bidirectional: bool,
    /// The size to which the hidden state is projected; 0, the default, is no
    /// projection ([Sak et al., 2014](https://arxiv.org/abs/1402.1128)).
    pub proj_size: usize,
}

impl LstmConfig {
    /// The two sizes, and PyTorch's default for everything else.
    pub fn new(input_size: usize, hidden_size: usize) -> Self {
        LstmConfig {
            input_size,
            hidden_size,
            num_layers: 1,
            bias: true,
            batch_first: false,
            dropout: 0.0,
            bidirectional: false,
            proj_size: 0,
        }
    }

    /// The number of directions, PyTorch's D.
    pub fn num_directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    /// The size of a direction's hidden state, PyTorch's H_out: `proj_size` if
    /// there is a projection, otherwise `hidden_size`.
    pub fn output_size(&self) -> usize {
        if self.proj_size > 0 { self.proj_size } else { self.hidden_size }
    }

    #[track_caller]
    fn assert_valid(&self) {
        let LstmConfig { input_size, hidden_size, num_layers, dropout, proj_size, .. } = *self;
        let sizes =
            [("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)];
        for (name, size) in sizes {
            assert!(size > 0, "LSTM: {name} should be at least 1, not 0");
        }
        assert!(
            proj_size < hidden_size,
            "LSTM: proj_size should be smaller than hidden_size = {hidden_size}, not {proj_size}; \
             it projects the hidden state to fewer features, and 0 leaves it as it is"
        );
        assert!(
            (0.0..=1.0).contains(&dropout),
            "LSTM: dropout should be a probability from 0 to 1, not {dropout}"
        );
        assert!(
            dropout == 0.0 || num_layers > 1,
            "LSTM: dropout = {dropout} needs num_layers > 1: it acts between layers, \
             and there is only one"
        );
    }
}

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
    /// Whether to compute by the equations of [`cell`], one operation at a time,
    /// and not by one operation for a whole sequence, which is faster. The
    /// results are the same up to rounding. False by default.
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
    /// If a size or the number of layers is 0, if `proj_size` is not smaller than
    /// `hidden_size`, if `dropout` is not a probability, or if it is not 0 and
    /// there is only one layer (where PyTorch warns).
    #[track_caller]
    pub fn new(config: LstmConfig, generator: &mut Generator) -> Self {
        config.assert_valid();
        let directions = config.num_directions();
        let layer = |k| {
            let above = directions * config.output_size();
            let input_size = if k < directions { config.input_size } else { above };
            Layer::new(input_size, &config, generator)
        };
        Lstm { config, layers: (0..config.num_layers * directions).map(layer).collect() }
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

    /// The forward pass by the equations of [`cell`], one operation at a time.
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
        let x = self.time_first(x);
        let [seq, batch, _] = std::array::from_fn(|dim| x.shape()[dim]);
        let (h_0, c_0) = self.initial_state(x, state, is_batched).unzip();
        self.assert_lengths(lengths, seq, batch);
        let inside: Option<Vec<bool>> = lengths.map(|lengths| {
            (0..seq).flat_map(|t| lengths.iter().map(move |&length| t < length)).collect()
        });
        let clear_padding = |x: Var<'t, T>| match &inside {
            Some(inside) => layer::select_rows(inside, x, tape.constant(Tensor::zeros(x.shape()))),
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
                let weights = layer.watch(tape);
                let reverse = direction == 1;
                let (output, (h, c)) = if reference {
                    let steps = layer::steps(input, state, weights, reverse, lengths);
                    let hidden: Vec<_> = steps.iter().map(|step| step.h).collect();
                    let end = steps[if reverse { 0 } else { seq - 1 }];
                    all_steps.push(steps);
                    let [h, c] = [end.h, end.c].map(|s| Var::stack(&[s], 0));
                    (Var::stack(&hidden, 0), (h, c))
                } else {
                    fused::sequence(input, state, weights, reverse, lengths)
                };
                outputs.push(clear_padding(output));
                h_n.push(h);
                c_n.push(c);
            }
            input = if let [output] = outputs[..] { output } else { Var::cat(&outputs, 2) };
        }

        let (h_n, c_n) = (Var::cat(&h_n, 0), Var::cat(&c_n, 0));
        let (output, state) = if is_batched {
            (if config.batch_first { input.transpose(0, 1) } else { input }, (h_n, c_n))
        } else {
            (without(input, 1), (without(h_n, 1), without(c_n, 1)))
        };
        Trace { output, state, steps: all_steps }
    }

    /// The input as `[seq, batch, input_size]`.
    #[track_caller]
    fn time_first<'t>(&self, x: Var<'t, T>) -> Var<'t, T> {
        let LstmConfig { input_size, batch_first, .. } = self.config;
        let shape = x.shape();
        let rank = shape.len();
        let layout =
            if batch_first { "[batch, seq, input_size]" } else { "[seq, batch, input_size]" };
        let (seq, batch, features) = match (&*shape, batch_first) {
            (&[seq, features], _) => (seq, 1, features),
            (&[batch, seq, features], true) | (&[seq, batch, features], false) => {
                (seq, batch, features)
            }
            _ => panic!(
                "LSTM: input should be {layout}, or [seq, input_size] without a batch; \
                 it has shape {shape}"
            ),
        };
        let reading = || {
            let batch = if rank == 2 { "no batch".into() } else { format!("batch {batch}") };
            format!(
                "input has shape {shape}; with batch_first = {batch_first} that reads as \
                 seq {seq}, {batch}, features {features}"
            )
        };
        assert!(
            features == input_size,
            "LSTM: input should have input_size = {input_size} features, not {features}; {}",
            reading()
        );
        assert!(seq > 0, "LSTM: the sequence should have at least one step; {}", reading());
        if rank == 2 {
            x.reshape([seq, batch, input_size])
        } else if batch_first {
            x.transpose(0, 1)
        } else {
            x
        }
    }

    /// The initial state, if one is given, as two of `[D·num_layers, batch, …]`.
    #[track_caller]
    fn initial_state<'t>(
        &self,
        x: Var<'t, T>,
        state: Option<State<'t, T>>,
        is_batched: bool,
    ) -> Option<State<'t, T>> {
        let config = self.config;
        let (h_0, c_0) = state?;
        let (seq, batch) = (x.shape()[0], x.shape()[1]);
        let count = config.num_directions() * config.num_layers;
        let expected = [config.output_size(), config.hidden_size].map(|size| [count, batch, size]);
        let fit = |name: &str, size_name: &str, s: Var<'t, T>, [count, batch, size]: [usize; 3]| {
            let (found, dims, expected) = if is_batched {
                let dims = format!("[D·num_layers, batch, {size_name}]");
                (s.shape(), dims, Shape::from([count, batch, size]))
            } else {
                (s.shape(), format!("[D·num_layers, {size_name}]"), Shape::from([count, size]))
            };
            let hint = match *found {
                _ if !is_batched => "; the input has no batch, so the states have none either",
                [_, b, _] if config.batch_first && b != batch => {
                    "; batch_first concerns input and output, the states keep the batch in the middle"
                }
                [_, b, _] if b == seq && b != batch => {
                    "; that batch is the input's first size: should batch_first be true?"
                }
                _ => "",
            };
            (
                found == expected,
                format!("LSTM: {name} should be {dims} = {expected}, not {found}{hint}"),
            )
        };
        let (h_fits, h_text) = fit(
            "h_0",
            if config.proj_size > 0 { "proj_size" } else { "hidden_size" },
            h_0,
            expected[0],
        );
        let (c_fits, c_text) = fit("c_0", "hidden_size", c_0, expected[1]);
        assert!(h_fits, "{h_text}");
        assert!(c_fits, "{c_text}");
        Some((h_0.reshape(expected[0]), c_0.reshape(expected[1])))
    }

    #[track_caller]
    fn assert_lengths(&self, lengths: Option<&[usize]>, seq: usize, batch: usize) {
        let Some(lengths) = lengths else { return };
        assert!(
            lengths.len() == batch,
            "LSTM: lengths should have one entry for each of the {batch} samples, not {}",
            lengths.len()
        );
        for (sample, length) in lengths.iter().enumerate() {
            assert!(
                (1..=seq).contains(length),
                "LSTM: lengths[{sample}] should be from 1 to the {seq} steps of the input, not {length}"
            );
        }
    }
}

/// The variable without its dimension `dim`, which has size 1.
fn without<T: Scalar>(x: Var<'_, T>, dim: usize) -> Var<'_, T> {
    let mut sizes = x.shape().to_vec();
    sizes.remove(dim);
    x.reshape(sizes.as_slice())
}

/// Sets each element to 0 with probability `p`, and scales the others by
/// 1/(1 − p), so that the mean stays: [`torch.nn.functional.dropout`][1], with
/// the draws of PyTorch (one of 64 bits for each element).
///
/// [1]: https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
fn dropout<'t, T: Scalar>(x: Var<'t, T>, p: f64, generator: &mut Generator) -> Var<'t, T> {
    if p == 0.0 {
        return x;
    }
    let keep = T::one() / (T::one() - T::from_f64(p));
    let noise = Tensor::from_fn(x.shape(), || {
        if p < 1.0 && f64::unit(generator) < 1.0 - p { keep } else { T::zero() }
    });
    x * x.tape().constant(noise)
}

impl<T: Scalar> Module<T> for Lstm<T> {
    /// `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, `weight_hr_l0`,
    /// then the same with `_reverse`, then the next layer's.
    fn visit<'a>(&'a mut self, visitor: &mut Visitor<'_, 'a, T>) {
        let directions = self.config.num_directions();
        for (k, layer) in self.layers.iter_mut().enumerate() {
            let reverse = if k % directions == 1 { "_reverse" } else { "" };
            layer.visit(visitor, format_args!("_l{}{reverse}", k / directions));
        }
    }
}

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
    /// If a size is 0.
    #[track_caller]
    pub fn new(
        input_size: usize,
        hidden_size: usize,
        bias: bool,
        generator: &mut Generator,
    ) -> Self {
        let config = LstmConfig { bias, ..LstmConfig::new(input_size, hidden_size) };
        config.assert_valid();
        LstmCell { config, layer: Layer::new(input_size, &config, generator) }
    }
}

impl<T: Scalar> LstmCell<T> {
    /// One step: `x` is `[batch, input_size]`, and `state`, `(h, c)`, twice
    /// `[batch, hidden_size]`, zeros if `None`; or all without a batch. Returns
    /// the next `(h, c)`.
    ///
    /// # Panics
    /// If a shape does not fit.
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
        }
        let rows = |v: Var<'t, T>, size| v.reshape([batch, size]);
        let state = (rows(h, hidden_size), rows(c, hidden_size));
        let step = cell::step(rows(x, input_size), state, self.layer.watch(x.tape()));
        (step.h.reshape(state_shape), step.c.reshape(state_shape))
    }
}

impl<T: Scalar> Module<T> for LstmCell<T> {
    /// `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
    fn visit<'a>(&'a mut self, visitor: &mut Visitor<'_, 'a, T>) {
        self.layer.visit(visitor, format_args!(""));
    }
}
