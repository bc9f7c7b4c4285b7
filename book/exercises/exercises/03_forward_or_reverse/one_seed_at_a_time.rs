//! z = x² y has two derivatives, 2 x y and x². Somebody wants both in one run of dual numbers, and
//! sets both dots to 1.
//!
//! Print what the run gives. In which direction did the inputs move? Then mend it.
//!
//! Chapter: Forward or reverse (book/src/03-forward-or-reverse.md), "Columns and rows".

use std::ops::Mul;

#[derive(Clone, Copy)]
struct Dual {
    value: f64,
    dot: f64,
}

impl Mul for Dual {
    type Output = Dual;

    fn mul(self, rhs: Dual) -> Dual {
        Dual { value: self.value * rhs.value, dot: self.dot * rhs.value + self.value * rhs.dot }
    }
}

fn z(x: Dual, y: Dual) -> Dual {
    let u = x * y;
    u * x
}

/// ∂z/∂x and ∂z/∂y.
fn slopes(x: f64, y: f64) -> (f64, f64) {
    // TODO: one run cannot give two derivatives.
    let x = Dual { value: x, dot: 1.0 };
    let y = Dual { value: y, dot: 1.0 };
    (z(x, y).dot, z(x, y).dot)
}

fn main() {
    println!("∂z/∂x and ∂z/∂y at (3, 2): {:?}", slopes(3.0, 2.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_derivative_by_itself() {
        for (x, y) in [(3.0, 2.0), (1.0, -5.0)] {
            let (expected, found) = ((2.0 * x * y, x * x), slopes(x, y));
            let (sum, both_equal) = (expected.0 + expected.1, found.0 == found.1);
            for (name, found, expected, other) in [
                ("∂z/∂x", found.0, expected.0, expected.1),
                ("∂z/∂y", found.1, expected.1, expected.0),
            ] {
                let why = match found {
                    _ if found == sum => {
                        "It is the sum of both: the slope along the diagonal, for both inputs \
                         moved."
                    }
                    0.0 => {
                        "Either no input moved, or a value was changed with its dot. Only the dot \
                         is the seed."
                    }
                    _ if both_equal => {
                        "Both numbers are the same. The other derivative needs a run of its own, \
                         with the other seed."
                    }
                    _ if found == other => "It is the other one.",
                    _ => "In each run one dot is 1 and the other 0.",
                };
                assert!(
                    found == expected,
                    "{name} at ({x}, {y}) should be {expected} and is {found}. {why}"
                );
            }
        }
    }
}
