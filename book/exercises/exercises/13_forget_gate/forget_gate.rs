//! The forget gate f: how much of the old memory is kept. Write its value, the gradient of its
//! bracket, and what passes through it to the old memory.
//!
//! Chapter: The forget gate f (book/src/13-forget-gate.md), "Its gradient, and the one that passes
//! through it".
#![allow(unused)] // as long as something is open

// The cell of chapter 11. Each array has the rows of i, f, g, o, as PyTorch lays them below each
// other.
const W_IH: [f64; 4] = [1.0, -0.5, 2.0, 0.5];
const W_HH: [f64; 4] = [0.5, 1.0, -1.0, 0.5];
const B_IH: [f64; 4] = [0.2, 0.5, 0.0, 0.1];
const B_HH: [f64; 4] = [0.3, 0.5, 0.0, 0.4];

fn sigmoid(a: f64) -> f64 {
    1.0 / (1.0 + (-a).exp())
}

/// f_t, from the input and the hidden state before.
fn forget_gate(x: f64, h: f64) -> f64 {
    // TODO: as the input gate, with rows of its own.
    0.0
}

/// The gradient of the bracket a_f, from that of the new memory, c_bar.
fn a_f_bar(c_bar: f64, f: f64, c_prev: f64) -> f64 {
    // TODO: from the memory to the gate, and through σ.
    0.0
}

/// What the old memory gets of it, with the gates held fixed.
fn c_prev_bar(c_bar: f64, f: f64) -> f64 {
    // TODO: one factor. This is why an LSTM can remember.
    0.0
}

