//! The code wants each sample's last hidden state, and takes it from the wrong dimension. Because
//! there are as many samples as steps, every shape fits and nothing complains.
//!
//! Run it, compare the two sides, then mend one number.
//!
//! Chapter: Graduating to PyTorch (book/src/29-pytorch.md), "What batch_first does not change".

use nn::{Generator, Lstm, LstmConfig};
use tensor::{Tape, Tensor};

/// The last hidden state of each sample, from the output of all steps; and h_n.
fn last_states() -> [Tensor<f64>; 2] {
    let config = LstmConfig { batch_first: true, ..LstmConfig::new(2, 4) };
    let lstm = Lstm::<f64>::new(config, &mut Generator::manual_seed(0));
    let tape = Tape::new();
    let mut n = 0.0;
    let x = Tensor::from_fn([3, 3, 2], || {
        n += 0.1;
        n
    }); // 3 samples, 3 steps

    let (output, (h_n, _)) = lstm.forward(tape.constant(x), None);
    // TODO: the last of what?
    let last = output.narrow(0, 2, 1).reshape([3, 4]);
    [last.value(), h_n.reshape([3, 4]).value()]
}

fn main() {
    for (name, value) in ["from the output", "h_n"].iter().zip(last_states()) {
        println!("{name}: {:.3?}", value.data());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_the_same() {
        let [last, h_n] = last_states();
        for sample in 0..3 {
            let row = |t: &Tensor<f64>| t.data()[4 * sample..4 * sample + 4].to_vec();
            let (found, expected) = (row(&last), row(&h_n));
            let why = if found != expected && row(&last)[..] == h_n.data()[8..] {
                "This is the last state of sample 2."
            } else if sample == 0 && last.data()[8..] == h_n.data()[8..] {
                "The last row is right: these are the steps of the last sample, one below the \
                 other."
            } else {
                ""
            };
            assert!(
                found == expected,
                "the last state of sample {sample} should be {expected:.3?} and is {found:.3?}. \
                 {why}"
            );
        }
    }
}
