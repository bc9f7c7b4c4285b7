//! `exp`, `sigmoid` and `tanh`, branch-free.
//!
//! Each is a fixed sequence of IEEE operations, fused multiply-adds included. So
//! the compiler can vectorise a loop over it, and a result has the same bits
//! whatever the width of the vectors, and on whatever machine. The method is the
//! usual one: `eˣ = 2ⁿ eʳ` with |r| ≤ ½ ln 2 and a polynomial for `eʳ − 1`.

/// The elementary functions that the LSTM needs.
///
/// They are within 2 units in the last place of the exact value (`f32`: tested
/// over all 2³² numbers), right at ±0, ±∞ and NaN, and where they saturate.
///
/// ```
/// use tensor::Elementary;
///
/// assert_eq!(Elementary::sigmoid(0.0_f32), 0.5);
/// assert_eq!(Elementary::tanh(f64::INFINITY), 1.0);
/// ```
pub trait Elementary: Sized {
    /// `eˣ`.
    fn exp(self) -> Self;
    /// The logistic function `σ(x) = 1 / (1 + e⁻ˣ)`.
    fn sigmoid(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
}

macro_rules! elementary {
    (
        $float:ident, $bits:ident, $int:ident,
        mantissa_bits: $mantissa_bits:expr,
        exponent_bias: $bias:expr,
        // Adding it leaves the nearest integer in the low mantissa bits.
        round: $round:expr,
        ln2: $ln2_high:expr, $ln2_low:expr,
        exp_range: $exp_min:expr, $exp_max:expr,
        tanh_saturates: $tanh_max:expr,
        // (exp(r) - 1 - r) / r², highest power first.
        tail: $tail_first:expr, $($tail:expr),+
    ) => {
        const _: () = {
            /// `(n, exp(r) - 1)` with `x = n·ln 2 + r` and `|r| ≤ ½ ln 2`.
            #[inline(always)]
            fn expm1_parts(x: $float) -> ($int, $float) {
                let shifted = x.mul_add(std::$float::consts::LOG2_E, $round);
                let n_real = shifted - $round;
                let n = (shifted.to_bits() as $int).wrapping_sub($float::to_bits($round) as $int);
                let r = n_real.mul_add(-$ln2_high, x);
                let r = n_real.mul_add(-$ln2_low, r);
                let tail: $float = $tail_first;
                $(let tail = tail.mul_add(r, $tail);)+
                (n, (r * r).mul_add(tail, r))
            }

            /// `2ⁿ`, for the exponents of normal numbers.
            #[inline(always)]
            fn power_of_two(n: $int) -> $float {
                $float::from_bits((n.wrapping_add($bias) as $bits) << $mantissa_bits)
            }

            // Comparisons a NaN fails, so that it passes through unchanged.
            #[inline(always)]
            fn exp_below_max(x: $float) -> $float {
                let x = if x < $exp_min { $exp_min } else { x };
                let (n, p) = expm1_parts(x);
                // Two factors, as 2ⁿ itself may overflow or underflow.
                let half = n >> 1;
                (p + 1.0) * power_of_two(half) * power_of_two(n.wrapping_sub(half))
            }

            /// `a / (1 + b)` for `b ≥ 0`, as if `1 + b` were exact.
            #[inline(always)]
            fn divide_by_one_plus(a: $float, b: $float) -> $float {
                let denominator = 1.0 + b;
                let lost = (1.0 - denominator) + b;
                let inverse = 1.0 / denominator;
                let quotient = a * inverse;
                let rest = quotient.mul_add(-denominator, a);
                let rest = quotient.mul_add(-lost, rest);
                rest.mul_add(inverse, quotient)
            }

            impl Elementary for $float {
                #[inline(always)]
                fn exp(self) -> $float {
                    let x = if self > $exp_max { $exp_max } else { self };
                    exp_below_max(x)
                }

                #[inline(always)]
                fn sigmoid(self) -> $float {
                    // For x < 0 as eˣ / (1 + eˣ), so that nothing overflows.
                    let z = exp_below_max(-self.abs());
                    let numerator = if self < 0.0 { z } else { 1.0 };
                    divide_by_one_plus(numerator, z) // (sigmoid)
                }

                #[inline(always)]
                fn tanh(self) -> $float {
                    let x = self.abs();
                    let x = if x > $tanh_max { $tanh_max } else { x };
                    let (n, p) = expm1_parts(2.0 * x);
                    let scale = power_of_two(n);
                    // tanh x = h / (1 + h) with h = (e²ˣ − 1) / 2
                    let h = 0.5 * scale.mul_add(p, scale - 1.0);
                    divide_by_one_plus(h, h).copysign(self)
                }
            }
        };
    };
}

elementary! {
    f32, u32, i32,
    mantissa_bits: 23,
    exponent_bias: 127,
    round: 12_582_912.0_f32,
    ln2: 0.693_145_75_f32, 1.428_606_8e-6_f32,
    exp_range: -104.0_f32, 89.0_f32,
    tanh_saturates: 20.0_f32,
    tail: 0.001_394_121_8_f32, 0.008_363_235, 0.041_666_374, 0.166_665_77, 0.5
}

elementary! {
    f64, u64, i64,
    mantissa_bits: 52,
    exponent_bias: 1023,
    round: 6_755_399_441_055_744.0_f64,
    ln2: 0.693_147_180_559_890_3_f64, 5.497_923_018_708_371e-14_f64,
    exp_range: -746.0_f64, 710.0_f64,
    tanh_saturates: 40.0_f64,
    tail: 2.092_166_676_656_025_6e-9_f64, 2.510_531_331_654_704_6e-8,
        2.755_725_268_250_717_3e-7, 2.755_725_516_840_492_7e-6,
        2.480_158_734_757_885_4e-5, 1.984_126_987_500_373e-4,
        1.388_888_888_887_429_7e-3, 8.333_333_333_326_083e-3,
        4.166_666_666_666_668_4e-2, 0.166_666_666_666_666_7, 0.5
}
