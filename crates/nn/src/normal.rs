//! PyTorch's normal numbers.

use std::f64::consts::TAU;

use tensor::kernel::math;
use tensor::{Shape, Tensor};

use crate::{Generator, Uniform};

/// PyTorch makes so many at once, from as many uniform ones.
const BLOCK: usize = 16;

impl Generator {
    /// A tensor of numbers from N(0, 1), as [`torch.randn`][1] draws them, up to rounding: PyTorch's
    /// own last bits depend on the processor, ours do not. (Of fewer than 16 and an odd number,
    /// PyTorch keeps one for the next tensor, which we do not.)
    ///
    /// [1]: https://pytorch.org/docs/stable/generated/torch.randn.html
    ///
    /// ```
    /// use nn::Generator;
    /// use tensor::Tensor;
    ///
    /// // torch.manual_seed(0); torch.randn(2)
    /// let x: Tensor<f32> = Generator::manual_seed(0).randn([2]);
    /// assert_eq!(x.data(), [1.5409961, -0.2934289]);
    /// ```
    #[track_caller]
    pub fn randn<T: Uniform>(&mut self, shape: impl Into<Shape>) -> Tensor<T> {
        let shape = shape.into();
        let count = shape.num_elements();
        if count < BLOCK {
            let mut pair = [0.0; 2];
            let mut parts = (0..2).cycle();
            return Tensor::from_fn(shape, || {
                let part = parts.next().unwrap_or_default();
                if part == 0 {
                    let turn = f64::unit(self);
                    pair = box_muller(1.0 - f64::unit(self), turn);
                }
                T::from_f64(pair[part])
            });
        }
        let mut x = self.uniform::<T>(shape, 0.0, 1.0);
        for start in (0..count).step_by(BLOCK) {
            let is_short = start + BLOCK > count;
            let start = start.min(count - BLOCK);
            let block = &mut x.data_mut()[start..start + BLOCK];
            if is_short {
                block.fill_with(|| T::unit(self)); // the last 16 are drawn once more
            }
            let (first, second) = block.split_at_mut(BLOCK / 2);
            for (a, b) in first.iter_mut().zip(second) {
                [*a, *b] = box_muller((T::one() - *a).as_f64(), b.as_f64()).map(T::from_f64);
            }
        }
        x
    }
}

/// Two normal numbers of two uniform ones (Box and Muller): how far from the middle, and in
/// which direction.
fn box_muller(u: f64, turn: f64) -> [f64; 2] {
    let radius = (-2.0 * math::ln(u)).sqrt();
    cos_sin_of_turn(turn).map(|x| radius * x)
}

/// cos 2πu and sin 2πu for u from 0 to 1. The standard library's have other bits on other machines.
fn cos_sin_of_turn(u: f64) -> [f64; 2] {
    let quarter = (4.0 * u).round();
    let a = (u - quarter / 4.0) * TAU; // |a| ≤ π/4
    // 1 − a²/(n (n + 1)) (1 − a²/((n + 2) (n + 3)) (1 − …
    let series = |first: f64| {
        let n = |k: i32| first + f64::from(2 * k);
        (0..9).rev().fold(1.0, |rest, k| 1.0 - a * a / (n(k) * (n(k) + 1.0)) * rest)
    };
    let (cos, sin) = (series(1.0), a * series(2.0));
    match quarter as u8 {
        1 => [-sin, cos],
        2 => [-cos, -sin],
        3 => [sin, -cos],
        _ => [cos, sin],
    }
}
