//! exp, σ, tanh and ln against f64.

use proptest::prelude::*;
use tensor::Scalar;
use tensor::kernel::math;
use tensor::kernel::simd::{Arch, Simd, WithSimd};

fn sigmoid(x: f64) -> f64 {
    let z = (-x.abs()).exp();
    if x < 0.0 { z / (1.0 + z) } else { 1.0 / (1.0 + z) }
}

/// The error of an `f32` in units of its last place.
fn ulps(found: f32, expected: f64) -> f64 {
    if f64::from(found) == f64::from(expected as f32) || found.is_nan() && expected.is_nan() {
        return 0.0; // also where both are infinite
    }
    let exponent = ((expected.abs().to_bits() >> 52) as i32 - 1023).max(-126);
    (f64::from(found) - expected).abs() / 2_f64.powi(exponent - 23)
}

/// The largest error over every `step`-th of all `f32`.
fn worst(step: usize, f: fn(f32) -> f32, reference: fn(f64) -> f64) -> f64 {
    let numbers = (0..=u32::MAX).step_by(step).map(f32::from_bits).filter(|x| !x.is_nan());
    let errors = numbers.map(|x| ulps(f(x), reference(x.into())));
    // A NaN is the worst of all.
    errors.fold(0.0, |worst, error| if error <= worst { worst } else { error })
}

/// With `EXHAUSTIVE=1` in the environment over all 2³² numbers, which takes some
/// minutes; otherwise over four million of them.
#[test]
fn f32_is_within_2_ulp() {
    let step = if std::env::var_os("EXHAUSTIVE").is_some() { 1 } else { 1009 };
    for (name, f, reference) in [
        ("exp", math::exp as fn(f32) -> f32, f64::exp as fn(f64) -> f64),
        ("sigmoid", math::sigmoid, sigmoid),
        ("tanh", math::tanh, f64::tanh),
        ("ln", math::ln, f64::ln),
    ] {
        let worst = worst(step, f, reference);
        eprintln!("{name}: {worst:.3} ulp");
        assert!(worst <= 2.0, "{name}: {worst} ulp");
    }
}

proptest! {
    /// The standard library's are within 1 ulp of the truth, so 3 apart at most.
    #[test]
    fn f64_is_as_the_standard_library(x in prop_oneof![-800.0..800.0, -40.0..40.0, -1.0..1.0, -1e-8..1e-8_f64]) {
        let near = |a: f64, b: f64| a == b || (a - b).abs() <= 3.0 * f64::EPSILON * b.abs() + 1e-323;
        prop_assert!(near(math::exp(x), x.exp()));
        prop_assert!(near(math::tanh(x), x.tanh()));
        prop_assert!(near(math::sigmoid(x), sigmoid(x)));
        // Every size that there is, and near 1, where ln is 0.
        for x in [x.abs(), x.exp(), 1.0 + x * 1e-9, 1.0 + x * 1e-3] {
            prop_assert!(x <= 0.0 || near(math::ln(x), x.ln()), "ln {x}: {} {}", math::ln(x), x.ln());
        }
    }
}

#[test]
fn special_values() {
    fn check<T: Scalar>() {
        let [zero, one, inf] = [T::zero(), T::one(), T::infinity()];
        for tiny in [zero, T::min_positive_value(), T::from_f64(1e-30)] {
            assert!(math::tanh(tiny) == tiny && math::tanh(-tiny) == -tiny);
            assert!(math::exp(tiny) == one);
        }
        assert!(math::tanh(-zero).is_sign_negative());
        assert!(math::tanh(inf) == one && math::tanh(-inf) == -one);
        assert!(math::exp(inf) == inf && math::exp(-inf) == zero);
        assert!(math::sigmoid(inf) == one && math::sigmoid(-inf) == zero);
        assert!(math::sigmoid(zero) == T::from_f64(0.5));
        assert!(math::ln(zero) == -inf && math::ln(-zero) == -inf && math::ln(inf) == inf);
        assert!(math::ln(one) == zero && math::ln(-one).is_nan() && math::ln(-inf).is_nan());
        let smallest = T::min_positive_value() * T::epsilon(); // not a normal number
        for end in [smallest, T::min_positive_value(), T::max_value()] {
            assert!((math::ln(end).as_f64() - end.as_f64().ln()).abs() < 1e-4);
        }
        for f in [math::exp, math::sigmoid, math::tanh, math::ln] as [fn(T) -> T; 4] {
            assert!(f(T::nan()).is_nan());
        }
    }
    check::<f32>();
    check::<f64>();
}

/// A loop over vectors gives the bits that one number alone gives.
#[test]
fn vectors_compute_the_same_bits() {
    struct Tanh<'a>(&'a mut [f32]);

    impl WithSimd for Tanh<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            self.0.iter_mut().for_each(|x| *x = math::tanh(*x));
        }
    }
    let numbers = (0..=u32::MAX).step_by(65_521).map(f32::from_bits).filter(|x| !x.is_nan());
    let xs: Vec<f32> = numbers.collect();
    let mut ys = xs.clone();
    Arch::new().dispatch(Tanh(&mut ys));
    for (x, y) in xs.iter().zip(ys) {
        assert_eq!(math::tanh(*x).to_bits(), y.to_bits(), "{x}");
    }
}
