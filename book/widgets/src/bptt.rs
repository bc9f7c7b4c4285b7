//! The two steps of chapter 19, or more of them, backwards.

use tensor::Tape;

use crate::{Gates, item, number, one_unit, steps};

/// The weights of chapter 19.
pub const W_IH: Gates = [0.5, 0.2, 0.8, 0.4];
/// Those of the hidden state.
pub const W_HH: Gates = [0.6, -0.4, 0.5, 0.3];
/// The biases.
pub const B: Gates = [0.0, 1.0, 0.0, 0.0];
/// How many numbers there are of each step.
pub const PER_STEP: usize = 19;

/// The inputs x to, for each step,
///
/// - i, f, g, o, c, tanh(c), h,
/// - the adjoints of h and c for L = h_1 + h_2 + …, what of each comes from the later step
///   (2), and the adjoints of i, f, g, o and of the brackets (8),
///
/// then the gradients of W_ih, W_hh and b, four each.
pub fn compute(input: &[f64]) -> Option<Vec<f64>> {
    if input.is_empty() {
        return None;
    }
    let tape = Tape::new();
    let weights = one_unit(&tape, W_IH, W_HH, B);
    let zero = tape.constant(number(0.0));
    let steps = steps(input, (zero, zero), weights);
    let h = steps.iter().map(|step| step.h);
    let loss = h.reduce(|sum, h| sum + h)?;
    let gradients = loss.backward();
    let of = |variable| gradients.wrt(variable).item();

    let mut out = Vec::new();
    for (t, step) in steps.iter().enumerate() {
        let [i, f, g, o, c, h] = [step.i, step.f, step.g, step.o, step.c, step.h].map(item);
        let [i_bar, f_bar, g_bar, o_bar, c_bar, h_bar] =
            [step.i, step.f, step.g, step.o, step.c, step.h].map(of);
        let c_later = steps.get(t + 1).map_or(0.0, |later| of(later.c) * item(later.f));
        out.extend([i, f, g, o, c, item(step.c.tanh()), h, h_bar, c_bar, h_bar - 1.0, c_later]);
        out.extend([i_bar, f_bar, g_bar, o_bar]);
        let slopes = [i * (1.0 - i), f * (1.0 - f), 1.0 - g * g, o * (1.0 - o)];
        out.extend([i_bar * slopes[0], f_bar * slopes[1], g_bar * slopes[2], o_bar * slopes[3]]);
    }
    for weight in [weights.ih, weights.hh, weights.bias_ih?] {
        out.extend_from_slice(gradients.wrt(weight).data());
    }
    Some(out)
}
