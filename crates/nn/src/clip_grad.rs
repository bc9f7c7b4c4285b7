//! `torch.nn.utils.clip_grad_norm_`.

use std::{error, fmt};

use tensor::{Gradients, Scalar};

use crate::Module;
use crate::adam::assert_any_gradient;

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
/// As in PyTorch, a NaN makes all gradients NaN, and an infinite norm makes the finite ones 0
/// and the infinite ones NaN; see [`clip_grad_norm_if_finite`].
///
/// # Panics
/// If `max_norm` is negative or NaN, or if no parameter of the model has a gradient.
#[track_caller]
pub fn clip_grad_norm<T: Scalar>(
    model: &impl Module<T>,
    gradients: &mut Gradients<T>,
    max_norm: f64,
) -> T {
    let norm = total_norm(model, gradients, max_norm);
    clip(model, gradients, max_norm, norm);
    norm
}

/// Clips gradients of this norm.
fn clip<T: Scalar>(model: &impl Module<T>, gradients: &mut Gradients<T>, max_norm: f64, norm: T) {
    let factor = T::from_f64(max_norm) / (norm + T::from_f64(1e-6));
    let factor = factor.clamp(T::zero(), T::one()); // a NaN stays one
    for (_, parameter) in model.named_parameters() {
        if let Some(gradient) = gradients.get_mut(parameter) {
            *gradient = gradient.map(|g| g * factor);
        }
    }
}

/// The norm of the norms. (Its squares may overflow where no norm does.)
#[track_caller]
fn total_norm<T: Scalar>(model: &impl Module<T>, gradients: &Gradients<T>, max_norm: f64) -> T {
    assert!(max_norm >= 0.0, "clip_grad_norm: max_norm should be at least 0, not {max_norm}");
    let parameters = model.named_parameters();
    let norms = parameters.iter().filter_map(|(_, parameter)| gradients.norm(parameter));
    let (count, squares) = norms.fold((0, T::zero()), |(n, sum), norm| (n + 1, sum + norm * norm));
    assert_any_gradient("clip_grad_norm", count, parameters.len());
    squares.sqrt()
}

/// As [`clip_grad_norm`], but refuses gradients that are not finite: `error_if_nonfinite`.
///
/// # Errors
/// The first parameter whose gradient's norm is not a finite number, or else the norm of all
/// together. Then nothing is changed.
///
/// # Panics
/// As [`clip_grad_norm`].
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
#[track_caller]
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
    let norm = total_norm(model, gradients, max_norm);
    if !norm.is_finite() {
        let name = "all parameters together".into();
        return Err(NonFiniteNorm { name, norm: norm.as_f64() });
    }
    clip(model, gradients, max_norm, norm);
    Ok(norm)
}

/// A gradient that is not finite.
#[derive(Debug, Clone, PartialEq)]
pub struct NonFiniteNorm {
    /// The parameter's name, or `all parameters together`.
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
