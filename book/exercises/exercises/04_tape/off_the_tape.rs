//! The derivative of x² at 3 is 6. This program gets 0, and no error.
//!
//! Run it: it prints the tape. Look for the line that should have an input and has none. Then mend
//! it.
//!
//! Chapter: The tape (book/src/04-tape.md), "Handles, and what the compiler refuses".

use tensor::{Tape, Tensor};

/// The value of x² and its derivative.
fn square(x: f64) -> (f64, f64) {
    let tape = Tape::new();
    let x = tape.var(Tensor::from(x));
    // TODO: does the tape know what `copy` is a copy of?
    let copy = tape.var(x.value());
    let y = copy * copy;
    println!("{tape}");
    (y.value().item(), y.backward().wrt(x).item())
}

fn main() {
    println!("x² at 3 and its derivative: {:?}", square(3.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivative_of_a_square() {
        let (value, slope) = square(3.0);
        assert!(
            value == 9.0,
            "x² at 3 should be 9 and is {value}. Do not change what is computed."
        );
        let why = match slope {
            0.0 => "As far as the tape knows, y does not depend on x: something has been cut off.",
            3.0 => "One of the two factors has been cut off.",
            _ => "",
        };
        assert!(slope == 6.0, "the derivative of x² at 3 should be 6 and is {slope}. {why}");
    }
}
