//! `torch.nn.LSTM`: the cell of [`cell`], over time and over layers.

pub mod cell;

use tensor::{Parameter, Scalar, Tensor, Var};

use crate::{Generator, Module, NamedParameters, Uniform};
pub use cell::Step;

/// The settings of an [`Lstm`], with PyTorch's names and defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl LstmConfig {
    /// The two sizes, and PyTorch's default for everything else.
    pub fn new(input_size: usize, hidden_size: usize) -> Self {
        LstmConfig { input_size, hidden_size, num_layers: 1, bias: true, batch_first: false }
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
    layers: Vec<Layer<T>>,
}

/// The hidden state and the cell state, `(h, c)`.
pub type State<'t, T> = (Var<'t, T>, Var<'t, T>);

/// The parameters of one layer. The rows of each are four blocks of
/// `hidden_size`, for the gates i, f, g, o in this order.
#[derive(Clone, Debug)]
struct Layer<T: Scalar> {
    /// `[4·hidden_size, input_size]`, or `[4·hidden_size, hidden_size]` above
    /// the first layer.
    weight_ih: Parameter<T>,
    /// `[4·hidden_size, hidden_size]`.
    weight_hh: Parameter<T>,
    /// `b_ih` and `b_hh`, each `[4·hidden_size]`.
    bias: Option<[Parameter<T>; 2]>,
}

/// The weights of one layer as variables of a tape.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'t, T: Scalar> {
    /// `W_ih`, of shape `[4·hidden_size, input_size]`.
    pub ih: Var<'t, T>,
    /// `W_hh`, of shape `[4·hidden_size, hidden_size]`.
    pub hh: Var<'t, T>,
    /// `b_ih`, of shape `[4·hidden_size]`.
    pub bias_ih: Option<Var<'t, T>>,
    /// `b_hh`, of shape `[4·hidden_size]`.
    pub bias_hh: Option<Var<'t, T>>,
}

impl<T: Uniform> Lstm<T> {
    /// An LSTM with every parameter from U(±1/√`hidden_size`), drawn in
    /// PyTorch's order.
    ///
    /// # Panics
    /// If a size or the number of layers is 0.
    #[track_caller]
    pub fn new(config: LstmConfig, generator: &mut Generator) -> Self {
        let LstmConfig { input_size, hidden_size, num_layers, bias, .. } = config;
        for (name, size) in
            [("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)]
        {
            assert!(size > 0, "LSTM: {name} should be at least 1, not 0");
        }
        let bound = 1.0 / (hidden_size as f64).sqrt();
        let mut parameter = |shape: &[usize]| Parameter::new(generator.uniform(shape, bound));
        let rows = 4 * hidden_size;
        let layer = |k| Layer {
            weight_ih: parameter(&[rows, if k == 0 { input_size } else { hidden_size }]),
            weight_hh: parameter(&[rows, hidden_size]),
            bias: bias.then(|| [parameter(&[rows]), parameter(&[rows])]),
        };
        Lstm { config, layers: (0..num_layers).map(layer).collect() }
    }
}

impl<T: Scalar> Lstm<T> {
    /// The settings.
    pub fn config(&self) -> LstmConfig {
        self.config
    }

    /// Runs the whole sequence `x`, of shape `[seq, batch, input_size]`, or
    /// `[batch, seq, input_size]` with `batch_first`.
    ///
    /// `state` is `(h_0, c_0)`, each `[num_layers, batch, hidden_size]`; zeros
    /// if it is `None`.
    ///
    /// Returns `(output, (h_n, c_n))`: `output`, of shape
    /// `[seq, batch, hidden_size]` (`[batch, seq, hidden_size]` with
    /// `batch_first`), has the last layer's hidden state at every step; `h_n`
    /// and `c_n` are every layer's state after the last step, and always
    /// `[num_layers, batch, hidden_size]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn forward<'t>(
        &'t self,
        x: Var<'t, T>,
        state: Option<State<'t, T>>,
    ) -> (Var<'t, T>, State<'t, T>) {
        let layers = self.steps(x, state);
        let last = |steps: &Vec<Step<'t, T>>| *steps.last().expect("a sequence is not empty");
        let output: Vec<_> = layers[layers.len() - 1].iter().map(|step| step.h).collect();
        let h_n: Vec<_> = layers.iter().map(|steps| last(steps).h).collect();
        let c_n: Vec<_> = layers.iter().map(|steps| last(steps).c).collect();
        let time = usize::from(self.config.batch_first);
        (Var::stack(&output, time), (Var::stack(&h_n, 0), Var::stack(&c_n, 0)))
    }

    /// Runs the whole sequence as [`forward`](Lstm::forward) does, and returns
    /// everything it computes: `[layer][time]`, each a [`Step`] with the gates.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn steps<'t>(
        &'t self,
        x: Var<'t, T>,
        state: Option<State<'t, T>>,
    ) -> Vec<Vec<Step<'t, T>>> {
        let LstmConfig { hidden_size, num_layers, batch_first, .. } = self.config;
        let tape = x.tape();
        let [batch, seq] = self.check_input(x);
        let state_shape = [num_layers, batch, hidden_size];
        let (h_0, c_0) = state.unwrap_or_else(|| {
            let zeros = tape.constant(Tensor::zeros(state_shape));
            (zeros, zeros)
        });
        for (name, s) in [("h_0", h_0), ("c_0", c_0)] {
            let found = s.shape();
            assert!(
                *found == state_shape,
                "LSTM: {name} should be [num_layers, batch, hidden_size] = {state_shape:?}, not {found}"
            );
        }

