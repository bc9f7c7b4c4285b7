//! `exp`, `sigmoid`, `tanh` and `ln`, branch-free.
//!
//! Each is a fixed sequence of IEEE operations, fused multiply-adds included. So
//! the compiler can vectorise a loop over it, and a result has the same bits
//! whatever the width of the vectors, and on whatever machine. The methods are the
//! usual ones: `eˣ = 2ⁿ eʳ` with |r| ≤ ½ ln 2 and a polynomial for `eʳ − 1`; and
//! `ln (2ⁿ m) = n ln 2 + ln m` with √½ ≤ m < √2 and a polynomial in `s = (m − 1) / (m + 1)`,
//! of which `ln m = 2 (s + s³/3 + s⁵/5 + …)`.
//!
//! All are within 2 units in the last place of the exact value (`f32`: tested over
//! all 2³² numbers), right at ±0, ±∞ and NaN, and where they saturate.

use num_traits::Float;

/// What the functions need to know of a floating-point format.
pub trait Format: Float {
    /// log₂ e.
    const LOG2_E: Self;
    /// ln 2 in two parts, the first with so few digits that n times it is exact.
    const LN_2: [Self; 2];
    /// Added to a number, it leaves the nearest integer in the lowest bits.
    const ROUND: Self;
    /// Outside this range, `exp` is 0 or infinite.
    const EXP_RANGE: [Self; 2];
    /// From here on, `tanh` is 1.
    const TANH_SATURATES: Self;

    /// `(eʳ − 1 − r) / r²` for |r| ≤ ½ ln 2.
    fn exp_tail(r: Self) -> Self;

    /// `2ⁿ` for n + [`ROUND`](Format::ROUND), if that is a normal number.
    fn power_of_two(shifted: Self) -> Self;

    /// The same for all n that `exp` needs, as two factors: 2ⁿ itself may overflow or
    /// underflow.
    fn two_powers_of_two(shifted: Self) -> [Self; 2];

    /// `(ln m − 2s) / s` for `s = (m − 1) / (m + 1)` and √½ ≤ m < √2.
    fn ln_tail(s: Self) -> Self;

    /// `(n, m)` of a positive normal number `2ⁿ m`, with √½ ≤ m < √2.
    fn exponent_and_mantissa(x: Self) -> (Self, Self);

    /// What makes a normal number of one that is smaller, and its exponent.
    const SCALE: (Self, Self);
}

/// `eˣ`.
///
/// ```
/// use tensor::kernel::math::exp;
///
/// assert_eq!(exp(0.0_f32), 1.0);
/// assert_eq!(exp(f64::NEG_INFINITY), 0.0);
/// ```
#[inline(always)]
pub fn exp<T: Format>(x: T) -> T {
    let [_, max] = T::EXP_RANGE;
    exp_below_max(if x > max { max } else { x })
}

/// The logistic function `σ(x) = 1 / (1 + e⁻ˣ)`.
///
/// ```
/// use tensor::kernel::math::sigmoid;
///
/// assert_eq!(sigmoid(0.0_f32), 0.5);
/// assert_eq!(sigmoid(f64::INFINITY), 1.0);
/// ```
#[inline(always)]
pub fn sigmoid<T: Format>(x: T) -> T {
    // For x < 0 as eˣ / (1 + eˣ), so that nothing overflows.
    let z = exp_below_max(-x.abs());
    let numerator = if x < T::zero() { z } else { T::one() };
    divide_by_one_plus(numerator, z) // (sigmoid)
}

/// The hyperbolic tangent.
///
/// ```
/// use tensor::kernel::math::tanh;
///
/// assert_eq!(tanh(0.0_f32), 0.0);
/// assert_eq!(tanh(f64::INFINITY), 1.0);
/// ```
#[inline(always)]
pub fn tanh<T: Format>(x: T) -> T {
    let positive = x.abs();
    let positive = if positive > T::TANH_SATURATES { T::TANH_SATURATES } else { positive };
    let (shifted, p) = exp_parts(positive + positive);
    let scale = T::power_of_two(shifted);
    // tanh x = h / (1 + h) with h = (e²ˣ − 1) / 2
    let h = half::<T>() * scale.mul_add(p, scale - T::one());
    divide_by_one_plus(h, h).copysign(x)
}

