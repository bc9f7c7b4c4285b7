//! Sums. Their rounding error does not grow with their length: they are trees, not
//! chains, and the shape of a tree depends on the number of terms alone. So a sum has
//! the same bits whatever the width of the vectors.

use num_traits::NumAssign;

use super::buffer::{Buffer, Pooled};
use super::simd::{Arch, Simd, WithSimd};

/// So many sums go on side by side, as vectors.
const LANES: usize = 32;
/// The most terms that are added one after the other.
const CHAIN: usize = 8;
const LEAF: usize = LANES * CHAIN;
/// Enough for 2⁴⁰ terms, which no machine holds.
const LEVELS: usize = 32;

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

/// The sum of the products of two lists of one length.
///
/// ```
/// assert_eq!(tensor::kernel::reduce::dot(&[1.0, 2.0], &[3.0, 4.0]), 11.0);
/// ```
pub fn dot<T: Number>(xs: &[T], ys: &[T]) -> T {
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
        Arch::new().dispatch(AddRows { sums, rows, stride });
    }
}

/// What can be summed here.
pub trait Number: Pooled + NumAssign + Send + Sync {}
impl<T: Pooled + NumAssign + Send + Sync> Number for T {}

struct Sum<'a, T, F>([&'a [T]; 2], F);

impl<T: Number, F: Fn(T, T) -> T> WithSimd for Sum<'_, T, F> {
    type Output = T;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> T {
        let Sum([xs, ys], term) = self;
        let (x_leaves, x_rest) = xs.as_chunks::<LEAF>();
        let (y_leaves, y_rest) = ys.as_chunks::<LEAF>();
        if x_leaves.is_empty() {
            return fold(leaf(x_rest, y_rest, &term));
        }
        // The tree as it grows: what is at level k is the sum of 2ᵏ leaves.
        let mut tree = [[T::zero(); LANES]; LEVELS];
        for (count, (xs, ys)) in x_leaves.iter().zip(y_leaves).enumerate() {
            let mut sums = leaf(xs, ys, &term);
            // As in counting by ones: two of one level are one of the next.
            let carries = count.trailing_ones() as usize;
            for level in &tree[..carries] {
                sums = add(level, &sums);
            }
            tree[carries] = sums;
        }
        let mut sums = leaf(x_rest, y_rest, &term);
        for (k, level) in tree.iter().enumerate() {
            if x_leaves.len() >> k & 1 == 1 {
                sums = add(level, &sums);
            }
        }
        fold(sums)
    }
}

/// The tree over the lanes.
#[inline(always)]
fn fold<T: Number>(mut sums: [T; LANES]) -> T {
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for k in 0..width {
            sums[k] += sums[k + width];
        }
    }
    sums[0]
}

#[inline(always)]
fn leaf<T: Number>(xs: &[T], ys: &[T], term: &impl Fn(T, T) -> T) -> [T; LANES] {
    let mut sums = [T::zero(); LANES];
    let (x_full, x_rest) = xs.as_chunks::<LANES>();
    let (y_full, y_rest) = ys.as_chunks::<LANES>();
    for (xs, ys) in x_full.iter().zip(y_full) {
        for k in 0..LANES {
            sums[k] += term(xs[k], ys[k]);
        }
    }
    for (sum, (&x, &y)) in sums.iter_mut().zip(x_rest.iter().zip(y_rest)) {
        *sum += term(x, y);
    }
    sums
}

#[inline(always)]
fn add<T: Number>(a: &[T; LANES], b: &[T; LANES]) -> [T; LANES] {
    std::array::from_fn(|k| a[k] + b[k])
}

struct AddRows<'a, T> {
    sums: &'a mut [T],
    rows: &'a [T],
    stride: usize,
}

impl<T: Number> WithSimd for AddRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let AddRows { sums, rows, stride } = self;
        let leaf = CHAIN * stride;
        if rows.len() <= leaf {
            return add_few_rows(sums, rows, stride);
        }
        // As above, with the levels of the tree in one buffer.
        let (width, count) = (sums.len(), rows.len().div_ceil(leaf));
        let mut tree = Buffer::zeros((count.ilog2() as usize + 2) * width);
        for (count, rows) in rows.chunks(leaf).enumerate() {
            let (done, level) = tree.split_at_mut(count.trailing_ones() as usize * width);
            let level = &mut level[..width];
            level.fill(T::zero());
            add_few_rows(level, rows, stride);
            add_few_rows(level, done, width);
        }
        for (k, level) in tree.chunks_exact(width).enumerate() {
            if count >> k & 1 == 1 {
                add_few_rows(sums, level, width);
            }
        }
    }
}

#[inline(always)]
fn add_few_rows<T: Number>(sums: &mut [T], rows: &[T], stride: usize) {
    for row in rows.chunks(stride) {
        for (sum, &x) in sums.iter_mut().zip(row) {
            *sum += x;
        }
    }
}
