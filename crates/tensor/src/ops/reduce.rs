//! Broadcasting and summing: each is the other's adjoint.

use crate::{Scalar, Shape, Var};

impl<'t, T: Scalar> Var<'t, T> {
    /// Repeats the value to a larger shape (`torch.broadcast_to`). What was
    /// repeated gets the sum of its copies' gradients.
    ///
    /// # Panics
    /// If the shape does not broadcast to `shape`.
    #[track_caller]
    pub fn broadcast_to(self, shape: impl Into<Shape>) -> Self {
        let x = self.value();
        let small = x.shape();
        self.tape.record("broadcast_to", [self], x.broadcast_to(shape), move |dy, _| {
            [dy.sum_to_size(small)]
        })
    }

    /// Sums over everything that broadcasting `shape` to this shape would
    /// repeat (`torch.Tensor.sum_to_size`). Every summand gets the sum's
    /// gradient.
    ///
    /// # Panics
    /// If `shape` does not broadcast to this variable's shape.
    #[track_caller]
    pub fn sum_to_size(self, shape: impl Into<Shape>) -> Self {
        let x = self.value();
        let large = x.shape();
        self.tape.record("sum_to_size", [self], x.sum_to_size(shape), move |dy, _| {
            [dy.broadcast_to(large)]
        })
    }

    /// The sum of all elements.
    pub fn sum(self) -> Self {
        self.sum_to_size([])
    }

    /// The mean of all elements.
    pub fn mean(self) -> Self {
        let n = self.shape().num_elements();
        self.sum() / T::from_f64(n as f64)
    }
}
