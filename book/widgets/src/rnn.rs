//! The plain RNN of chapter 10 without an input: h_t = tanh(u h_{t−1}).

use tensor::{Tape, Tensor};

use crate::item;

/// u, h_0 and the number of steps T to h_0 … h_T, then ∂h_t/∂h_{t−1} for each step, then ∂h_t/∂h_0
/// for t = 1 … T.
pub fn compute(input: &[f64]) -> Option<Vec<f64>> {
    let &[u, h_0, steps] = input else { return None };
    let steps = (1.0..=1000.0).contains(&steps).then_some(steps as usize)?;
    let tape = Tape::new();
    let mut h = vec![tape.var(Tensor::from(h_0))];
    for t in 0..steps {
        h.push((h[t] * u).tanh());
    }
    let mut out: Vec<f64> = h.iter().map(|&h| item(h)).collect();
    let backward: Vec<_> = h[1..].iter().map(|h| h.backward()).collect();
    out.extend(backward.iter().zip(&h).map(|(gradients, &before)| gradients.wrt(before).item()));
    out.extend(backward.iter().map(|gradients| gradients.wrt(h[0]).item()));
    Some(out)
}
