//! exp, σ and tanh against f64, and the matrix product against its definition.

use proptest::prelude::*;
use tensor::product::{Matrix, Packed, add_product, add_product_parallel};
use tensor::simd::{Kernel, dispatch};
use tensor::{Elementary, Scalar};

fn sigmoid(x: f64) -> f64 {
    let z = (-x.abs()).exp();
    if x < 0.0 { z / (1.0 + z) } else { 1.0 / (1.0 + z) }
}

/// The error of an `f32` in units of its last place.
fn ulps(found: f32, expected: f64) -> f64 {
    if f64::from(found) == f64::from(expected as f32) {
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
        ("exp", Elementary::exp as fn(f32) -> f32, f64::exp as fn(f64) -> f64),
        ("sigmoid", Elementary::sigmoid, sigmoid),
        ("tanh", Elementary::tanh, f64::tanh),
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
        prop_assert!(near(Elementary::exp(x), x.exp()));
        prop_assert!(near(Elementary::tanh(x), x.tanh()));
        prop_assert!(near(Elementary::sigmoid(x), sigmoid(x)));
    }
}

#[test]
fn special_values() {
    fn check<T: Scalar>() {
        let [zero, one, inf] = [T::zero(), T::one(), T::infinity()];
        for tiny in [zero, T::min_positive_value(), T::from_f64(1e-30)] {
            assert!(Elementary::tanh(tiny) == tiny && Elementary::tanh(-tiny) == -tiny);
            assert!(Elementary::exp(tiny) == one);
        }
        assert!(Elementary::tanh(-zero).is_sign_negative());
        assert!(Elementary::tanh(inf) == one && Elementary::tanh(-inf) == -one);
        assert!(Elementary::exp(inf) == inf && Elementary::exp(-inf) == zero);
        assert!(Elementary::sigmoid(inf) == one && Elementary::sigmoid(-inf) == zero);
        assert!(Elementary::sigmoid(zero) == T::from_f64(0.5));
        for f in [Elementary::exp, Elementary::sigmoid, Elementary::tanh] as [fn(T) -> T; 3] {
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

    impl Kernel for Tanh<'_> {
        #[inline(always)]
        fn run(self) {
            self.0.iter_mut().for_each(|x| *x = Elementary::tanh(*x));
        }
    }
    let numbers = (0..=u32::MAX).step_by(65_521).map(f32::from_bits).filter(|x| !x.is_nan());
    let xs: Vec<f32> = numbers.collect();
    let mut ys = xs.clone();
    dispatch(Tanh(&mut ys));
    for (x, y) in xs.iter().zip(ys) {
        assert_eq!(Elementary::tanh(*x).to_bits(), y.to_bits(), "{x}");
    }
}

/// Every element is one chain of fused multiply-adds in order, whatever the sizes,
/// the reading order and the number of threads: the same bits as the definition.
#[test]
fn products_have_the_bits_of_their_definition() {
    fn check<T: Scalar>(m: usize, k: usize, n: usize) {
        let numbers = |count: usize, salt: usize| -> Vec<T> {
            let number = |i| ((i * 7919 + salt) % 1013) as f64 / 1013.0 - 0.5;
            (0..count).map(|i| T::from_f64(number(i))).collect()
        };
        let (a, b, start) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
        for [a_transposed, b_transposed] in
            [[false, false], [false, true], [true, false], [true, true]]
        {
            fn matrix<T>(
                data: &[T],
                rows: usize,
                columns: usize,
                transposed: bool,
            ) -> Matrix<'_, T> {
                if transposed { Matrix::transposed(data, rows) } else { Matrix::new(data, columns) }
            }
            let packed = Packed::new(matrix(&b, k, n, b_transposed), k, n);
            let (mut c, mut parallel) = (start.clone(), start.clone());
            add_product(&mut c, matrix(&a, m, k, a_transposed), &packed);
            add_product_parallel(&mut parallel, matrix(&a, m, k, a_transposed), &packed);
            for i in 0..m {
                for j in 0..n {
                    let expected = (0..k).fold(start[i * n + j], |sum, p| {
                        let a = if a_transposed { a[p * m + i] } else { a[i * k + p] };
                        let b = if b_transposed { b[j * k + p] } else { b[p * n + j] };
                        a.mul_add(b, sum)
                    });
                    let found = [c[i * n + j], parallel[i * n + j]];
                    assert_eq!(found, [expected; 2], "{m}×{k}×{n} at {i}, {j}");
                }
            }
        }
    }
    for (m, k, n) in [
        (1, 1, 1),
        (3, 5, 7),
        (8, 20, 80),
        (9, 300, 33),
        (11, 1700, 35),
        (200, 3, 17),
        (210, 130, 90),
        (16, 0, 4),
        (0, 4, 4),
        (4, 4, 0),
    ] {
        check::<f32>(m, k, n);
        check::<f64>(m, k, n);
    }
}
