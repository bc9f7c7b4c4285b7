//! Operations that move elements and compute nothing.

use smallvec::SmallVec;

use crate::{Scalar, Shape, Tensor, Var};

impl<'t, T: Scalar> Var<'t, T> {
    /// The same elements in the same order under another shape.
    ///
    /// # Panics
    /// If the number of elements changes.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Self {
        let x = self.value();
        let before = x.shape();
        self.tape.record("reshape", [self], x.reshape(shape), move |dy, _| [dy.reshape(before)])
    }

    /// Exchanges two dimensions.
    ///
    /// # Panics
    /// If there is no such dimension.
    #[track_caller]
    pub fn transpose(self, dim0: usize, dim1: usize) -> Self {
        let y = self.value().transpose(dim0, dim1);
        self.tape.record("transpose", [self], y, move |dy, _| [dy.transpose(dim0, dim1)])
    }

    /// The part of length `len` that begins at `start` of dimension `dim`. The
    /// elements outside get a gradient of zero.
    ///
    /// # Panics
    /// If the part reaches past the end, or there is no such dimension.
    #[track_caller]
    pub fn narrow(self, dim: usize, start: usize, len: usize) -> Self {
        let y = self.value().narrow(dim, start, len);
        let id = self.id;
        self.tape.record_any("narrow", &[self], y, move |dy, gradients| {
            gradients.accumulate("narrow", id, dy.clone(), Some((dim, start)));
        })
    }

    /// The last dimension cut into `N` equal parts.
    ///
    /// # Panics
    /// If `N` does not divide the last size.
    #[track_caller]
    pub fn chunk<const N: usize>(self) -> [Self; N] {
        let shape = self.shape();
        match shape.last() {
            Some(size) if size % N == 0 => {
                let len = size / N;
                std::array::from_fn(|part| self.narrow(shape.len() - 1, part * len, len))
            }
            _ => panic!("chunk: the last dimension of shape {shape} is not {N} equal parts"),
        }
    }

    /// Variables laid end to end along the existing dimension `dim`.
    ///
    /// # Panics
    /// If there are none, or if they differ in any other dimension.
    #[track_caller]
    pub fn cat(parts: &[Self], dim: usize) -> Self {
        if let [part] = parts
            && dim < part.shape().len()
        {
            return *part;
        }
        let values: SmallVec<[Tensor<T>; 8]> = parts.iter().map(|part| part.value()).collect();
        let y = Tensor::cat(&values, dim);
        let sizes = values.iter().map(|value| value.shape()[dim]);
        let inputs: SmallVec<[_; 8]> = parts.iter().map(|part| part.id).zip(sizes).collect();
        parts[0].tape.record_any("cat", parts, y, move |dy, gradients| {
            let mut start = 0;
            for &(id, size) in &inputs {
                gradients.accumulate("cat", id, dy.narrow(dim, start, size), None);
                start += size;
            }
        })
    }

    /// Variables of one shape laid along a new dimension `dim`.
    ///
    /// # Panics
    /// If there are none, or if their shapes differ.
    #[track_caller]
    pub fn stack(parts: &[Self], dim: usize) -> Self {
        assert!(!parts.is_empty(), "stack: at least one variable is needed");
        let first = parts[0].shape();
        assert!(dim <= first.len(), "stack: shape {first} has no place for a dimension {dim}");
        for part in parts {
            let shape = part.shape();
            assert!(shape == first, "stack: the shapes {first} and {shape} should be the same");
        }
        let unsqueezed = first.edit(|sizes| sizes.insert(dim, 1));
        let parts: SmallVec<[Self; 8]> =
            parts.iter().map(|part| part.reshape(unsqueezed)).collect();
        Var::cat(&parts, dim)
    }
}
