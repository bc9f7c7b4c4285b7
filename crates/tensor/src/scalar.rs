//! The numbers a tensor is made of: `f32` and `f64`.

use std::fmt::{Debug, Display};

use num_traits::{Float, NumAssign};

use crate::buffer::Pool;
use crate::math::Elementary;
use crate::simd::Lanes;

/// A floating-point element type: `f32` for speed, `f64` for checking.
///
/// Everything in this crate is generic over it, so that the code that trains
/// in `f32` is, line for line, the code whose gradients are checked in `f64`.
///
/// ```
/// use tensor::Scalar;
///
/// fn half<T: Scalar>(x: T) -> T {
///     x * T::from_f64(0.5)
/// }
/// assert_eq!(half(3.0_f32), 1.5);
/// ```
pub trait Scalar:
    Float + NumAssign + Elementary + Lanes + Debug + Display + Send + Sync + 'static
{
    /// The nearest value of this type to `x`.
    fn from_f64(x: f64) -> Self;

    /// This value as `f64`; exact for both types.
    fn as_f64(self) -> f64;

    #[doc(hidden)]
    fn pool() -> &'static Pool<Self>;
}

impl Scalar for f32 {
    fn from_f64(x: f64) -> Self {
        x as f32
    }

    fn as_f64(self) -> f64 {
        self.into()
    }

    fn pool() -> &'static Pool<f32> {
        static POOL: Pool<f32> = Pool::new();
        &POOL
    }
}

impl Scalar for f64 {
    fn from_f64(x: f64) -> Self {
        x
    }

    fn as_f64(self) -> f64 {
        self
    }

    fn pool() -> &'static Pool<f64> {
        static POOL: Pool<f64> = Pool::new();
        &POOL
    }
}
