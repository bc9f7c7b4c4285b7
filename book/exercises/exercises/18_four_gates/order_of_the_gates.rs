//! Other programs store the gates in other orders; ONNX, for instance, has i, o, f, g. Here
//! somebody has remembered two of them the wrong way round. Everything compiles, all shapes fit,
//! and it would even train.
//!
//! What is the first number that is wrong? Mend it.
//!
//! Chapter: Four gates, one matrix product (book/src/18-four-gates.md), "Below each other".

use nn::{Generator, Lstm, LstmConfig, Module};
use tensor::{Tape, Tensor};

/// c and h of the first step, from the crate's weights; then what the crate says.
fn first_step() -> [Tensor<f64>; 4] {
    let lstm = Lstm::<f64>::new(LstmConfig::new(3, 2), &mut Generator::manual_seed(0));
    let tape = Tape::new();
    let x = tape.constant(Tensor::from([[1.0, 1.0, 0.0]]));
    let [w_ih, _, b_ih, b_hh] = lstm.state_dict().try_into().unwrap();
    let [w_ih, b_ih, b_hh] = [w_ih, b_ih, b_hh].map(|(_, value)| tape.constant(value));

    // The first step: h_0 and c_0 are 0, so the forget gate has nothing to keep.
    // TODO: no type and no shape can see this.
    let [a_i, _, a_o, a_g] = (x.linear(w_ih, b_ih) + b_hh).chunk();
    let c = a_i.sigmoid() * a_g.tanh();
    let h = a_o.sigmoid() * c.tanh();

    let expected = lstm.steps(x.reshape([1, 1, 3]), None)[0][0];
    [c, h, expected.c, expected.h].map(|v| v.value())
}

fn main() {
    for (name, value) in ["c", "h", "the crate's c", "the crate's h"].iter().zip(first_step()) {
        println!("{name}: {:.4?}", value.data());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_crates_cell() {
        let [c, h, crate_c, crate_h] = first_step();
        let pairs = [
            ("c", c, crate_c, "It is made of i and g."),
            ("h", h, crate_h, "c is right, so look at o."),
        ];
        for (name, found, expected, why) in pairs {
            let right =
                found.data().iter().zip(expected.data()).all(|(f, e)| (f - e).abs() < 1e-12);
            assert!(
                right,
                "{name} should be {:.4?} and is {:.4?}. {why} In which order are the four blocks?",
                expected.data(),
                found.data()
            );
        }
    }
}
