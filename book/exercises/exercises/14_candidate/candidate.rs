//! The candidate g: what could be written. Write its value, and the gradient of its bracket.
//!
//! Chapter: The candidate g (book/src/14-candidate.md), "The equation and its line" and "Its
//! gradient".
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

/// g_t, from the input and the hidden state before.
fn candidate(x: f64, h: f64) -> f64 {
    // TODO: is it a gate?
    0.0
}

/// The gradient of the bracket a_g, from that of the new memory, c_bar.
fn a_g_bar(c_bar: f64, i: f64, g: f64) -> f64 {
    // TODO: from the memory to the candidate, and through its function.
    0.0
}

fn main() {
    let g = candidate(1.0, 0.5);
    println!(
        "the first step of chapter 11: g = {g:.4}, and a_g_bar = {:.4}",
        a_g_bar(1.0, 0.8520, g)
    );
    println!("with σ it would be {:.4}", sigmoid(1.5));
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
            let ([_, f, g, o, ..], ..) = by_tape(x, h, c, 1.0, 0.0);
            let a = W_IH[2] * x + B_IH[2] + W_HH[2] * h + B_HH[2];
            let brackets = wrong_brackets(2, x, h).map(|(a, why)| (a.tanh(), why));
            let others = [
                (a, "This is the bracket alone."),
                (
                    sigmoid(a),
                    "The candidate is no gate: with σ the memory could only be raised. It goes \
                     through tanh.",
                ),
                (f, "This is the forget gate. The rows are i, f, g, o."),
                (o, "This is the output gate. The rows are i, f, g, o."),
                (
                    (a - 2.0 * W_HH[2] * h).tanh(),
                    "The weight of the hidden state is −1, and has the wrong sign here.",
                ),
            ];
            judge(
                &format!("for x = {x} and h = {h}, g"),
                candidate(x, h),
                g,
                &[&brackets[..], &others].concat(),
            );
        }
    }

    #[test]
    fn its_gradient() {
        for [x, h, c] in STATES {
            let ([i, _, g, ..], brackets, _) = by_tape(x, h, c, 2.0, 0.0);
            judge(
                &format!("for c_bar = 2, i = {i:.4}, g = {g:.4}: a_g_bar"),
                a_g_bar(2.0, i, g),
                brackets[2],
                &[
                    (
                        2.0 * i,
                        "This is the candidate's own gradient, g_bar. Its bracket lies behind a \
                         tanh.",
                    ),
                    (
                        2.0 * (1.0 - g * g),
                        "The candidate is multiplied by the input gate, so the gate is a factor.",
                    ),
                    (2.0 * i * g * (1.0 - g), "That is the slope of a σ. The candidate is a tanh."),
                    (2.0 * i * (1.0 - g), "The slope of a tanh is 1 − g², with a square."),
                    (2.0 * g * i * (1.0 - i), "This is the gradient of the input gate's bracket."),
                    (
                        2.0 * i * (1.0 - g.tanh() * g.tanh()),
                        "g is the output of tanh already: its slope is 1 − g², without another \
                         tanh.",
                    ),
                    (i * (1.0 - g * g), "What comes back from the memory, c_bar, is a factor."),
                ],
            );
        }
    }
}
