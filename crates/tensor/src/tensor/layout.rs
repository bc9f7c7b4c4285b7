//! Moving elements without computing: every function here is linear, and each
//! comes with the one that is its adjoint.

use super::Tensor;
use crate::simd::{Zip, dispatch};
use crate::{Buffer, Scalar, Shape};

impl<T: Scalar> Tensor<T> {
    /// The same elements in the same order under another shape.
    /// Its adjoint is the reshape back.
    ///
    /// # Panics
    /// If the number of elements changes.
    #[track_caller]
    pub fn reshape(&self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        assert!(
            shape.num_elements() == self.shape.num_elements(),
            "reshape: {} has {} elements, {shape} takes {}",
            self.shape,
            self.shape.num_elements(),
            shape.num_elements()
        );
        Tensor { shape, start: self.start, buffer: self.buffer.clone() }
    }

    /// Exchanges two dimensions. It is its own adjoint.
    ///
    /// # Panics
    /// If there is no such dimension.
    #[track_caller]
    pub fn transpose(&self, dim0: usize, dim1: usize) -> Self {
        assert_dim("transpose", self.shape, dim0);
        assert_dim("transpose", self.shape, dim1);
        let (first, second) = (dim0.min(dim1), dim0.max(dim1));
        if first == second {
            return self.clone();
        }
        // The tensor is read as [a, m, b, n, c]; m and n change places.
        let (a, m, _) = self.shape.around(first);
        let (am_b, n, c) = self.shape.around(second);
        let b = am_b / (a * m).max(1);
        let mut buffer = Buffer::with_capacity(self.data().len());
        let data: &mut Vec<T> = &mut buffer;
        for i in 0..a {
            for l in 0..n {
                for k in 0..b {
                    for j in 0..m {
                        let from = (((i * m + j) * b + k) * n + l) * c;
                        data.extend_from_slice(&self.data()[from..from + c]);
                    }
                }
            }
        }
        Tensor::from_buffer(self.shape.edit(|sizes| sizes.swap(first, second)), buffer)
    }

    /// The part of length `len` that begins at `start` of dimension `dim`.
    /// Its adjoint is [`add_part`](Tensor::add_part) to zeros.
    ///
    /// # Panics
    /// If the part reaches past the end, or there is no such dimension.
    #[track_caller]
    pub fn narrow(&self, dim: usize, start: usize, len: usize) -> Self {
        assert_dim("narrow", self.shape, dim);
        let (outer, size, inner) = self.shape.around(dim);
        assert!(
            start + len <= size,
            "narrow: {start}..{} reaches past dimension {dim} of shape {}",
            start + len,
            self.shape
        );
        let shape = self.shape.with_size(dim, len);
        if outer == 1 {
            // It lies together: nothing is copied.
            let start = self.start + start * inner;
            return Tensor { shape, start, buffer: self.buffer.clone() };
        }
        let mut buffer = Buffer::with_capacity(outer * len * inner);
        let data: &mut Vec<T> = &mut buffer;
        for block in self.data().chunks_exact((size * inner).max(1)) {
            data.extend_from_slice(&block[start * inner..(start + len) * inner]);
        }
        Tensor::from_buffer(shape, buffer)
    }

    /// Adds `part` to the part of its size that begins at `start` of dimension
    /// `dim`, in place. To add to zeros is the adjoint of
    /// [`narrow`](Tensor::narrow).
    ///
    /// # Panics
    /// If the part does not fit, or there is no such dimension.
    #[track_caller]
    pub fn add_part(&mut self, dim: usize, start: usize, part: &Self) {
        assert_dim("add_part", self.shape, dim);
        let (_, size, inner) = self.shape.around(dim);
        let len = part.shape.get(dim).copied().unwrap_or(0);
        assert!(
            start + len <= size && part.shape == self.shape.with_size(dim, len),
            "add_part: a part of shape {} does not fit at {start} of dimension {dim} of shape {}",
            part.shape,
            self.shape
        );
        let blocks = self.data_mut().chunks_exact_mut((size * inner).max(1));
        for (block, part) in blocks.zip(part.data().chunks_exact((len * inner).max(1))) {
            dispatch(Zip(&mut block[start * inner..][..len * inner], part, |x, y| x + y));
        }
    }

