//! Sums. Their rounding error does not grow with their length: they are trees, not
//! chains, and the shape of a tree depends on the number of terms alone. So a sum has
//! the same bits whatever the width of the vectors.

use num_traits::NumAssign;
use smallvec::SmallVec;

use super::simd::{Arch, Simd, WithSimd};

/// So many sums go on side by side, as vectors.
const LANES: usize = 32;
/// The most terms that are added one after the other.
const CHAIN: usize = 8;

/// The sum of `term(x)` over all x.
///
/// ```
/// use tensor::kernel::reduce::sum;
///
/// let mean = sum(&[9991.0_f32; 1_000_000], |x| x) / 1e6; // one chain would give 10130
/// assert!((mean - 9991.0).abs() < 0.01);
/// ```
pub fn sum<T: Number>(xs: &[T], term: impl Fn(T) -> T) -> T {
    Arch::new().dispatch(Sum([xs, xs], |x, _| term(x)))
}

/// The sum of the products of two lists.
///
/// ```
/// assert_eq!(tensor::kernel::reduce::dot(&[1.0, 2.0], &[3.0, 4.0]), 11.0);
/// ```
///
/// # Panics
/// If one is longer than the other.
#[track_caller]
pub fn dot<T: Number>(xs: &[T], ys: &[T]) -> T {
    assert!(xs.len() == ys.len(), "dot: lists of {} and {} numbers", xs.len(), ys.len());
    Arch::new().dispatch(Sum([xs, ys], |x, y| x * y))
}

/// Adds to `sums` the rows of as many numbers that `rows` is made of.
///
/// ```
/// let mut sums = [1.0, 2.0];
/// tensor::kernel::reduce::add_rows(&mut sums, &[10.0, 20.0, 30.0, 40.0]);
/// assert_eq!(sums, [41.0, 62.0]);
/// ```
pub fn add_rows<T: Number>(sums: &mut [T], rows: &[T]) {
    add_columns(sums, rows, sums.len());
}

/// The same for the first columns of a matrix: its rows are `stride` numbers apart, and as
/// many of each are added as there are sums.
///
/// ```
/// let mut sums = [0.0];
/// tensor::kernel::reduce::add_columns(&mut sums, &[1.0, 2.0, 3.0, 4.0], 2);
/// assert_eq!(sums, [4.0]);
/// ```
pub fn add_columns<T: Number>(sums: &mut [T], rows: &[T], stride: usize) {
    if !sums.is_empty() {
        Arch::new().dispatch(AddColumns { sums, rows, stride });
    }
}

/// What can be summed here.
pub trait Number: NumAssign + Copy {}
impl<T: NumAssign + Copy> Number for T {}

struct Sum<'a, T, F>([&'a [T]; 2], F);

impl<T: Number, F: Fn(T, T) -> T> WithSimd for Sum<'_, T, F> {
    type Output = T;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> T {
        const LEAF: usize = LANES * CHAIN;
        let Sum([xs, ys], term) = self;
        let mut tree = Tree::new();
        for (xs, ys) in xs.chunks(LEAF).zip(ys.chunks(LEAF)) {
            let mut sums = [T::zero(); LANES];
            let (x_rows, x_rest) = xs.as_chunks::<LANES>();
            let (y_rows, y_rest) = ys.as_chunks::<LANES>();
            for (xs, ys) in x_rows.iter().zip(y_rows) {
                for k in 0..LANES {
                    sums[k] += term(xs[k], ys[k]);
                }
            }
            for (sum, (&x, &y)) in sums.iter_mut().zip(x_rest.iter().zip(y_rest)) {
                *sum += term(x, y);
            }
            tree.push(sums);
        }
        // At its root, the tree over the lanes.
        let mut sums = tree.root();
        let mut width = LANES;
        while width > 1 {
            width /= 2;
            for k in 0..width {
                sums[k] += sums[k + width];
            }
        }
        sums[0]
    }
}

struct AddColumns<'a, T> {
    sums: &'a mut [T],
    rows: &'a [T],
    stride: usize,
}

impl<T: Number> WithSimd for AddColumns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let AddColumns { sums, rows, stride } = self;
        for (sums, first) in sums.chunks_mut(LANES).zip((0..).step_by(LANES)) {
            let mut tree = Tree::new();
            for rows in rows.chunks(CHAIN * stride) {
                let mut leaf = [T::zero(); LANES];
                for row in rows.chunks(stride) {
                    let columns = &row[first..][..sums.len()];
                    let full: Result<&[T; LANES], _> = columns.try_into();
                    match full {
                        Ok(columns) => leaf.iter_mut().zip(columns).for_each(|(y, &x)| *y += x),
                        Err(_) => leaf.iter_mut().zip(columns).for_each(|(y, &x)| *y += x),
                    }
                }
                tree.push(leaf);
            }
            sums.iter_mut().zip(tree.root()).for_each(|(sum, x)| *sum += x);
        }
    }
}

/// A tree as it grows, for some sums side by side.
struct Tree<T> {
    /// What is at level k is the sum of 2ᵏ leaves, …
    levels: SmallVec<[[T; LANES]; 8]>,
    /// … if bit k of their number is 1.
    leaves: usize,
}

impl<T: Number> Tree<T> {
    #[inline(always)]
    fn new() -> Self {
        Tree { levels: SmallVec::new(), leaves: 0 }
    }

    /// As in counting by ones, two of one level are one of the next.
    #[inline(always)]
    fn push(&mut self, mut sums: [T; LANES]) {
        let level = self.leaves.trailing_ones() as usize;
        for done in &self.levels[..level] {
            sums = std::array::from_fn(|k| done[k] + sums[k]);
        }
        match self.levels.get_mut(level) {
            Some(place) => *place = sums,
            None => self.levels.push(sums),
        }
        self.leaves += 1;
    }

    #[inline(always)]
    fn root(&self) -> [T; LANES] {
        let mut sums = [T::zero(); LANES];
        for (k, level) in self.levels.iter().enumerate() {
            if self.leaves >> k & 1 == 1 {
                sums = std::array::from_fn(|k| level[k] + sums[k]);
            }
        }
        sums
    }
}
