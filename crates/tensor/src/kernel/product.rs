//! The matrix product `C += A B`.
//!
//! What it computes is [`add_product_plainly`], three loops and, where the innermost one
//! is long, a tree: a chain of many additions loses digits, a tree of short ones does not. How it
//! does so is the rest of this file, which departs from the three loops in six points:
//!
//! 1. **The order of the loops.** Each chain is still in the order of k. But many elements
//!    are computed side by side, so that the processor need not wait for one addition to begin
//!    the next.
//! 2. **Tiles** (`tile.rs`). 8 rows (6 where there are only 16 registers) times two vectors of
//!    C stay in registers for a whole chain, so that C is read and written once for some
//!    chains and not once for each k. Where few columns are left, it is one vector.
//! 3. **B is packed** (`pack.rs`), as panels two vectors wide, so that a tile reads it from
//!    one place after the other. Who multiplies by the same B again keeps the packed form.
//! 4. **Blocks of k**, of four chains: so much of a panel stays in the second-level
//!    cache. Deeper products have the higher levels of their tree in memory.
//! 5. **Blocks of rows of A**, so few that they stay in the second-level cache while all
//!    panels pass by. A transposed A is packed, too, block by block.
//! 6. **Threads** have rows of C of their own.
//!
//! None of these changes a chain or a tree. So neither the blocks nor the width of
//! the vectors nor the number of threads changes a bit of the result, and a test compares
//! all bits with those of the three loops.

use std::ops::Range;

use rayon::prelude::*;

use super::buffer::Buffer;
use super::element::Element;
pub use super::pack::{Matrix, Packed};
use super::pack::{pack_rows, packed_len};
use super::reduce::{Tree, add, levels};
use super::simd::{Arch, Simd, WithSimd};
use super::threads;
use super::tile::{CHAIN, CHAINS, MAX_TILE, TREE, To, tile};

/// `C += A B` for A of `m × k` and B of `k × n`: what the product is.
///
/// ```
/// use tensor::kernel::product::{Matrix, add_product_plainly};
///
/// let mut c = [0.5];
/// add_product_plainly(&mut c, Matrix::new(&[1.0, 2.0], 2), Matrix::new(&[3.0, 4.0], 1), [1, 2, 1]);
/// assert_eq!(c, [0.5 + 1.0 * 3.0 + 2.0 * 4.0]);
/// ```
pub fn add_product_plainly<T: Element>(
    c: &mut [T],
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    [m, k, n]: [usize; 3],
) {
    for row in 0..m {
        for column in 0..n {
            let chain = |start: T, depth: Range<usize>| {
                depth.fold(start, |sum, p| a.at(row, p).mul_add(b.at(p, column), sum))
            };
            let c = &mut c[row * n + column];
            *c = if k <= CHAIN {
                chain(*c, 0..k)
            } else {
                *c + tree(0..k, &|depth| chain(T::zero(), depth))
            };
        }
    }
}

/// The sum of two parts, of which the first is as many whole chains as are a power of two.
fn tree<T: Element>(depth: Range<usize>, chain: &impl Fn(Range<usize>) -> T) -> T {
    if depth.len() <= CHAIN {
        return chain(depth);
    }
    let chains = depth.len().div_ceil(CHAIN);
    let middle = depth.start + chains.next_power_of_two() / 2 * CHAIN;
    tree(depth.start..middle, chain) + tree(middle..depth.end, chain)
}

/// So deep is what is multiplied at once.
const BLOCK_DEPTH: usize = CHAINS * CHAIN;
/// So many rows of A, as deep as such a block, stay in the second-level cache.
const BLOCK_ROWS: usize = 48;

/// `C += A B` on one thread, `C` being row-major with as many columns as `B`.
///
/// # Panics
/// If `C` is not made of rows of `B`, or `A` has not as many rows, or not as many columns as
/// `B` has rows.
#[track_caller]
pub fn add_product<T: Multiply>(c: &mut [T], a: Matrix<'_, T>, b: &Packed<T>) {
    let (rows, [c_len, a_len, k, n]) = (c.len() / b.n.max(1), [c.len(), a.data.len(), b.k, b.n]);
    assert!(
        rows * n == c_len && a.has(rows, k),
        "add_product: C of {c_len} numbers and A of {a_len} do not fit B of {k} × {n}"
    );
    T::add_products(&mut [(c, b)], a);
}

