//! Sums. Their rounding error does not grow with their length: they are trees, not
//! chains, and the shape of a tree depends on the number of terms alone. So a sum has
//! the same bits whatever the width of the vectors.

use num_traits::NumAssign;
use smallvec::{SmallVec, smallvec};

use super::buffer::{Buffer, Pooled};
use super::simd::{Arch, Simd, WithSimd};

/// So many sums go on side by side, as vectors.
const LANES: usize = 32;
/// The most terms that are added one after the other.
const CHAIN: usize = 8;
/// So many columns of a matrix are added at once: their tree stays in the first-level cache.
const COLUMNS: usize = 128;
/// A tree of so many numbers needs no memory of its own.
const SMALL_TREE: usize = 4 * LANES;

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
///
/// # Panics
/// If the last row is shorter.
#[track_caller]
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
///
/// # Panics
/// If a row has fewer numbers than there are sums.
#[track_caller]
pub fn add_columns<T: Number>(sums: &mut [T], rows: &[T], stride: usize) {
    if !sums.is_empty() {
        let (n, count) = (sums.len(), rows.len());
        assert!(
            n <= stride && (count.is_multiple_of(stride) || count % stride >= n),
            "add_columns: {count} numbers in rows of {stride} do not all have {n} columns"
        );
        Arch::new().dispatch(AddColumns { sums, rows, stride });
    }
}

/// What can be summed here.
pub trait Number: NumAssign + Pooled {}
impl<T: NumAssign + Pooled> Number for T {}

struct Sum<'a, T, F>([&'a [T]; 2], F);

impl<T: Number, F: Fn(T, T) -> T> WithSimd for Sum<'_, T, F> {
    type Output = T;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> T {
        const LEAF: usize = LANES * CHAIN;
        let Sum([xs, ys], term) = self;
        let leaves = xs.len().div_ceil(LEAF);
        let mut levels: SmallVec<[T; SMALL_TREE]> = smallvec![T::zero(); levels(leaves) * LANES];
        let mut tree = Tree::new(&mut levels, LANES);
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
            tree.leaf().copy_from_slice(&sums);
            tree.grow();
        }
        let root = tree.root();
        // At its root, the tree over the lanes.
        for level in (0..LANES.ilog2()).rev() {
            let (first, second) = root.split_at_mut(1 << level);
            add(first, second);
        }
        root[0]
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
        let leaves = rows.len().div_ceil(CHAIN * stride);
        let size = COLUMNS.min(sums.len());
        let mut levels = Buffer::stale(levels(leaves) * size);
        for (sums, first) in sums.chunks_mut(size).zip((0..).step_by(size)) {
            let mut tree = Tree::new(&mut levels, sums.len());
            for rows in rows.chunks(CHAIN * stride) {
                let leaf = tree.leaf();
                leaf.fill(T::zero());
                rows.chunks(stride).for_each(|row| add(leaf, &row[first..]));
                tree.grow();
            }
            add(sums, tree.root());
        }
    }
}

/// A tree over leaves of `size` numbers side by side, as it grows.
///
/// Not a function that is given a closure for the leaves: a closure is not inlined for sure,
/// and then it is compiled for the narrowest vectors.
pub(super) struct Tree<'a, T> {
    /// What lies at level k is a sum of 2ᵏ leaves, …
    levels: &'a mut [T],
    size: usize,
    /// … if bit k of their number is 1.
    leaves: usize,
}

/// The levels of a tree with so many leaves.
pub(super) fn levels(leaves: usize) -> usize {
    leaves.max(1).ilog2() as usize + 1
}

impl<'a, T: Number> Tree<'a, T> {
    /// A tree without leaves, and with room for its [`levels`].
    #[inline(always)]
    pub fn new(levels: &'a mut [T], size: usize) -> Self {
        Tree { levels, size, leaves: 0 }
    }

    /// Where the next leaf is to be written.
    #[inline(always)]
    pub fn leaf(&mut self) -> &mut [T] {
        let level = self.leaves.trailing_ones() as usize;
        &mut self.levels[level * self.size..][..self.size]
    }

    /// Takes the leaf that was written. As in counting by ones, two of one level are one of
    /// the next.
    #[inline(always)]
    pub fn grow(&mut self) {
        let level = self.leaves.trailing_ones() as usize;
        let (done, leaf) = self.levels.split_at_mut(level * self.size);
        done.chunks_exact(self.size).for_each(|done| add(&mut leaf[..self.size], done));
        self.leaves += 1;
    }

    /// The sum of all leaves: of what is left at each level, the lowest first.
    #[inline(always)]
    pub fn root(self) -> &'a mut [T] {
        let Tree { levels, size, leaves } = self;
        if leaves == 0 {
            levels[..size].fill(T::zero());
        }
        let lowest = leaves.max(1).trailing_zeros() as usize;
        let highest = leaves.max(1).ilog2() as usize;
        let (root, above) = levels[lowest * size..].split_at_mut(size);
        for (k, level) in (lowest + 1..=highest).zip(above.chunks_exact(size)) {
            if leaves >> k & 1 == 1 {
                add(root, level);
            }
        }
        root
    }
}

/// `y[k] += x[k]` for all k.
#[inline(always)]
pub(super) fn add<T: Number>(y: &mut [T], x: &[T]) {
    y.iter_mut().zip(x).for_each(|(y, &x)| *y += x);
}
