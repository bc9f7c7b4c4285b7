//! The output gate o: how much of the memory is shown. Write its value, and the gradient of its
//! bracket.
//!
//! Chapter: The output gate o (book/src/15-output-gate.md), "The equation" and "Its gradient".
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

/// o_t, from the input and the hidden state before.
fn output_gate(x: f64, h: f64) -> f64 {
    // TODO: does it look at the memory?
    0.0
}

/// The gradient of the bracket a_o, from that of the new hidden state, h_bar. `c` is the new
/// memory.
fn a_o_bar(h_bar: f64, o: f64, c: f64) -> f64 {
    // TODO: from what is shown to the gate, and through σ.
    0.0
}

fn main() {
    let o = output_gate(1.0, 0.5);
    println!(
        "the first step of chapter 11: o = {o:.4}, and a_o_bar = {:.4}",
        a_o_bar(1.0, o, 1.3560)
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
            let ([i, _, g, o, ..], ..) = by_tape(x, h, c, 0.0, 1.0);
            let a = W_IH[3] * x + B_IH[3] + W_HH[3] * h + B_HH[3];
            let outside = "The biases stand inside the bracket, with the products.";
            let products = W_IH[3] * x + W_HH[3] * h;
            let brackets = wrong_brackets(3, x, h).map(|(a, why)| (sigmoid(a), why));
            let others = [
                (a, "This is the bracket. A gate is σ of it."),
                (a.tanh(), "A gate goes through σ, not through tanh: it lies between 0 and 1."),
                (i, "This is the input gate. The rows are i, f, g, o."),
                (g, "This is the candidate. PyTorch's rows are i, f, g, o."),
                (
                    sigmoid(W_IH[2] * x + B_IH[2] + W_HH[2] * h + B_HH[2]),
                    "These are the candidate's rows: o is the last.",
                ),
                (sigmoid(products) + B_IH[3] + B_HH[3], outside),
                (sigmoid(products + B_IH[3]) + B_HH[3], outside),
            ];
            judge(
                &format!("for x = {x} and h = {h}, o"),
                output_gate(x, h),
                o,
                &[&brackets[..], &others].concat(),
            );
        }
    }

    #[test]
    fn its_gradient() {
        for [x, h, c] in STATES {
            let ([.., o, c_new, h_new], brackets, _) = by_tape(x, h, c, 0.0, 2.0);
            let tanh = c_new.tanh();
            judge(
                &format!("for h_bar = 2, o = {o:.4}, c = {c_new:.4}: a_o_bar"),
                a_o_bar(2.0, o, c_new),
                brackets[3],
                &[
                    (
                        2.0 * tanh,
                        "This is the gate's own gradient, o_bar. Its bracket lies behind a σ.",
                    ),
                    (
                        2.0 * c_new * o * (1.0 - o),
                        "What is shown is tanh(c): that is what stands beside the gate.",
                    ),
                    (
                        2.0 * o * (1.0 - o),
                        "The gate is multiplied by tanh(c), so tanh(c) is a factor.",
                    ),
                    (2.0 * tanh * (1.0 - o * o), "That is the slope of a tanh. The gate is a σ."),
                    (2.0 * h_new, "The slope of σ is o (1 − o)."),
                    (
                        2.0 * o * (1.0 - tanh * tanh),
                        "This is what goes to the memory, not to the gate.",
                    ),
                    (2.0 * tanh * (1.0 - o), "The slope of σ is o (1 − o)."),
                    (
                        2.0 * tanh * sigmoid(o) * (1.0 - sigmoid(o)),
                        "o is the output of σ already: its slope is o (1 − o), without another σ.",
                    ),
                    (
                        tanh * o * (1.0 - o),
                        "What comes back from what is shown, h_bar, is a factor.",
                    ),
                ],
            );
        }
    }
}
