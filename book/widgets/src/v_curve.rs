//! The error of the central difference of x³ at 1, in both precisions.

use tensor::Scalar;

/// The exponents of the drawn steps: 10^−1 to 10^−14 in quarters.
pub fn exponents() -> impl Iterator<Item = f64> {
    (0..=52).map(|k| -1.0 - f64::from(k) / 4.0)
}

/// The exponent e of the step 10^e to, in f64, f(1 + h), f(1 − h), the quotient and its error,
/// then the same in f32, then the errors at all [`exponents`] in f64, and in f32.
pub fn compute(input: &[f64]) -> Option<Vec<f64>> {
    let &[exponent] = input else { return None };
    let mut out = central::<f64>(exponent).to_vec();
    out.extend(central::<f32>(exponent));
    out.extend(exponents().map(|e| central::<f64>(e)[3]));
    out.extend(exponents().map(|e| central::<f32>(e)[3]));
    Some(out)
}

fn central<T: Scalar>(exponent: f64) -> [f64; 4] {
    let [h, one, two] = [power_of_ten(exponent), 1.0, 2.0].map(T::from_f64);
    let cube = |x: T| x * x * x;
    let (right, left) = (cube(one + h), cube(one - h));
    let quotient = ((right - left) / (two * h)).as_f64();
    [right.as_f64(), left.as_f64(), quotient, (quotient - 3.0).abs()]
}

/// 10^e for quarters e. Not `powf`, which has other last digits in another library.
fn power_of_ten(e: f64) -> f64 {
    let quarters = (4.0 * (e - e.floor())) as i32;
    10.0_f64.powi(e.floor() as i32) * 10.0_f64.sqrt().sqrt().powi(quarters)
}