/// Several `C`, each with its `B`.
pub type Products<'a, T> = [(&'a mut [T], &'a Packed<T>)];

/// All these products with the same `A`, which is packed for all of them at once.
///
/// # Panics
/// If not all `C` have as many rows, or not all `B`.
#[track_caller]
pub fn add_products<T: Multiply>(products: &mut Products<'_, T>, a: Matrix<'_, T>) {
    let mut sizes = products.iter().filter(|(_, b)| b.n > 0).map(|(c, b)| [c.len() / b.n, b.k]);
    let first = sizes.next();
    assert!(sizes.all(|size| Some(size) == first), "add_products: one A of several sizes");
    T::add_products(products, a);
}

/// `C += A B` on as many threads as it is worth, each with its rows of `C`.
pub fn add_product_parallel<T: Multiply>(c: &mut [T], a: Matrix<'_, T>, b: &Packed<T>) {
    let threads = threads::worth_calling(c.len().saturating_mul(b.k));
    if threads == 1 {
        return add_product(c, a, b);
    }
    let share = c.len().div_ceil(threads).next_multiple_of(8 * b.n);
    let shares = c.par_chunks_mut(share).enumerate();
    shares.for_each(|(k, c)| add_product(c, a.rows_from(k * share / b.n), b));
}

/// Element types that can be multiplied. Each is compiled here, once, and not anew in
/// every crate that multiplies.
pub trait Multiply: Element {
    /// [`add_products`].
    fn add_products(products: &mut Products<'_, Self>, a: Matrix<'_, Self>);
}

macro_rules! multiply {
    ($($float:ty),*) => {$(
        impl Multiply for $float {
            fn add_products(products: &mut Products<'_, Self>, a: Matrix<'_, Self>) {
                Arch::new().dispatch(AddProducts { products, a });
            }
        }
    )*};
}

multiply!(f32, f64);

struct AddProducts<'p, 'a, T: Element> {
    products: &'p mut Products<'a, T>,
    a: Matrix<'p, T>,
}

impl<T: Element> WithSimd for AddProducts<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many rows as the registers hold: 32 of them, or 16 with AVX2.
        if S::F32_LANES == 8 { self.run::<S, 6>(simd) } else { self.run::<S, 8>(simd) }
    }
}

impl<T: Element> AddProducts<'_, '_, T> {
    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, simd: S) {
        let AddProducts { products, a } = self;
        let Some((c, b)) = products.iter().find(|(_, b)| b.n > 0 && b.k > 0) else { return };
        let (rows, depth) = (c.len() / b.n, b.k);
        // Places to work, where they are needed.
        let size = packed_len::<ROWS>(BLOCK_ROWS, BLOCK_DEPTH.min(depth));
        let mut packed = a.transposed.then(|| Buffer::with_capacity(size));
        let mut tree = (depth > CHAIN).then(|| Buffer::stale(TREE));
        let (no_a, no_tree) = (&mut Vec::new(), &mut Vec::new());
        let mut block = Block {
            a,
            packed: packed.as_deref_mut().unwrap_or(no_a),
            packed_at: None,
            edge: [T::zero(); MAX_TILE],
            tree: tree.as_deref_mut().unwrap_or(no_tree),
        };
        for row in (0..rows).step_by(BLOCK_ROWS) {
            for (c, b) in products.iter_mut().filter(|(_, b)| b.n > 0) {
                let c = &mut c[row * b.n..rows.min(row + BLOCK_ROWS) * b.n];
                if depth <= BLOCK_DEPTH {
                    block.add::<S, ROWS>(simd, c, b, row, 0..depth);
                    continue;
                }
                // The higher levels of the tree.
                let blocks = depth.div_ceil(BLOCK_DEPTH);
                let mut levels = Buffer::stale(levels(blocks) * c.len());
                let mut tree = Tree::new(&mut levels, c.len());
                for k in 0..blocks {
                    let c = tree.leaf();
                    c.fill(T::zero());
                    let depth = k * BLOCK_DEPTH..depth.min((k + 1) * BLOCK_DEPTH);
                    block.add::<S, ROWS>(simd, c, b, row, depth);
                    tree.grow();
                }
                add(c, tree.root());
            }
        }
    }
}

