//! A pulse on the conveyor: what a forget gate leaves of it.

use tensor::Tape;
use tensor::kernel::math::ln;

use crate::{item, number, one_unit};

/// The bias of the forget gate and the number of steps T to the gate f, its half-life,
/// ∂c_T/∂c_0, then c_0 … c_T from c_0 = 1.
///
/// Nothing is written: all weights are 0, and so the candidate is.
pub fn compute(input: &[f64]) -> Option<Vec<f64>> {
    let &[b_f, steps] = input else { return None };
    let steps = (1.0..=1000.0).contains(&steps).then_some(steps as usize)?;
    let tape = Tape::new();
    let weights = one_unit(&tape, [0.0; 4], [0.0; 4], [0.0, b_f, 0.0, 0.0]);
    let (h_0, c_0) = (tape.constant(number(0.0)), tape.var(number(1.0)));
    let cells = crate::steps(&vec![0.0; steps], (h_0, c_0), weights);
    let last = cells.last()?;
    let f = item(last.f);
    let mut out = vec![f, ln(0.5) / ln(f), last.c.backward().wrt(c_0).item(), 1.0];
    out.extend(cells.iter().map(|step| item(step.c)));
    Some(out)
}
