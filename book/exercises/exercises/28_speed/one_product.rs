//! The gradient of a layer's weight is a sum over time: each step gives the products of its
//! bracket's bar and its input. But nobody inside of the loop reads the sum, so it can wait: laid
//! below each other, the rows of all steps are two matrices, and the sum is one product.
//!
//! Write it without a loop over the steps.
//!
//! Chapter: From equations to speed (book/src/28-speed.md), "One operation instead of many"; the
//! product is that of book/src/19-bptt.md, "One large product after the loop".

use tensor::Tensor;

/// The gradient of the weight, [brackets, inputs]. `a_bar` is [steps, brackets], and `x` is [steps,
/// inputs].
fn w_bar(a_bar: &Tensor<f64>, x: &Tensor<f64>) -> Tensor<f64> {
    // TODO: this is one step, the first, and not their sum.
    let (a_bar, x) = (a_bar.narrow(0, 0, 1), x.narrow(0, 0, 1));
    a_bar.matmul_tn(&x)
}

/// Three steps, two brackets, three inputs.
fn example() -> [Tensor<f64>; 2] {
    let a_bar = Tensor::from([[1.0, -2.0], [0.5, 3.0], [-1.0, 0.25]]);
    let x = Tensor::from([[1.0, 0.0, 2.0], [-1.0, 4.0, 0.5], [3.0, 1.0, -2.0]]);
    [a_bar, x]
}

fn main() {
    let [a_bar, x] = example();
    let w_bar = w_bar(&a_bar, &x);
    println!("{:?}: {:?}", w_bar.shape(), w_bar.data());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sum_over_the_steps() {
        let [a_bar, x] = example();
        let found = w_bar(&a_bar, &x);
        assert!(
            found.shape() == [2, 3],
            "the gradient should have the shape [2, 3] of the weight, and has {:?}. Which factor \
             is transposed?",
            found.shape()
        );
        for bracket in 0..2 {
            for input in 0..3 {
                let of = |t: usize| a_bar.data()[2 * t + bracket] * x.data()[3 * t + input];
                let (found, expected) = (found.data()[3 * bracket + input], of(0) + of(1) + of(2));
                let why = if found == of(0) {
                    "It is what the first step gives."
                } else if found == of(2) {
                    "It is what the last step gives."
                } else if found == expected / 3.0 {
                    "It is the mean over the steps. A weight's gradient is the sum."
                } else {
                    "Each step gives the product of its two numbers."
                };
                assert!(
                    found == expected,
                    "the gradient for bracket {bracket} and input {input} should be {expected} \
                     and is {found}. {why}"
                );
            }
        }
    }
}
