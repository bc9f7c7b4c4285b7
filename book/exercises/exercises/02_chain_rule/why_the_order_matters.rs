//! A program computes b = a + a and then c = b + b, so c = 4a. But here the adjoint of a comes out
//! as 6.
//!
//! The values are impatient: whenever a piece arrives at one, it adds it to its total and at once
//! passes the total on. Find the place where a value speaks too early, and mend it, so that each
//! arrow is used once. You may change all of `adjoints` and `arrive`. This is the question that
//! users of small autodiff engines ask most often: why is a topological order needed?
//!
//! Chapter: The chain rule on a graph (book/src/02-chain-rule.md), "Why reverse order".

/// The total of each value, and how many pieces have been added to them.
struct Totals {
    total: Vec<f64>,
    pieces: usize,
}

impl Totals {
    fn add(&mut self, value: usize, piece: f64) {
        self.total[value] += piece;
        self.pieces += 1;
    }
}

/// The adjoints of all values of a program of sums. `inputs[v]` are the values that v is the sum
/// of, and always come before it; the last value is the result.
fn adjoints(inputs: &[&[usize]]) -> Totals {
    let mut totals = Totals { total: vec![0.0; inputs.len()], pieces: 0 };
    // TODO: who passes on what, before all of it has arrived?
    arrive(inputs.len() - 1, 1.0, inputs, &mut totals);
    totals
}

/// A piece of the derivative arrives at a value.
fn arrive(value: usize, piece: f64, inputs: &[&[usize]], totals: &mut Totals) {
    totals.add(value, piece);
    for &input in inputs[value] {
        arrive(input, totals.total[value], inputs, totals); // each arrow has the derivative 1
    }
}

fn main() {
    let Totals { total, pieces } = adjoints(&[&[], &[0, 0], &[1, 1]]);
    println!("the adjoints of a, b, c: {total:?}, of {pieces} pieces");
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
            let Totals { total, pieces } = adjoints(inputs);
            for (value, (found, expected)) in total.iter().zip(expected).enumerate().rev() {
                let why = if value == inputs.len() - 1 {
                    "It is the result: its adjoint is 1, and nothing comes to it from elsewhere."
                } else if *found == 0.0 {
                    "Nothing has come to it. What it goes into must have its turn before it: begin \
                     at the result."
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
            // The 1 of the result, and one for each arrow.
            let at_most = 1 + inputs.iter().map(|inputs| inputs.len()).sum::<usize>();
            assert!(
                pieces <= at_most,
                "in {program}: there should be at most {at_most} pieces, and there are {pieces}. \
                 The numbers are right, but every path is walked by itself. Each arrow should be \
                 used once."
            );
        }
    }
}
