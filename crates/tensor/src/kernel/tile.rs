//! The innermost loop of the matrix product: a tile of the result that stays in registers.

use super::simd::Simd;
use crate::Scalar;

/// The most numbers of a tile: 8 rows of 2 vectors of 16.
pub const MAX_TILE: usize = 256;

/// Where in rows of `C` a tile lies: their length, the first column, and a place to
/// work where the tile reaches past the last column.
pub struct To<'a, T> {
    pub stride: usize,
    pub column: usize,
    pub edge: &'a mut [T; MAX_TILE],
}

/// Adds to rows of `C`, at two vectors of columns, the product of rows of `A` and a
/// panel of `B`.
///
/// In the innermost loop, `sums` stays in registers; `a(p, r)` is the element of row
/// `r` at depth `p`. The vectors are explicit because the same loops over arrays ran 50
/// times slower with AVX-512.
#[inline(always)]
pub fn tile<T: Scalar, S: Simd, const ROWS: usize>(
    simd: S,
    c: &mut [T],
    To { stride, column, edge }: To<'_, T>,
    panel: &[[T::Vector<S>; 2]],
    a: impl Fn(usize, usize) -> T,
) {
    let width = 2 * T::lanes::<S>();
    let columns = width.min(stride - column);
    let is_edge = columns < width;
    if is_edge {
        for (copy, c) in edge.chunks_exact_mut(width).zip(c.chunks_exact(stride)) {
            copy_few(&mut copy[..columns], &c[column..]);
        }
    }
    let (full, stride_, column_) =
        if is_edge { (&mut edge[..ROWS * width], width, 0) } else { (&mut *c, stride, column) };

    let mut sums = [[T::splat(simd, T::zero()); 2]; ROWS];
    for (sums, c) in sums.iter_mut().zip(full.chunks_exact(stride_)) {
        if let [low, high, ..] = T::vectors::<S>(&c[column_..]) {
            *sums = [*low, *high];
        }
    }
    for (p, b) in panel.iter().enumerate() {
        for (r, sums) in sums.iter_mut().enumerate() {
            let x = T::splat(simd, a(p, r));
            sums[0] = T::fused(simd, x, b[0], sums[0]);
            sums[1] = T::fused(simd, x, b[1], sums[1]);
        }
    }
    for (sums, c) in sums.iter().zip(full.chunks_exact_mut(stride_)) {
        if let [low, high, ..] = T::vectors_mut::<S>(&mut c[column_..]) {
            [*low, *high] = *sums;
        }
    }
    if is_edge {
        for (copy, c) in edge.chunks_exact(width).zip(c.chunks_exact_mut(stride)) {
            copy_few(&mut c[column..], &copy[..columns]);
        }
    }
}

/// Copies a few numbers without a call for them.
#[inline(always)]
pub fn copy_few<T: Scalar>(to: &mut [T], from: &[T]) {
    let ((to, to_rest), (from, from_rest)) = (to.as_chunks_mut::<4>(), from.as_chunks::<4>());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        *to = *from;
    }
}
