//! The logistic function σ(x) = 1 / (1 + e⁻ˣ) = eˣ / (1 + eˣ), in `f32`, for the inputs that a
//! network may really get. This form gives NaN for large x. Write one that never overflows, and
//! that keeps the small values on the left.
//!
//! Chapter: σ and tanh (book/src/07-sigmoid-tanh.md), "A σ that breaks, and one that does not".

fn sigmoid(x: f32) -> f32 {
    let z = (-x.abs()).exp(); // never more than 1
    if x < 0.0 { z / (1.0 + z) } else { 1.0 / (1.0 + z) }
}

fn main() {
    for x in [-100.0, -20.0, 0.0, 20.0, 100.0] {
        println!("σ({x}) = {:e}", sigmoid(x));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_one_end_to_the_other() {
        for x in [0.0_f32, 1.0, -1.0, 10.0, -10.0, 20.0, -20.0, 60.0, -60.0, 100.0, -100.0] {
            let (found, expected) = (sigmoid(x), (1.0 / (1.0 + f64::from(-x).exp())) as f32);
            let why = match found {
                _ if found.is_nan() => "An exponential has become ∞, and ∞ / ∞ is no number.",
                _ if !(0.0..=1.0).contains(&found) => "σ lies between 0 and 1.",
                0.0 => {
                    "An exponential has become ∞, and 1 / ∞ is 0. For x < 0 there is a form \
                     without it."
                }
                1.0 if x < 0.0 => "For x < 0 the value is small. Is the sign right?",
                _ if x < 0.0 => "A small number that is computed as 1 − 1 has lost its digits.",
                _ => "",
            };
            let close = (found - expected).abs() <= 1e-5 * expected + f32::from_bits(2);
            assert!(close, "σ({x}) should be {expected:e} and is {found:e}. {why}");
        }
    }
}
