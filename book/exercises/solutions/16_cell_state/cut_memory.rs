//! Three steps of a memory, with one weight w = 1 for what is written. The values are those of the
//! chapter, and right. The gradient by w is half of what it should be, and that by c_0 is 0 and
//! should be 0.36, the product of the forget gates.
//!
//! What has been cut, and by which word? Mend it.
//!
//! Chapter: The cell state c (book/src/16-cell-state.md), "The derivative along the path".

use tensor::{Tape, Tensor};

/// c_3, and its derivatives by w and by c_0.
fn three_steps() -> [f64; 3] {
    let tape = Tape::<f64>::new();
    let (w, c_0) = (tape.var(Tensor::from(1.0)), tape.var(Tensor::from(1.0)));
    let mut c = c_0;
    for (f, written) in [(0.9, 0.5), (0.8, -0.2), (0.5, 0.1)] {
        // A constant has a value and no past. In PyTorch the same cut is called `detach()`: useful
        // between two sequences, and a mistake within one.
        c = f * c + w * written;
    }
    let gradients = c.backward();
    [c.value().item(), gradients.wrt(w).item(), gradients.wrt(c_0).item()]
}

fn main() {
    println!("c_3, ∂c_3/∂w, ∂c_3/∂c_0: {:.4?}", three_steps());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_and_the_gradient() {
        let [c, by_w, gradient] = three_steps();
        assert!(
            (c - 0.56).abs() < 1e-12,
            "c_3 should be 0.5600 and is {c:.4}. The values were right."
        );
        let is = |other: f64| (by_w - other).abs() < 1e-12;
        let why = if is(0.1) {
            "Only what the last step wrote: no way leads back to the writes before it."
        } else {
            ""
        };
        assert!(is(0.2), "∂c_3/∂w should be 0.2000 and is {by_w:.4}. {why}");
        let why = match gradient {
            0.0 => "No way leads back to c_0.",
            _ => "The way leads back through all three forget gates.",
        };
        assert!(
            (gradient - 0.36).abs() < 1e-12,
            "∂c_3/∂c_0 should be 0.3600 and is {gradient:.4}. {why}"
        );
    }
}