/// What the blocks of products with one A have in common.
struct Block<'a, T: Element> {
    a: Matrix<'a, T>,
    /// Rows of a transposed A, …
    packed: &'a mut Vec<T>,
    /// … the first of them, and their depths.
    packed_at: Option<(usize, Range<usize>)>,
    edge: [T; MAX_TILE],
    tree: &'a mut [T],
}

impl<T: Element> Block<'_, T> {
    /// Adds to rows of `C`, the first of which is `row`, the product at these depths.
    #[inline(always)]
    fn add<S: Simd, const ROWS: usize>(
        &mut self,
        simd: S,
        c: &mut [T],
        b: &Packed<T>,
        row: usize,
        depth: Range<usize>,
    ) {
        let (width, k, n) = (b.width, b.k, b.n);
        let place = Some((row, depth.clone()));
        if self.a.transposed && self.packed_at != place {
            let rows = row..row + c.len() / n;
            pack_rows::<T, ROWS>(self.packed, self.a, rows, depth.clone());
            self.packed_at = place;
        }
        let columns = (0..n).step_by(width);
        for (panel, column) in b.panels.chunks_exact(width * k).zip(columns) {
            let panel = &panel[depth.start * width..depth.end * width];
            let panel = T::vectors::<S>(panel).as_chunks::<2>().0;
            if column + T::lanes::<S>() >= n {
                self.tiles::<S, ROWS, 1>(simd, c, n, column, panel, [row, depth.start]);
            } else {
                self.tiles::<S, ROWS, 2>(simd, c, n, column, panel, [row, depth.start]);
            }
        }
    }

    /// Tile below tile.
    #[inline(always)]
    fn tiles<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &mut self,
        simd: S,
        c: &mut [T],
        stride: usize,
        column: usize,
        panel: &[[T::Vector<S>; 2]],
        [row, depth]: [usize; 2],
    ) {
        let a = self.a;
        let (mut rest, mut done) = (c, 0);
        while !rest.is_empty() {
            let left = rest.len() / stride;
            let rows = if a.transposed { ROWS.min(left) } else { tile_rows::<ROWS>(left) };
            let c = rest.split_off_mut(..rows * stride).expect("so many are left");
            let to = To { stride, column, edge: &mut self.edge, tree: &mut *self.tree };
            if a.transposed {
                let a = self.packed[done * panel.len()..].as_chunks::<ROWS>().0;
                let a = &a[..panel.len()];
                tile::<T, S, ROWS, VECTORS>(simd, c, to, panel, move |p, r| a[p][r]);
            } else {
                let a = Matrix { data: &a.rows_from(row + done).data[depth..], ..a };
                match rows {
                    1 => direct_tile::<T, S, 1, VECTORS>(simd, c, to, panel, a),
                    2 => direct_tile::<T, S, 2, VECTORS>(simd, c, to, panel, a),
                    4 => direct_tile::<T, S, 4, VECTORS>(simd, c, to, panel, a),
                    _ => direct_tile::<T, S, ROWS, VECTORS>(simd, c, to, panel, a),
                }
            }
            done += rows;
        }
    }
}

/// How many rows the next tile has, of so many that are left: fewer at the end, 4, 2 or 1.
#[inline(always)]
fn tile_rows<const ROWS: usize>(left: usize) -> usize {
    if left >= ROWS && left != ROWS + 2 { ROWS } else { 1 << left.min(4).ilog2() }
}

/// [`tile`] for rows of A that are not packed.
#[inline(always)]
fn direct_tile<T: Element, S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    c: &mut [T],
    to: To<'_, T>,
    panel: &[[T::Vector<S>; 2]],
    a: Matrix<'_, T>,
) {
    // Not by `array::from_fn`, which is not inlined here: the rows would stay in memory.
    let mut rows = [&a.data[..panel.len()]; ROWS];
    for (r, row) in rows.iter_mut().enumerate() {
        *row = &a.data[r * a.stride..][..panel.len()];
    }
    tile::<T, S, ROWS, VECTORS>(simd, c, to, panel, move |p, r| rows[r][p]);
}
