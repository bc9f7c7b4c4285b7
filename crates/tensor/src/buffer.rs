//! Memory that comes back: the numbers of a dropped tensor are kept for the next
//! one of about the same size.
//!
//! A training step makes the same tensors as the step before it. Asking the system
//! for fresh memory each time costs more than the arithmetic on it, because the
//! system hands out every page empty and anew.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::Scalar;

/// Numbers in a block of memory that goes back to its thread's pool. A clone shares
/// them, and changing shared ones copies them first.
///
/// ```
/// use tensor::Buffer;
///
/// let mut buffer = Buffer::with_capacity(2);
/// buffer.extend([1.0, 2.0]);
/// assert_eq!(buffer[1], 2.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer<T: Scalar> {
    /// `None` only while it is dropped.
    block: Option<Block<T>>,
}

type Block<T> = Arc<Vec<T>>;

impl<T: Scalar> Buffer<T> {
    /// An empty buffer with room for `len` numbers.
    pub fn with_capacity(len: usize) -> Self {
        let mut buffer = Buffer::from_pool(len);
        buffer.clear();
        buffer
    }

    fn from_pool(len: usize) -> Self {
        // There is no pool any more while the thread ends.
        let block = T::with_pool(|pool| pool.take(len));
        Buffer { block: Some(block.unwrap_or_default()) }
    }

    /// A buffer of `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Buffer::with_capacity(len);
        buffer.resize(len, T::zero());
        buffer
    }

    /// A buffer of `len` numbers, whatever they are, to be overwritten.
    pub fn stale(len: usize) -> Self {
        let mut buffer = Buffer::from_pool(len);
        buffer.resize(len, T::zero());
        buffer
    }

    /// Whether a clone shares the numbers.
    pub(crate) fn is_shared(&self) -> bool {
        self.block.as_ref().is_some_and(|block| Arc::strong_count(block) > 1)
    }
}

impl<T: Scalar> From<Vec<T>> for Buffer<T> {
    fn from(vec: Vec<T>) -> Self {
        Buffer { block: Some(Arc::new(vec)) }
    }
}

impl<T: Scalar> From<&[T]> for Buffer<T> {
    fn from(numbers: &[T]) -> Self {
        let mut buffer = Buffer::with_capacity(numbers.len());
        buffer.extend_from_slice(numbers);
        buffer
    }
}

impl<T: Scalar> FromIterator<T> for Buffer<T> {
    fn from_iter<I: IntoIterator<Item = T>>(numbers: I) -> Self {
        let numbers = numbers.into_iter();
        let mut buffer = Buffer::with_capacity(numbers.size_hint().0);
        buffer.extend(numbers);
        buffer
    }
}

impl<T: Scalar> Deref for Buffer<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        self.block.as_ref().expect("not dropped yet")
    }
}

impl<T: Scalar> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        if self.is_shared() {
            *self = Buffer::from(self.as_slice());
        }
        self.block.as_mut().and_then(Arc::get_mut).expect("neither dropped nor shared")
    }
}

impl<T: Scalar> Drop for Buffer<T> {
    fn drop(&mut self) {
        if !self.is_shared()
            && let Some(block) = self.block.take()
        {
            T::with_pool(|pool| pool.give_back(block));
        }
    }
}

/// The blocks of one element type that nobody in a thread uses.
#[derive(Debug)]
pub struct Pool<T> {
    /// In `bins[k]`, the blocks with room for 2ᵏ numbers, but not for 2ᵏ⁺¹.
    bins: [Vec<Block<T>>; usize::BITS as usize],
    /// How many numbers there is room for in the bins, …
    idle: usize,
    /// … in the blocks in use, …
    used: usize,
    /// … and how many were ever in use at once.
    most: usize,
}

/// Blocks up to this size have room for a power of two, so that any of a bin will do.
const SMALL: usize = 1 << 12;

impl<T> Pool<T> {
    pub(crate) const fn new() -> Self {
        Pool { bins: [const { Vec::new() }; usize::BITS as usize], idle: 0, used: 0, most: 0 }
    }

    /// A block with room for `len` numbers: the smallest kept one that is large enough,
    /// if it is not much too large.
    fn take(&mut self, len: usize) -> Block<T> {
        let len = if len <= SMALL { len.next_power_of_two() } else { len };
        let bin = &mut self.bins[len.ilog2() as usize];
        let best = if len <= SMALL {
            bin.len().checked_sub(1)
        } else {
            let fits = |k: &usize| (len..=len + len / 8).contains(&bin[*k].capacity());
            (0..bin.len()).filter(fits).min_by_key(|&k| bin[k].capacity())
        };
        let block = match best {
            Some(k) => {
                let block = bin.swap_remove(k);
                self.idle -= block.capacity();
                block
            }
            None => Arc::new(Vec::with_capacity(len)),
        };
        self.used += block.capacity();
        self.most = self.most.max(self.used);
        block
    }

    fn give_back(&mut self, block: Block<T>) {
        let capacity = block.capacity();
        self.used = self.used.saturating_sub(capacity);
        self.idle += capacity;
        if self.idle > 2 * self.most {
            // What is kept is not what is asked for: the work has changed.
            self.bins.iter_mut().for_each(Vec::clear);
            self.idle = capacity;
        }
        if let Some(k) = capacity.checked_ilog2() {
            self.bins[k as usize].push(block);
        }
    }
}
