//! One layer in one direction, of which an LSTM is built: its parameters, and its way
//! through time by the equations.

use tensor::{Parameter, Scalar, Tape, Tensor, Var};

use super::equations::{State, Step, Weights, step};
use super::lengths::{inside, select_rows};
use super::shapes;
use crate::{Generator, LstmConfig, Uniform, module, scan};

/// The parameters of [`Weights`], owned.
#[derive(Clone, Debug)]
pub struct Layer<T: Scalar> {
    weight_ih: Parameter<T>,
    weight_hh: Parameter<T>,
    bias_ih: Option<Parameter<T>>,
    bias_hh: Option<Parameter<T>>,
    weight_hr: Option<Parameter<T>>,
    /// What the names end in: `_l0`, `_l0_reverse`, …; nothing in an `LstmCell`.
    suffix: String,
}

module! {
    impl<T: Scalar> Module<T> for Layer<T> {
        fn visit(Self { weight_ih, weight_hh, bias_ih, bias_hh, weight_hr, suffix }, v) {
            v.item(("weight_ih", &**suffix), weight_ih);
            v.item(("weight_hh", &**suffix), weight_hh);
            v.item(("bias_ih", &**suffix), bias_ih);
            v.item(("bias_hh", &**suffix), bias_hh);
            v.item(("weight_hr", &**suffix), weight_hr);
        }
    }
}

impl<T: Uniform> Layer<T> {
    /// Parameters from U(±1/√`hidden_size`), drawn in PyTorch's order.
    #[track_caller]
    pub fn new(
        input_size: usize,
        config: &LstmConfig,
        suffix: String,
        generator: &mut Generator,
    ) -> Self {
        let &LstmConfig { hidden_size, proj_size, bias, .. } = config;
        let bound = 1.0 / (hidden_size as f64).sqrt();
        let rows = 4 * hidden_size;
        Layer {
            weight_ih: generator.parameter(&[rows, input_size], bound),
            weight_hh: generator.parameter(&[rows, config.output_size()], bound),
            bias_ih: bias.then(|| generator.parameter(&[rows], bound)),
            bias_hh: bias.then(|| generator.parameter(&[rows], bound)),
            weight_hr: (proj_size > 0)
                .then(|| generator.parameter(&[proj_size, hidden_size], bound)),
            suffix,
        }
    }
}

impl<T: Scalar> Layer<T> {
    /// The weights as variables, for an input of so many features.
    ///
    /// # Panics
    /// If a weight has been given another shape than the settings say.
    #[track_caller]
    pub fn watch<'t>(
        &'t self,
        tape: &'t Tape<T>,
        input_size: usize,
        config: &LstmConfig,
    ) -> Weights<'t, T> {
        let rows = 4 * config.hidden_size;
        self.assert_shape("weight_ih", Some(&self.weight_ih), &[rows, input_size]);
        self.assert_shape("weight_hh", Some(&self.weight_hh), &[rows, config.output_size()]);
        self.assert_biases(rows);
        let hr_shape = [config.proj_size, config.hidden_size];
        self.assert_shape("weight_hr", self.weight_hr.as_ref(), &hr_shape);
        Weights {
            ih: tape.watch(&self.weight_ih),
            hh: tape.watch(&self.weight_hh),
            bias_ih: self.bias_ih.as_ref().map(|b| tape.watch(b)),
            bias_hh: self.bias_hh.as_ref().map(|b| tape.watch(b)),
            hr: self.weight_hr.as_ref().map(|hr| tape.watch(hr)),
        }
    }

    #[track_caller]
    pub fn assert_biases(&self, rows: usize) {
        self.assert_shape("bias_ih", self.bias_ih.as_ref(), &[rows]);
        self.assert_shape("bias_hh", self.bias_hh.as_ref(), &[rows]);
    }

    /// A parameter's value can be replaced, by one of another shape, too.
    #[track_caller]
    fn assert_shape(&self, name: &str, parameter: Option<&Parameter<T>>, shape: &[usize]) {
        let Some(parameter) = parameter else { return };
        let what = format_args!("LSTM: {name}{}", self.suffix);
        shapes::assert_shape(what, parameter.value().shape(), shape);
    }

    /// Gives one gate, the block of rows with this number, the bias.
    pub fn set_bias(&mut self, gate: usize, bias: &Tensor<T>) {
        let rows = gate * bias.data().len()..(gate + 1) * bias.data().len();
        let set = |parameter: &mut Option<Parameter<T>>, bias: &Tensor<T>| {
            let parameter = parameter.as_mut().expect("the caller has looked");
            parameter.value_mut().data_mut()[rows.clone()].copy_from_slice(bias.data());
        };
        set(&mut self.bias_ih, bias);
        set(&mut self.bias_hh, &Tensor::zeros(bias.shape()));
    }
}

/// Runs one layer over a sequence `[seq, batch, features]`, forwards or, if
/// `reverse`, from the last step to the first. Returns the steps in the order of
/// time, whatever the direction, and the state at the end.
///
/// With `lengths`, a sample's state stays as it is outside its length.
#[track_caller]
pub fn steps<'t, T: Scalar>(
    x: Var<'t, T>,
    state: State<'t, T>,
    weights: Weights<'t, T>,
    reverse: bool,
    lengths: Option<&[usize]>,
) -> (State<'t, T>, Vec<Step<'t, T>>) {
    let [seq, batch, _] = x.dims();
    let inside = lengths.map(|lengths| inside(lengths, seq));
    let mut k = 0;
    scan(x, reverse, state, |(h, c), x_t| {
        let mut step = step(x_t, (h, c), weights);
        if let Some(inside) = &inside {
            let t = if reverse { seq - 1 - k } else { k };
            let inside = &inside[t * batch..][..batch];
            step.h = select_rows(inside, step.h, h);
            step.c = select_rows(inside, step.c, c);
        }
        k += 1;
        ((step.h, step.c), step)
    })
}
