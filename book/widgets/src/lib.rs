//! What the book's running figures compute: numbers in, numbers out.
//!
//! Each figure is a file, and calls `tensor` and `nn` as they are. A slider moves the
//! input, `widgets.js` draws the output, and `exports.rs` is all that lies between.

pub mod adding;
pub mod bptt;
pub mod cell;
pub mod conveyor;
mod exports;
pub mod rnn;
pub mod saturation;
pub mod tape;
pub mod training;
pub mod v_curve;

// Demo 2, and the experiment of chapter 22: their own files. The crate `demos` would bring its
// command line and its plots along, a megabyte of them.
#[path = "../../../crates/demos/src/forecaster.rs"]
pub mod forecaster;
#[path = "../../../examples/06_table_of_1997/network.rs"]
mod network;
#[path = "../../../crates/demos/src/notebook.rs"]
pub mod notebook;
#[path = "../../../examples/06_table_of_1997/tasks.rs"]
#[allow(dead_code, reason = "the page shows one of three tasks")]
mod tasks;

use nn::lstm::{State, Step, Weights, step};
use tensor::{Tape, Tensor, Var};

/// The gates in the order of their rows.
pub type Gates = [f64; 4];

/// The weights of an LSTM with one unit that reads one number.
fn one_unit(tape: &Tape<f64>, w_ih: Gates, w_hh: Gates, b: Gates) -> Weights<'_, f64> {
    let [ih, hh] = [w_ih, w_hh].map(|w| tape.var(Tensor::new([4, 1], w.to_vec())));
    let bias_ih = Some(tape.var(Tensor::from(b)));
    Weights { ih, hh, bias_ih, bias_hh: None, hr: None }
}

/// All steps of that LSTM over numbers.
fn steps<'t>(
    x: &[f64],
    mut state: State<'t, f64>,
    weights: Weights<'t, f64>,
) -> Vec<Step<'t, f64>> {
    let read = |&x: &f64| {
        let step = step(state.0.tape().constant(number(x)), state, weights);
        state = (step.h, step.c);
        step
    };
    x.iter().map(read).collect()
}

/// One number as one sample with one feature.
fn number(value: f64) -> Tensor<f64> {
    Tensor::from([[value]])
}

/// The number in a variable that has one.
fn item(variable: Var<'_, f64>) -> f64 {
    variable.value().item()
}
