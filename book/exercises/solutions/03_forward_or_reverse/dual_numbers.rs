//! A dual number carries its derivative along: `value`, and `dot`, how fast the value changes when
//! the input does. With it, a program computes a derivative while it computes its result. Write the
//! dots of a product and of a sine.
//!
//! Chapter: Forward or reverse (book/src/03-forward-or-reverse.md), "Forward: dual numbers".

use std::ops::Mul;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Dual {
    value: f64,
    dot: f64,
}

impl Mul for Dual {
    type Output = Dual;

    fn mul(self, rhs: Dual) -> Dual {
        let value = self.value * rhs.value;
        Dual { value, dot: self.dot * rhs.value + self.value * rhs.dot }
    }
}

impl Dual {
    fn sin(self) -> Dual {
        Dual { value: self.value.sin(), dot: self.value.cos() * self.dot }
    }
}

fn main() {
    // The derivative of x² sin x at 2, in one run.
    let x = Dual { value: 2.0, dot: 1.0 };
    println!("{:?}", x * x * x.sin());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product() {
        let (u, v) = (Dual { value: 3.0, dot: 0.5 }, Dual { value: 2.0, dot: -4.0 });
        let found = (u * v).dot;
        let expected = 0.5 * 2.0 + 3.0 * -4.0;
        let why = match found {
            -2.0 => "This is the product of the two dots.",
            1.0 => {
                "This is how the product changes because of its first factor. The second changes, \
                 too."
            }
            -12.0 => {
                "This is how the product changes because of its second factor. The first changes, \
                 too."
            }
            13.0 | -13.0 => "Both terms are added.",
            -6.5 => "Each dot is multiplied by its own factor. It is the other one.",
            _ => {
                "The product changes for two reasons: each of its factors does. One term for each."
            }
        };
        assert!(
            found == expected,
            "the dot of 3 · 2, with dots 0.5 and −4, should be {expected} and is {found}. {why}"
        );
    }

    #[test]
    fn a_sine() {
        let found = Dual { value: 1.0, dot: 3.0 }.sin().dot;
        let expected = 3.0 * 1.0_f64.cos();
        let is = |other: f64| (found - other).abs() < 1e-12;
        let why = if is(1.0_f64.cos()) {
            "This forgets that the input moves three times as fast: the chain rule multiplies by \
             its dot."
        } else if is(-expected) {
            "The slope of sin is + cos."
        } else if is(3.0 * 1.0_f64.sin()) {
            "That is how high the sine is at the value. How steep is it?"
        } else if is(3.0) {
            "This is the input's own dot. How steep is the sine there?"
        } else if is(3.0_f64.cos()) || is(3.0 * 3.0_f64.cos()) {
            "The cosine is taken of the dot. It is taken at the value."
        } else {
            "The chain rule: how steep is the sine at the value, and how fast does the value move?"
        };
        assert!(
            is(expected),
            "the dot of sin at 1, with the dot 3, should be {expected:.6} and is {found:.6}. {why}"
        );
    }
}
