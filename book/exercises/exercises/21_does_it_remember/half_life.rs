//! A colleague wants the half-life of the memory to be 50 steps at the start, computes the gate,
//! and sets it as the bias.
//!
//! Look at what a bias is. Then mend it.
//!
//! Chapter: Does it remember? (book/src/21-does-it-remember.md), "One number".

use nn::{Generator, Lstm, LstmConfig};
use tensor::{Tape, Tensor};

/// An LSTM whose memory is half gone after so many steps.
fn lstm(half_life: f64) -> Lstm<f64> {
    let mut lstm = Lstm::new(LstmConfig::new(1, 4), &mut Generator::manual_seed(0));
    let gate = 0.5_f64.powf(1.0 / half_life);
    // TODO: is it the gate that is set here?
    lstm.set_forget_bias(gate);
    lstm
}

/// The forget gate of the first unit, with an input of 0 and no past.
fn forget_gate(lstm: &Lstm<f64>) -> f64 {
    let tape = Tape::new();
    lstm.steps(tape.constant(Tensor::zeros([1, 1, 1])), None)[0][0].f.value().data()[0]
}

fn main() {
    let f = forget_gate(&lstm(50.0));
    println!("f = {f:.4}; after 50 steps there is {:.4}", f.powi(50));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_is_left() {
        for half_life in [50, 10, 1] {
            let f = forget_gate(&lstm(f64::from(half_life)));
            let (found, gate) = (f.powi(half_life), 0.5_f64.powf(1.0 / f64::from(half_life)));
            let bias = (f / (1.0 - f)).ln();
            let is = |other: f64| (bias - other).abs() < 1e-9;
            let why = if is(gate) {
                "The bias is what the gate should be. The gate is σ of the bias."
            } else if is(-(gate / (1.0 - gate)).ln()) {
                "The sign of the bias is wrong: a gate above one half has a positive bias."
            } else if is(gate.ln()) || is(f64::from(half_life).ln()) {
                "The logarithm is in it. The inverse of σ is that of a quotient."
            } else {
                ""
            };
            let right = (found - 0.5).abs() < 1e-9;
            assert!(
                right,
                "with a half-life of {half_life}, what is left should be 0.5000 and is \
                 {found:.4}. {why}"
            );
        }
    }
}
