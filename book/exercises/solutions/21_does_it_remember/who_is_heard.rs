//! A model that learns the near and not the far looks like a model that is too small. To tell, look
//! at how loud each step is in the loss: the size of ∂L/∂x_t. Here L is the sum of the last hidden
//! state.
//!
//! Chapter: Does it remember? (book/src/21-does-it-remember.md), "What the loss hears".

use nn::{Generator, Lstm, LstmConfig};
use tensor::{Tape, Tensor};

/// The size of ∂L/∂x_t for each step. `xs` has the shape [steps, 1, 1].
fn heard(lstm: &Lstm<f64>, xs: &Tensor<f64>) -> Vec<f64> {
    let tape = Tape::new();
    let x = tape.var(xs.clone());
    let (_, (h_n, _)) = lstm.forward(x, None);
    let loss = h_n.sum();
    loss.backward().wrt(x).data().iter().map(|g| g.abs()).collect()
}

/// An LSTM with a bias of the forget gates, and a sequence.
fn example(forget_bias: f64) -> (Lstm<f64>, Tensor<f64>) {
    let rng = &mut Generator::manual_seed(0);
    let mut lstm = Lstm::new(LstmConfig::new(1, 4), rng);
    lstm.set_forget_bias(forget_bias);
    let xs = rng.uniform([20, 1, 1], -1.0, 1.0);
    (lstm, xs)
}

fn main() {
    for bias in [0.0, 5.0] {
        let (lstm, xs) = example(bias);
        let heard = heard(&lstm, &xs);
        println!("forget bias {bias}: the first step {:.1e}, the last {:.1e}", heard[0], heard[19]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_against_a_difference() {
        let (lstm, xs) = example(1.0);
        let found = heard(&lstm, &xs);
        assert!(found.len() == 20, "there should be 20 sizes and there are {}.", found.len());
        let run = |xs: &Tensor<f64>| {
            let tape = Tape::no_grad();
            let (output, (h_n, _)) = lstm.forward(tape.constant(xs.clone()), None);
            [h_n.sum().value().item(), output.sum().value().item()]
        };
        for t in (0..20).rev() {
            let moved = |step: f64| {
                let mut xs = xs.clone();
                xs.data_mut()[t] += step;
                run(&xs)
            };
            let (up, down) = (moved(6e-6), moved(-6e-6));
            let [last, all] = [0, 1].map(|k| (up[k] - down[k]) / 12e-6);
            let is = |other: f64| (found[t] - other).abs() < 1e-9;
            let why = if is(-last.abs()) {
                "A size has no sign."
            } else if is(all) || is(all.abs()) {
                "This loss hears the hidden states of all steps. Only the last one is asked."
            } else {
                ""
            };
            let expected = last.abs();
            assert!(
                is(expected),
                "step {} should be heard with {expected:.6} and is with {:.6}. {why}",
                t + 1,
                found[t]
            );
        }
    }
}
