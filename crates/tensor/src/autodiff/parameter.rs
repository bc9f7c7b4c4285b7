//! What a model learns.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::kernel::product::Packed;
use crate::{Scalar, Tensor};

/// Tells one parameter from another, even if their values are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ParameterId(u64);

/// Where a parameter comes from: the same for a parameter and all its clones.
///
/// An optimizer that has seen the one goes on with the other, as when the best model so far
/// is put back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Origin(ParameterId);

/// Where a parameter's packed form is, once it has one. The variables that read the same
/// value share it.
pub(crate) type PackedCell<T> = Arc<OnceLock<Packed<T>>>;

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
    origin: Origin,
    value: Tensor<T>,
    packed: PackedCell<T>,
}

impl ParameterId {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        ParameterId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl<T: Scalar> Parameter<T> {
    /// A new parameter, the first of its origin.
    pub fn new(value: Tensor<T>) -> Self {
        let id = ParameterId::new();
        Parameter { id, origin: Origin(id), value, packed: PackedCell::default() }
    }

    /// What tells this parameter from all others of the program, its clones included.
    pub fn id(&self) -> ParameterId {
        self.id
    }

    /// What this parameter has in common with its clones, and with nothing else.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The value.
    pub fn value(&self) -> &Tensor<T> {
        &self.value
    }

    /// The value, to be changed.
    pub fn value_mut(&mut self) -> &mut Tensor<T> {
        // A tape may still multiply by the value as it was.
        match Arc::get_mut(&mut self.packed) {
            Some(cell) => drop(cell.take()),
            None => self.packed = PackedCell::default(),
        }
        &mut self.value
    }

    pub(super) fn packed(&self) -> PackedCell<T> {
        self.packed.clone()
    }
}

/// The clone is another parameter, of the same origin and with an equal value. Gradients of
/// the one are not the other's.
impl<T: Scalar> Clone for Parameter<T> {
    fn clone(&self) -> Self {
        let (id, value) = (ParameterId::new(), self.value.clone());
        Parameter { id, origin: self.origin, value, packed: PackedCell::default() }
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
