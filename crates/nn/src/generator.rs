//! PyTorch's random numbers.

use std::convert::Infallible;

use rand::{Rng, TryRng};
use rand_mt::Mt;
use tensor::{Scalar, Shape, Tensor};

/// PyTorch's CPU generator: the Mersenne Twister MT19937, and PyTorch's way
/// from its words to uniform numbers.
///
/// `manual_seed(s)` followed by the same layers in the same order gives the
/// weights that PyTorch gives, bit for bit.
///
/// ```
/// use nn::{Generator, Linear};
///
/// // torch.manual_seed(0); torch.nn.Linear(1, 1).weight
/// let linear = Linear::<f32>::new(1, 1, &mut Generator::manual_seed(0));
/// assert_eq!(linear.weight.value().item(), -0.007486820_f32);
/// ```
#[derive(Clone, Debug)]
pub struct Generator(Mt);

impl Generator {
    /// The generator after [`torch.manual_seed`][1], which uses the low 32 bits
    /// of its seed.
    ///
    /// [1]: https://pytorch.org/docs/stable/generated/torch.manual_seed.html
    pub fn manual_seed(seed: u64) -> Self {
        Generator(Mt::new(seed as u32))
    }

    /// A tensor of numbers from U(−`bound`, `bound`), the distribution of every
    /// initial weight of this crate.
    pub(crate) fn uniform<T: Uniform>(&mut self, shape: impl Into<Shape>, bound: f64) -> Tensor<T> {
        let (from, to) = (T::from_f64(-bound), T::from_f64(bound));
        Tensor::from_fn(shape, || T::unit(self).mul_add(to - from, from))
    }
}

/// Element types whose uniform numbers PyTorch defines.
///
/// ```
/// use nn::{Generator, Uniform};
///
/// // torch.manual_seed(0); torch.rand(1)
/// assert_eq!(f32::unit(&mut Generator::manual_seed(0)), 0.496256590_f32);
/// ```
pub trait Uniform: Scalar {
    /// A number from U(0, 1), as PyTorch makes one.
    fn unit(rng: &mut Generator) -> Self;
}

impl Uniform for f32 {
    /// The low 24 bits of one word.
    fn unit(rng: &mut Generator) -> f32 {
        (rng.next_u32() & ((1 << 24) - 1)) as f32 / (1 << 24) as f32
    }
}

impl Uniform for f64 {
    /// The low 53 bits of two words, the first being the high one.
    fn unit(rng: &mut Generator) -> f64 {
        let (high, low) = (u64::from(rng.next_u32()), u64::from(rng.next_u32()));
        ((high << 32 | low) & ((1 << 53) - 1)) as f64 / (1_u64 << 53) as f64
    }
}

/// The words of MT19937, for everything else that `rand` can draw.
impl TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}
