//! This loop learns something, but not the line y = 3x + 2: the slope goes to 0 and the height to
//! 6.5, the mean of 5 and 8.
//!
//! The loss is written by hand. Look at the shape of the difference. Then mend it.
//!
//! Chapter: A first training loop (book/src/08-training-loop.md), "The trap".

use nn::{Generator, Linear, Module};
use tensor::{Tape, Tensor};

/// The slope and the height of the line that is learnt.
fn train() -> [f64; 2] {
    let mut line = Linear::<f64>::new(1, 1, &mut Generator::manual_seed(0));
    let mut tape = Tape::new();
    for _ in 0..1000 {
        let x = tape.constant(Tensor::from([[1.0], [2.0]]));
        let y = tape.constant(Tensor::from([5.0, 8.0]));
        // The prediction is [2, 1] and the target [2]: their difference would be [2, 2].
        let loss = (line.forward(x).reshape([2]) - y).square().mean();
        let gradients = loss.backward();
        tape.reset();
        for (_, parameter) in line.named_parameters_mut() {
            let gradient = gradients.get(parameter).unwrap();
            for (p, g) in parameter.value_mut().data_mut().iter_mut().zip(gradient.data()) {
                *p -= 0.1 * g;
            }
        }
    }
    [line.weight.value().item(), line.bias.as_ref().unwrap().value().item()]
}

fn main() {
    let [slope, height] = train();
    println!("y = {slope:.3} x + {height:.3}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line() {
        let [slope, height] = train();
        let near = |a: f64, b: f64| (a - b).abs() < 0.001;
        let why = if near(slope, 0.0) {
            "It has learnt the mean: each prediction is compared with both targets."
        } else if !slope.is_finite() {
            "It has grown beyond all bounds: the steps are too large for this loss."
        } else {
            ""
        };
        assert!(
            near(slope, 3.0) && near(height, 2.0),
            "slope and height should be 3.000 and 2.000, and are {slope:.3} and {height:.3}. {why}"
        );
    }
}
