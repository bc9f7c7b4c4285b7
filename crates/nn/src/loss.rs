//! `torch.nn.functional.mse_loss`.

use tensor::{Scalar, Var};

/// What a loss makes of its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Their mean, the default.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Nothing: the loss has the shape of the input.
    None,
}

/// The mean squared error, [`torch.nn.functional.mse_loss`][1] with its default
/// reduction: the mean of `(input − target)²` over all elements.
///
/// [1]: https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
///
/// # Panics
/// If the shapes differ. PyTorch only warns and broadcasts, and an `[8, 1]`
/// against an `[8]` then quietly averages 64 differences.
///
/// ```
/// use nn::mse_loss;
/// use tensor::{Tape, Tensor};
///
/// let tape = Tape::new();
/// let input = tape.var(Tensor::from([1.0, 2.0]));
/// let target = tape.constant(Tensor::from([1.0, 5.0]));
/// assert_eq!(mse_loss(input, target).value().item(), 4.5);
/// ```
#[track_caller]
pub fn mse_loss<'t, T: Scalar>(input: Var<'t, T>, target: Var<'t, T>) -> Var<'t, T> {
    mse_loss_with(input, target, Reduction::Mean)
}

/// [`mse_loss`] with another [`Reduction`].
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn mse_loss_with<'t, T: Scalar>(
    input: Var<'t, T>,
    target: Var<'t, T>,
    reduction: Reduction,
) -> Var<'t, T> {
    let (found, expected) = (input.shape(), target.shape());
    assert!(
        found == expected,
        "mse_loss: the input has shape {found} and the target {expected}; they should be the same"
    );
    let squares = (input - target).square(); // (mse)
    match reduction {
        Reduction::Mean => squares.mean(),
        Reduction::Sum => squares.sum(),
        Reduction::None => squares,
    }
}
