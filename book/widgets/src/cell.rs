//! One step of the cell of chapter 11, and its gradients.

use nn::lstm::step;
use tensor::Tape;

use crate::{Gates, item, number, one_unit};

/// What the four brackets multiply x by, in the order i, f, g, o.
pub const W_IH: Gates = [1.0, -0.5, 2.0, 0.5];
/// What they multiply h by.
pub const W_HH: Gates = [0.5, 1.0, -1.0, 0.5];

/// `x, h, c` and the four biases (of i, f, g, o, each the sum of both) to
///
/// - the brackets a (4), the gates i, f, g, o (4), c, h, tanh(c),
/// - the derivatives of h with respect to c, tanh(c), i, f, g, o, the four brackets, the old c
///   and the old h (12),
/// - the same of c.
pub fn compute(input: &[f64]) -> Option<Vec<f64>> {
    let &[x, h, c, b_i, b_f, b_g, b_o] = input else { return None };
    let b = [b_i, b_f, b_g, b_o];
    let tape = Tape::new();
    let weights = one_unit(&tape, W_IH, W_HH, b);
    let [old_h, old_c] = [h, c].map(|state| tape.var(number(state)));
    let step = step(tape.constant(number(x)), (old_h, old_c), weights);

    let mut out: Vec<f64> = (0..4).map(|k| W_IH[k] * x + W_HH[k] * h + b[k]).collect();
    out.extend([step.i, step.f, step.g, step.o, step.c, step.h].map(item));
    out.push(item(step.c.tanh()));
    for (target, of_tanh) in [(step.h, item(step.o)), (step.c, 0.0)] {
        let gradients = target.backward();
        let of = |variable| gradients.wrt(variable).item();
        out.extend([of(step.c), of_tanh, of(step.i), of(step.f), of(step.g), of(step.o)]);
        // A bias stands in its bracket with a plus, so both have one derivative.
        out.extend_from_slice(gradients.wrt(weights.bias_ih?).data());
        out.extend([of(old_c), of(old_h)]);
    }
    Some(out)
}
