//! This program looks for the minimum of (p − 3.04)². It ends near it, but not at it, however long
//! it runs.
//!
//! Look at the sizes of its last steps. What does Adam know at each of them? Mend it.
//!
//! Chapter: Adam (book/src/20-adam.md), "The first step has size lr".

use nn::{Adam, AdamConfig, module};
use tensor::{Parameter, Tape, Tensor};

struct Model {
    p: Parameter<f64>,
}
module! { impl Module<f64> for Model { p } }

/// p after each of the passes, from p = 0.
fn path(passes: usize) -> Vec<f64> {
    let mut model = Model { p: Parameter::new(Tensor::from(0.0)) };
    let mut tape = Tape::new();
    let config = AdamConfig { lr: 0.1, ..AdamConfig::default() };
    let mut path = Vec::new();
    for _ in 0..passes {
        let gradients = (tape.watch(&model.p) - 3.04).square().backward();
        tape.reset();
        // TODO: what does a new optimizer know?
        let mut adam = Adam::new(config);
        adam.step(&mut model, &gradients);
        path.push(model.p.value().item());
    }
    path
}

fn main() {
    println!("the last of 300 passes: {:.3?}", &path(300)[290..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_at_the_minimum() {
        let path = path(300);
        let (p, step) = (path[299], (path[299] - path[298]).abs());
        let why = if (step - 0.1).abs() < 1e-6 {
            "Its last step is still 0.1, which is lr: it jumps to and fro. Each step is a first \
             step."
        } else if (p - 3.04).abs() > 0.5 {
            "It has not even come near."
        } else {
            ""
        };
        assert!((p - 3.04).abs() < 0.01, "after 300 passes p should be 3.040 and is {p:.3}. {why}");
    }

    #[test]
    fn with_the_learning_rate_that_was_asked_for() {
        let first = path(1)[0];
        assert!(
            (first - 0.1).abs() < 1e-6,
            "the first step should lead to 0.1, and leads to {first:.3}. Keep lr = 0.1."
        );
    }
}
