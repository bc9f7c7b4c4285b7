//! Before any training, look how many gates are stuck: within 0.01 of 0 or of 1, where their slope
//! is nearly 0. Count them over all steps and all units.
//!
//! Chapter: Demo 2, the forecast (book/src/24-forecast.md), "Why all windows get one answer:
//! saturation".

use nn::{Generator, Lstm, LstmConfig};
use tensor::{Tape, Tensor};

/// How many values of i, f and o are below 0.01 or above 0.99.
fn saturated(lstm: &Lstm<f64>, x: &Tensor<f64>) -> usize {
    let tape = Tape::no_grad();
    let steps = &lstm.steps(tape.constant(x.clone()), None)[0];
    let mut count = 0;
    for step in steps {
        // TODO: which values are gates, and where are they stuck?
        for gate in [step.i, step.g] {
            count += gate.value().data().iter().filter(|&&value| value > 0.99).count();
        }
    }
    count
}

/// Three steps of a series, times a factor.
fn example(factor: f64) -> (Lstm<f64>, Tensor<f64>) {
    let lstm = Lstm::new(LstmConfig::new(2, 20), &mut Generator::manual_seed(0));
    let rows = [[[-1.5, 1.0]], [[0.2, -0.4]], [[1.0, 1.2]]];
    (lstm, Tensor::from(rows).map(|x| factor * x))
}

fn main() {
    for factor in [1.0, 10.0, 60.0] {
        let (lstm, x) = example(factor);
        println!(
            "inputs times {factor}: {} of {} gates are stuck",
            saturated(&lstm, &x),
            3 * 3 * 20
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of i, f, g and o that satisfy the condition.
    fn counts(lstm: &Lstm<f64>, x: &Tensor<f64>, stuck: fn(f64) -> bool) -> [usize; 4] {
        let tape = Tape::no_grad();
        let steps = &lstm.steps(tape.constant(x.clone()), None)[0];
        let mut counts = [0; 4];
        for step in steps {
            for (count, v) in counts.iter_mut().zip([step.i, step.f, step.g, step.o]) {
                *count += v.value().data().iter().filter(|&&v| stuck(v)).count();
            }
        }
        counts
    }

    #[test]
    fn all_gates_both_ends() {
        for factor in [1.0, 20.0, 60.0] {
            let (lstm, x) = example(factor);
            let [i, f, _, o] = counts(&lstm, &x, |v| !(0.01..=0.99).contains(&v));
            let (found, expected) = (saturated(&lstm, &x), i + f + o);
            let [high_i, high_f, _, high_o] = counts(&lstm, &x, |v| v > 0.99);
            let [low_i, low_f, _, low_o] = counts(&lstm, &x, |v| v < 0.01);
            let [_, _, g, _] = counts(&lstm, &x, |v| !(0.01..=0.99).contains(&v));
            let why = if found == expected + g {
                "The candidate is counted as well. It is no gate: a half of its values is below 0."
            } else if found == high_i + high_f + high_o {
                "Only the open ones are counted. A gate may be stuck shut, too."
            } else if found == low_i + low_f + low_o {
                "Only the shut ones are counted. A gate may be stuck open, too."
            } else if found == i + f {
                "The output gate is missing."
            } else {
                "Three gates, two ends, all steps."
            };
            assert!(
                found == expected,
                "with inputs times {factor}, {expected} gates should be found stuck, and {found} \
                 are. {why}"
            );
        }
    }
}