/// The natural logarithm.
///
/// ```
/// use tensor::kernel::math::ln;
///
/// assert_eq!(ln(1.0_f32), 0.0);
/// assert_eq!(ln(0.0_f64), f64::NEG_INFINITY);
/// assert!(ln(-1.0_f64).is_nan());
/// ```
#[inline(always)]
pub fn ln<T: Format>(x: T) -> T {
    let (one, is_tiny) = (T::one(), x < T::min_positive_value());
    let (scale, exponent) = T::SCALE;
    let (n, m) = T::exponent_and_mantissa(if is_tiny { x * scale } else { x });
    let n = if is_tiny { n - exponent } else { n };
    let f = m - one; // exact
    let s = f / (f + one + one);
    // ln m = f − (f²/2 − s (f²/2 + tail)), in which the largest part is exact.
    let half_square = half::<T>() * f * f;
    let [ln_2, rest] = T::LN_2;
    let small = s.mul_add(half_square + T::ln_tail(s), n * rest);
    let y = n.mul_add(ln_2, f - (half_square - small));
    // Where the formula has no meaning: the limit at 0, and NaN below.
    let y = if x > T::max_value() { x } else { y };
    let y = if x == T::zero() { T::neg_infinity() } else { y };
    if x < T::zero() || x.is_nan() { T::nan() } else { y }
}

#[inline(always)]
fn half<T: Format>() -> T {
    T::one() / (T::one() + T::one())
}

/// `(n + ROUND, eʳ − 1)` with `x = n·ln 2 + r` and `|r| ≤ ½ ln 2`.
#[inline(always)]
fn exp_parts<T: Format>(x: T) -> (T, T) {
    let shifted = x.mul_add(T::LOG2_E, T::ROUND);
    let n = shifted - T::ROUND;
    let [ln_2, rest] = T::LN_2;
    let r = n.mul_add(-ln_2, x);
    let r = n.mul_add(-rest, r);
    (shifted, (r * r).mul_add(T::exp_tail(r), r))
}

// Comparisons a NaN fails, so that it passes through unchanged.
#[inline(always)]
fn exp_below_max<T: Format>(x: T) -> T {
    let [min, _] = T::EXP_RANGE;
    let (shifted, p) = exp_parts(if x < min { min } else { x });
    let [first, second] = T::two_powers_of_two(shifted);
    (p + T::one()) * first * second
}

/// `a / (1 + b)` for `b ≥ 0`, as if `1 + b` were exact.
#[inline(always)]
fn divide_by_one_plus<T: Format>(a: T, b: T) -> T {
    let one = T::one();
    let denominator = one + b;
    let lost = (one - denominator) + b;
    let inverse = one / denominator;
    let quotient = a * inverse;
    let rest = quotient.mul_add(-denominator, a);
    let rest = quotient.mul_add(-lost, rest);
    rest.mul_add(inverse, quotient)
}

/// The polynomial with these coefficients, highest power first.
#[inline(always)]
fn polynomial<T: Format, const N: usize>(x: T, coefficients: [T; N]) -> T {
    let mut y = coefficients[0];
    for &c in &coefficients[1..] {
        y = y.mul_add(x, c);
    }
    y
}

/// The bits of √½, rounded.
const SQRT_HALF_F32: u32 = 0x3f35_04f3;
const SQRT_HALF_F64: u64 = 0x3fe6_a09e_667f_3bcd;