fn main() {
    let f = forget_gate(1.0, 0.5);
    println!("the first step of chapter 11: f = {f:.4}, a_f_bar = {:.4}", a_f_bar(1.0, f, 0.8));
    println!(
        "of the gradient, after 10 such steps: {:.4}",
        (0..10).fold(1.0, |c_bar, _| c_prev_bar(c_bar, f))
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn::{Generator, Lstm, LstmConfig, Module};
    use tensor::{Tape, Tensor};

    /// What the crate says of one step: i, f, g, o, c, h; and, for the loss c_bar · c + h_bar · h,
    /// the gradients of the four brackets and of the old memory.
    fn by_tape(x: f64, h: f64, c: f64, c_bar: f64, h_bar: f64) -> ([f64; 6], [f64; 4], f64) {
        let mut lstm = Lstm::<f64>::new(LstmConfig::new(1, 1), &mut Generator::manual_seed(0));
        for ((_, parameter), numbers) in
            lstm.named_parameters_mut().into_iter().zip([W_IH, W_HH, B_IH, B_HH])
        {
            parameter.value_mut().data_mut().copy_from_slice(&numbers);
        }
        let tape = Tape::new();
        let [x, h, c] = [x, h, c].map(|v| tape.var(Tensor::from([[[v]]])));
        let step = lstm.steps(x, Some((h, c)))[0][0];
        let gradients = (c_bar * step.c + h_bar * step.h).backward();
        let values = [step.i, step.f, step.g, step.o, step.c, step.h].map(|v| v.value().item());
        let (_, bias) = &lstm.named_parameters()[2]; // added in the brackets as it is
        let brackets = gradients.get(bias).unwrap().data().try_into().unwrap();
        (values, brackets, gradients.wrt(c).item())
    }

    /// x, h and c. The first is not the chapter's: there, different mistakes give the same number.
    const STATES: [[f64; 3]; 3] = [[0.9, -0.4, 1.3], [1.0, 0.5, 0.8], [-1.0, 0.6805, 1.356]];

    /// Compares, and knows the usual mistakes.
    fn judge(what: &str, found: f64, expected: f64, usual: &[(f64, &str)]) {
        let near = |other: f64| (found - other).abs() < 1e-9;
        if !near(expected) {
            let otherwise = match found {
                0.0 => "It is 0: still open, or made of something that is 0.",
                _ => "",
            };
            let why = usual.iter().find(|(other, _)| near(*other));
            let why = why.map_or(otherwise, |(_, why)| why);
            panic!("{what} should be {expected:.4} and is {found:.4}. {why}");
        }
    }

    /// The usual mistakes in bracket k.
    fn wrong_brackets(k: usize, x: f64, h: f64) -> [(f64, &'static str); 10] {
        let (ih, hh, b_ih, b_hh) = (W_IH[k], W_HH[k], B_IH[k], B_HH[k]);
        let (products, biases) = (ih * x + hh * h, b_ih + b_hh);
        let one_bias = "PyTorch's LSTM has two biases, and they are added: one is missing.";
        let twice = "One bias is there twice, and the other one is missing.";
        [
            (ih * h + hh * x + biases, "x and h have changed places."),
            (ih * x + biases, "The bracket reads the hidden state, too."),
            (hh * h + biases, "The bracket reads the input, too."),
            ((ih + hh) * x + biases, "Both weights are multiplied by x. W_HH belongs to h."),
            ((ih + hh) * h + biases, "Both weights are multiplied by h. W_IH belongs to x."),
            (products, "The two biases are missing."),
            (products + b_ih, one_bias),
            (products + b_hh, one_bias),
            (products + 2.0 * b_ih, twice),
            (products + 2.0 * b_hh, twice),
        ]
    }

    #[test]
    fn a_value() {
        for [x, h, c] in STATES {
            let ([i, f, ..], ..) = by_tape(x, h, c, 1.0, 0.0);
            let a = W_IH[1] * x + B_IH[1] + W_HH[1] * h + B_HH[1];
            let outside = "The biases stand inside the bracket, with the products.";
            let products = W_IH[1] * x + W_HH[1] * h;
            let brackets = wrong_brackets(1, x, h).map(|(a, why)| (sigmoid(a), why));
            let others = [
                (a, "This is the bracket. A gate is σ of it."),
                (
                    1.0 - f,
                    "This is what is forgotten. The gate is what is kept, whatever its name says.",
                ),
                (a.tanh(), "A gate goes through σ, not through tanh: it lies between 0 and 1."),
                (i, "This is the input gate. The rows are i, f, g, o."),
                (sigmoid(products) + B_IH[1] + B_HH[1], outside),
                (sigmoid(products + B_IH[1]) + B_HH[1], outside),
            ];
            judge(
                &format!("for x = {x} and h = {h}, f"),
                forget_gate(x, h),
                f,
                &[&brackets[..], &others].concat(),
            );
        }
    }

    #[test]
    fn its_gradient() {
        for [x, h, c] in STATES {
            let ([_, f, g, _, c_new, _], brackets, _) = by_tape(x, h, c, 2.0, 0.0);
            judge(
                &format!("for c_bar = 2, f = {f:.4}, c_prev = {c}: a_f_bar"),
                a_f_bar(2.0, f, c),
                brackets[1],
                &[
                    (
                        2.0 * c,
                        "This is the gate's own gradient, f_bar. Its bracket lies behind a σ.",
                    ),
                    (
                        2.0 * f * (1.0 - f),
                        "The gate is multiplied by the old memory, so the old memory is a factor.",
                    ),
                    (2.0 * c * f, "The slope of σ is f (1 − f)."),
                    (2.0 * c * (1.0 - f * f), "That is the slope of a tanh. The gate is a σ."),
                    (
                        2.0 * c_new * f * (1.0 - f),
                        "The gate is multiplied by the old memory, not by the new one.",
                    ),
                    (
                        2.0 * g * f * (1.0 - f),
                        "The candidate stands beside the input gate. Beside the forget gate \
                         stands c_prev.",
                    ),
                    (2.0 * c * (1.0 - f), "The slope of σ is f (1 − f)."),
                    (
                        2.0 * c * sigmoid(f) * (1.0 - sigmoid(f)),
                        "f is the output of σ already: its slope is f (1 − f), without another σ.",
                    ),
                    (c * f * (1.0 - f), "What comes back from the memory, c_bar, is a factor."),
                ],
            );
        }
    }

    #[test]
    fn what_passes_through() {
        for [x, h, c] in STATES {
            let ([_, f, ..], _, c_prev) = by_tape(x, h, c, 2.0, 0.0);
            judge(
                &format!("for c_bar = 2 and f = {f:.4}: c_prev_bar"),
                c_prev_bar(2.0, f),
                c_prev,
                &[
                    (2.0, "The old memory is multiplied by the gate on its way."),
                    (
                        2.0 * f * (1.0 - f),
                        "There is no σ on this way: the slope belongs to the gate's bracket.",
                    ),
                    (2.0 * (1.0 - f), "What is kept passes, not what is forgotten."),
                ],
            );
        }
    }
}
