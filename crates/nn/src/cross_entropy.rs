//! `torch.nn.functional.cross_entropy`.

use tensor::{Scalar, Var};

/// How surprised scores are by the classes that came: [`torch.nn.functional.cross_entropy`][1]
/// with class indices and its default reduction. For each row of scores (logits), minus the
/// logarithm of the probability that their softmax gives to the row's target; and the mean of
/// that over the rows. It is in nats; divided by ln 2, in bits.
///
/// `input` has shape `[N, C]`, a row of scores for C classes, and `target` N indices below C. An
/// LSTM's output `[T, B, C]` is reshaped to `[T·B, C]` first.
///
/// [1]: https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
///
/// ```
/// use nn::cross_entropy;
/// use tensor::{Tape, Tensor};
///
/// let tape = Tape::new();
/// let input = tape.var(Tensor::from([[0.0, 0.0], [0.0, 1000.0]]));
/// let loss = cross_entropy(input, &[0, 1]);
/// assert_eq!(loss.value().item(), 2_f64.ln() / 2.0); // ln 2 and 0
/// assert_eq!(loss.backward().wrt(input).data(), [-0.25, 0.25, 0.0, 0.0]); // (p − onehot) / N
/// ```
///
/// # Panics
/// If the input is no matrix, if there are no rows or not as many as targets, or if a target is
/// no class.
#[track_caller]
pub fn cross_entropy<'t, T: Scalar>(input: Var<'t, T>, target: &[usize]) -> Var<'t, T> {
    let (shape, count) = (input.shape(), target.len());
    let &[rows, classes] = &*shape else {
        panic!("cross_entropy: the input should have shape [N, C], not {shape}")
    };
    assert!(rows > 0, "cross_entropy: the input {shape} has no rows, and so no mean");
    assert!(
        rows == count,
        "cross_entropy: an input of shape {shape} needs {rows} targets, not {count}"
    );
    if let Some((row, class)) = target.iter().enumerate().find(|(_, class)| **class >= classes) {
        panic!("cross_entropy: target {row} is class {class}, and there are {classes} classes");
    }
    let places: Vec<usize> = target.iter().zip(0..).map(|(k, row)| row * classes + k).collect();
    let ln_p = input.log_softmax().reshape([rows * classes]);
    (-ln_p.index_select(0, &places)).mean() // (cross-entropy)
}
