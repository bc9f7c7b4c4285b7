//! The sizes of a tensor's dimensions.

use std::fmt;
use std::ops::Deref;

use smallvec::SmallVec;

/// The largest number of dimensions a tensor can have.
pub const MAX_RANK: usize = 6;

/// The size of each dimension, slowest first; `[]` is the shape of a scalar.
///
/// A shape is a small `Copy` value that reads as a slice of sizes. Arrays and
/// slices turn into it wherever a shape is asked for.
///
/// ```
/// use tensor::Shape;
///
/// let shape = Shape::from([8, 3, 2]);
/// assert_eq!(shape.len(), 3); // the rank
/// assert_eq!(shape.num_elements(), 48);
/// assert_eq!(shape.to_string(), "[8, 3, 2]");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    sizes: [usize; MAX_RANK],
    rank: usize,
}

impl Shape {
    /// The product of the sizes; 1 for a scalar.
    #[inline]
    pub fn num_elements(&self) -> usize {
        self.iter().product()
    }

    /// The shape with `f` applied to its list of sizes.
    pub(crate) fn edit(self, f: impl FnOnce(&mut SmallVec<[usize; MAX_RANK]>)) -> Shape {
        let mut sizes = SmallVec::from_slice(&self);
        f(&mut sizes);
        Shape::from(sizes.as_slice())
    }

    /// The same shape with the size of dimension `dim` replaced.
    #[inline]
    pub(crate) fn with_size(mut self, dim: usize, size: usize) -> Shape {
        self.sizes[..self.rank][dim] = size;
        self
    }

    /// Splits the shape around dimension `dim` into (outer, size, inner)
    /// element counts: the tensor is `outer` blocks of `size` rows of `inner`.
    #[inline]
    pub(crate) fn around(&self, dim: usize) -> (usize, usize, usize) {
        (self[..dim].iter().product(), self[dim], self[dim + 1..].iter().product())
    }

    /// The shape that `self` and `other` broadcast to, if they do: aligned at
    /// the last dimension, sizes agree or one of them is 1 or missing
    /// (PyTorch's and NumPy's rule).
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        let (small, large) = if self.rank < other.rank { (self, other) } else { (other, self) };
        let mut result = *large;
        for (size, &s) in result.sizes[large.rank - small.rank..large.rank].iter_mut().zip(&**small)
        {
            *size = match (s, *size) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                _ => return None,
            };
        }
        Some(result)
    }
}

impl Deref for Shape {
    type Target = [usize];

    #[inline]
    fn deref(&self) -> &[usize] {
        &self.sizes[..self.rank]
    }
}

impl From<&[usize]> for Shape {
    #[inline]
    #[track_caller]
    fn from(slice: &[usize]) -> Self {
        let rank = slice.len();
        assert!(
            rank <= MAX_RANK,
            "a tensor has at most {MAX_RANK} dimensions, not {rank}: {slice:?}"
        );
        let mut sizes = [0; MAX_RANK];
        sizes[..rank].copy_from_slice(slice);
        Shape { sizes, rank }
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    #[track_caller]
    fn from(sizes: [usize; N]) -> Self {
        Shape::from(sizes.as_slice())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &**self)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
