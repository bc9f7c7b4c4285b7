//! σ and tanh, their slopes by the tape, in both precisions.

use tensor::{Scalar, Tape, Tensor};

/// The curve is drawn from −LIMIT to LIMIT, …
pub const LIMIT: f64 = 20.0;
/// … with so many points.
pub const POINTS: usize = 201;

/// 0 for σ or 1 for tanh, and a, to the value and the slope at a in f64 and in f32, then the
/// values of the curve.
pub fn compute(input: &[f64]) -> Option<Vec<f64>> {
    let &[kind, a] = input else { return None };
    let is_tanh = kind == 1.0;
    let mut out = value_and_slope::<f64>(is_tanh, a).to_vec();
    out.extend(value_and_slope::<f32>(is_tanh, a));
    let a = |k| LIMIT * (2.0 * k as f64 / (POINTS - 1) as f64 - 1.0);
    out.extend((0..POINTS).map(|k| value_and_slope::<f64>(is_tanh, a(k))[0]));
    Some(out)
}

fn value_and_slope<T: Scalar>(is_tanh: bool, a: f64) -> [f64; 2] {
    let tape = Tape::new();
    let a = tape.var(Tensor::from(a).cast::<T>());
    let y = if is_tanh { a.tanh() } else { a.sigmoid() };
    [y.value().item(), y.backward().wrt(a).item()].map(|value| value.as_f64())
}
