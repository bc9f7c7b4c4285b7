//! The gates of an LSTM do not look at the memory. In 2000, Gers and Schmidhuber gave them
//! peepholes: i and f see the memory c of the step before, and o sees the new one, each through one
//! weight for each unit. The candidate sees neither.
//!
//!     i = σ(… + p_i ⊙ c_prev)    f = σ(… + p_f ⊙ c_prev)    o = σ(… + p_o ⊙ c)
//!
//! Below is a cell of your own, on the tape: its list of parameters, and its equations. The
//! peepholes are missing.
//!
//! Chapter: The table of 1997 (book/src/22-table-of-1997.md), "The cell of 1997", for another cell
//! than today's; and book/src/15-output-gate.md, "The equation".

use nn::{Generator, Module, module};
use tensor::{Parameter, Tape, Tensor, Var};

struct Peephole {
    weight_ih: Parameter<f64>,
    weight_hh: Parameter<f64>,
    bias: Parameter<f64>,
    peephole_i: Parameter<f64>,
    peephole_f: Parameter<f64>,
    peephole_o: Parameter<f64>,
}

module! {
    impl Module<f64> for Peephole { weight_ih, weight_hh, bias, peephole_i, peephole_f, peephole_o }
}

impl Peephole {
    fn new(inputs: usize, hidden: usize, rng: &mut Generator) -> Self {
        let mut draw = |shape: &[usize]| Parameter::new(rng.uniform(shape, -1.0, 1.0));
        Peephole {
            weight_ih: draw(&[4 * hidden, inputs]),
            weight_hh: draw(&[4 * hidden, hidden]),
            bias: draw(&[4 * hidden]),
            peephole_i: draw(&[hidden]),
            peephole_f: draw(&[hidden]),
            peephole_o: draw(&[hidden]),
        }
    }

    /// The new h and c.
    fn step<'t>(&'t self, x: Var<'t, f64>, [h, c]: [Var<'t, f64>; 2]) -> [Var<'t, f64>; 2] {
        let watch = |parameter| x.tape().watch(parameter);
        let a = x.linear(watch(&self.weight_ih), watch(&self.bias))
            + h.linear(watch(&self.weight_hh), None);
        let [a_i, a_f, a_g, a_o] = a.chunk();
        // TODO: three peepholes.
        let i = a_i.sigmoid();
        let f = a_f.sigmoid();
        let g = a_g.tanh();
        let o = a_o.sigmoid();
        let c = f * c + i * g;
        let h = o * c.tanh();
        [h, c]
    }
}

fn main() {
    let cell = Peephole::new(1, 2, &mut Generator::manual_seed(0));
    println!("{} parameters", cell.num_parameters());
    let tape = Tape::new();
    let [x, h, c] = [[[0.5].as_slice()], [&[0.0, 0.0]], [&[1.0, -1.0]]]
        .map(|[row]| tape.constant(Tensor::new([1, row.len()], row.to_vec())));
    let [h, c] = cell.step(x, [h, c]);
    println!("h = {:.4?}, c = {:.4?}", h.value().data(), c.value().data());
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: f64 = 0.5;
    const H: [f64; 2] = [0.3, -0.2];
    const C: [f64; 2] = [1.2, -0.7];

    /// The step in plain arithmetic, for unit k. `see` says what i, f, g and o see of the old and
    /// of the new memory.
    fn plain(cell: &Peephole, k: usize, see: [[f64; 2]; 4]) -> [f64; 2] {
        let weights = |p: &Parameter<f64>| p.value().data().to_vec();
        let (ih, hh, b) = (weights(&cell.weight_ih), weights(&cell.weight_hh), weights(&cell.bias));
        let peepholes = [&cell.peephole_i, &cell.peephole_f, &cell.peephole_i, &cell.peephole_o]
            .map(|p| weights(p)[k]);
        let bracket = |gate: usize, c_new: f64| {
            let row = 2 * gate + k;
            let sum = ih[row] * X + hh[2 * row] * H[0] + hh[2 * row + 1] * H[1] + b[row];
            sum + peepholes[gate] * (see[gate][0] * C[k] + see[gate][1] * c_new)
        };
        let sigmoid = |a: f64| 1.0 / (1.0 + (-a).exp());
        let (i, f, g) =
            (sigmoid(bracket(0, 0.0)), sigmoid(bracket(1, 0.0)), bracket(2, 0.0).tanh());
        let c = f * C[k] + i * g;
        [sigmoid(bracket(3, c)) * c.tanh(), c]
    }

    #[test]
    fn as_plain_arithmetic() {
        let cell = Peephole::new(1, 2, &mut Generator::manual_seed(3));
        let tape = Tape::new();
        let (x, h, c) = (Tensor::from([[X]]), Tensor::from([H]), Tensor::from([C]));
        let [h, c] =
            cell.step(tape.constant(x), [tape.constant(h), tape.constant(c)]).map(|v| v.value());
        let (none, old, new) = ([0.0, 0.0], [1.0, 0.0], [0.0, 1.0]);
        for (name, found, at) in [("c", c, 1), ("h", h, 0)] {
            for k in 0..2 {
                let (found, expected) =
                    (found.data()[k], plain(&cell, k, [old, old, none, new])[at]);
                let is = |see| (found - plain(&cell, k, see)[at]).abs() < 1e-12;
                let why = if is([none, none, none, none]) {
                    "This is the LSTM without peepholes."
                } else if name == "c" && is([old, none, none, none]) {
                    "The forget gate's peephole is missing."
                } else if name == "c" && is([none, old, none, none]) {
                    "The input gate's peephole is missing."
                } else if name == "c" && is([old, old, old, none]) {
                    "The candidate has no peephole."
                } else if is([old, old, none, old]) {
                    "The output gate sees the old memory. It is there to decide about the new one."
                } else if is([old, old, none, none]) {
                    "The output gate's peephole is missing."
                } else {
                    ""
                };
                let right = (found - expected).abs() < 1e-12;
                assert!(
                    right,
                    "{name} of unit {k} should be {expected:.6} and is {found:.6}. {why}"
                );
            }
        }
    }

    #[test]
    fn every_parameter_can_learn() {
        let cell = Peephole::new(1, 2, &mut Generator::manual_seed(3));
        let tape = Tape::new();
        let (x, h, c) = (Tensor::from([[X]]), Tensor::from([H]), Tensor::from([C]));
        let [h, _] = cell.step(tape.constant(x), [tape.constant(h), tape.constant(c)]);
        let gradients = h.sum().backward();
        for (name, parameter) in cell.named_parameters() {
            assert!(
                gradients.get(parameter).is_some(),
                "{name} should have a gradient and has none: it is not used."
            );
        }
    }
}
