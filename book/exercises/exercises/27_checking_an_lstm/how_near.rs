//! Two programs have computed the same numbers, they say. Write the judge: the largest relative
//! difference of two lists. It should be right for numbers of all sizes, and it should not be
//! fooled by a NaN.
//!
//! The relative difference of a and b is |a − b| divided by the larger of |a| and |b|; of equal
//! numbers it is 0; and if one of them is NaN, it is infinite.
//!
//! Chapter: Checking a whole LSTM (book/src/27-checking-an-lstm.md), "Two correct programs".

/// The largest relative difference of any pair.
fn how_near(a: &[f64], b: &[f64]) -> f64 {
    let mut largest = 0.0;
    for (a, b) in a.iter().zip(b) {
        // TODO: fooled by size, by zeros, and by what is no number.
        let difference = (a - b).abs();
        largest = f64::max(largest, difference);
    }
    largest
}

fn main() {
    println!("{:.1e}", how_near(&[15388.949219, 0.0], &[15388.949220, 0.0]));
    println!("{:.1e}", how_near(&[1.0, f64::NAN], &[1.0, 2.0]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_kinds() {
        let cases: [(&[f64], &[f64], f64, &str); 6] = [
            (
                &[1e6, 2.0],
                &[1e6 + 1.0, 2.0],
                1.0 / (1e6 + 1.0),
                "A difference is judged beside the size of the numbers.",
            ),
            (&[1e-6], &[2e-6], 0.5, "A difference is judged beside the size of the numbers."),
            (&[-4.0], &[-2.0], 0.5, "What counts is the size: numbers may be negative."),
            (&[0.0, 1.0], &[0.0, 1.0], 0.0, "Two zeros are equal. 0 / 0 is no number."),
            (
                &[0.0, 1.0],
                &[0.0, f64::NAN],
                f64::INFINITY,
                "`max` ignores a NaN, and here it must not.",
            ),
            (
                &[f64::NAN, 0.5],
                &[3.0, 0.5],
                f64::INFINITY,
                "`max` ignores a NaN, and here it must not.",
            ),
        ];
        for (a, b, expected, why) in cases {
            let found = how_near(a, b);
            let right = found == expected || (found - expected).abs() < 1e-12 * expected;
            assert!(right, "for {a:?} and {b:?} it should be {expected:e} and is {found:e}. {why}");
        }
    }
}
