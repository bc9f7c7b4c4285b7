//! The innermost loop of the matrix product: a tile of the result that stays in registers.

use super::element::Element;
use super::simd::{Lanes, Simd};

/// The most numbers of a tile: 8 rows of 2 vectors of 16.
pub const MAX_TILE: usize = 256;

/// Where in rows of `C` a tile lies: their length, and the first column. And places to
/// work: where the tile reaches past the last column, and for the tree over more than one chain.
pub struct To<'a, T> {
    pub stride: usize,
    pub column: usize,
    pub edge: &'a mut [T; MAX_TILE],
    pub tree: &'a mut [T],
}

/// The most terms that are added one after the other.
pub const CHAIN: usize = 256;
/// The most chains of a tile, …
pub const CHAINS: usize = 4;
/// … the levels of their tree, and its numbers.
const LEVELS: usize = CHAINS.ilog2() as usize + 1;
pub const TREE: usize = LEVELS * MAX_TILE;

/// Adds to rows of `C`, at `VECTORS` vectors of columns, the product of rows of `A` and a
/// panel of `B` that is at most [`CHAINS`] chains deep.
///
/// In the innermost loop, `sums` stays in registers; `a(p, r)` is the element of row
/// `r` at depth `p`. The vectors are explicit because the same loops over arrays ran 50
/// times slower with AVX-512.
#[inline(always)]
pub fn tile<T: Element, S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    c: &mut [T],
    To { stride, column, edge, tree }: To<'_, T>,
    panel: &[[T::Vector<S>; 2]],
    a: impl Fn(usize, usize) -> T + Copy,
) {
    let width = VECTORS * T::lanes::<S>();
    let columns = width.min(stride - column);
    let is_edge = columns != width;
    if is_edge {
        for (copy, c) in edge.chunks_exact_mut(width).zip(c.chunks_exact(stride)) {
            copy_few(&mut copy[..columns], &c[column..]);
        }
    }
    let (full, stride_, column_) =
        if is_edge { (&mut edge[..ROWS * width], width, 0) } else { (&mut *c, stride, column) };

    let zeros = [[T::splat(simd, T::zero()); VECTORS]; ROWS];
    if panel.len() <= CHAIN {
        let mut sums = zeros;
        for (sums, c) in sums.iter_mut().zip(full.chunks_exact(stride_)) {
            if let Some(c) = T::vectors::<S>(&c[column_..]).first_chunk() {
                *sums = *c;
            }
        }
        for (p, b) in panel.iter().enumerate() {
            for (r, sums) in sums.iter_mut().enumerate() {
                let x = T::splat(simd, a(p, r));
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = T::fused(simd, x, *b, *sum);
                }
            }
        }
        for (sums, c) in sums.iter().zip(full.chunks_exact_mut(stride_)) {
            if let Some(c) = T::vectors_mut::<S>(&mut c[column_..]).first_chunk_mut() {
                *c = *sums;
            }
        }
    } else {
        // As in `reduce`: two of one level are one of the next. The levels are in memory; as
        // arrays of this function they would make its frame so large that each call takes time.
        let tree = T::vectors_mut::<S>(tree);
        let size = ROWS * VECTORS;
        for (k, panel) in panel.chunks(CHAIN).enumerate() {
            let a = move |p: usize, r: usize| a(k * CHAIN + p, r);
            let mut sums = chain::<T, S, ROWS, VECTORS>(simd, panel, a);
            let level = k.trailing_ones() as usize;
            let (done, place) = tree.split_at_mut(level * size);
            for done in done.chunks_exact(size) {
                add::<T, S, ROWS, VECTORS>(simd, &mut sums, done);
            }
            place.iter_mut().zip(sums.as_flattened()).for_each(|(place, sum)| *place = *sum);
        }
        let mut root = zeros;
        let count = panel.len().div_ceil(CHAIN);
        for (k, level) in tree.chunks_exact(size).take(LEVELS).enumerate() {
            if count >> k & 1 == 1 {
                add::<T, S, ROWS, VECTORS>(simd, &mut root, level);
            }
        }
        let one = T::splat(simd, T::one());
        for (sums, c) in root.iter().zip(full.chunks_exact_mut(stride_)) {
            let c = T::vectors_mut::<S>(&mut c[column_..]).iter_mut();
            c.zip(sums).for_each(|(c, sum)| *c = T::fused(simd, one, *sum, *c));
        }
    }
    if is_edge {
        for (copy, c) in edge.chunks_exact(width).zip(c.chunks_exact_mut(stride)) {
            copy_few(&mut c[column..column + columns], copy);
        }
    }
}

type Sums<T, S, const ROWS: usize, const VECTORS: usize> =
    [[<T as Lanes>::Vector<S>; VECTORS]; ROWS];

/// One addition after the other, for all sums side by side.
#[inline(always)]
fn chain<T: Element, S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    panel: &[[T::Vector<S>; 2]],
    a: impl Fn(usize, usize) -> T,
) -> Sums<T, S, ROWS, VECTORS> {
    let mut sums = [[T::splat(simd, T::zero()); VECTORS]; ROWS];
    for (p, b) in panel.iter().enumerate() {
        for (r, sums) in sums.iter_mut().enumerate() {
            let x = T::splat(simd, a(p, r));
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = T::fused(simd, x, *b, *sum);
            }
        }
    }
    sums
}

#[inline(always)]
fn add<T: Element, S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    sums: &mut Sums<T, S, ROWS, VECTORS>,
    others: &[T::Vector<S>],
) {
    let one = T::splat(simd, T::one());
    for (sum, other) in sums.as_flattened_mut().iter_mut().zip(others) {
        *sum = T::fused(simd, one, *other, *sum);
    }
}

/// Fills `to` with the first numbers of `from`, without a call for them.
#[inline(always)]
pub fn copy_few<T: Element>(to: &mut [T], from: &[T]) {
    let from = &from[..to.len()];
    let ((to, to_rest), (from, from_rest)) = (to.as_chunks_mut::<4>(), from.as_chunks::<4>());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        *to = *from;
    }
}
