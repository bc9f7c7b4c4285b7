//! Memory that comes back: who makes the same tensors again is given the same memory.

use std::thread;

use allocation_counter::measure;
use tensor::Buffer;

fn make(len: usize) {
    drop(Buffer::<f32>::zeros(len));
}

fn make_at_once(lens: &[usize]) {
    if let [first, rest @ ..] = lens {
        let _first = Buffer::<f32>::zeros(*first);
        make_at_once(rest);
    }
}

fn make_in_turn(lens: &[usize]) {
    lens.iter().copied().for_each(make);
}

/// In a thread whose pool is empty.
fn in_a_thread(work: impl FnOnce() + Send) {
    thread::scope(|scope| scope.spawn(work).join().unwrap());
}

/// Up to 4096 numbers a block has room for a power of two.
#[test]
fn what_was_dropped_is_used_again() {
    for len in [0, 1, 5, 8, 1000, 4095, 4096, 4097, 100_000] {
        in_a_thread(|| {
            make(len);
            assert_eq!(measure(|| make(len)).count_total, 0, "{len} numbers");
        });
    }
    for (before, len) in [(1000, 600), (8000, 5000)] {
        in_a_thread(|| {
            make(before);
            assert_eq!(measure(|| make(len)).count_total, 0, "{len} numbers after {before}");
        });
    }
}

/// As in a training step, side by side and one after the other.
#[test]
fn a_warm_step_allocates_nothing() {
    for lens in [&[10, 300, 300, 5000, 70_000][..], &[1000, 3000], &[5000, 6000], &[5000, 50_000]] {
        for step in [make_at_once, make_in_turn] {
            in_a_thread(|| {
                step(lens);
                let warm = measure(|| (0..4).for_each(|_| step(lens)));
                assert_eq!(warm.count_total, 0, "{lens:?}");
            });
        }
    }
}

/// What grows from step to step takes the place of what has become too small.
#[test]
fn a_growing_buffer_leaves_none_behind() {
    in_a_thread(|| {
        let most = 20_000;
        let steps = measure(|| (5000..most).step_by(500).for_each(make));
        assert!(steps.bytes_max < 2 * 4 * most as u64, "{} bytes", steps.bytes_max);
    });
}

#[test]
fn numbers_from_elsewhere_do_not_pile_up() {
    for len in [1000, 10_000] {
        in_a_thread(|| {
            make(len);
            let all = measure(|| (0..100).for_each(|_| drop(Buffer::from(vec![1.0_f32; len]))));
            assert!(all.bytes_current < 4 * 4 * len as i64, "{} bytes", all.bytes_current);
        });
    }
}
