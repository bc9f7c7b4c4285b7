//! A colleague has learnt that a network for letters ends with a softmax, and so puts one before
//! the loss. Training goes badly: even if the network is sure and right, the loss does not fall.
//!
//! Which numbers does the loss get? Mend it.
//!
//! Chapter: A text, letter by letter (book/src/26-text.md), "How surprised it is".

use nn::cross_entropy;
use tensor::{Tape, Tensor};

/// The loss of these scores when letter 1 comes.
fn loss(scores: [f64; 3]) -> f64 {
    let tape = Tape::new();
    let scores = tape.constant(Tensor::from([scores]));
    // It takes scores, and has the softmax inside. Given probabilities, between 0 and 1, it cannot
    // be less than −ln (e / (e + 2)), even for one that is sure and right.
    cross_entropy(scores, &[1]).value().item()
}

fn main() {
    for score in [0.0, 2.0, 20.0] {
        println!(
            "with a score of {score} for the letter that comes: {:.4}",
            loss([0.0, score, 0.0])
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surprise() {
        for scores in [[0.0, 20.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 0.0]] {
            let softmax = |z: [f64; 3]| z.map(|x| x.exp() / z.iter().map(|z| z.exp()).sum::<f64>());
            let expected = -softmax(scores)[1].ln();
            let found = loss(scores);
            let is = |other: f64| (found - other).abs() < 1e-9;
            let why = if is(-softmax(softmax(scores))[1].ln()) {
                "The softmax is there twice."
            } else if is(softmax(scores)[1]) {
                "This is the probability. The surprise is −ln p."
            } else {
                ""
            };
            assert!(
                is(expected),
                "for the scores {scores:?} the loss should be {expected:.4} and is {found:.4}. \
                 {why}"
            );
        }
    }
}
