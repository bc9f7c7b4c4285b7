//! How the rows of a batch are shared among threads.
//!
//! Samples do not know of each other, so each thread takes some of them through time.

use std::ops::Range;

use smallvec::SmallVec;

/// A share of some numbers: its rows at each step.
pub type Steps<'a, T> = SmallVec<[&'a mut [T]; 8]>;

/// A range of rows for each thread.
pub fn ranges(batch: usize, threads: usize) -> SmallVec<[Range<usize>; 2]> {
    // As many rows as a product's kernel takes together, or a multiple of it.
    let share = batch.div_ceil(threads).next_multiple_of(4).max(8);
    (0..batch).step_by(share).map(|start| start..batch.min(start + share)).collect()
}

/// Cuts numbers of shape `[steps, batch, width]` into one share for each range.
pub fn cut<'a, T>(
    mut numbers: &'a mut [T],
    steps: usize,
    width: usize,
    ranges: &[Range<usize>],
) -> SmallVec<[Steps<'a, T>; 2]> {
    let mut shares: SmallVec<[Steps<'a, T>; 2]> =
        ranges.iter().map(|_| Steps::with_capacity(steps)).collect();
    for _ in 0..steps {
        for (share, rows) in shares.iter_mut().zip(ranges) {
            share.push(numbers.split_off_mut(..rows.len() * width).expect("so many are left"));
        }
    }
    shares
}
