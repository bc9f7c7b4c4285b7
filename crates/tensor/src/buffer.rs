//! Memory that comes back: the numbers of a dropped tensor are kept for the next
//! one of about the same size.
//!
//! A training step makes the same large tensors as the step before it. Asking the
//! system for fresh memory each time costs more than the arithmetic on it, because
//! the system hands out every page empty and anew.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use crate::Scalar;

/// Smaller blocks are as fast from the allocator.
const MIN_BYTES: usize = 32 << 10;
/// So many blocks are kept at most.
const MAX_BLOCKS: usize = 64;

/// A `Vec` whose memory goes back to its pool.
///
/// ```
/// use tensor::Buffer;
///
/// let mut buffer = Buffer::with_capacity(2);
/// buffer.extend([1.0, 2.0]);
/// assert_eq!(buffer[1], 2.0);
/// ```
#[derive(Debug)]
pub struct Buffer<T> {
    vec: Vec<T>,
    /// The pool's two functions, so that dropping needs to know nothing of `T`.
    take: fn(usize) -> Vec<T>,
    give_back: fn(Vec<T>),
}

/// The blocks of one element type that nobody uses.
#[derive(Debug)]
pub struct Pool<T>(Mutex<Vec<Vec<T>>>);

impl<T> Pool<T> {
    pub(crate) const fn new() -> Self {
        Pool(Mutex::new(Vec::new()))
    }

    /// An empty block for `len` numbers: the smallest kept one that is large
    /// enough, if it is not much too large.
    fn take(&self, len: usize) -> Vec<T> {
        if len * size_of::<T>() >= MIN_BYTES {
            let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let fits = |block: &Vec<T>| (len..=len + len / 4).contains(&block.capacity());
            let best = (blocks.iter().enumerate())
                .filter(|(_, block)| fits(block))
                .min_by_key(|(_, block)| block.capacity());
            if let Some((k, _)) = best {
                return blocks.swap_remove(k);
            }
        }
        Vec::with_capacity(len)
    }

    fn give_back(&self, mut block: Vec<T>) {
        if block.capacity() * size_of::<T>() >= MIN_BYTES {
            block.clear();
            let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if blocks.len() == MAX_BLOCKS {
                blocks.remove(0); // the one that waited longest
            }
            blocks.push(block);
        }
    }
}

impl<T: Scalar> Buffer<T> {
    /// An empty buffer with room for `len` numbers.
    pub fn with_capacity(len: usize) -> Self {
        let take = |len| T::pool().take(len);
        Buffer { vec: take(len), take, give_back: |block| T::pool().give_back(block) }
    }

    /// A buffer of `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Buffer::with_capacity(len);
        buffer.resize(len, T::zero());
        buffer
    }
}

impl<T: Scalar> From<Vec<T>> for Buffer<T> {
    fn from(vec: Vec<T>) -> Self {
        let mut buffer = Buffer::with_capacity(0);
        buffer.vec = vec;
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

impl<T: Clone> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        let mut vec = (self.take)(self.len());
        vec.extend_from_slice(self);
        Buffer { vec, take: self.take, give_back: self.give_back }
    }
}

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        (self.give_back)(std::mem::take(&mut self.vec));
    }
}

impl<T: PartialEq> PartialEq for Buffer<T> {
    fn eq(&self, other: &Self) -> bool {
        self.vec == other.vec
    }
}

impl<T> Deref for Buffer<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.vec
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.vec
    }
}
