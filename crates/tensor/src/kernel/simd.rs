//! The vector instructions of the machine, chosen at run time.
//!
//! `Arch::new().dispatch(work)` runs `work` compiled for the widest vectors that there
//! are. Everything in it has to be inlined, or it is compiled for the narrowest: so
//! `with_simd` and the functions that it calls are `#[inline(always)]`.
//!
//! ```
//! use tensor::kernel::simd::{Arch, Simd, WithSimd};
//!
//! struct Double<'a>(&'a mut [f32]);
//!
//! impl WithSimd for Double<'_> {
//!     type Output = ();
//!
//!     #[inline(always)]
//!     fn with_simd<S: Simd>(self, _: S) {
//!         self.0.iter_mut().for_each(|x| *x *= 2.0);
//!     }
//! }
//!
//! let mut xs = [1.0, 2.0, 3.0];
//! Arch::new().dispatch(Double(&mut xs));
//! assert_eq!(xs, [2.0, 4.0, 6.0]);
//! ```

pub use pulp::{Arch, Simd, WithSimd};

/// `y[k] = f(x[k])` for all k.
pub(crate) struct Map<'a, T, F>(pub &'a mut [T], pub &'a [T], pub F);

impl<T: Copy, F: Fn(T) -> T> WithSimd for Map<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Map(y, x, f) = self;
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(x));
    }
}

/// `y[k] = f(y[k], x[k])` for all k.
pub(crate) struct Zip<'a, T, F>(pub &'a mut [T], pub &'a [T], pub F);

impl<T: Copy, F: Fn(T, T) -> T> WithSimd for Zip<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Zip(y, x, f) = self;
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(*y, x));
    }
}

/// What the matrix product needs of a vector of an element type, which pulp has
/// under a name for each type.
#[doc(hidden)]
#[allow(missing_docs)]
pub trait Lanes: Copy + 'static {
    type Vector<S: Simd>: Copy;
    fn lanes<S: Simd>() -> usize;
    fn vectors<S: Simd>(xs: &[Self]) -> &[Self::Vector<S>];
    fn vectors_mut<S: Simd>(xs: &mut [Self]) -> &mut [Self::Vector<S>];
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Vector<S>;
    fn fused<S: Simd>(
        simd: S,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
        c: Self::Vector<S>,
    ) -> Self::Vector<S>;
}

macro_rules! lanes {
    ($float:ty, $vector:ident, $lanes:ident, $split:ident, $split_mut:ident, $splat:ident,
     $fused:ident) => {
        impl Lanes for $float {
            type Vector<S: Simd> = S::$vector;

            #[inline(always)]
            fn lanes<S: Simd>() -> usize {
                S::$lanes
            }
            #[inline(always)]
            fn vectors<S: Simd>(xs: &[Self]) -> &[S::$vector] {
                S::$split(xs).0
            }
            #[inline(always)]
            fn vectors_mut<S: Simd>(xs: &mut [Self]) -> &mut [S::$vector] {
                S::$split_mut(xs).0
            }
            #[inline(always)]
            fn splat<S: Simd>(simd: S, x: Self) -> S::$vector {
                simd.$splat(x)
            }
            #[inline(always)]
            fn fused<S: Simd>(simd: S, a: S::$vector, b: S::$vector, c: S::$vector) -> S::$vector {
                simd.$fused(a, b, c)
            }
        }
    };
}

lanes!(f32, f32s, F32_LANES, as_simd_f32s, as_mut_simd_f32s, splat_f32s, mul_add_f32s);
lanes!(f64, f64s, F64_LANES, as_simd_f64s, as_mut_simd_f64s, splat_f64s, mul_add_f64s);
