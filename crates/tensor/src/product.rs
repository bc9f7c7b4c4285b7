//! The matrix product.
//!
//! Every element of the result is `start + a₀b₀ + a₁b₁ + …`, added in this order
//! with fused multiply-adds. So neither the blocks nor the width of the vectors
//! nor the number of threads changes a bit of it.

use std::array;
use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::{Buffer, Scalar};

/// The size of a panel of B that stays close: in the first-level cache, or just behind it.
const PANEL_BYTES: usize = 48 << 10;
/// So many rows of A, as deep as such a panel, stay in the second-level cache.
const BLOCK_ROWS: usize = 48;
/// The most numbers of a tile: 8 rows of 2 vectors of 16.
const MAX_TILE: usize = 256;
/// Multiplications below which a second thread costs more than it saves.
const WORTH_A_THREAD: usize = 1 << 20;

/// A matrix to be multiplied: row-major numbers, read as they are or transposed.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a, T> {
    data: &'a [T],
    /// The length of a stored row.
    stride: usize,
    transposed: bool,
}

impl<'a, T> Matrix<'a, T> {
    /// The matrix whose rows are `stride` numbers apart.
    pub fn new(data: &'a [T], stride: usize) -> Self {
        Matrix { data, stride, transposed: false }
    }

    /// The transpose of that matrix.
    pub fn transposed(data: &'a [T], stride: usize) -> Self {
        Matrix { data, stride, transposed: true }
    }
}

/// The right operand of a product, rearranged for it: panels of columns, each
/// `k × width`, the last one filled up with zeros. Worth keeping when several
/// products share it.
#[derive(Clone, Debug)]
pub struct Packed<T: Scalar> {
    panels: Buffer<T>,
    width: usize,
    k: usize,
    n: usize,
}

impl<T: Scalar> Packed<T> {
    /// Packs the `k × n` matrix `b`.
    pub fn new(b: Matrix<'_, T>, k: usize, n: usize) -> Self {
        let width = panel_width::<T>();
        let mut panels = Buffer::stale(n.div_ceil(width) * width * k);
        let firsts = (0..n).step_by(width);
        for (panel, first) in panels.chunks_exact_mut((width * k).max(1)).zip(firsts) {
            let columns = width.min(n - first);
            if columns < width {
                panel.fill(T::zero());
            }
            if b.transposed {
                let sources = b.data[first * b.stride..].chunks(b.stride).take(columns);
                for (j, source) in sources.enumerate() {
                    for (row, &x) in panel.chunks_exact_mut(width).zip(&source[..k]) {
                        row[j] = x;
                    }
                }
            } else {
                for (row, source) in panel.chunks_exact_mut(width).zip(b.data.chunks(b.stride)) {
                    row[..columns].copy_from_slice(&source[first..first + columns]);
                }
            }
        }
        Packed { panels, width, k, n }
    }
}

fn panel_width<T: Scalar>() -> usize {
    struct Width<T>(std::marker::PhantomData<T>);

    impl<T: Scalar> WithSimd for Width<T> {
        type Output = usize;

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            2 * T::lanes::<S>()
        }
    }
    Arch::new().dispatch(Width::<T>(std::marker::PhantomData))
}

/// `C += A B` on one thread, `C` being row-major with as many columns as `B`.
pub fn add_product<T: Scalar>(c: &mut [T], a: Matrix<'_, T>, b: &Packed<T>) {
    add_rows(c, a, b, 0);
}

/// `C += A B` on as many threads as it is worth, each with its rows of `C`.
pub fn add_product_parallel<T: Scalar>(c: &mut [T], a: Matrix<'_, T>, b: &Packed<T>) {
    let rows = c.len() / b.n.max(1);
    let threads = threads_worth(rows * b.n * b.k);
    if threads == 1 {
        return add_rows(c, a, b, 0);
    }
    let share = rows.div_ceil(threads).next_multiple_of(8);
    let shares = c.par_chunks_mut(share * b.n).enumerate();
    shares.for_each(|(k, c)| add_rows(c, a, b, k * share));
}

/// How many threads so many multiplications are worth.
pub fn threads_worth(multiplications: usize) -> usize {
    (multiplications / WORTH_A_THREAD).clamp(1, rayon::current_num_threads())
}

/// Runs work that uses `threads` threads on one of them, so that it need not call for
/// them each time.
pub fn in_pool(threads: usize, work: impl FnOnce() + Send) {
    if threads > 1 {
        rayon::join(work, || ());
    } else {
        work();
    }
}

/// The rows of `C += A B` from `first` on.
fn add_rows<T: Scalar>(c: &mut [T], a: Matrix<'_, T>, b: &Packed<T>, first: usize) {
    if b.n > 0 && b.k > 0 {
        Arch::new().dispatch(AddProduct { c, a, b, first });
    }
}

struct AddProduct<'a, T: Scalar> {
    c: &'a mut [T],
    a: Matrix<'a, T>,
    b: &'a Packed<T>,
    first: usize,
}

impl<T: Scalar> WithSimd for AddProduct<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many rows as the registers hold: 32 of them, or 16 with AVX2.
        if S::F32_LANES == 8 { self.run::<S, 6>(simd) } else { self.run::<S, 8>(simd) }
    }
}

