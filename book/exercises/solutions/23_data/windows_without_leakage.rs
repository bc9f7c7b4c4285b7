//! A series is cut into windows of `n` rows; window k begins at row k. The split below is in time,
//! training first, and still leaks: some test windows share rows with the training.
//!
//! Mend the split, for any n. Leave out no more windows than you must.
//!
//! Chapter: Windows, leakage, baselines (book/src/23-data.md), "Leakage".

use std::ops::Range;

/// The windows for training, the first `train` of them, and those for the test.
fn split(windows: usize, n: usize, train: usize) -> (Range<usize>, Range<usize>) {
    assert!(n > 0, "a window has rows");
    // The last training window ends with row train + n − 2, so the test begins with window train +
    // n − 1.
    let between = n - 1;
    (0..train, train + between..windows)
}

fn main() {
    let (train, test) = split(8, 3, 5);
    println!("training: windows {train:?}, test: windows {test:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_is_on_both_sides() {
        for (windows, n, train) in [(8, 1, 5), (8, 3, 5), (100, 10, 70)] {
            let (for_training, for_test) = split(windows, n, train);
            let of = format!("of {windows} windows of {n} rows, {train} for training");
            assert!(
                for_training == (0..train),
                "{of}: the training should be {:?} and is {for_training:?}.",
                0..train
            );
            let rows = |window: usize| window..window + n;
            for a in for_training.clone() {
                for b in for_test.clone() {
                    let shared = rows(a).find(|row| rows(b).contains(row));
                    if let Some(row) = shared {
                        panic!(
                            "{of}: the test should share no row, and window {b} shares row {row} \
                             with window {a}."
                        );
                    }
                }
            }
            let first = train + n - 1;
            assert!(
                for_test == (first..windows),
                "{of}: the test should be {:?} and is {for_test:?}. More windows are left out \
                 than must be.",
                first..windows
            );
        }
    }
}
