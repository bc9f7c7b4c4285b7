//! A product as an operation of its own. Its author tested it with two matrices and found nothing
//! wrong. The test below has two more pairs.
//!
//! Look at what is special about the author's matrices. Then mend the pullback.
//!
//! Chapter: The matrix product (book/src/06-matmul.md), "Three kernels".

use tensor::{Tensor, Var};

fn product<'t>(a: Var<'t, f64>, b: Var<'t, f64>) -> Var<'t, f64> {
    let (av, bv) = (a.value(), b.value());
    let y = av.matmul(&bv);
    a.tape().record("product", [a, b], y, move |dy, _| {
        // TODO: right for the author's matrices, and for which others?
        [dy.matmul(&bv), av.matmul(dy)]
    })
}

fn author() -> [Tensor<f64>; 2] {
    [Tensor::from([[1.0, 2.0], [2.0, 5.0]]), Tensor::from([[3.0, 1.0], [1.0, 4.0]])]
}

fn main() {
    let tape = tensor::Tape::new();
    let [a, b] = author().map(|m| tape.var(m));
    let gradients = product(a, b).sum().backward();
    println!("gradient of a: {:?}", gradients.wrt(a).data());
    println!("gradient of b: {:?}", gradients.wrt(b).data());
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor::Tape;

    #[test]
    fn as_the_crates_product() {
        let square =
            [Tensor::from([[1.0, 2.0], [3.0, 4.0]]), Tensor::from([[5.0, 6.0], [7.0, 8.0]])];
        let oblong = [Tensor::from([[1.0, 2.0, 3.0]]), Tensor::from([[1.0], [0.0], [2.0]])];
        for (what, [a, b]) in
            [("the author's matrices", author()), ("square ones", square), ("others", oblong)]
        {
            let tape = Tape::new();
            let (a, b) = (tape.var(a), tape.var(b));
            let mine = product(a, b).square().sum().backward();
            let right = a.matmul(b).square().sum().backward();
            for (name, x) in [("a", a), ("b", b)] {
                let (found, expected) = (mine.wrt(x), right.wrt(x));
                assert!(
                    found == expected,
                    "for {what}, the gradient of {name} should be {:?} and is {:?}. Which factor \
                     has to be transposed?",
                    expected.data(),
                    found.data()
                );
            }
        }
    }
}
