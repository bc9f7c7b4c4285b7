//! How many threads a piece of work is worth.

use std::hint::black_box;
use std::sync::{Once, mpsc};
use std::{env, io, thread};

use rayon::{ThreadBuilder, ThreadPoolBuilder};

/// Multiplications below which a second thread costs more than it saves.
const WORTH_A_THREAD: usize = 1 << 20;

/// How many threads so many multiplications are worth.
///
/// ```
/// assert_eq!(tensor::kernel::threads::worth(1000), 1);
/// ```
pub fn worth(multiplications: usize) -> usize {
    if rayon::current_thread_index().is_none() {
        build_pool();
    }
    (multiplications / WORTH_A_THREAD).clamp(1, rayon::current_num_threads())
}

/// Rayon would panic, here and at every use of its pool, if the system refused one of its
/// threads. So it gets those that have been started already, or this one.
fn build_pool() {
    /// More threads for each core do little else than look for work at each other's.
    const MOST: usize = 8;
    /// So many bytes they leave for the work, where memory is limited.
    const ROOM: usize = 128 << 20;
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let asked = env::var("RAYON_NUM_THREADS").ok().and_then(|n| n.parse().ok());
        let threads = asked.filter(|&n| n > 0).unwrap_or(cores).min(MOST * cores);
        let start = |_| {
            black_box(&mut Vec::<u8>::new()).try_reserve(ROOM).ok()?;
            let (here, there) = mpsc::channel();
            let thread = move || {
                let (work, wait) = mpsc::channel::<ThreadBuilder>();
                here.send(work).map(|()| wait.recv().map(ThreadBuilder::run))
            };
            thread::Builder::new().spawn(thread).ok()?;
            // When it has answered, it has taken what memory it needs.
            there.recv().ok()
        };
        let started: Vec<_> = (0..threads).map_while(start).collect();
        let mut builder = ThreadPoolBuilder::new().num_threads(started.len().max(1));
        if started.is_empty() {
            builder = builder.use_current_thread();
        }
        let hand_over = |thread: ThreadBuilder| {
            started[thread.index()].send(thread).map_err(|_| io::ErrorKind::BrokenPipe.into())
        };
        // It fails if the program has built the pool before: then that is the one.
        let _ = builder.spawn_handler(hand_over).build_global();
    });
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
