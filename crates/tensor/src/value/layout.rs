//! Moving elements without computing: every function here is linear, and each
//! comes with the one that is its adjoint.

use smallvec::SmallVec;

use super::shape::Shape;
use super::tensor::Tensor;
use crate::Scalar;
use crate::kernel::buffer::Buffer;
use crate::kernel::reduce::add_rows;
use crate::kernel::simd::{Arch, Zip};

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
            shape.num_elements() == self.shape().num_elements(),
            "reshape: {} has {} elements, {shape} takes {}",
            self.shape(),
            self.shape().num_elements(),
            shape.num_elements()
        );
        self.view(shape, 0)
    }

    /// Exchanges two dimensions. It is its own adjoint.
    ///
    /// # Panics
    /// If there is no such dimension.
    #[track_caller]
    pub fn transpose(&self, dim0: usize, dim1: usize) -> Self {
        assert_dim("transpose", self.shape(), dim0);
        assert_dim("transpose", self.shape(), dim1);
        let (first, second) = (dim0.min(dim1), dim0.max(dim1));
        if first == second {
            return self.clone();
        }
        // The tensor is read as [a, m, b, n, c]; m and n change places.
        let (a, m, _) = self.shape().around(first);
        let (am_b, n, c) = self.shape().around(second);
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
        Tensor::from_buffer(self.shape().edit(|sizes| sizes.swap(first, second)), buffer)
    }

    /// The part of length `len` that begins at `start` of dimension `dim`.
    /// Its adjoint is [`add_part`](Tensor::add_part) to zeros.
    ///
    /// # Panics
    /// If the part reaches past the end, or there is no such dimension.
    #[track_caller]
    pub fn narrow(&self, dim: usize, start: usize, len: usize) -> Self {
        assert_dim("narrow", self.shape(), dim);
        let (outer, size, inner) = self.shape().around(dim);
        assert!(
            start.checked_add(len).is_some_and(|end| end <= size),
            "narrow: {start}..{} reaches past dimension {dim} of shape {}",
            start.saturating_add(len),
            self.shape()
        );
        let shape = self.shape().with_size(dim, len);
        if outer == 1 {
            // It lies together: nothing is copied.
            return self.view(shape, start * inner);
        }
        let mut buffer = Buffer::with_capacity(outer * len * inner);
        let data: &mut Vec<T> = &mut buffer;
        for block in self.data().chunks_exact((size * inner).max(1)) {
            data.extend_from_slice(&block[start * inner..(start + len) * inner]);
        }
        Tensor::from_buffer(shape, buffer)
    }

    /// The parts of size 1 at these places of dimension `dim`, in this order
    /// (`torch.index_select`): a batch, from places drawn at random.
    /// Its adjoint is [`index_add`](Tensor::index_add) to zeros.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let rows = Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// assert_eq!(rows.index_select(0, &[2, 0]), Tensor::from([[5.0, 6.0], [1.0, 2.0]]));
    /// ```
    ///
    /// # Panics
    /// If there is no such dimension, or no such place in it.
    #[track_caller]
    pub fn index_select(&self, dim: usize, index: &[usize]) -> Self {
        let shape = self.shape();
        assert_places("index_select", shape, dim, index);
        let (_, size, inner) = shape.around(dim);
        let shape = shape.with_size(dim, index.len());
        let mut buffer = Buffer::with_capacity(shape.num_elements());
        let data: &mut Vec<T> = &mut buffer;
        for block in self.data().chunks_exact((size * inner).max(1)) {
            index.iter().for_each(|k| data.extend_from_slice(&block[k * inner..][..inner]));
        }
        Tensor::from_buffer(shape, buffer)
    }

    /// Adds the parts of size 1 of `parts` along dimension `dim`, each to the one at its place,
    /// in place (`torch.Tensor.index_add_`). A place may be there more than once.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let mut sums = Tensor::from([1.0, 2.0, 3.0]);
    /// sums.index_add(0, &[2, 0, 2], &Tensor::from([10.0, 20.0, 30.0]));
    /// assert_eq!(sums.data(), [21.0, 2.0, 43.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such dimension or no such place in it, or if there are not as many parts of
    /// this shape as places.
    #[track_caller]
    pub fn index_add(&mut self, dim: usize, index: &[usize], parts: &Self) {
        assert_places("index_add", self.shape(), dim, index);
        let (_, size, inner) = self.shape().around(dim);
        let expected = self.shape().with_size(dim, index.len());
        assert!(
            parts.shape() == expected,
            "index_add: the parts have shape {} and should have {expected}",
            parts.shape()
        );
        // Those of one place together, because a sum is a tree (and has an order).
        let mut order: Vec<usize> = (0..index.len()).collect();
        order.sort_by_key(|&part| index[part]);
        let blocks = self.data_mut().chunks_exact_mut((size * inner).max(1));
        for (block, parts) in blocks.zip(parts.data().chunks_exact((index.len() * inner).max(1))) {
            for same in order.chunk_by(|&a, &b| index[a] == index[b]) {
                let rows = same.iter().flat_map(|&part| &parts[part * inner..][..inner]);
                let rows: Buffer<T> = rows.copied().collect();
                add_rows(&mut block[index[same[0]] * inner..][..inner], &rows);
            }
        }
    }

    /// Adds `part` to the part of its size that begins at `start` of dimension
    /// `dim`, in place. To add to zeros is the adjoint of
    /// [`narrow`](Tensor::narrow).
    ///
    /// # Panics
    /// If the part does not fit, or there is no such dimension.
    #[track_caller]
    pub fn add_part(&mut self, dim: usize, start: usize, part: &Self) {
        assert_dim("add_part", self.shape(), dim);
        let (_, size, inner) = self.shape().around(dim);
        let len = part.shape().get(dim).copied().unwrap_or(0);
        assert!(
            start.checked_add(len).is_some_and(|end| end <= size)
                && part.shape() == self.shape().with_size(dim, len),
            "add_part: a part of shape {} does not fit at {start} of dimension {dim} of shape {}",
            part.shape(),
            self.shape()
        );
        let blocks = self.data_mut().chunks_exact_mut((size * inner).max(1));
        for (block, part) in blocks.zip(part.data().chunks_exact((len * inner).max(1))) {
            Arch::new()
                .dispatch(Zip(&mut block[start * inner..][..len * inner], part, |x, y| x + y));
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
        let first = tensors[0].shape();
        assert_dim("cat", first, dim);
        for tensor in tensors {
            assert!(
                tensor.shape().len() == first.len()
                    && tensor.shape().with_size(dim, 0) == first.with_size(dim, 0),
                "cat: the shapes {first} and {} should agree in all dimensions but {dim}",
                tensor.shape()
            );
        }
        let size = tensors.iter().map(|t| t.shape()[dim]).fold(0, usize::saturating_add);
        let shape = first.with_size(dim, size);
        let (outer, _, inner) = first.around(dim);
        let mut buffer = Buffer::with_capacity(outer * size * inner);
        let data: &mut Vec<T> = &mut buffer;
        for i in 0..outer {
            for tensor in tensors {
                let block = tensor.shape()[dim] * inner;
                data.extend_from_slice(&tensor.data()[i * block..(i + 1) * block]);
            }
        }
        Tensor::from_buffer(shape, buffer)
    }

    /// The parts of size 1 along dimension `dim`, without that dimension
    /// (`torch.unbind`). Its adjoint is [`stack`](Tensor::stack).
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let rows = Tensor::from([[1.0, 2.0], [3.0, 4.0]]).unbind(0);
    /// assert_eq!(rows, [Tensor::from([1.0, 2.0]), Tensor::from([3.0, 4.0])]);
    /// ```
    ///
    /// # Panics
    /// If there is no such dimension.
    #[track_caller]
    pub fn unbind(&self, dim: usize) -> Vec<Self> {
        assert_dim("unbind", self.shape(), dim);
        let shape = self.shape().edit(|sizes| _ = sizes.remove(dim));
        (0..self.shape()[dim]).map(|k| self.narrow(dim, k, 1).reshape(shape)).collect()
    }

    /// The tensors, of one shape, laid along a new dimension `dim`. Its adjoint is
    /// [`unbind`](Tensor::unbind).
    ///
    /// # Panics
    /// If there are none, or if their shapes differ.
    #[track_caller]
    pub fn stack(tensors: &[Self], dim: usize) -> Self {
        assert!(!tensors.is_empty(), "stack: at least one tensor is needed");
        let first = tensors[0].shape();
        assert!(dim <= first.len(), "stack: shape {first} has no place for a dimension {dim}");
        for tensor in tensors {
            let shape = tensor.shape();
            assert!(shape == first, "stack: the shapes {first} and {shape} should be the same");
        }
        // Along a new dimension of size 1, they lie end to end.
        let unsqueezed = first.edit(|sizes| sizes.insert(dim, 1));
        let tensors: SmallVec<[Self; 8]> =
            tensors.iter().map(|tensor| tensor.reshape(unsqueezed)).collect();
        Tensor::cat(&tensors, dim)
    }
}

#[track_caller]
fn assert_dim(op: &str, shape: Shape, dim: usize) {
    assert!(dim < shape.len(), "{op}: shape {shape} has no dimension {dim}");
}

#[track_caller]
fn assert_places(op: &str, shape: Shape, dim: usize, index: &[usize]) {
    assert_dim(op, shape, dim);
    if let Some(k) = index.iter().find(|k| **k >= shape[dim]) {
        panic!("{op}: dimension {dim} of shape {shape} has no place {k}");
    }
}
