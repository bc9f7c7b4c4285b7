//! Memory that comes back: the numbers of a dropped tensor are kept for the next
//! one of about the same size.
//!
//! A training step makes the same tensors as the step before it. Asking the system
//! for fresh memory each time costs more than the arithmetic on it, because the
//! system hands out every page empty and anew.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use num_traits::Zero;

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
pub struct Buffer<T: Pooled> {
    /// `None` only while it is dropped.
    block: Option<Block<T>>,
}

type Block<T> = Arc<Vec<T>>;

impl<T: Pooled> Buffer<T> {
    /// A buffer with room for `len` numbers, whatever they are, to be prepared.
    #[track_caller]
    fn from_pool(len: usize, prepare: impl FnOnce(&mut Vec<T>)) -> Self {
        // There is no pool any more while the thread ends.
        let block = T::with_pool(|pool| pool.take(len)).unwrap_or_else(|| Some(Block::default()));
        let Some(mut block) = block else { panic!("there is no memory for {len} numbers") };
        prepare(Arc::get_mut(&mut block).expect("nobody uses what is in the pool"));
        Buffer { block: Some(block) }
    }

    /// An empty buffer with room for `len` numbers.
    ///
    /// # Panics
    /// If there is no memory for so many, as of all that makes a buffer.
    #[track_caller]
    pub fn with_capacity(len: usize) -> Self {
        Buffer::from_pool(len, Vec::clear)
    }

    /// A buffer of `len` times the same number.
    #[track_caller]
    pub fn full(len: usize, value: T) -> Self {
        Buffer::from_pool(len, |numbers| {
            numbers.clear();
            numbers.resize(len, value);
        })
    }

    /// A buffer of `len` zeros.
    #[track_caller]
    pub fn zeros(len: usize) -> Self {
        Buffer::full(len, T::zero())
    }

    /// A buffer of `len` numbers, whatever they are, to be overwritten.
    #[track_caller]
    pub fn stale(len: usize) -> Self {
        Buffer::from_pool(len, |numbers| numbers.resize(len, T::zero()))
    }

    /// Whether the two share their numbers.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.block, &other.block) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// Whether a clone shares the numbers.
    pub(crate) fn is_shared(&self) -> bool {
        self.block.as_ref().is_some_and(|block| Arc::strong_count(block) > 1)
    }
}

impl<T: Pooled> From<Vec<T>> for Buffer<T> {
    fn from(vec: Vec<T>) -> Self {
        Buffer { block: Some(Arc::new(vec)) }
    }
}

impl<T: Pooled> From<&[T]> for Buffer<T> {
    fn from(numbers: &[T]) -> Self {
        Buffer::from_pool(numbers.len(), |copy| {
            copy.clear();
            copy.extend_from_slice(numbers);
        })
    }
}

impl<T: Pooled> FromIterator<T> for Buffer<T> {
    fn from_iter<I: IntoIterator<Item = T>>(numbers: I) -> Self {
        let numbers = numbers.into_iter();
        let mut buffer = Buffer::with_capacity(numbers.size_hint().0);
        buffer.extend(numbers);
        buffer
    }
}

impl<T: Pooled> Deref for Buffer<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        self.block.as_ref().expect("not dropped yet")
    }
}

impl<T: Pooled> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        if self.is_shared() {
            *self = Buffer::from(self.as_slice());
        }
        self.block.as_mut().and_then(Arc::get_mut).expect("neither dropped nor shared")
    }
}

impl<T: Pooled> Drop for Buffer<T> {
    fn drop(&mut self) {
        if !self.is_shared()
            && let Some(block) = self.block.take()
        {
            T::with_pool(|pool| pool.give_back(block));
        }
    }
}

/// Element types that each thread keeps a [`Pool`] of.
pub trait Pooled: Copy + Zero + 'static {
    /// Calls `f` with the thread's pool; `None` while the thread ends.
    fn with_pool<R>(f: impl FnOnce(&mut Pool<Self>) -> R) -> Option<R>;
}

macro_rules! pooled {
    ($($float:ty),*) => {$(
        impl Pooled for $float {
            fn with_pool<R>(f: impl FnOnce(&mut Pool<Self>) -> R) -> Option<R> {
                thread_local!(
                    static POOL: RefCell<Pool<$float>> = const { RefCell::new(Pool::new()) }
                );
                POOL.try_with(|pool| f(&mut pool.borrow_mut())).ok()
            }
        }
    )*};
}

pooled!(f32, f64);

/// The blocks of one element type that nobody in a thread uses.
#[derive(Debug)]
pub struct Pool<T> {
    /// In `small[k]`, blocks with room for 2ᵏ numbers, but not for 2ᵏ⁺¹.
    small: [Vec<Block<T>>; SMALL.ilog2() as usize + 1],
    /// Blocks for more than `SMALL` numbers.
    large: Vec<Block<T>>,
    /// How many numbers there is room for in blocks that nobody uses, …
    idle: usize,
    /// … in those in use, …
    used: usize,
    /// … and how many were ever in use at once.
    most: usize,
}

/// Up to here, a block has room for a power of two, so that any other of its kind will do.
const SMALL: usize = 1 << 12;

impl<T> Pool<T> {
    const fn new() -> Self {
        let small = [const { Vec::new() }; SMALL.ilog2() as usize + 1];
        Pool { small, large: Vec::new(), idle: 0, used: 0, most: 0 }
    }

    /// A block with room for `len` numbers; `None` if there is no memory for them.
    fn take(&mut self, len: usize) -> Option<Block<T>> {
        let kept = if len <= SMALL {
            self.small[len.next_power_of_two().ilog2() as usize].pop()
        } else {
            // The smallest that is large enough, if it is not much too large. If there is
            // none, the new one takes the place of one that is a little too small.
            let sizes = || self.large.iter().map(|block| block.capacity()).enumerate();
            let fits = sizes().filter(|(_, size)| (len..=2 * len).contains(size));
            let smaller = sizes().filter(|(_, size)| (len / 2..len).contains(size));
            let fits = fits.min_by_key(|(_, size)| *size);
            let best = fits.or(smaller.max_by_key(|(_, size)| *size));
            best.map(|(k, _)| self.large.swap_remove(k))
        };
        self.idle -= kept.as_ref().map_or(0, |block| block.capacity());
        let new = || {
            let mut numbers = Vec::new();
            let room = if len <= SMALL { len.next_power_of_two() } else { len };
            numbers.try_reserve_exact(room).ok().map(|()| Arc::new(numbers))
        };
        let kept = kept.filter(|block| block.capacity() >= len);
        let block = kept.or_else(new)?;
        self.used += block.capacity();
        self.most = self.most.max(self.used);
        Some(block)
    }

    fn give_back(&mut self, block: Block<T>) {
        let capacity = block.capacity();
        self.used = self.used.saturating_sub(capacity);
        self.idle += capacity;
        if self.idle > 2 * self.most {
            // More is kept than ever asked for: it comes from elsewhere.
            self.small.iter_mut().for_each(Vec::clear);
            self.large.clear();
            self.idle = capacity;
        }
        if capacity > SMALL {
            self.large.push(block);
        } else if let Some(k) = capacity.checked_ilog2() {
            self.small[k as usize].push(block);
        }
    }
}
