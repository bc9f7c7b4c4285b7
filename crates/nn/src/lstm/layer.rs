//! One layer in one direction, of which an LSTM is built: its parameters, and
//! its way through time.

use std::fmt::Arguments;

use tensor::{Parameter, Scalar, Tape, Tensor, Var};

use super::cell::{self, State, Step, Weights};
use crate::{Generator, LstmConfig, Uniform, Visitor};

/// The parameters of [`Weights`], owned.
#[derive(Clone, Debug)]
pub(crate) struct Layer<T: Scalar> {
    weight_ih: Parameter<T>,
    weight_hh: Parameter<T>,
    /// `b_ih` and `b_hh`.
    bias: Option<[Parameter<T>; 2]>,
    weight_hr: Option<Parameter<T>>,
}

impl<T: Uniform> Layer<T> {
    /// Parameters from U(±1/√`hidden_size`), drawn in PyTorch's order.
    pub fn new(input_size: usize, config: &LstmConfig, generator: &mut Generator) -> Self {
        let &LstmConfig { hidden_size, proj_size, bias, .. } = config;
        let bound = 1.0 / (hidden_size as f64).sqrt();
        let mut parameter = |shape: &[usize]| Parameter::new(generator.uniform(shape, bound));
        let rows = 4 * hidden_size;
        Layer {
            weight_ih: parameter(&[rows, input_size]),
            weight_hh: parameter(&[rows, config.output_size()]),
            bias: bias.then(|| [parameter(&[rows]), parameter(&[rows])]),
            weight_hr: (proj_size > 0).then(|| parameter(&[proj_size, hidden_size])),
        }
    }
}

impl<T: Scalar> Layer<T> {
    /// The parameters, their names ending in `suffix`.
    pub fn visit<'a>(&'a mut self, visitor: &mut Visitor<'_, 'a, T>, suffix: Arguments<'_>) {
        visitor.parameter(format_args!("weight_ih{suffix}"), &mut self.weight_ih);
        visitor.parameter(format_args!("weight_hh{suffix}"), &mut self.weight_hh);
        if let Some([ih, hh]) = &mut self.bias {
            visitor.parameter(format_args!("bias_ih{suffix}"), ih);
            visitor.parameter(format_args!("bias_hh{suffix}"), hh);
        }
        if let Some(hr) = &mut self.weight_hr {
            visitor.parameter(format_args!("weight_hr{suffix}"), hr);
        }
    }

    pub fn watch<'t>(&'t self, tape: &'t Tape<T>) -> Weights<'t, T> {
        let [bias_ih, bias_hh] = match &self.bias {
            Some(bias) => bias.each_ref().map(|b| Some(tape.watch(b))),
            None => [None; 2],
        };
        Weights {
            ih: tape.watch(&self.weight_ih),
            hh: tape.watch(&self.weight_hh),
            bias_ih,
            bias_hh,
            hr: self.weight_hr.as_ref().map(|hr| tape.watch(hr)),
        }
    }
}

/// Runs one layer over a sequence `[seq, batch, features]`, forwards or, if
/// `reverse`, from the last step to the first. Returns the steps in the order of
/// time, whatever the direction.
///
/// With `lengths`, a sample's state stays as it is outside its length.
pub(crate) fn steps<'t, T: Scalar>(
    x: Var<'t, T>,
    mut state: State<'t, T>,
    weights: Weights<'t, T>,
    reverse: bool,
    lengths: Option<&[usize]>,
) -> Vec<Step<'t, T>> {
    let [seq, batch, features] = std::array::from_fn(|dim| x.shape()[dim]);
    let mut steps: Vec<Step<'t, T>> = Vec::with_capacity(seq);
    for k in 0..seq {
        let t = if reverse { seq - 1 - k } else { k };
        let x_t = x.narrow(0, t, 1).reshape([batch, features]);
        let mut step = cell::step(x_t, state, weights);
        if let Some(lengths) = lengths {
            let inside: Vec<bool> = lengths.iter().map(|&length| t < length).collect();
            step.h = select_rows(&inside, step.h, state.0);
            step.c = select_rows(&inside, step.c, state.1);
        }
        state = (step.h, step.c);
        steps.push(step);
    }
    if reverse {
        steps.reverse();
    }
    steps
}

/// The rows of `a` where `choose_a` says so, and of `b` elsewhere. What is not
/// chosen is not even looked at, so it may be NaN. The last dimension is the row.
pub(crate) fn select_rows<'t, T: Scalar>(
    choose_a: &[bool],
    a: Var<'t, T>,
    b: Var<'t, T>,
) -> Var<'t, T> {
    fn pick<T: Scalar>(choose_a: &[bool], a: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
        let row = a.data().len() / choose_a.len().max(1);
        let mut y = b.clone();
        for (k, _) in choose_a.iter().enumerate().filter(|(_, choose)| **choose) {
            y.data_mut()[k * row..][..row].copy_from_slice(&a.data()[k * row..][..row]);
        }
        y
    }
    let y = pick(choose_a, &a.value(), &b.value());
    let choose_a = choose_a.to_vec();
    a.tape().record("select_rows", [a, b], y, move |dy, [da, db]| {
        let zeros = Tensor::zeros(dy.shape());
        [da.then(|| pick(&choose_a, dy, &zeros)), db.then(|| pick(&choose_a, &zeros, dy))]
    })
}
