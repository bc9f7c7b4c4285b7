//! A network gives each letter a score; the softmax makes probabilities of them, p_k = exp(z_k) / Σ
//! exp(z_j). Then a letter comes. The surprise at it is −ln p. Write the surprise, for scores of
//! any size, and the gradient of each score.
//!
//! Chapter: A text, letter by letter (book/src/26-text.md), "From scores to probabilities" and "How
//! surprised it is".

/// ln p for each letter.
fn log_softmax(z: &[f64]) -> Vec<f64> {
    // TODO: what is exp(1000)?
    let sum: f64 = z.iter().map(|z| z.exp()).sum();
    z.iter().map(|z| (z.exp() / sum).ln()).collect()
}

/// The surprise at the letter `came`, and its gradient by each score.
fn surprise(z: &[f64], came: usize) -> (f64, Vec<f64>) {
    let y = log_softmax(z);
    // TODO: what is a score told whose letter did not come? And the one whose letter came?
    (-y[came], y.iter().map(|y| y.exp()).collect())
}

fn main() {
    let (surprise, gradient) = surprise(&[2.0, 1.0, 0.0], 1);
    println!(
        "surprise {surprise:.4}, which is {:.4} bits; gradient {gradient:.4?}",
        surprise / 2.0_f64.ln()
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn::cross_entropy;
    use tensor::{Tape, Tensor};

    #[test]
    fn as_the_crates_cross_entropy() {
        for (z, came) in [
            ([2.0, 1.0, 0.0], 1),
            ([2.0, 1.0, 0.0], 0),
            ([1002.0, 1001.0, 1000.0], 1),
            ([-1000.0, -1001.0, -999.0], 2),
            ([0.0, 800.0, 0.0], 0),
        ] {
            let tape = Tape::new();
            let scores = tape.var(Tensor::from([z]));
            let loss = cross_entropy(scores, &[came]);
            let (expected, right) = (loss.value().item(), loss.backward().wrt(scores));
            let (found, gradient) = surprise(&z, came);
            let at = format!("for the scores {z:?}, when letter {came} comes");

            let is = |other: f64| (found - other).abs() < 1e-9;
            let why = if found.is_nan() {
                "Somewhere ∞ is divided by ∞, or ∞ is subtracted from ∞: an exponential has been \
                 too large."
            } else if found.is_infinite() {
                "An exponential has become 0 before the logarithm, or ∞. ln p can be had without p."
            } else if is(-expected) {
                "The sign: p is below 1, so −ln p is positive."
            } else if is(expected / 2.0_f64.ln()) {
                "This is in bits. Here, the natural logarithm is asked."
            } else {
                ""
            };
            assert!(
                is(expected),
                "{at}, the surprise should be {expected:.4} and is {found:.4}. {why}"
            );

            for (k, (found, expected)) in gradient.iter().zip(right.data()).enumerate() {
                let is = |other: f64| (found - other).abs() < 1e-9;
                let why = if k == came && is(expected + 1.0) {
                    "This is p. The letter came, so the truth is 1: how far was p from it?"
                } else if is(-expected) {
                    "The sign: the surprise grows if a letter that did not come gets a larger \
                     score."
                } else {
                    "It is p less the truth, which is 1 for the letter that came and 0 for the \
                     others."
                };
                assert!(
                    is(*expected),
                    "{at}, the gradient of score {k} should be {expected:.4} and is {found:.4}. \
                     {why}"
                );
            }
        }
    }
}
