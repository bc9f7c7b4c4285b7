//! Broadcasting repeats a small tensor until it is large: a row for each row, a column for each
//! column, one number everywhere. Write its pullback, which takes the gradient of the large tensor
//! to that of the small one.
//!
//! Tensors are slices here, row after row; a shape is `[rows, columns]`.
//!
//! Chapter: Shapes, broadcasting and the sum (book/src/05-tensors.md), "The adjoint of repeating".

/// Which element of the small tensor is read at row `r` and column `c`: a size of 1 is repeated.
fn place(small: [usize; 2], r: usize, c: usize) -> usize {
    let r = if small[0] == 1 { 0 } else { r };
    let c = if small[1] == 1 { 0 } else { c };
    r * small[1] + c
}

fn broadcast(x: &[f64], small: [usize; 2], large: [usize; 2]) -> Vec<f64> {
    let mut y = vec![0.0; large[0] * large[1]];
    for r in 0..large[0] {
        for c in 0..large[1] {
            y[r * large[1] + c] = x[place(small, r, c)];
        }
    }
    y
}

/// `dy` is the gradient of the large tensor.
fn pullback(dy: &[f64], small: [usize; 2], large: [usize; 2]) -> Vec<f64> {
    let mut dx = vec![0.0; small[0] * small[1]];
    for r in 0..large[0] {
        for c in 0..large[1] {
            // TODO: this keeps one of many.
            dx[place(small, r, c)] = dy[r * large[1] + c];
        }
    }
    dx
}

fn main() {
    println!("a row for two rows: {:?}", broadcast(&[1.0, 2.0, 3.0], [1, 3], [2, 3]));
    println!(
        "its gradient:       {:?}",
        pullback(&[1.0, 1.0, 1.0, 10.0, 10.0, 10.0], [1, 3], [2, 3])
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_repeated_is_summed() {
        let dy = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0];
        let cases: [(&str, [usize; 2], &[f64], f64); 4] = [
            ("a row", [1, 3], &[11.0, 22.0, 33.0], 2.0),
            ("a column", [2, 1], &[6.0, 60.0], 3.0),
            ("one number", [1, 1], &[66.0], 6.0),
            ("a tensor that was not repeated", [2, 3], &dy, 1.0),
        ];
        for (what, small, expected, times) in cases {
            let found = pullback(&dy, small, [2, 3]);
            // What each element of the small tensor was told, in order.
            let told = |k: usize| {
                let told =
                    dy.iter().enumerate().filter(move |(at, _)| place(small, at / 3, at % 3) == k);
                told.map(|(_, dy)| *dy)
            };
            let first: Vec<f64> = (0..expected.len()).filter_map(|k| told(k).next()).collect();
            let last: Vec<f64> = (0..expected.len()).filter_map(|k| told(k).next_back()).collect();
            let mean: Vec<f64> = expected.iter().map(|sum| sum / times).collect();
            let why = if found.len() != expected.len() {
                "The gradient of a tensor has its shape."
            } else if found == mean {
                "This is the mean. Nothing was divided on the way there, so nothing is on the way \
                 back."
            } else if found == last {
                "Only the last of the places where it was used is left."
            } else if found == first {
                "Only the first of the places where it was used has a say."
            } else {
                "Each place where it was used has a say."
            };
            assert!(
                found == expected,
                "for {what}, the gradient should be {expected:?} and is {found:?}. {why}"
            );
        }
    }

    /// ⟨dy, broadcast(x)⟩ = ⟨pullback(dy), x⟩: this is what "adjoint" means.
    #[test]
    fn it_is_the_adjoint() {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (x, dy) = ([0.5, -2.0], [1.0, 2.0, 3.0, 10.0, 20.0, 30.0]);
        let left = dot(&dy, &broadcast(&x, [2, 1], [2, 3]));
        let right = dot(&pullback(&dy, [2, 1], [2, 3]), &x);
        assert!(
            left == right,
            "⟨dy, broadcast(x)⟩ is {left}, and ⟨pullback(dy), x⟩ is {right}: they should be equal."
        );
    }
}
