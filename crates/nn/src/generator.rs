//! PyTorch's random numbers.

use std::convert::Infallible;

use rand::{Rng, TryRng};
use rand_mt::Mt;
use tensor::{Parameter, Scalar, Shape, Tensor};

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
pub struct Generator {
    /// Where the next block comes from.
    source: Mt,
    /// The words are drawn in blocks as long as the generator's state, because
    /// from such a block the state can be recovered.
    block: Vec<u32>,
    /// How many words of the block are used up.
    used: usize,
}

/// The length of MT19937's state, in words.
const BLOCK: usize = 624;

impl Generator {
    /// The generator after [`torch.manual_seed`][1], which uses the low 32 bits
    /// of its seed.
    ///
    /// [1]: https://pytorch.org/docs/stable/generated/torch.manual_seed.html
    pub fn manual_seed(seed: u64) -> Self {
        let mut source = Mt::new(seed as u32);
        let block = (0..BLOCK).map(|_| source.next_u32()).collect();
        Generator { source, block, used: 0 }
    }

    /// The state, for [`from_state`](Generator::from_state) to go on from: the
    /// current block of words, and how many of them are used up.
    pub fn state(&self) -> Vec<u32> {
        let mut state = self.block.clone();
        state.push(self.used as u32);
        state
    }

    /// The generator whose [`state`](Generator::state) this is; `None` if it is
    /// none. (Such are all zeros, after which only zeros would come.)
    ///
    /// ```
    /// use nn::{Generator, Uniform};
    ///
    /// let mut one = Generator::manual_seed(7);
    /// f64::unit(&mut one);
    /// let mut two = Generator::from_state(&one.state()).unwrap();
    /// assert_eq!(f64::unit(&mut one), f64::unit(&mut two));
    /// ```
    pub fn from_state(state: &[u32]) -> Option<Self> {
        let (&used, block) = state.split_last()?;
        let used = usize::try_from(used).ok().filter(|&used| used <= BLOCK)?;
        let source = Mt::recover(block.iter().copied()).ok()?;
        let mut next = source.clone();
        (0..BLOCK).any(|_| next.next_u32() != 0).then_some(())?;
        Some(Generator { source, block: block.to_vec(), used })
    }

    /// The next word.
    fn word(&mut self) -> u32 {
        if self.used == BLOCK {
            self.block.fill_with(|| self.source.next_u32());
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// A tensor of numbers from U(`from`, `to`), as [`torch.Tensor.uniform_`][1] draws them:
    /// the distribution of every initial weight of this crate.
    ///
    /// [1]: https://pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html
    ///
    /// ```
    /// use nn::Generator;
    /// use tensor::Tensor;
    ///
    /// let x: Tensor<f32> = Generator::manual_seed(0).uniform([2, 3], -1.0, 1.0);
    /// assert_eq!(x.shape(), [2, 3]);
    /// ```
    ///
    /// # Panics
    /// If `from` is larger than `to`, or the range is not finite.
    #[track_caller]
    pub fn uniform<T: Uniform>(
        &mut self,
        shape: impl Into<Shape>,
        from: f64,
        to: f64,
    ) -> Tensor<T> {
        let (start, range) = (T::from_f64(from), T::from_f64(to) - T::from_f64(from));
        assert!(
            range >= T::zero() && range.is_finite(),
            "uniform: the range should be finite and not descend; it is from {from:?} to {to:?}"
        );
        Tensor::from_fn(shape, || T::unit(self).mul_add(range, start))
    }

    /// An initial weight, from U(±`bound`).
    #[track_caller]
    pub(crate) fn parameter<T: Uniform>(&mut self, shape: &[usize], bound: f64) -> Parameter<T> {
        Parameter::new(self.uniform(shape, -bound, bound))
    }

    /// The numbers from 0 to `n − 1` in random order, as [`torch.randperm`][1] draws them.
    ///
    /// [1]: https://pytorch.org/docs/stable/generated/torch.randperm.html
    ///
    /// ```
    /// use nn::Generator;
    ///
    /// // torch.manual_seed(0); torch.randperm(5)
    /// assert_eq!(Generator::manual_seed(0).randperm(5), [4, 0, 1, 3, 2]);
    /// ```
    ///
    /// # Panics
    /// If `n` is 2³² / 20 or more, for which PyTorch draws in another way.
    #[track_caller]
    pub fn randperm(&mut self, n: usize) -> Vec<usize> {
        assert!(n < u32::MAX as usize / 20, "randperm: n should be below 2³² / 20, not {n}");
        let mut permutation: Vec<usize> = (0..n).collect();
        for k in 1..n {
            let rest = n - k + 1;
            permutation.swap(k - 1, k - 1 + self.word() as usize % rest);
        }
        permutation
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
        (rng.word() & ((1 << 24) - 1)) as f32 / (1 << 24) as f32
    }
}

impl Uniform for f64 {
    /// The low 53 bits of two words, the first being the high one.
    fn unit(rng: &mut Generator) -> f64 {
        (rng.next_u64() & ((1 << 53) - 1)) as f64 / (1_u64 << 53) as f64
    }
}

/// The words of MT19937, for everything else that `rand` can draw.
impl TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let (high, low) = (u64::from(self.word()), u64::from(self.word()));
        Ok(high << 32 | low)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(&self.word().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}