impl<T: Scalar> AddProduct<'_, T> {
    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, simd: S) {
        let AddProduct { c, a, b, first } = self;
        let block_depth = PANEL_BYTES / (b.width * size_of::<T>());
        let mut edge = [T::zero(); MAX_TILE];
        let mut packed_a = Buffer::with_capacity(0);
        if a.transposed {
            packed_a = Buffer::with_capacity((BLOCK_ROWS + ROWS) * block_depth.min(b.k));
        }
        for depth in blocks(b.k, block_depth) {
            for (block, c) in c.chunks_mut(BLOCK_ROWS * b.n).enumerate() {
                let first_row = first + block * BLOCK_ROWS;
                if a.transposed {
                    let rows = first_row..first_row + c.len() / b.n;
                    pack_rows::<T, ROWS>(&mut packed_a, a, rows, depth.clone());
                }
                for (j, panel) in b.panels.chunks_exact(b.width * b.k).enumerate() {
                    let panel = &panel[depth.start * b.width..depth.end * b.width];
                    let panel = T::vectors::<S>(panel).as_chunks::<2>().0;
                    let (mut rest, mut row) = (&mut *c, 0);
                    while !rest.is_empty() {
                        let left = rest.len() / b.n;
                        // Fewer rows at the end: 4, 2 or 1; or padded ones, if they are packed.
                        let rows = if left >= ROWS && left != ROWS + 2 {
                            ROWS
                        } else {
                            1 << left.min(4).ilog2()
                        };
                        let rows = if a.transposed { ROWS.min(left) } else { rows };
                        let c = rest.split_off_mut(..rows * b.n).expect("so many are left");
                        let to = To { stride: b.n, column: j * b.width, edge: &mut edge };
                        if a.transposed {
                            let a = packed_a[row * panel.len()..].as_chunks::<ROWS>().0;
                            let a = &a[..panel.len()];
                            tile::<T, S, ROWS>(simd, c, to, panel, |p, r| a[p][r]);
                        } else {
                            let a = Matrix {
                                data: &a.data[(first_row + row) * a.stride + depth.start..],
                                ..a
                            };
                            match rows {
                                1 => direct_tile::<T, S, 1>(simd, c, to, panel, a),
                                2 => direct_tile::<T, S, 2>(simd, c, to, panel, a),
                                4 => direct_tile::<T, S, 4>(simd, c, to, panel, a),
                                _ => direct_tile::<T, S, ROWS>(simd, c, to, panel, a),
                            }
                        }
                        row += rows;
                    }
                }
            }
        }
    }
}

/// Where in rows of `C` a tile lies: their length, the first column, and a place to
/// work where the tile reaches past the last column.
struct To<'a, T> {
    stride: usize,
    column: usize,
    edge: &'a mut [T; MAX_TILE],
}

/// [`tile`] for rows of A that are not packed.
#[inline(always)]
fn direct_tile<T: Scalar, S: Simd, const ROWS: usize>(
    simd: S,
    c: &mut [T],
    to: To<'_, T>,
    panel: &[[T::Vector<S>; 2]],
    a: Matrix<'_, T>,
) {
    let a: [_; ROWS] = array::from_fn(|r| &a.data[r * a.stride..][..panel.len()]);
    tile::<T, S, ROWS>(simd, c, to, panel, |p, r| a[r][p]);
}

/// Adds to rows of `C`, at two vectors of columns, the product of rows of `A` and a
/// panel of `B`.
///
/// In the innermost loop, `sums` stays in registers; `a(p, r)` is the element of row
/// `r` at depth `p`. The vectors are explicit because the same loops over arrays ran 50
/// times slower with AVX-512.
#[inline(always)]
fn tile<T: Scalar, S: Simd, const ROWS: usize>(
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
fn copy_few<T: Scalar>(to: &mut [T], from: &[T]) {
    let ((to, to_rest), (from, from_rest)) = (to.as_chunks_mut::<4>(), from.as_chunks::<4>());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        *to = *from;
    }
}

/// Packs rows of a transposed A as panels, each `depth × ROWS`.
#[inline(always)]
fn pack_rows<T: Scalar, const ROWS: usize>(
    packed: &mut Vec<T>,
    a: Matrix<'_, T>,
    rows: Range<usize>,
    depth: Range<usize>,
) {
    packed.clear();
    packed.resize(rows.len().div_ceil(ROWS) * ROWS * depth.len(), T::zero());
    let firsts = rows.clone().step_by(ROWS);
    for (panel, first) in packed.chunks_exact_mut(ROWS * depth.len()).zip(firsts) {
        let sources = a.data[depth.start * a.stride..].chunks(a.stride);
        for (row, source) in panel.as_chunks_mut::<ROWS>().0.iter_mut().zip(sources) {
            match source[first..].first_chunk() {
                Some(full) if first + ROWS <= rows.end => *row = *full,
                _ => {
                    let count = ROWS.min(rows.end - first);
                    row[..count].copy_from_slice(&source[first..first + count]);
                }
            }
        }
    }
}

fn blocks(length: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length).step_by(size).map(move |start| start..length.min(start + size))
}
