//! The numbers a tensor is made of: `f32` and `f64`.

use std::cell::RefCell;
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

    /// The thread's pool of memory; `None` while the thread ends.
    #[doc(hidden)]
    fn with_pool<R>(f: impl FnOnce(&mut Pool<Self>) -> R) -> Option<R>;
}

macro_rules! scalar {
    ($float:ident) => {
        impl Scalar for $float {
            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $float
            }

            #[inline(always)]
            fn as_f64(self) -> f64 {
                self as f64
            }

            fn with_pool<R>(f: impl FnOnce(&mut Pool<Self>) -> R) -> Option<R> {
                thread_local!(static POOL: RefCell<Pool<$float>> = const { RefCell::new(Pool::new()) });
                POOL.try_with(|pool| f(&mut pool.borrow_mut())).ok()
            }
        }
    };
}

scalar!(f32);
scalar!(f64);
