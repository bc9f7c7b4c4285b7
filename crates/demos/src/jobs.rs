//! Independent pieces of work, shared among all cores.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};

/// Works on each job on one core, in their order, and shows on a terminal how many are done.
/// The results are in the order of the jobs.
pub fn run_all<J: Sync, R: Send + Sync>(jobs: &[J], work: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} runs, {elapsed}");
    let style = style.expect("the template is right");
    let bar = ProgressBar::new(jobs.len() as u64).with_style(style);
    let next = AtomicUsize::new(0);
    let results: Vec<OnceLock<R>> = jobs.iter().map(|_| OnceLock::new()).collect();
    let take = || {
        loop {
            let k = next.fetch_add(1, Ordering::Relaxed);
            let Some((job, result)) = jobs.get(k).zip(results.get(k)) else { break };
            result.get_or_init(|| work(job));
            bar.inc(1);
        }
    };
    thread::scope(|scope| {
        // One more on this thread; it does the work of those that the system refuses.
        for _ in 1..thread::available_parallelism().map_or(1, |cores| cores.get()) {
            let _ = thread::Builder::new().spawn_scoped(scope, take);
        }
        take();
    });
    bar.finish_and_clear();
    results.into_iter().filter_map(OnceLock::into_inner).collect()
}
