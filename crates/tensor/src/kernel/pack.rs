//! The operands of a matrix product, and their rearrangement for it.

use std::marker::PhantomData;
use std::ops::Range;

use super::buffer::Buffer;
use super::element::Element;
use super::simd::{Arch, Simd, WithSimd};
use super::tile::copy_few;

/// A matrix to be multiplied: row-major numbers, read as they are or transposed.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a, T> {
    pub(super) data: &'a [T],
    /// The length of a stored row.
    pub(super) stride: usize,
    pub(super) transposed: bool,
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

impl<T: Copy> Matrix<'_, T> {
    /// Its rows from `first` on.
    pub(super) fn rows_from(self, first: usize) -> Self {
        let start = if self.transposed { first } else { first * self.stride };
        Matrix { data: &self.data[start..], ..self }
    }

    /// Whether so many rows and columns are there.
    pub(super) fn has(self, rows: usize, columns: usize) -> bool {
        let (rows, columns) = if self.transposed { (columns, rows) } else { (rows, columns) };
        let is_empty = rows == 0 || columns == 0;
        is_empty || columns <= self.stride && (rows - 1) * self.stride + columns <= self.data.len()
    }

    /// The element in this row and column.
    #[inline]
    pub fn at(self, row: usize, column: usize) -> T {
        let (row, column) = if self.transposed { (column, row) } else { (row, column) };
        self.data[row * self.stride + column]
    }
}

/// The right operand of a product, rearranged for it: panels of columns, each
/// `k × width`, the last one filled up with zeros. Worth keeping when several
/// products share it.
#[derive(Clone, Debug)]
pub struct Packed<T: Element> {
    pub(super) panels: Buffer<T>,
    pub(super) width: usize,
    pub(super) k: usize,
    pub(super) n: usize,
}

impl<T: Element> Packed<T> {
    /// Packs the `k × n` matrix `b`.
    ///
    /// # Panics
    /// If `b` is smaller.
    #[track_caller]
    pub fn new(b: Matrix<'_, T>, k: usize, n: usize) -> Self {
        let (len, stride) = (b.data.len(), b.stride);
        assert!(
            b.has(k, n),
            "Packed: {len} numbers in rows of {stride} are no matrix of {k} × {n}"
        );
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
                    copy_few(&mut row[..columns], &source[first..]);
                }
            }
        }
        Packed { panels, width, k, n }
    }
}

fn panel_width<T: Element>() -> usize {
    struct Width<T>(PhantomData<T>);

    impl<T: Element> WithSimd for Width<T> {
        type Output = usize;

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            2 * T::lanes::<S>()
        }
    }
    Arch::new().dispatch(Width::<T>(PhantomData))
}

/// How many numbers so many rows take when they are packed.
pub fn packed_len<const ROWS: usize>(rows: usize, depth: usize) -> usize {
    rows.next_multiple_of(ROWS) * depth
}

/// Packs rows of a transposed A as panels, each `depth × ROWS`. What the last one has room for
/// beyond these rows, nobody reads.
#[inline(always)]
pub fn pack_rows<T: Element, const ROWS: usize>(
    packed: &mut Vec<T>,
    a: Matrix<'_, T>,
    rows: Range<usize>,
    depth: Range<usize>,
) {
    packed.clear();
    packed.resize(packed_len::<ROWS>(rows.len(), depth.len()), T::zero());
    let firsts = rows.clone().step_by(ROWS);
    for (panel, first) in packed.chunks_exact_mut(ROWS * depth.len()).zip(firsts) {
        let sources = a.data[depth.start * a.stride..].chunks(a.stride);
        for (row, source) in panel.as_chunks_mut::<ROWS>().0.iter_mut().zip(sources) {
            match source[first..].first_chunk() {
                Some(full) => *row = *full,
                None => {
                    let last = &source[first..rows.end];
                    row[..last.len()].copy_from_slice(last);
                }
            }
        }
    }
}
