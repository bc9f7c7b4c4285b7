//! This σ has the textbook form, and its values are right everywhere. Its gradient is not.
//!
//! Which part of the pullback can overflow? Mend it, without any `if`.
//!
//! Chapter: σ and tanh (book/src/07-sigmoid-tanh.md), "Derivatives from outputs".

use tensor::{Tape, Tensor, Var};

fn sigmoid<'t>(x: Var<'t, f64>) -> Var<'t, f64> {
    let y = x.value().map(|x| 1.0 / (1.0 + (-x).exp()));
    x.tape().record("sigmoid", [x], y.clone(), move |dy, _| {
        // From the output: y (1 − y). At −1000 the other form divides ∞ by ∞.
        [dy.zip(&y, |dy, y| dy * y * (1.0 - y))]
    })
}

/// The gradient of 3 σ(x).
fn gradient(x: f64) -> f64 {
    let tape = Tape::new();
    let x = tape.var(Tensor::from(x));
    (3.0 * sigmoid(x)).backward().wrt(x).item()
}

fn main() {
    for x in [-1000.0, -1.0, 0.0, 1.0, 1000.0] {
        println!("the gradient of 3 σ(x) at {x} is {}", gradient(x));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_everywhere() {
        let slope = |x: f64| 0.25 / (x / 2.0).cosh().powi(2); // σ' in another form
        for x in [0.0, 1.0, -1.0, 5.0, 1000.0, -1000.0] {
            let (found, expected) = (gradient(x), 3.0 * slope(x));
            let y = 1.0 / (1.0 + (-x).exp());
            let is = |other: f64| (found - other).abs() < 1e-12;
            let why = if found.is_nan() {
                "Somewhere ∞ is divided by ∞."
            } else if is(slope(x)) {
                "The factor 3 of the program comes in with dy."
            } else if is(3.0 * (1.0 - y * y)) {
                "This is the derivative of a tanh."
            } else {
                ""
            };
            assert!(
                is(expected),
                "the gradient of 3 σ(x) at {x} should be {expected:.4} and is {found:.4}. {why}"
            );
        }
    }
}
