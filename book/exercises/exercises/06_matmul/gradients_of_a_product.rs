//! A matrix product is many small products a[i][k] · b[k][j], each added to one y[i][j]. Given
//! `dy`, the gradient of y, write the gradients of a and b: one line for each, in the same three
//! loops.
//!
//! Chapter: The matrix product (book/src/06-matmul.md), "What one element does".

type Matrix = Vec<Vec<f64>>;

fn zeros(rows: usize, columns: usize) -> Matrix {
    vec![vec![0.0; columns]; rows]
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let mut y = zeros(a.len(), b[0].len());
    for i in 0..a.len() {
        for k in 0..b.len() {
            for j in 0..b[0].len() {
                y[i][j] += a[i][k] * b[k][j];
            }
        }
    }
    y
}

/// The gradients of a and b.
fn gradients(a: &Matrix, b: &Matrix, dy: &Matrix) -> (Matrix, Matrix) {
    let mut da = zeros(a.len(), b.len());
    let mut db = zeros(b.len(), b[0].len());
    for i in 0..a.len() {
        for k in 0..b.len() {
            for j in 0..b[0].len() {
                // TODO: y[i][j] was told dy[i][j]. What does it tell the two that it was made from?
                da[i][k] += dy[i][j];
                db[k][j] += dy[i][j];
            }
        }
    }
    (da, db)
}

fn main() {
    let a = vec![vec![1.0, 2.0]];
    let b = vec![vec![3.0], vec![4.0]];
    println!("y = {:?}", product(&a, &b));
    println!("gradients of a and b, for dy = 1: {:?}", gradients(&a, &b, &vec![vec![1.0]]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_against_a_difference() {
        let a = vec![vec![1.0, -2.0, 3.0], vec![4.0, 0.5, -1.0]];
        let b = vec![vec![2.0, 5.0], vec![-3.0, 1.0], vec![0.5, 7.0]];
        let dy = vec![vec![1.0, -2.0], vec![10.0, 20.0]];
        let loss = |a: &Matrix, b: &Matrix| -> f64 {
            let y = product(a, b);
            (0..2).map(|i| (0..2).map(|j| dy[i][j] * y[i][j]).sum::<f64>()).sum()
        };
        let (da, db) = gradients(&a, &b, &dy);
        for i in 0..2 {
            for k in 0..3 {
                // The product is linear in each factor, so a step of 1 has no error.
                let mut moved = a.clone();
                moved[i][k] += 1.0;
                let expected = loss(&moved, &b) - loss(&a, &b);
                let sum: f64 = dy[i].iter().sum();
                let last = dy[i][1] * b[k][1];
                let why = match da[i][k] {
                    found if found == sum => {
                        "This is dy alone: what stands beside a[i][k] in the product?"
                    }
                    found if found == last => "Only the last of its terms is left. Add them up.",
                    _ => "a[i][k] stands beside b[k][j].",
                };
                let found = da[i][k];
                assert!(
                    found == expected,
                    "the gradient of a[{i}][{k}] should be {expected} and is {found}. {why}"
                );
            }
        }
        for k in 0..3 {
            for j in 0..2 {
                let mut moved = b.clone();
                moved[k][j] += 1.0;
                let expected = loss(&a, &moved) - loss(&a, &b);
                let sum: f64 = dy.iter().map(|row| row[j]).sum();
                let why = match db[k][j] {
                    found if found == sum => {
                        "This is dy alone: what stands beside b[k][j] in the product?"
                    }
                    found if found == sum * b[k][j] => {
                        "It is multiplied by itself. What stands beside it?"
                    }
                    _ => "b[k][j] stands beside a[i][k], and is used for each row i.",
                };
                let found = db[k][j];
                assert!(
                    found == expected,
                    "the gradient of b[{k}][{j}] should be {expected} and is {found}. {why}"
                );
            }
        }
    }
}