impl Format for f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const LN_2: [f32; 2] = [0.693_145_75, 1.428_606_8e-6];
    const ROUND: f32 = 12_582_912.0; // 1.5 · 2²³
    const EXP_RANGE: [f32; 2] = [-104.0, 89.0];
    const TANH_SATURATES: f32 = 20.0;

    #[inline(always)]
    fn exp_tail(r: f32) -> f32 {
        polynomial(r, [0.001_394_121_8, 0.008_363_235, 0.041_666_374, 0.166_665_77, 0.5])
    }

    #[inline(always)]
    fn power_of_two(shifted: f32) -> f32 {
        f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
    }

    #[inline(always)]
    fn two_powers_of_two(shifted: f32) -> [f32; 2] {
        let n = (shifted.to_bits() as i32).wrapping_sub(f32::ROUND.to_bits() as i32);
        let first = n >> 1;
        let power = |n: i32| f32::from_bits((n.wrapping_add(127) as u32) << 23);
        [power(first), power(n.wrapping_sub(first))]
    }

    const SCALE: (f32, f32) = (33_554_432.0, 25.0);

    #[inline(always)]
    fn ln_tail(s: f32) -> f32 {
        let z = s * s;
        z * polynomial(z, [0.242_790_79, 0.284_987_87, 0.400_009_72, 0.666_666_6])
    }

    #[inline(always)]
    fn exponent_and_mantissa(x: f32) -> (f32, f32) {
        // Counted from √½, so that the exponent goes up where m comes to √2.
        let bits = x.to_bits().wrapping_sub(SQRT_HALF_F32);
        let n =
            f32::from_bits(((bits as i32) >> 23).wrapping_add(f32::ROUND.to_bits() as i32) as u32);
        let m = f32::from_bits((bits & 0x007f_ffff).wrapping_add(SQRT_HALF_F32));
        (n - f32::ROUND, m)
    }
}

impl Format for f64 {
    const LOG2_E: f64 = std::f64::consts::LOG2_E;
    const LN_2: [f64; 2] = [0.693_147_180_559_890_3, 5.497_923_018_708_371e-14];
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²
    const EXP_RANGE: [f64; 2] = [-746.0, 710.0];
    const TANH_SATURATES: f64 = 40.0;

    #[inline(always)]
    fn exp_tail(r: f64) -> f64 {
        polynomial(
            r,
            [
                2.092_166_676_656_025_6e-9,
                2.510_531_331_654_704_6e-8,
                2.755_725_268_250_717_3e-7,
                2.755_725_516_840_492_7e-6,
                2.480_158_734_757_885_4e-5,
                1.984_126_987_500_373e-4,
                1.388_888_888_887_429_7e-3,
                8.333_333_333_326_083e-3,
                4.166_666_666_666_668_4e-2,
                0.166_666_666_666_666_7,
                0.5,
            ],
        )
    }

    #[inline(always)]
    fn power_of_two(shifted: f64) -> f64 {
        f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
    }

    #[inline(always)]
    fn two_powers_of_two(shifted: f64) -> [f64; 2] {
        let n = (shifted.to_bits() as i64).wrapping_sub(f64::ROUND.to_bits() as i64);
        let first = n >> 1;
        let power = |n: i64| f64::from_bits((n.wrapping_add(1023) as u64) << 52);
        [power(first), power(n.wrapping_sub(first))]
    }

    const SCALE: (f64, f64) = (18_014_398_509_481_984.0, 54.0);

    #[inline(always)]
    fn ln_tail(s: f64) -> f64 {
        let z = s * s;
        let coefficients = [
            1.479_819_860_511_658_6e-1,
            1.531_383_769_920_937_3e-1,
            1.818_357_216_161_805e-1,
            2.222_219_843_214_978_4e-1,
            2.857_142_874_366_239e-1,
            3.999_999_999_940_942e-1,
            6.666_666_666_666_735e-1,
        ];
        z * polynomial(z, coefficients)
    }

    #[inline(always)]
    fn exponent_and_mantissa(x: f64) -> (f64, f64) {
        let bits = x.to_bits().wrapping_sub(SQRT_HALF_F64);
        let n =
            f64::from_bits(((bits as i64) >> 52).wrapping_add(f64::ROUND.to_bits() as i64) as u64);
        let m = f64::from_bits((bits & 0x000f_ffff_ffff_ffff).wrapping_add(SQRT_HALF_F64));
        (n - f64::ROUND, m)
    }
}
