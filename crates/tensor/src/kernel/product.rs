//! The matrix product `C += A B`.
//!
//! What it computes is [`add_product_plainly`], three loops. How it does so is the rest
//! of this file, which departs from the three loops in six points:
//!
//! 1. **The order of the loops.** Each element of C is still one chain of fused
//!    multiply-adds in the order of k. But many elements are computed side by side, so
//!    that the processor need not wait for one addition to begin the next.
//! 2. **Tiles** (`tile.rs`). 8 rows (6 where there are only 16 registers) times two vectors of C
//!    stay in registers for a whole run over k, so that C is read and written once for
//!    it and not once for each k.
//! 3. **B is packed** (`pack.rs`), as panels two vectors wide, so that a tile reads it from
//!    one place after the other. Who multiplies by the same B again keeps the packed form.
//! 4. **Blocks of k**, of a depth for which a panel stays in the first-level cache.
//! 5. **Blocks of rows of A**, so few that they stay in the second-level cache while all
//!    panels pass by. A transposed A is packed, too, block by block.
//! 6. **Threads** have rows of C of their own.
//!
//! None of these changes the chain of an element. So neither the blocks nor the width of
//! the vectors nor the number of threads changes a bit of the result, and a test compares
//! all bits with those of the three loops.

use std::array;
use std::ops::Range;

use rayon::prelude::*;

use super::buffer::Buffer;
use super::pack::pack_rows;
pub use super::pack::{Matrix, Packed};
use super::simd::{Arch, Simd, WithSimd};
use super::threads;
use super::tile::{MAX_TILE, To, tile};
use crate::Scalar;

/// `C += A B` for A of `m × k` and B of `k × n`: what the product is.
///
/// ```
/// use tensor::kernel::product::{Matrix, add_product_plainly};
///
/// let mut c = [0.5];
/// add_product_plainly(&mut c, Matrix::new(&[1.0, 2.0], 2), Matrix::new(&[3.0, 4.0], 1), [1, 2, 1]);
/// assert_eq!(c, [0.5 + 1.0 * 3.0 + 2.0 * 4.0]);
/// ```
pub fn add_product_plainly<T: Scalar>(
    c: &mut [T],
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    [m, k, n]: [usize; 3],
) {
    for row in 0..m {
        for column in 0..n {
            for p in 0..k {
                let c = &mut c[row * n + column];
                *c = a.at(row, p).mul_add(b.at(p, column), *c);
            }
        }
    }
}

/// The size of a panel of B that stays close: in the first-level cache, or just behind it.
const PANEL_BYTES: usize = 48 << 10;
/// So many rows of A, as deep as such a panel, stay in the second-level cache.
const BLOCK_ROWS: usize = 48;

/// `C += A B` on one thread, `C` being row-major with as many columns as `B`.
pub fn add_product<T: Scalar>(c: &mut [T], a: Matrix<'_, T>, b: &Packed<T>) {
    add_rows(c, a, b, 0);
}

/// `C += A B` on as many threads as it is worth, each with its rows of `C`.
pub fn add_product_parallel<T: Scalar>(c: &mut [T], a: Matrix<'_, T>, b: &Packed<T>) {
    let rows = c.len() / b.n.max(1);
    let threads = threads::worth(rows * b.n * b.k);
    if threads == 1 {
        return add_rows(c, a, b, 0);
    }
    let share = rows.div_ceil(threads).next_multiple_of(8);
    let shares = c.par_chunks_mut(share * b.n).enumerate();
    shares.for_each(|(k, c)| add_rows(c, a, b, k * share));
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

fn blocks(length: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length).step_by(size).map(move |start| start..length.min(start + size))
}
