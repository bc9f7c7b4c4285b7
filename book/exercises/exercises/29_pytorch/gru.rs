//! The GRU, in the form that PyTorch documents it: two gates, a candidate, and no memory beside h.
//!
//!     r = σ(W_ir x + b_ir + W_hr h + b_hr)
//!     z = σ(W_iz x + b_iz + W_hz h + b_hz)
//!     n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn))
//!     h' = (1 − z) ⊙ n + z ⊙ h
//!
//! Write one step. The tests compare it with numbers that PyTorch 2.15 has computed: the states of
//! two steps, and the gradient of their inputs.
//!
//! Chapter: Graduating to PyTorch (book/src/29-pytorch.md).
#![allow(unused)] // as long as something is open

use nn::{Module, module, scan};
use tensor::{Parameter, Tape, Tensor, Var};

struct Gru {
    weight_ih: Parameter<f64>,
    weight_hh: Parameter<f64>,
    bias_ih: Parameter<f64>,
    bias_hh: Parameter<f64>,
}

module! { impl Module<f64> for Gru { weight_ih, weight_hh, bias_ih, bias_hh } }

impl Gru {
    fn step<'t>(&'t self, x: Var<'t, f64>, h: Var<'t, f64>) -> Var<'t, f64> {
        let watch = |parameter| x.tape().watch(parameter);
        // The rows of the weights are three blocks, r, z and n.
        let [x_r, x_z, x_n] = x.linear(watch(&self.weight_ih), watch(&self.bias_ih)).chunk();
        let [h_r, h_z, h_n] = h.linear(watch(&self.weight_hh), watch(&self.bias_hh)).chunk();
        // TODO: four equations.
        (x_n + h_n).tanh()
    }
}

/// Numbers that look random, so that the same can be made in Python.
fn pattern(shape: &[usize], number: impl Fn(usize) -> f64) -> Tensor<f64> {
    let mut k = 0..;
    Tensor::from_fn(shape, || number(k.next().unwrap()))
}

fn gru() -> Gru {
    let weight = |shape: &[usize], seed: usize| {
        Parameter::new(pattern(shape, |k| (((k * 7 + seed) % 11) as f64 - 5.0) / 10.0))
    };
    Gru {
        weight_ih: weight(&[6, 3], 0),
        weight_hh: weight(&[6, 2], 1),
        bias_ih: weight(&[6], 2),
        bias_hh: weight(&[6], 3),
    }
}

/// The states of two steps of two samples, and the gradient of the inputs for their sum.
fn two_steps() -> (Vec<f64>, Vec<f64>) {
    let (gru, tape) = (gru(), Tape::new());
    let xs = tape.var(pattern(&[2, 2, 3], |k| (((k * 5 + 1) % 9) as f64 - 4.0) / 4.0));
    let h_0 = tape.constant(Tensor::zeros([2, 2]));
    let (_, hs) = scan(xs, false, h_0, |h, x| {
        let h = gru.step(x, h);
        (h, h)
    });
    let output = Var::stack(&hs, 0);
    let gradient = output.sum().backward().wrt(xs);
    (output.value().data().to_vec(), gradient.data().to_vec())
}

fn main() {
    println!("{} parameters; the states are {:.4?}", gru().num_parameters(), two_steps().0);
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [f64; 8] = [
        0.003748172963560401,
        -0.32442351789892754,
        0.3998958608193106,
        0.3042377762785284,
        0.2959332138910867,
        0.1500993957683284,
        0.2026019731344571,
        -0.21911172045423322,
    ];
    const GRADIENT: [f64; 12] = [
        0.20252038912495188,
        -0.32313772290671167,
        0.5161864776754972,
        -0.030525813294589393,
        -0.28612501174120225,
        0.6442172340623207,
        0.01293716406487043,
        -0.2165105700482251,
        0.5147525822176761,
        0.2113517974788301,
        -0.24254081610637668,
        0.27894700232946,
    ];

    #[test]
    fn the_states_are_pytorchs() {
        let (found, _) = two_steps();
        // The first state of the first sample, where h is 0: the brackets in plain arithmetic.
        let gru = gru();
        let (w, b, b_h) = (gru.weight_ih.value(), gru.bias_ih.value(), gru.bias_hh.value());
        let x = [-0.75, 0.5, -0.5];
        let bracket =
            |row: usize| (0..3).map(|j| w.data()[3 * row + j] * x[j]).sum::<f64>() + b.data()[row];
        let sigmoid = |a: f64| 1.0 / (1.0 + (-a).exp());
        let gate = |row: usize| sigmoid(bracket(row) + b_h.data()[row]);
        let (r, z) = (gate(0), gate(2));
        let n = |r: f64| (bracket(4) + r * b_h.data()[4]).tanh();
        let is = |other: f64| (found[0] - other).abs() < 1e-12;
        let why = if is(n(1.0)) {
            "This is a plain RNN with the candidate's weights: no gate is in it."
        } else if is(n(r)) {
            "z is missing: the candidate and the old state are mixed."
        } else if is(z * n(r)) {
            "z is the wrong way round: it says how much of the old state stays."
        } else if is((1.0 - z) * n(1.0)) {
            "r is not where PyTorch has it: before the whole bracket of h, with its bias."
        } else if is((1.0 - r) * n(z)) {
            "r and z are exchanged: the blocks are r, z, n."
        } else if is((1.0 - z) * (bracket(4) + r * b_h.data()[4])) {
            "The candidate goes through a tanh."
        } else {
            ""
        };
        for (k, (found, expected)) in found.iter().zip(STATES).enumerate() {
            let (step, sample, unit) = (k / 4 + 1, k / 2 % 2, k % 2);
            let why = if step == 1 { why } else { "Right for one step: look at what reads h." };
            assert!(
                (found - expected).abs() < 1e-12,
                "step {step}, sample {sample}, unit {unit}: the state should be {expected:.6} and \
                 is {found:.6}. {why}"
            );
        }
    }

    #[test]
    fn and_so_is_the_gradient() {
        let (states, found) = two_steps();
        if (states[7] - STATES[7]).abs() > 1e-12 {
            return; // the other test tells
        }
        for (k, (found, expected)) in found.iter().zip(GRADIENT).enumerate() {
            let right = (found - expected).abs() < 1e-12;
            assert!(
                right,
                "the gradient of the inputs, number {k}, should be {expected:.6} and is {found:.6}."
            );
        }
    }
}
