//! A tensor: a shape and its numbers, in row-major order.

use super::shape::Shape;
use crate::Scalar;
use crate::kernel::buffer::Buffer;
use crate::kernel::reduce;
use crate::kernel::simd::{Arch, Map, Zip};

/// An n-dimensional array of numbers.
///
/// A tensor is a plain value: its numbers lie in one contiguous block,
/// row-major (the last dimension varies fastest), behind a shared pointer.
/// `clone` is cheap, so is a part that lies together, and changing a shared tensor through
/// [`data_mut`](Tensor::data_mut) copies it first, so nobody else sees it.
///
/// ```
/// use tensor::Tensor;
///
/// let a = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// assert_eq!(a.shape().to_string(), "[2, 3]");
/// assert_eq!(a.map(|x| 10.0 * x).data(), [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
/// ```
#[derive(Clone)]
pub struct Tensor<T: Scalar> {
    shape: Shape,
    /// Where the numbers begin: several tensors may share a buffer.
    start: usize,
    buffer: Buffer<T>,
}

impl<T: Scalar> Tensor<T> {
    /// A tensor of the given shape over `data` in row-major order.
    ///
    /// # Panics
    /// If the number of elements is not the product of the sizes.
    #[track_caller]
    pub fn new(shape: impl Into<Shape>, data: Vec<T>) -> Self {
        Tensor::from_buffer(shape, data.into())
    }

    /// The same over a [`Buffer`], whose memory is used again.
    ///
    /// # Panics
    /// If the number of elements is not the product of the sizes.
    #[track_caller]
    pub fn from_buffer(shape: impl Into<Shape>, data: Buffer<T>) -> Self {
        let shape = shape.into();
        let (found, expected) = (data.len(), shape.num_elements());
        assert!(
            found == expected,
            "shape {shape} takes {expected} elements, not the {found} given"
        );
        Tensor { shape, start: 0, buffer: data }
    }

    /// A tensor with every element equal to `value`.
    ///
    /// # Panics
    /// If there is no memory for so many, as of all that makes a tensor.
    #[track_caller]
    pub fn full(shape: impl Into<Shape>, value: T) -> Self {
        let shape = shape.into();
        Tensor::from_buffer(shape, Buffer::full(shape.num_elements(), value))
    }

    /// A tensor of zeros.
    #[track_caller]
    pub fn zeros(shape: impl Into<Shape>) -> Self {
        Tensor::full(shape, T::zero())
    }

    /// A tensor whose elements, in row-major order, are what `next` returns.
    ///
    /// ```
    /// let mut n = 0.0;
    /// let a = tensor::Tensor::from_fn([3], || { n += 1.0; n });
    /// assert_eq!(a.data(), [1.0, 2.0, 3.0]);
    /// ```
    #[track_caller]
    pub fn from_fn(shape: impl Into<Shape>, mut next: impl FnMut() -> T) -> Self {
        let shape = shape.into();
        let mut buffer = Buffer::with_capacity(shape.num_elements());
        buffer.extend((0..shape.num_elements()).map(|_| next()));
        Tensor::from_buffer(shape, buffer)
    }

    /// The size of each dimension.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The sizes, each by its name: `let [rows, columns] = x.dims();`.
    ///
    /// # Panics
    /// If there are not just `N` dimensions.
    #[track_caller]
    pub fn dims<const N: usize>(&self) -> [usize; N] {
        self.shape.dims()
    }

    /// The same buffer read under another shape, from `skip` elements on.
    pub(super) fn view(&self, shape: Shape, skip: usize) -> Self {
        Tensor { shape, start: self.start + skip, buffer: self.buffer.clone() }
    }

    /// Whether both are one reading of one buffer, so that a change of either would have
    /// copied it.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.shape == other.shape && self.start == other.start && self.buffer.is_same(&other.buffer)
    }

    /// The elements in row-major order.
    pub fn data(&self) -> &[T] {
        &self.buffer[self.start..self.start + self.shape.num_elements()]
    }

    /// The elements, to be changed; copied first if they are shared.
    pub fn data_mut(&mut self) -> &mut [T] {
        let len = self.shape.num_elements();
        if self.buffer.is_shared() {
            self.buffer = Buffer::from(self.data());
            self.start = 0;
        }
        &mut self.buffer[self.start..][..len]
    }

    /// The only element of a tensor that has just one.
    ///
    /// # Panics
    /// If there is not exactly one element.
    #[track_caller]
    pub fn item(&self) -> T {
        match self.data() {
            &[x] => x,
            _ => panic!("item: a tensor of shape {} does not have exactly one element", self.shape),
        }
    }

    /// The tensor of `f(x)` for each element `x`.
    pub fn map(&self, f: impl Fn(T) -> T) -> Self {
        let mut y = Buffer::stale(self.shape.num_elements());
        Arch::new().dispatch(Map(&mut y, self.data(), f));
        Tensor::from_buffer(self.shape, y)
    }

    /// The tensor of `f(x, y)` for each pair of elements at the same place.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn zip(&self, other: &Self, f: impl Fn(T, T) -> T) -> Self {
        assert_same_shape("zip", self.shape, other.shape);
        let mut y = self.clone();
        Arch::new().dispatch(Zip(y.data_mut(), other.data(), f));
        y
    }

    /// Adds `other` to this tensor, element by element, in place.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn add_assign(&mut self, other: &Self) {
        assert_same_shape("add_assign", self.shape, other.shape);
        Arch::new().dispatch(Zip(self.data_mut(), other.data(), |x, y| x + y));
    }

    /// The inner product `⟨x, y⟩`: the sum of the products of the elements at
    /// the same place.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn dot(&self, other: &Self) -> T {
        assert_same_shape("dot", self.shape, other.shape);
        reduce::dot(self.data(), other.data())
    }

    /// Whether no element is NaN or infinite.
    pub fn is_finite(&self) -> bool {
        self.data().iter().all(|x| x.is_finite())
    }

    /// The same numbers in another element type.
    pub fn cast<U: Scalar>(&self) -> Tensor<U> {
        let data = self.data().iter().map(|x| U::from_f64(x.as_f64()));
        Tensor::from_buffer(self.shape, data.collect())
    }
}

/// Equal shapes and equal numbers.
impl<T: Scalar> PartialEq for Tensor<T> {
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape && self.data() == other.data()
    }
}

#[cold]
#[track_caller]
fn shapes_differ(op: &str, a: Shape, b: Shape) -> ! {
    panic!("{op}: the shapes {a} and {b} should be the same");
}

#[track_caller]
fn assert_same_shape(op: &str, a: Shape, b: Shape) {
    if a != b {
        shapes_differ(op, a, b);
    }
}

impl<T: Scalar> From<T> for Tensor<T> {
    fn from(x: T) -> Self {
        Tensor::full([], x)
    }
}

impl<T: Scalar, const N: usize> From<[T; N]> for Tensor<T> {
    fn from(elements: [T; N]) -> Self {
        Tensor::new([N], elements.to_vec())
    }
}

impl<T: Scalar, const M: usize, const N: usize> From<[[T; N]; M]> for Tensor<T> {
    fn from(rows: [[T; N]; M]) -> Self {
        Tensor::new([M, N], rows.into_iter().flatten().collect())
    }
}

impl<T: Scalar, const L: usize, const M: usize, const N: usize> From<[[[T; N]; M]; L]>
    for Tensor<T>
{
    fn from(blocks: [[[T; N]; M]; L]) -> Self {
        Tensor::new([L, M, N], blocks.into_iter().flatten().flatten().collect())
    }
}
