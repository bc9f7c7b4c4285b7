//! A pulse on the conveyor: what a forget gate and a plain RNN leave of it.

use tensor::{Tape, Tensor};

use crate::{item, number, one_unit};

/// Where the numbers of the LSTM begin.
pub const HEAD: usize = 4;

/// The bias of the forget gate, the number of steps T and the RNN's weight u to the gate f, its
/// half-life, ∂c_T/∂c_0, ∂h_T/∂h_0 of the RNN h_t = tanh(u h_{t−1}), then c_0 … c_T from c_0 = 1,
/// and the RNN's h_0 … h_T from h_0 = 1.
///
/// Nothing is written: all weights of the LSTM are 0, and so its candidate is.
pub fn compute(input: &[f64]) -> Option<Vec<f64>> {
    let &[b_f, steps, u] = input else { return None };
    let steps = (1.0..=1000.0).contains(&steps).then_some(steps as usize)?;
    let tape = Tape::new();
    let weights = one_unit(&tape, [0.0; 4], [0.0; 4], [0.0, b_f, 0.0, 0.0]);
    let (h_0, c_0) = (tape.constant(number(0.0)), tape.var(number(1.0)));
    let cells = crate::steps(&vec![0.0; steps], (h_0, c_0), weights);
    let last = cells.last()?;
    let f = item(last.f);

    let start = tape.var(Tensor::from(1.0));
    let mut states = vec![start];
    for t in 0..steps {
        states.push((states[t] * u).tanh());
    }
    let ln = |x| item(tape.constant(number(x)).ln());
    let mut out = vec![f, ln(0.5) / ln(f)];
    out.push(last.c.backward().wrt(c_0).item());
    out.push(states[steps].backward().wrt(start).item());
    out.push(1.0);
    out.extend(cells.iter().map(|step| item(step.c)));
    out.extend(states.into_iter().map(item));
    Some(out)
}
