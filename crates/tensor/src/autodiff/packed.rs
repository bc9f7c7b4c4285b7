//! Weights that are multiplied again and again, a few rows at a time.
//!
//! To be multiplied fast, a matrix is rearranged ([`Packed`]). For one step of a cell with
//! one sample that takes ten times as long as the product. So a parameter keeps the packed
//! form beside its value, until the value is touched.

use std::ops::Deref;

use super::parameter::PackedCell;
use super::var::Var;
use crate::Scalar;
use crate::kernel::product::{Matrix, Packed};

/// For more rows than these, packing takes so little of the time that its memory is better
/// used for something else.
const FEW_ROWS: usize = 64;

/// A packed weight; see [`Var::packed_weight`].
pub struct PackedWeight<T: Scalar>(PackedCell<T>);

impl<T: Scalar> Deref for PackedWeight<T> {
    type Target = Packed<T>;

    fn deref(&self) -> &Packed<T> {
        self.0.get().expect("filled when it was made")
    }
}

impl<T: Scalar> Var<'_, T> {
    /// `Wᵀ`, for a weight `W` of shape `[n, k]`, packed for products with so many rows. If the
    /// weight is a parameter and the rows are few, or the packed form is there, it is kept
    /// beside the parameter's value until that is changed.
    ///
    /// ```
    /// use tensor::kernel::product::{Matrix, add_product};
    /// use tensor::{Parameter, Tape, Tensor};
    ///
    /// let weight = Parameter::new(Tensor::from([[1.0, 2.0]]));
    /// let tape = Tape::new();
    /// let packed = tape.watch(&weight).packed_weight(1);
    /// let mut y = [0.0];
    /// add_product(&mut y, Matrix::new(&[3.0, 4.0], 2), &packed);
    /// assert_eq!(y, [11.0]);
    /// ```
    ///
    /// # Panics
    /// If the weight is not a matrix.
    #[track_caller]
    pub fn packed_weight(self, rows: usize) -> PackedWeight<T> {
        let value = self.value();
        let [n, k] = value.dims();
        let kept = self.tape.with_nodes(|nodes| nodes[self.id].packed.clone());
        let kept = kept.filter(|cell| rows <= FEW_ROWS || cell.get().is_some());
        let cell = kept.unwrap_or_default();
        cell.get_or_init(|| Packed::new(Matrix::transposed(value.data(), k), k, n));
        PackedWeight(cell)
    }
}
