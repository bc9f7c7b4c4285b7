//! What a model learns.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Scalar, Tensor};

/// Tells one parameter from another, even if their values are equal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ParameterId(u64);

/// A value that training changes: `torch.nn.Parameter`.
///
/// A layer owns its parameters. A forward pass reads one through
/// [`Tape::watch`](crate::Tape::watch), the backward pass leaves its gradient
/// in [`Gradients`](crate::Gradients), and the optimizer changes the value.
///
/// ```
/// use tensor::{Parameter, Tape, Tensor};
///
/// let mut weight = Parameter::new(Tensor::from(3.0));
/// let tape = Tape::new();
/// let gradients = tape.watch(&weight).square().backward();
/// let step = gradients.get(&weight).unwrap().item();
/// weight.value_mut().data_mut()[0] -= 0.1 * step;
/// assert_eq!(weight.value().item(), 2.4);
/// ```
pub struct Parameter<T: Scalar> {
    id: ParameterId,
    value: Tensor<T>,
}

impl<T: Scalar> Parameter<T> {
    /// A new parameter.
    pub fn new(value: Tensor<T>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Parameter { id: ParameterId(NEXT.fetch_add(1, Ordering::Relaxed)), value }
    }

    /// What tells this parameter from all others of the program.
    pub fn id(&self) -> ParameterId {
        self.id
    }

    /// The value.
    pub fn value(&self) -> &Tensor<T> {
        &self.value
    }

    /// The value, to be changed.
    pub fn value_mut(&mut self) -> &mut Tensor<T> {
        &mut self.value
    }
}

/// The clone is another parameter with an equal value.
impl<T: Scalar> Clone for Parameter<T> {
    fn clone(&self) -> Self {
        Parameter::new(self.value.clone())
    }
}

/// As PyTorch prints a parameter.
impl<T: Scalar> fmt::Display for Parameter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tensor = self.value.to_string();
        let open = tensor.strip_suffix(')').unwrap_or(&tensor);
        write!(f, "Parameter containing:\n{open}, requires_grad=True)")
    }
}

impl<T: Scalar> fmt::Debug for Parameter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
