//! The matrix product and its two transposed twins, which are all that its
//! gradients need. The transpose is only another order of reading: no transposed
//! tensor is made.

use super::shape::Shape;
use super::tensor::Tensor;
use crate::Scalar;
use crate::kernel::product::{Matrix, Packed, add_product_parallel};

impl<T: Scalar> Tensor<T> {
    /// `A B`: `[m, k]` times `[k, n]` is `[m, n]`.
    ///
    /// # Panics
    /// If the operands are not matrices whose inner sizes agree.
    #[track_caller]
    pub fn matmul(&self, b: &Self) -> Self {
        product("matmul", "A B", self, false, b, false)
    }

    /// `A Bᵀ`: `[m, k]` times the transpose of `[n, k]` is `[m, n]`.
    ///
    /// # Panics
    /// If the operands are not matrices whose last sizes agree.
    #[track_caller]
    pub fn matmul_nt(&self, b: &Self) -> Self {
        product("matmul_nt", "A Bᵀ", self, false, b, true)
    }

    /// `Aᵀ B`: the transpose of `[k, m]` times `[k, n]` is `[m, n]`.
    ///
    /// # Panics
    /// If the operands are not matrices whose first sizes agree.
    #[track_caller]
    pub fn matmul_tn(&self, b: &Self) -> Self {
        product("matmul_tn", "Aᵀ B", self, true, b, false)
    }

    /// Reads a tensor as a matrix whose rows lie along the last dimension:
    /// `[…, n]` as `[rows, n]`.
    ///
    /// # Panics
    /// If the tensor is a scalar.
    #[track_caller]
    pub fn as_rows(&self) -> Self {
        let shape = self.shape();
        let &n = shape.last().expect("as_rows: a scalar has no rows");
        self.reshape([shape[..shape.len() - 1].iter().product(), n])
    }

    /// `A B`, for a B of n columns that is packed.
    #[track_caller]
    pub(crate) fn matmul_packed(&self, b: &Packed<T>, n: usize) -> Self {
        let [m, _] = self.dims();
        let mut result = Tensor::zeros([m, n]);
        add_product_parallel(result.data_mut(), self.matrix(false), b);
        result
    }

    /// Adds `row`, of shape `[n]`, to each row of this `[rows, n]`.
    pub(crate) fn add_to_rows(mut self, row: &Self) -> Self {
        let row = row.data();
        for y in self.data_mut().chunks_exact_mut(row.len().max(1)) {
            y.iter_mut().zip(row).for_each(|(y, &x)| *y += x);
        }
        self
    }

    fn matrix(&self, transposed: bool) -> Matrix<'_, T> {
        let stride = self.shape()[1];
        if transposed {
            Matrix::transposed(self.data(), stride)
        } else {
            Matrix::new(self.data(), stride)
        }
    }
}

#[track_caller]
fn product<T: Scalar>(
    op: &str,
    formula: &str,
    a: &Tensor<T>,
    a_transposed: bool,
    b: &Tensor<T>,
    b_transposed: bool,
) -> Tensor<T> {
    let sizes = |shape: Shape, transposed| match (&*shape, transposed) {
        (&[rows, columns], false) | (&[columns, rows], true) => Some((rows, columns)),
        _ => None,
    };
    match (sizes(a.shape(), a_transposed), sizes(b.shape(), b_transposed)) {
        (Some((m, k)), Some((b_rows, n))) if k == b_rows => {
            let mut result = Tensor::zeros([m, n]);
            let packed = Packed::new(b.matrix(b_transposed), k, n);
            add_product_parallel(result.data_mut(), a.matrix(a_transposed), &packed);
            result
        }
        _ => panic!(
            "{op}: {formula} is not defined for A of shape {} and B of shape {}{}",
            a.shape(),
            b.shape(),
            match (a.shape().len(), b.shape().len()) {
                (2, 2) => "",
                _ =>
                    "; both should be matrices (linear takes any leading dimensions, and \
                      reshape makes two of them one)",
            }
        ),
    }
}