    /// The tensors laid end to end along the existing dimension `dim`.
    /// Its adjoint is one [`narrow`](Tensor::narrow) for each of them.
    ///
    /// # Panics
    /// If there are none, or if they differ in any other dimension.
    #[track_caller]
    pub fn cat(tensors: &[Self], dim: usize) -> Self {
        assert!(!tensors.is_empty(), "cat: at least one tensor is needed");
        let first = tensors[0].shape;
        assert_dim("cat", first, dim);
        for tensor in tensors {
            assert!(
                tensor.shape.len() == first.len()
                    && tensor.shape.with_size(dim, 0) == first.with_size(dim, 0),
                "cat: the shapes {first} and {} should agree in all dimensions but {dim}",
                tensor.shape
            );
        }
        let size = tensors.iter().map(|t| t.shape[dim]).sum();
        let (outer, _, inner) = first.around(dim);
        let mut buffer = Buffer::with_capacity(outer * size * inner);
        let data: &mut Vec<T> = &mut buffer;
        for i in 0..outer {
            for tensor in tensors {
                let block = tensor.shape[dim] * inner;
                data.extend_from_slice(&tensor.data()[i * block..(i + 1) * block]);
            }
        }
        Tensor::from_buffer(first.with_size(dim, size), buffer)
    }

    /// This tensor repeated to the larger `shape`, by PyTorch's broadcasting
    /// rule. Its adjoint is [`sum_to_size`](Tensor::sum_to_size).
    ///
    /// # Panics
    /// If the shape does not broadcast to `shape`.
    #[track_caller]
    pub fn broadcast_to(&self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        let rows = broadcast_rows("broadcast_to", self.shape, shape);
        let mut buffer = Buffer::with_capacity(shape.num_elements());
        let data: &mut Vec<T> = &mut buffer;
        for Row { small, len, repeats } in rows {
            if repeats {
                let end = data.len() + len;
                data.resize(end, self.data()[small]);
            } else {
                data.extend_from_slice(&self.data()[small..small + len]);
            }
        }
        Tensor::from_buffer(shape, buffer)
    }

    /// The sum over everything that broadcasting `shape` to this tensor's
    /// shape would repeat; `[]` sums all. Its adjoint is
    /// [`broadcast_to`](Tensor::broadcast_to).
    ///
    /// # Panics
    /// If `shape` does not broadcast to this tensor's shape.
    #[track_caller]
    pub fn sum_to_size(&self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        let rows = broadcast_rows("sum_to_size", shape, self.shape);
        let mut result = Tensor::zeros(shape);
        let sums = result.data_mut();
        let mut rest = self.data();
        for Row { small, len, repeats } in rows {
            let row;
            (row, rest) = rest.split_at(len);
            if repeats {
                sums[small] += row.iter().fold(T::zero(), |sum, &x| sum + x);
            } else {
                for (sum, &x) in sums[small..small + len].iter_mut().zip(row) {
                    *sum += x;
                }
            }
        }
        result
    }
}

/// One row (along the last dimension) of the larger tensor of a broadcast, and
/// where it comes from in the smaller one.
struct Row {
    /// Offset of the row's first element in the smaller tensor.
    small: usize,
    len: usize,
    /// Whether the smaller tensor has one element where the row has `len`.
    repeats: bool,
}

#[track_caller]
fn broadcast_rows(op: &'static str, small: Shape, large: Shape) -> impl Iterator<Item = Row> {
    assert!(
        small.broadcast(&large) == Some(large),
        "{op}: shape {small} does not broadcast to {large}"
    );
    let lead = large.len() - small.len();
    let mut strides = [0; crate::shape::MAX_RANK];
    let mut stride = 1;
    for (dim, &size) in small.iter().enumerate().rev() {
        strides[lead + dim] = if size == large[lead + dim] { stride } else { 0 };
        stride *= size;
    }
    let len = large.last().copied().unwrap_or(1);
    let repeats = !large.is_empty() && strides[large.len() - 1] == 0;
    let outer = large.num_elements() / len.max(1);
    (0..outer).map(move |row| {
        let (mut rest, mut offset) = (row, 0);
        for dim in (0..large.len().saturating_sub(1)).rev() {
            offset += rest % large[dim] * strides[dim];
            rest /= large[dim];
        }
        Row { small: offset, len, repeats }
    })
}

#[track_caller]
fn assert_dim(op: &str, shape: Shape, dim: usize) {
    assert!(dim < shape.len(), "{op}: shape {shape} has no dimension {dim}");
}
