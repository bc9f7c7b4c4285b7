//! This cell has the right gates, and its two lines are copied from the book. Only their order is
//! different. The compiler has nothing against it.
//!
//! Which cell state does the hidden state show? Mend it.
//!
//! Chapter: The hidden state h (book/src/17-hidden-state.md), "The equation".

use nn::{Generator, Lstm, LstmConfig};
use tensor::{Tape, Tensor};

/// c and h of the second step, from its gates and the c of the first; then what the crate says.
fn second_step() -> [Tensor<f64>; 4] {
    let lstm = Lstm::<f64>::new(LstmConfig::new(3, 2), &mut Generator::manual_seed(0));
    let tape = Tape::new();
    let x = tape.constant(Tensor::full([2, 1, 3], 0.5));
    let steps = &lstm.steps(x, None)[0];
    let [i, f, g, o] = [steps[1].i, steps[1].f, steps[1].g, steps[1].o];
    let c = steps[0].c;

    // TODO: the order of the equations is (c), (h).
    let h = o * c.tanh();
    let c = f * c + i * g;

    [c, h, steps[1].c, steps[1].h].map(|v| v.value())
}

fn main() {
    for (name, value) in ["c", "h", "the crate's c", "the crate's h"].iter().zip(second_step()) {
        println!("{name}: {:.4?}", value.data());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_crates_cell() {
        let [c, h, crate_c, crate_h] = second_step();
        let (c, expected) = (c.data(), crate_c.data());
        assert!(
            c == expected,
            "c should be {expected:.4?} and is {c:.4?}. It is kept and written."
        );
        let (h, expected) = (h.data(), crate_h.data());
        let smaller = h.iter().zip(expected).all(|(h, e)| h.abs() < e.abs());
        let why = if smaller { "It shows what the cell held one step ago." } else { "" };
        assert!(h == expected, "h should be {expected:.4?} and is {h:.4?}. {why}");
    }
}
