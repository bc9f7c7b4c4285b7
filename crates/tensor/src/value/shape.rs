//! The sizes of a tensor's dimensions.

use std::fmt;
use std::ops::Deref;

use smallvec::SmallVec;

/// The largest number of dimensions a tensor can have.
pub const MAX_RANK: usize = 6;
/// So many numbers have addresses.
const MAX_ELEMENTS: usize = isize::MAX as usize / size_of::<f64>();

/// The size of each dimension, slowest first; `[]` is the shape of a scalar.
///
/// A shape is a small `Copy` value that reads as a slice of sizes. Arrays and
/// slices turn into it wherever a shape is asked for.
///
/// ```
/// use tensor::Shape;
///
/// let shape = Shape::from([8, 3, 2]);
/// assert_eq!(shape, [8, 3, 2]);
/// assert_eq!(shape.len(), 3); // the rank
/// assert_eq!(shape.num_elements(), 48);
/// assert_eq!(shape.to_string(), "[8, 3, 2]");
/// let [batch, seq, features] = shape.dims();
/// assert_eq!((batch, seq, features), (8, 3, 2));
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

    /// The sizes, each by its name: `let [rows, columns] = shape.dims();`.
    ///
    /// # Panics
    /// If there are not just `N` dimensions.
    #[track_caller]
    pub fn dims<const N: usize>(&self) -> [usize; N] {
        match <[usize; N]>::try_from(&**self) {
            Ok(sizes) => sizes,
            Err(_) => panic!("dims: {N} dimensions are asked for, and the shape is {self}"),
        }
    }

    /// The shape with `f` applied to its list of sizes.
    #[track_caller]
    pub(crate) fn edit(self, f: impl FnOnce(&mut SmallVec<[usize; MAX_RANK]>)) -> Shape {
        let mut sizes = SmallVec::from_slice(&self);
        f(&mut sizes);
        Shape::from(sizes.as_slice())
    }

    /// The same shape with the size of dimension `dim` replaced.
    #[inline]
    #[track_caller]
    pub(crate) fn with_size(mut self, dim: usize, size: usize) -> Shape {
        let before = std::mem::replace(&mut self.sizes[..self.rank][dim], size);
        if size > before {
            assert_few(&self);
        }
        self
    }

    /// Splits the shape around dimension `dim` into (outer, size, inner)
    /// element counts: the tensor is `outer` blocks of `size` rows of `inner`.
    #[inline]
    pub(crate) fn around(&self, dim: usize) -> (usize, usize, usize) {
        (self[..dim].iter().product(), self[dim], self[dim + 1..].iter().product())
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
        assert_few(slice);
        Shape { sizes, rank }
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    #[track_caller]
    fn from(sizes: [usize; N]) -> Self {
        Shape::from(sizes.as_slice())
    }
}

#[inline]
#[track_caller]
fn assert_few(sizes: &[usize]) {
    let mut sizes_but_0 = sizes.iter().filter(|size| **size > 0);
    let product = sizes_but_0.try_fold(1_usize, |product, size| product.checked_mul(*size));
    if product.is_none_or(|product| product > MAX_ELEMENTS) {
        too_many(sizes);
    }
}

#[cold]
#[track_caller]
fn too_many(sizes: &[usize]) -> ! {
    panic!("a shape of more elements than can be counted: {sizes:?}");
}

impl<const N: usize> PartialEq<[usize; N]> for Shape {
    fn eq(&self, sizes: &[usize; N]) -> bool {
        **self == *sizes
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
