//! `torch.nn.utils.clip_grad_norm_`.

use tensor::{Gradients, Scalar};

use crate::Module;

/// Scales the gradients of all parameters of `model` together, so that their
/// norm is at most `max_norm`, and returns the norm they had:
/// [`torch.nn.utils.clip_grad_norm_`][1].
///
/// [1]: https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
///
/// ```
/// use nn::{Generator, Linear, clip_grad_norm};
/// use tensor::{Tape, Tensor};
///
/// let mut model = Linear::<f64>::without_bias(2, 1, &mut Generator::manual_seed(0));
/// let tape = Tape::new();
/// let x = tape.constant(Tensor::from([[3.0, 4.0]]));
/// let mut gradients = model.forward(x).backward(); // ∂y/∂W = x, of norm 5
/// drop(tape);
/// assert_eq!(clip_grad_norm(&mut model, &mut gradients, 1.0), 5.0);
/// let clipped = gradients.get(&model.weight).unwrap();
/// assert!((clipped.data()[0] - 0.6).abs() < 1e-6);
/// ```
pub fn clip_grad_norm<T: Scalar>(
    model: &mut impl Module<T>,
    gradients: &mut Gradients<T>,
    max_norm: f64,
) -> T {
    let mut sum = T::zero();
    for (_, parameter) in model.named_parameters() {
        if let Some(gradient) = gradients.get(parameter) {
            // The squares are summed by tensor first, as PyTorch does.
            let norm = gradient.dot(&gradient).sqrt();
            sum += norm * norm;
        }
    }
    let norm = sum.sqrt();
    let factor = (T::from_f64(max_norm) / (norm + T::from_f64(1e-6))).min(T::one());
    for (_, parameter) in model.named_parameters() {
        gradients.scale(parameter, factor);
    }
    norm
}
