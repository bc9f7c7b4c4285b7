//! A program computes b = a + a and then c = b + b, so c = 4a. But here the adjoint of a comes out
//! as 6.
//!
//! The values are impatient: whenever a piece arrives at one, it adds it to its total and at once
//! passes the total on. Find the place where a value speaks too early, and mend it. You may change
//! all of `adjoints`. This is the question that users of small autodiff engines ask most often: why
//! is a topological order needed?
//!
//! Chapter: The chain rule on a graph (book/src/02-chain-rule.md), "Why reverse order".

/// The adjoints of all values of a program of sums. `inputs[v]` are the values that v is the sum
/// of, and always come before it; the last value is the result.
fn adjoints(inputs: &[&[usize]]) -> Vec<f64> {
    let mut total = vec![0.0; inputs.len()];
    // TODO: who passes on what, before all of it has arrived?
    arrive(inputs.len() - 1, 1.0, inputs, &mut total);
    total
}

/// A piece of the derivative arrives at a value.
fn arrive(value: usize, piece: f64, inputs: &[&[usize]], total: &mut [f64]) {
    total[value] += piece;
    for &input in inputs[value] {
        arrive(input, total[value], inputs, total); // each arrow has the derivative 1
    }
}

fn main() {
    println!("the adjoints of a, b, c: {:?}", adjoints(&[&[], &[0, 0], &[1, 1]]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_sums() {
        let programs: [(&str, &[&[usize]], &[f64]); 3] = [
            ("b = a + a", &[&[], &[0, 0]], &[2.0, 1.0]),
            ("b = a + a, c = b + b", &[&[], &[0, 0], &[1, 1]], &[4.0, 2.0, 1.0]),
            (
                "b = a + a, c = b + a, d = c + b",
                &[&[], &[0, 0], &[1, 0], &[2, 1]],
                &[5.0, 2.0, 1.0, 1.0],
            ),
        ];
        for (program, inputs, expected) in programs {
            let found = adjoints(inputs);
            for (value, (found, expected)) in found.iter().zip(expected).enumerate().rev() {
                let why = if *found == 0.0 {
                    "Nothing has arrived yet when it has its turn. Begin at the result."
                } else if found > expected {
                    "A value that it goes into has spoken more than once, and repeated itself."
                } else {
                    "Something that arrived has been thrown away: pieces add up."
                };
                let name = ["a", "b", "c", "d"][value];
                assert!(
                    found == expected,
                    "in {program}: the adjoint of {name} should be {expected} and is {found}. {why}"
                );
            }
        }
    }
}
