//! How many threads a piece of work is worth.

/// Multiplications below which a second thread costs more than it saves.
const WORTH_A_THREAD: usize = 1 << 20;

/// How many threads so many multiplications are worth.
///
/// ```
/// assert_eq!(tensor::kernel::threads::worth(1000), 1);
/// ```
pub fn worth(multiplications: usize) -> usize {
    (multiplications / WORTH_A_THREAD).clamp(1, rayon::current_num_threads())
}

/// The same for work that is done outside of [`in_pool`] unless it is called there: to call for
/// the pool's threads and to wait for them costs as much as some more multiplications.
pub fn worth_calling(multiplications: usize) -> usize {
    const CALL: usize = 16;
    worth(multiplications / if rayon::current_thread_index().is_some() { 1 } else { CALL })
}

/// Runs work that uses `threads` threads on one of them, so that it need not call for
/// them each time.
///
/// ```
/// let mut sum = 0;
/// tensor::kernel::threads::in_pool(2, || sum = 1 + 2);
/// assert_eq!(sum, 3);
/// ```
pub fn in_pool(threads: usize, work: impl FnOnce() + Send) {
    if threads > 1 {
        rayon::join(work, || ());
    } else {
        work();
    }
}