        let time = usize::from(batch_first);
        let mut inputs: Vec<Var<'t, T>> = (0..seq)
            .map(|t| x.narrow(time, t, 1).reshape([batch, self.config.input_size]))
            .collect();
        let run_layer = |(k, layer): (usize, &'t Layer<T>)| {
            let weights = layer.watch(x);
            let at_start = |s: Var<'t, T>| s.narrow(0, k, 1).reshape([batch, hidden_size]);
            let mut state = (at_start(h_0), at_start(c_0));
            let steps: Vec<_> = (inputs.iter())
                .map(|&x| {
                    let step = cell::step(x, state, weights);
                    state = (step.h, step.c);
                    step
                })
                .collect();
            inputs = steps.iter().map(|step| step.h).collect();
            steps
        };
        self.layers.iter().enumerate().map(run_layer).collect()
    }

    /// The batch size and the length of an input that fits.
    #[track_caller]
    fn check_input(&self, x: Var<'_, T>) -> [usize; 2] {
        let LstmConfig { input_size, batch_first, .. } = self.config;
        let shape = x.shape();
        let (expected, sizes) = match (&*shape, batch_first) {
            (&[batch, seq, size], true) => ("[batch, seq, input_size]", Some((batch, seq, size))),
            (&[seq, batch, size], false) => ("[seq, batch, input_size]", Some((batch, seq, size))),
            (_, true) => ("[batch, seq, input_size]", None),
            (_, false) => ("[seq, batch, input_size]", None),
        };
        match sizes {
            Some((batch, seq, size)) if size == input_size && seq > 0 => [batch, seq],
            _ => panic!(
                "LSTM: the input should be {expected} with input_size = {input_size} \
                 and at least one step (batch_first = {batch_first}), not of shape {shape}"
            ),
        }
    }
}

impl<T: Scalar> Layer<T> {
    fn watch<'t>(&'t self, x: Var<'t, T>) -> Weights<'t, T> {
        let tape = x.tape();
        let [bias_ih, bias_hh] = match &self.bias {
            Some(bias) => bias.each_ref().map(|b| Some(tape.watch(b))),
            None => [None; 2],
        };
        Weights {
            ih: tape.watch(&self.weight_ih),
            hh: tape.watch(&self.weight_hh),
            bias_ih,
            bias_hh,
        }
    }
}

impl<T: Scalar> Module<T> for Lstm<T> {
    /// `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, then the next
    /// layer's.
    fn named_parameters(&mut self) -> NamedParameters<'_, T> {
        let mut list = Vec::new();
        for (k, layer) in self.layers.iter_mut().enumerate() {
            list.push((format!("weight_ih_l{k}"), &mut layer.weight_ih));
            list.push((format!("weight_hh_l{k}"), &mut layer.weight_hh));
            if let Some([ih, hh]) = &mut layer.bias {
                list.push((format!("bias_ih_l{k}"), ih));
                list.push((format!("bias_hh_l{k}"), hh));
            }
        }
        list
    }
}
