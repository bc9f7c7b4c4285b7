//! Broadcasting, by PyTorch's and NumPy's rule, and its adjoint: the sum over what was
//! repeated.

use super::shape::{MAX_RANK, Shape};
use super::tensor::Tensor;
use crate::Scalar;
use crate::kernel::buffer::Buffer;
use crate::kernel::reduce;

impl Shape {
    /// The shape that `self` and `other` broadcast to, if they do: aligned at
    /// the last dimension, sizes agree or one of them is 1 or missing
    /// (PyTorch's and NumPy's rule).
    ///
    /// ```
    /// use tensor::Shape;
    ///
    /// let (row, column) = (Shape::from([3]), Shape::from([2, 1]));
    /// assert_eq!(row.broadcast(&column), Some(Shape::from([2, 3])));
    /// assert_eq!(row.broadcast(&Shape::from([2])), None);
    /// ```
    ///
    /// # Panics
    /// If that shape has more elements than can be counted.
    #[track_caller]
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        let (small, large) = if self.len() < other.len() { (self, other) } else { (other, self) };
        let lead = large.len() - small.len();
        let mut result = *large;
        for (dim, &s) in (lead..).zip(&**small) {
            let size = match (s, large[dim]) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                _ => return None,
            };
            result = result.with_size(dim, size);
        }
        Some(result)
    }
}

impl<T: Scalar> Tensor<T> {
    /// This tensor repeated to the larger `shape`, by PyTorch's broadcasting
    /// rule. Its adjoint is [`sum_to_size`](Tensor::sum_to_size).
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let row = Tensor::from([1.0, 2.0]);
    /// assert_eq!(row.broadcast_to([2, 2]), Tensor::from([[1.0, 2.0], [1.0, 2.0]]));
    /// ```
    ///
    /// # Panics
    /// If the shape does not broadcast to `shape`.
    #[track_caller]
    pub fn broadcast_to(&self, shape: impl Into<Shape>) -> Self {
        let (small, large) = (self.shape(), shape.into());
        let lead = assert_broadcasts("broadcast_to", small, large);
        // How far the next element of each dimension is in the smaller tensor.
        let mut strides = [0; MAX_RANK];
        let mut stride = 1;
        for (dim, &size) in small.iter().enumerate().rev() {
            strides[lead + dim] = if size == large[lead + dim] { stride } else { 0 };
            stride *= size;
        }
        let len = large.last().copied().unwrap_or(1);
        let row_is_one_number = large.len().checked_sub(1).is_some_and(|last| strides[last] == 0);
        let mut buffer = Buffer::with_capacity(large.num_elements());
        let data: &mut Vec<T> = &mut buffer;
        for row in 0..large.num_elements() / len.max(1) {
            let (mut rest, mut start) = (row, 0);
            for dim in (0..large.len().saturating_sub(1)).rev() {
                start += rest % large[dim] * strides[dim];
                rest /= large[dim];
            }
            if row_is_one_number {
                data.resize(data.len() + len, self.data()[start]);
            } else {
                data.extend_from_slice(&self.data()[start..start + len]);
            }
        }
        Tensor::from_buffer(large, buffer)
    }

    /// The sum over everything that broadcasting `shape` to this tensor's
    /// shape would repeat; `[]` sums all. Its adjoint is
    /// [`broadcast_to`](Tensor::broadcast_to).
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.sum_to_size([2]), Tensor::from([4.0, 6.0]));
    /// assert_eq!(x.sum_to_size([2, 1]), Tensor::from([[3.0], [7.0]]));
    /// assert_eq!(x.sum_to_size([]), Tensor::from(10.0));
    /// ```
    ///
    /// # Panics
    /// If `shape` does not broadcast to this tensor's shape.
    #[track_caller]
    pub fn sum_to_size(&self, shape: impl Into<Shape>) -> Self {
        let (large, small) = (self.shape(), shape.into());
        let lead = assert_broadcasts("sum_to_size", small, large);
        let is_summed = |dim: usize| large[dim] != 1 && (dim < lead || small[dim - lead] == 1);
        // From the last dimension to the first; some that are summed side by side are one.
        let mut sums = self.clone();
        let mut dim = large.len();
        while dim > 0 {
            let end = dim;
            dim -= 1;
            if is_summed(dim) {
                while dim > 0 && is_summed(dim - 1) {
                    dim -= 1;
                }
                let inner = small[end.saturating_sub(lead)..].iter().product();
                let outer = large[..dim].iter().product();
                sums = sums.sum_middle([outer, large[dim..end].iter().product(), inner]);
            }
        }
        sums.reshape(small)
    }

    /// Read as `[outer, size, inner]`, the sum over the dimension in the middle.
    fn sum_middle(&self, [outer, size, inner]: [usize; 3]) -> Self {
        let mut sums = Buffer::zeros(outer * inner);
        let block = (size * inner).max(1);
        for (sums, block) in
            sums.chunks_exact_mut(inner.max(1)).zip(self.data().chunks_exact(block))
        {
            match sums {
                [sum] => *sum = reduce::sum(block, |x| x),
                sums => reduce::add_rows(sums, block),
            }
        }
        Tensor::from_buffer([outer, inner], sums)
    }
}

/// Returns how many dimensions `large` has before those of `small`.
#[track_caller]
fn assert_broadcasts(op: &'static str, small: Shape, large: Shape) -> usize {
    assert!(
        small.broadcast(&large) == Some(large),
        "{op}: shape {small} does not broadcast to {large}"
    );
    large.len() - small.len()
}
