//! Broadcasting and summing: each is the other's adjoint.

use crate::{Scalar, Shape, Tensor, Var};

impl<'t, T: Scalar> Var<'t, T> {
    /// Repeats the value to a larger shape (`torch.broadcast_to`). What was
    /// repeated gets the sum of its copies' gradients.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let row = tape.var(Tensor::from([1.0, 2.0]));
    /// let y = row.broadcast_to([3, 2]);
    /// assert_eq!(y.shape(), [3, 2]);
    /// assert_eq!(y.sum().backward().wrt(row).data(), [3.0, 3.0]);
    /// ```
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
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.sum_to_size([2]).value().data(), [4.0, 6.0]); // x.sum(0)
    /// assert_eq!(x.sum_to_size([2, 1]).value().data(), [3.0, 7.0]); // x.sum(1, keepdim=True)
    /// ```
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

    /// The sum of all elements, of shape `[]`.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(x.sum().value().item(), 10.0);
    /// ```
    #[track_caller]
    pub fn sum(self) -> Self {
        let x = self.value();
        let shape = x.shape();
        self.tape.record("sum", [self], x.sum_to_size([]), move |dy, _| [dy.broadcast_to(shape)])
    }

    /// The mean of all elements, of shape `[]`; NaN if there are none.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([1.0, 2.0, 3.0, 6.0]));
    /// assert_eq!(x.mean().value().item(), 3.0);
    /// assert_eq!(x.mean().backward().wrt(x).data(), [0.25; 4]);
    /// ```
    #[track_caller]
    pub fn mean(self) -> Self {
        let x = self.value();
        let shape = x.shape();
        let n = T::from_f64(shape.num_elements() as f64);
        self.tape.record("mean", [self], x.sum_to_size([]).map(|sum| sum / n), move |dy, _| {
            [Tensor::full(shape, dy.item() / n)]
        })
    }
}
