//! The addition of a bias, as one operation. Its author tried it with a batch of one row, and it
//! was right.
//!
//! Look at which rows of `dy` reach the bias. Then mend the pullback.
//!
//! Chapter: Shapes, broadcasting and the sum (book/src/05-tensors.md), "An operation of its own"
//! and "The adjoint of repeating".

use tensor::{Tape, Tensor, Var};

fn add_bias<'t>(x: Var<'t, f64>, b: Var<'t, f64>) -> Var<'t, f64> {
    let small = b.shape();
    let y = x.value().zip(&b.value().broadcast_to(x.shape()), |x, b| x + b);
    x.tape().record("add_bias", [x, b], y, move |dy, _| {
        // TODO: who has a say about the bias?
        [dy.clone(), dy.narrow(0, 0, 1).reshape(small)]
    })
}

/// The gradient of the sum of all elements, with respect to a bias of two numbers.
fn gradient(rows: usize) -> Vec<f64> {
    let tape = Tape::new();
    let x = tape.var(Tensor::zeros([rows, 2]));
    let b = tape.var(Tensor::from([0.5, -0.5]));
    add_bias(x, b).sum().backward().wrt(b).data().to_vec()
}

fn main() {
    for rows in 1..=3 {
        println!("the bias's gradient with {rows} rows: {:?}", gradient(rows));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_say() {
        for rows in 1..=3 {
            let (found, expected) = (gradient(rows), vec![rows as f64; 2]);
            let why = match found[0] {
                1.0 => {
                    "Only one row has a say, or all of them as a mean: the bias was added in each \
                     row."
                }
                _ => "",
            };
            assert!(
                found == expected,
                "with {rows} rows, the gradient of the bias should be {expected:?} and is \
                 {found:?}. {why}"
            );
        }
    }
}
