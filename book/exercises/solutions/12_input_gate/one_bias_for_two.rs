//! A library has one bias for each gate. Somebody moves a cell's weights there, and the input gate
//! is not what it was.
//!
//! Look for what was lost. Then mend it.
//!
//! Chapter: The input gate i (book/src/12-input-gate.md), "Why two biases?".

use nn::{Generator, Lstm, LstmConfig, Module};
use tensor::Tensor;

/// The input gate in a library with one bias, from PyTorch's weights.
fn input_gate(state_dict: &[(String, Tensor<f64>)], x: f64, h: f64) -> f64 {
    let row_0 = |name: &str| {
        let found = state_dict.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.data()[0]).unwrap()
    };
    let bias = row_0("bias_ih_l0") + row_0("bias_hh_l0");
    let a_i = row_0("weight_ih_l0") * x + row_0("weight_hh_l0") * h + bias;
    1.0 / (1.0 + (-a_i).exp())
}

/// The cell of chapter 11.
fn cell() -> Lstm<f64> {
    let mut lstm = Lstm::new(LstmConfig::new(1, 1), &mut Generator::manual_seed(0));
    let weights = [
        [1.0, -0.5, 2.0, 0.5], // weight_ih_l0, the rows i, f, g, o
        [0.5, 1.0, -1.0, 0.5], // weight_hh_l0
        [0.2, 0.5, 0.0, 0.1],  // bias_ih_l0
        [0.3, 0.5, 0.0, 0.4],  // bias_hh_l0
    ];
    for ((_, parameter), numbers) in lstm.named_parameters_mut().into_iter().zip(weights) {
        parameter.value_mut().data_mut().copy_from_slice(&numbers);
    }
    lstm
}

fn main() {
    println!("i = {:.4}", input_gate(&cell().state_dict(), 1.0, 0.5));
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor::Tape;

    #[test]
    fn the_gate_is_what_it_was() {
        let lstm = cell();
        for (x, h) in [(1.0, 0.5), (-0.5, -0.3)] {
            let tape = Tape::new();
            let state = [h, 0.8].map(|s| tape.constant(Tensor::from([[[s]]])));
            let input = tape.constant(Tensor::from([[[x]]]));
            let expected = lstm.steps(input, Some(state.into()))[0][0].i.value().item();
            let found = input_gate(&lstm.state_dict(), x, h);
            let bracket = |gate: f64| (gate / (1.0 - gate)).ln();
            let why = match bracket(found) - bracket(expected) {
                d if (d + 0.3).abs() < 1e-9 => {
                    "Its bracket is too small by 0.3, which is bias_hh_l0."
                }
                d if (d + 0.2).abs() < 1e-9 => {
                    "Its bracket is too small by 0.2, which is bias_ih_l0."
                }
                d if (d + 0.25).abs() < 1e-9 => {
                    "This is the mean of the two biases. In the bracket they are added."
                }
                _ => "",
            };
            let right = (found - expected).abs() < 1e-12;
            assert!(
                right,
                "for x = {x} and h = {h}, the gate should be {expected:.4} and is {found:.4}. {why}"
            );
        }
    }
}
