//! A variable: a handle to a value on a tape.

use std::fmt;

use super::tape::Tape;
use crate::{Scalar, Shape, Tensor};

/// A variable: a value on a tape.
///
/// It is a small `Copy` handle, so that formulas read as formulas:
/// `f * c + i * g`. The operations are methods (listed in [`ops`](crate::ops)) and the
/// operators `+ − * /`, also with `=`; a scalar of the element type can stand on either
/// side:
///
/// ```
/// use tensor::{Tape, Tensor};
///
/// let tape = Tape::<f64>::new();
/// let z = tape.var(Tensor::from(0.25));
/// let mut y = (1.0 - z) * 4.0;
/// y += z;
/// assert_eq!(y.value().item(), 3.25);
/// ```
///
/// In code that is generic over the element type `T`, Rust lets no crate define
/// `T::one() - z`; write `-z + T::one()`, which is the same to the last bit.
pub struct Var<'t, T: Scalar> {
    pub(crate) tape: &'t Tape<T>,
    pub(crate) id: usize,
}

impl<T: Scalar> Clone for Var<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Scalar> Copy for Var<'_, T> {}

impl<'t, T: Scalar> Var<'t, T> {
    /// The tape that this variable is on.
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    /// The value; cheap, for it is shared with the tape.
    pub fn value(self) -> Tensor<T> {
        self.tape.with_nodes(|nodes| nodes[self.id].value.clone())
    }

    /// The shape of the value.
    pub fn shape(self) -> Shape {
        self.tape.with_nodes(|nodes| nodes[self.id].value.shape())
    }

    /// The sizes of the value's dimensions, each by its name:
    ///
    /// ```
    /// # let tape = tensor::Tape::<f32>::new();
    /// let x = tape.constant(tensor::Tensor::zeros([3, 8, 2]));
    /// let [seq, batch, features] = x.dims();
    /// assert_eq!((seq, batch, features), (3, 8, 2));
    /// ```
    ///
    /// # Panics
    /// If there are not just `N` dimensions.
    #[track_caller]
    pub fn dims<const N: usize>(self) -> [usize; N] {
        self.shape().dims()
    }

    pub(crate) fn needs_gradient(self) -> bool {
        self.tape.with_nodes(|nodes| nodes[self.id].needs_gradient())
    }
}

impl<T: Scalar> fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}: {:?}", self.id, self.value())
    }
}
