//! A wrong gradient seldom stops a program. So write the judge: a check that compares a gradient
//! with central differences, element by element. It should find each of the planted mistakes of the
//! tests, and accuse no gradient that is right.
//!
//! Chapter: Checking gradients (book/src/09-gradient-checking.md), "One number on each side" and
//! "How far to step".

/// A function of several numbers, and the gradient that somebody has written for it.
struct Operation {
    f: fn(&[f64]) -> f64,
    gradient: fn(&[f64]) -> Vec<f64>,
}

/// Which element of the gradient is wrong at `x`, if any is: its number, the gradient, and the
/// slope that it should be.
fn check(operation: &Operation, x: &[f64]) -> Option<(usize, f64, f64)> {
    let gradient = (operation.gradient)(x);
    for k in 0..x.len() {
        let h = 6e-6;
        let at = |step: f64| {
            let mut x = x.to_vec();
            x[k] += step;
            (operation.f)(&x)
        };
        let slope = (at(h) - at(-h)) / (2.0 * h);
        if (slope - gradient[k]).abs() > 1e-6 * slope.abs() {
            return Some((k, gradient[k], slope));
        }
    }
    None
}

fn main() {
    let square = Operation { f: |x| x[0] * x[0], gradient: |x| vec![x[0]] };
    match check(&square, &[3.0]) {
        Some((k, gradient, slope)) => {
            println!("element {k} of the gradient is {gradient}, and the slope is {slope}")
        }
        None => println!("no mistake found in the gradient x of x²"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_mistakes_are_found() {
        let x = [0.5, -1.5, 2.0];
        let product: fn(&[f64]) -> f64 = |x| x[0] * x[1] * x[2];
        let quotient: fn(&[f64]) -> f64 = |x| x[0] / x[1];
        let faint: fn(&[f64]) -> f64 = |x| 1e-7 * x[0] * x[0];
        let planted: [(&str, usize, Operation, &str); 4] = [
            (
                "a missing sign in x₀ / x₁",
                1,
                Operation {
                    f: quotient,
                    gradient: |x| vec![1.0 / x[1], x[0] / (x[1] * x[1]), 0.0],
                },
                "Is every element compared, not only the first?",
            ),
            (
                "a gradient that is off by a thousandth in x₀ x₁ x₂",
                2,
                Operation {
                    f: product,
                    gradient: |x| vec![x[1] * x[2], x[0] * x[2], 1.001 * x[0] * x[1]],
                },
                "Is every element compared, and is the allowed deviation small enough?",
            ),
            (
                "a missing factor 2 in 0.0000001 x₀²",
                0,
                Operation { f: faint, gradient: |x| vec![1e-7 * x[0], 0.0, 0.0] },
                "The deviation is small, but so is the slope. Compare them with each other.",
            ),
            (
                "two elements that were exchanged, in x₀ x₁ x₂",
                0,
                Operation { f: product, gradient: |x| vec![x[0] * x[2], x[1] * x[2], x[0] * x[1]] },
                "If all elements are moved at once, this cannot be seen. Move one at a time.",
            ),
        ];
        for (mistake, element, operation, why) in planted {
            match check(&operation, &x) {
                Some((k, ..)) => assert!(
                    k == element,
                    "{mistake}: the element that is wrong is {element}, and the check accuses {k}."
                ),
                None => panic!("{mistake}: the check should find it, and finds nothing. {why}"),
            }
        }
    }

    #[test]
    fn right_gradients_pass() {
        let x = [0.5, -1.5, 2.0];
        let right: [(&str, Operation); 4] = [
            (
                "x₀ x₁ x₂",
                Operation {
                    f: |x| x[0] * x[1] * x[2],
                    gradient: |x| vec![x[1] * x[2], x[0] * x[2], x[0] * x[1]],
                },
            ),
            (
                "sin x₀ + exp x₁",
                Operation {
                    f: |x| x[0].sin() + x[1].exp(),
                    gradient: |x| vec![x[0].cos(), x[1].exp(), 0.0],
                },
            ),
            (
                "10000 x₂³",
                Operation {
                    f: |x| 1e4 * x[2].powi(3),
                    gradient: |x| vec![0.0, 0.0, 3e4 * x[2] * x[2]],
                },
            ),
            (
                "0.0000001 x₀²",
                Operation { f: |x| 1e-7 * x[0] * x[0], gradient: |x| vec![2e-7 * x[0], 0.0, 0.0] },
            ),
        ];
        for (name, operation) in right {
            if let Some((k, gradient, slope)) = check(&operation, &x) {
                let off = ((slope - gradient) / gradient).abs();
                let why = match off {
                    _ if slope == 0.0 => "The step is too small: nothing has changed.",
                    _ if off < 1e-3 => {
                        "A difference is never exact: allow for its error, in proportion to the \
                         slope."
                    }
                    _ => {
                        "Is the slope that of one element alone, by a central difference, and \
                         divided by 2h?"
                    }
                };
                panic!(
                    "the gradient of {name} is right, and the check accuses it: element {k} is \
                     {gradient}, and the check \
                     takes the slope to be {slope}. {why}"
                );
            }
        }
    }
}
