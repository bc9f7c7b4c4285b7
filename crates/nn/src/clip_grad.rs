//! `torch.nn.utils.clip_grad_norm_`.

use std::{error, fmt};

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
/// let model = Linear::<f64>::without_bias(2, 1, &mut Generator::manual_seed(0));
/// let tape = Tape::new();
/// let x = tape.constant(Tensor::from([[3.0, 4.0]]));
/// let mut gradients = model.forward(x).backward(); // ∂y/∂W = x, of norm 5
/// drop(tape);
/// assert_eq!(clip_grad_norm(&model, &mut gradients, 1.0), 5.0);
/// let clipped = gradients.get(&model.weight).unwrap();
/// assert!((clipped.data()[0] - 0.6).abs() < 1e-6);
/// ```
///
/// As in PyTorch, if the norm is not finite, no gradient is afterwards; see
/// [`clip_grad_norm_if_finite`].
pub fn clip_grad_norm<T: Scalar>(
    model: &impl Module<T>,
    gradients: &mut Gradients<T>,
    max_norm: f64,
) -> T {
    let parameters = model.named_parameters();
    // The norm of the norms.
    let norms = parameters.iter().filter_map(|(_, parameter)| gradients.norm(parameter));
    let norm = norms.fold(T::zero(), |sum, norm| sum + norm * norm).sqrt();
    let factor = T::from_f64(max_norm) / (norm + T::from_f64(1e-6));
    // A NaN is no reason to leave the gradients alone.
    let factor = if factor > T::one() { T::one() } else { factor };
    for (_, parameter) in parameters {
        if let Some(gradient) = gradients.get_mut(parameter) {
            *gradient = gradient.map(|g| g * factor);
        }
    }
    norm
}

/// As [`clip_grad_norm`], but refuses gradients that are not finite: `error_if_nonfinite`.
///
/// # Errors
/// The first parameter whose gradient's norm is not a finite number. Then nothing is
/// changed.
///
/// ```
/// use nn::{Generator, Linear, clip_grad_norm_if_finite};
/// use tensor::{Tape, Tensor};
///
/// let model = Linear::<f64>::new(1, 1, &mut Generator::manual_seed(0));
/// let tape = Tape::new();
/// let x = tape.constant(Tensor::from([[f64::INFINITY]]));
/// let mut gradients = model.forward(x).backward();
/// let error = clip_grad_norm_if_finite(&model, &mut gradients, 1.0).unwrap_err();
/// assert_eq!(error.to_string(), "the gradient of weight has the norm inf");
/// ```
pub fn clip_grad_norm_if_finite<T: Scalar>(
    model: &impl Module<T>,
    gradients: &mut Gradients<T>,
    max_norm: f64,
) -> Result<T, NonFiniteNorm> {
    for (name, parameter) in model.named_parameters() {
        if let Some(norm) = gradients.norm(parameter).filter(|norm| !norm.is_finite()) {
            return Err(NonFiniteNorm { name, norm: norm.as_f64() });
        }
    }
    Ok(clip_grad_norm(model, gradients, max_norm))
}

/// A gradient that is not finite.
#[derive(Debug, Clone, PartialEq)]
pub struct NonFiniteNorm {
    /// The parameter's name.
    pub name: String,
    /// The norm of its gradient: infinite or NaN.
    pub norm: f64,
}

impl fmt::Display for NonFiniteNorm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the gradient of {} has the norm {}", self.name, self.norm)
    }
}

impl error::Error for NonFiniteNorm {}
