//! The numbers a tensor is made of: `f32` and `f64`.

use std::fmt::{Debug, Display};

use crate::kernel::math::Format;
use crate::kernel::product::Multiply;

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
pub trait Scalar: Multiply + Format + Debug + Display + 'static {
    /// The nearest value of this type to `x`.
    fn from_f64(x: f64) -> Self;

    /// This value as `f64`; exact for both types.
    fn as_f64(self) -> f64;
}

macro_rules! scalar {
    ($($float:ident),*) => {$(
        impl Scalar for $float {
            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $float
            }

            #[inline(always)]
            fn as_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

scalar!(f32, f64);
