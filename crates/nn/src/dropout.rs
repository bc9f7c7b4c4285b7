//! `torch.nn.functional.dropout`.

use tensor::{Scalar, Tensor, Var};

use crate::{Generator, Uniform};

/// Sets each element to 0 with probability `p`, and scales the others by
/// 1/(1 − p), so that the mean stays: [`torch.nn.functional.dropout`][1], with
/// the draws of PyTorch (one of 64 bits for each element).
///
/// [1]: https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
///
/// ```
/// use nn::{Generator, dropout};
/// use tensor::{Tape, Tensor};
///
/// let tape = Tape::new();
/// let x = tape.constant(Tensor::full([1000], 1.0_f32));
/// let y = dropout(x, 0.5, &mut Generator::manual_seed(0)).value();
/// assert!(y.data().iter().all(|&y| y == 0.0 || y == 2.0));
/// ```
///
/// # Panics
/// If `p` is not a probability.
#[track_caller]
pub fn dropout<'t, T: Scalar>(x: Var<'t, T>, p: f64, generator: &mut Generator) -> Var<'t, T> {
    assert!((0.0..=1.0).contains(&p), "dropout: p should be from 0 to 1, not {p}");
    if p == 0.0 {
        return x;
    }
    let keep = T::one() / T::from_f64(1.0 - p);
    let noise = Tensor::from_fn(x.shape(), || {
        if p < 1.0 && f64::unit(generator) < 1.0 - p { keep } else { T::zero() }
    });
    x * x.tape().constant(noise)
}
