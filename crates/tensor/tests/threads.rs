//! How many threads a piece of work is worth.

use rayon::ThreadPoolBuilder;
use tensor::kernel::threads::{worth, worth_calling};

const SIZES: [usize; 3] = [0, 1000, usize::MAX];

#[test]
fn little_is_worth_one_thread_and_much_all_of_them() {
    let all = worth(usize::MAX);
    assert_eq!(SIZES.map(worth), [1, 1, all]);
    assert_eq!(SIZES.map(worth_calling), [1, 1, all]);
    ThreadPoolBuilder::new().num_threads(3).build().unwrap().install(|| {
        assert_eq!(SIZES.map(worth), [1, 1, 3]);
        assert_eq!(SIZES.map(worth_calling), [1, 1, 3]);
    });
}

/// It must be worth it to call for threads, too; but not where they are there already.
#[test]
fn a_call_is_worth_more_work() {
    let powers_of_two = || (0..usize::BITS).map(|k| 1 << k);
    assert!(powers_of_two().all(|n| worth_calling(n) <= worth(n)));
    ThreadPoolBuilder::new().num_threads(3).build().unwrap().install(|| {
        assert!(powers_of_two().all(|n| worth_calling(n) == worth(n)));
    });
}
