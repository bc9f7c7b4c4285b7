//! Somebody wants the forget gate to start at σ(1) = 0.7311. With an input of 0 and no past, only
//! the biases count.
//!
//! Look at which parameters the loop changes. Then mend it.
//!
//! Chapter: The forget gate f (book/src/13-forget-gate.md), "A bias of 1".

use nn::{Generator, Lstm, LstmConfig, Module};
use tensor::{Tape, Tensor};

const HIDDEN: usize = 4;

fn lstm() -> Lstm<f64> {
    let mut lstm = Lstm::new(LstmConfig::new(2, HIDDEN), &mut Generator::manual_seed(0));
    for (name, parameter) in lstm.named_parameters_mut() {
        if name.starts_with("bias") {
            // TODO: how often does this line run?
            parameter.value_mut().data_mut()[HIDDEN..2 * HIDDEN].fill(1.0);
        }
    }
    lstm
}

/// The forget gates of all units, with an input of 0 and no past.
fn forget_gates(lstm: &Lstm<f64>) -> Vec<f64> {
    let tape = Tape::new();
    let steps = lstm.steps(tape.constant(Tensor::zeros([1, 1, 2])), None);
    steps[0][0].f.value().data().to_vec()
}

fn main() {
    println!("{:.4?}", forget_gates(&lstm()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gate_starts_at_sigma_of_1() {
        let sigmoid = |a: f64| 1.0 / (1.0 + (-a).exp());
        for (unit, found) in forget_gates(&lstm()).into_iter().enumerate() {
            let is = |a: f64| (found - sigmoid(a)).abs() < 1e-9;
            let why = if is(2.0) {
                "This is σ(2): two biases are 1, and they are added."
            } else if is(0.0) {
                "This is σ(0)."
            } else {
                "A random bias is still in its bracket."
            };
            assert!(
                is(1.0),
                "the forget gate of unit {unit} should be {:.4} and is {found:.4}. {why}",
                sigmoid(1.0)
            );
        }
    }

    #[test]
    fn the_other_gates_are_as_they_were() {
        let fresh = Lstm::<f64>::new(LstmConfig::new(2, HIDDEN), &mut Generator::manual_seed(0));
        for ((name, found), (_, was)) in lstm().state_dict().iter().zip(fresh.state_dict()) {
            let columns = found.data().len() / (4 * HIDDEN);
            for (k, (found, was)) in found.data().iter().zip(was.data()).enumerate() {
                let row = k / columns;
                let forget = (HIDDEN..2 * HIDDEN).contains(&row) && name.starts_with("bias");
                assert!(
                    forget || found == was,
                    "row {row} of {name} should be {was:.4} as before, and is {found:.4}."
                );
            }
        }
    }
}
