//! The matrix product and its two transposed twins, which are all that its
//! gradients need. The transpose is only another order of reading, so nothing
//! is copied to be transposed.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

use super::Tensor;
use crate::{Scalar, Shape};

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
        let shape = self.shape;
        let &n = shape.last().expect("as_rows: a scalar has no rows");
        self.reshape([shape[..shape.len() - 1].iter().product(), n])
    }

    fn view(&self, transposed: bool) -> ArrayView2<'_, T> {
        let view = ArrayView2::from_shape((self.shape[0], self.shape[1]), self.data())
            .expect("a matrix has as many elements as its shape says");
        if transposed { view.reversed_axes() } else { view }
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
    match (sizes(a.shape, a_transposed), sizes(b.shape, b_transposed)) {
        (Some((m, k)), Some((b_rows, n))) if k == b_rows => {
            let mut result = Tensor::zeros([m, n]);
            let mut c = ArrayViewMut2::from_shape((m, n), result.data_mut())
                .expect("the result was made with this shape");
            general_mat_mul(
                T::one(),
                &a.view(a_transposed),
                &b.view(b_transposed),
                T::zero(),
                &mut c,
            );
            result
        }
        _ => panic!(
            "{op}: {formula} is not defined for A of shape {} and B of shape {}",
            a.shape, b.shape
        ),
    }
}
