//! Each figure begins with its chapter's numbers, and its parts fit together.

use approx::assert_relative_eq;
use proptest::prelude::*;
use widgets::adding::Adding;
use widgets::forecaster::{Windows, train};
use widgets::notebook::{LOSSES, dataset, run_cells};
use widgets::training::Training;
use widgets::{bptt, cell, conveyor, rnn, saturation, tape, v_curve};

/// Numbers as a chapter prints them.
fn digits(numbers: &[f64]) -> Vec<String> {
    numbers.iter().map(|number| format!("{number:.4}")).collect()
}

#[test]
fn one_cell() {
    let step = |x, h, c| cell::compute(&[x, h, c, 0.5, 1.0, 0.0, 0.5]).unwrap();
    let first = step(1.0, 0.5, 0.8);
    assert_eq!(
        digits(&first[..11]),
        [
            "1.7500", "1.0000", "1.5000", "1.2500", // the brackets
            "0.8520", "0.7311", "0.9051", "0.7773", // the gates
            "1.3560", "0.6805", "0.8755",
        ]
    );
    assert_eq!(digits(&step(-1.0, first[9], first[8])[8..10]), ["0.7625", "0.3754"]);
    // Of c: the brackets of i and f in chapters 12 and 13, and the old memory.
    let of_c = &first[23..];
    assert_eq!(digits(&of_c[6..8]), ["0.1142", "0.1573"]);
    assert_eq!(digits(&of_c[10..11]), ["0.7311"]);
    assert_eq!(first.len(), 35);
}

proptest! {
    /// Every gradient is the slope of what is drawn.
    #[test]
    fn gradients_of_the_cell(input in prop::array::uniform7(-3.0..3.0_f64)) {
        let here = cell::compute(&input).unwrap();
        // Where the gradients with respect to h, c and the biases stand.
        for (k, at) in [(1, 11), (2, 10), (3, 6), (4, 7), (5, 8), (6, 9)] {
            let at_step = |step: f64| {
                let mut input = input;
                input[k] += step;
                cell::compute(&input).unwrap()
            };
            let (right, left) = (at_step(1e-5), at_step(-1e-5));
            for (target, gradients) in [(9, 11), (8, 23)] {
                let slope = (right[target] - left[target]) / 2e-5;
                assert_relative_eq!(here[gradients + at], slope, epsilon = 1e-8, max_relative = 1e-6);
            }
        }
    }

    /// A weight's gradient is the sum of what the steps give, and what comes from the later step
    /// is what the later step's brackets and memory give.
    #[test]
    fn shares_of_the_steps(x in prop::collection::vec(-3.0..3.0_f64, 1..6)) {
        let out = bptt::compute(&x).unwrap();
        let (steps, gradients) = out.split_at(bptt::PER_STEP * x.len());
        let steps: Vec<_> = steps.chunks(bptt::PER_STEP).collect();
        for k in 0..4 {
            let h = |t: usize| if t == 0 { 0.0 } else { steps[t - 1][6] };
            let sum = |factor: &dyn Fn(usize) -> f64| -> f64 {
                steps.iter().enumerate().map(|(t, step)| step[15 + k] * factor(t)).sum()
            };
            assert_relative_eq!(gradients[k], sum(&|t| x[t]), epsilon = 1e-12);
            assert_relative_eq!(gradients[4 + k], sum(&h), epsilon = 1e-12);
            assert_relative_eq!(gradients[8 + k], sum(&|_| 1.0), epsilon = 1e-12);
        }
        for pair in steps.windows(2) {
            let through_brackets: f64 = (0..4).map(|k| pair[1][15 + k] * bptt::W_HH[k]).sum();
            assert_relative_eq!(pair[0][9], through_brackets, epsilon = 1e-12);
            let own = pair[0][7] * pair[0][3] * (1.0 - pair[0][5].powi(2));
            assert_relative_eq!(pair[0][8], pair[0][10] + own, epsilon = 1e-12);
        }
    }

    /// What a node gets is the sum over the arrows that leave it, whatever the numbers.
    #[test]
    fn the_tape(a in -9.0..9.0_f64, b in -9.0..9.0_f64) {
        for (program, lines) in tape::PROGRAMS.iter().enumerate() {
            let out = tape::compute(&[program as f64, a, b]).unwrap();
            let nodes: Vec<_> = out.chunks(tape::PER_LINE).collect();
            for (k, line) in lines.iter().enumerate().filter(|(_, line)| **line != tape::Line::Two) {
                let pieces = nodes.iter().flat_map(|node| {
                    (0..2).filter(move |&arrow| node[1 + arrow] == k as f64).map(|arrow| node[4] * node[5 + arrow])
                });
                let seed = if k + 1 == lines.len() { 1.0 } else { 0.0 };
                assert_relative_eq!(nodes[k][4], pieces.sum::<f64>() + seed, epsilon = 1e-9);
            }
        }
    }

    /// The gradient along c is the product of the f's, and the RNN's is that of its steps.
    #[test]
    fn products(b_f in -3.0..8.0_f64, u in -2.0..2.0_f64, h in -1.0..1.0_f64, steps in 1..100_usize) {
        let out = conveyor::compute(&[b_f, steps as f64]).unwrap();
        for product in [out[0].powi(steps as i32), out[3 + steps]] {
            assert_relative_eq!(out[2], product, max_relative = 1e-10, epsilon = 1e-300);
        }
        let out = rnn::compute(&[u, h, steps as f64]).unwrap();
        let product = out[steps + 1..][..steps].iter().product();
        assert_relative_eq!(out[3 * steps], product, max_relative = 1e-9, epsilon = 1e-300);
    }

    /// Whatever a slider may say, the answer is numbers.
    #[test]
    fn always_finite(input in prop::collection::vec(-20.0..20.0_f64, 0..8)) {
        let figures = [cell::compute, tape::compute, conveyor::compute, v_curve::compute,
            saturation::compute, rnn::compute, bptt::compute];
        for figure in figures {
            prop_assert!(figure(&input).unwrap_or_default().iter().all(|y| !y.is_nan()));
        }
    }
}

#[test]
fn two_steps_backwards() {
    let out = bptt::compute(&[1.0, 2.0]).unwrap();
    let (first, second) = (&out[..bptt::PER_STEP], &out[bptt::PER_STEP..]);
    let forward = ["0.6225", "0.7685", "0.6640", "0.5987", "0.4133", "0.3913", "0.2343"];
    assert_eq!(digits(&first[..7]), forward);
    let adjoints = ["1.0825", "0.7693", "0.0825", "0.2205", "0.5108", "0.0000", "0.4789", "0.4236"];
    assert_eq!(digits(&first[7..15]), adjoints);
    assert_eq!(digits(&first[15..]), ["0.1201", "0.0000", "0.2677", "0.1018"]);
    assert_eq!(digits(&second[15..19]), ["0.0482", "0.0194", "0.0257", "0.1615"]);
    let w_ih = &out[2 * bptt::PER_STEP..][..4];
    assert_eq!(digits(w_ih), ["0.2165", "0.0388", "0.3191", "0.4247"]);
}

#[test]
fn programs() {
    let gradients = |input: &[f64]| -> Vec<f64> {
        tape::compute(input).unwrap().chunks(tape::PER_LINE).map(|node| node[4]).collect()
    };
    assert_eq!(gradients(&[0.0, 3.0, 2.0]), [12.0, 9.0, 3.0, 1.0]);
    assert_eq!(gradients(&[1.0, 3.0]), [8.0, 1.0, 0.0, 1.0, 1.0]);
    assert_eq!(gradients(&[2.0, 3.0]), [4.0, 2.0, 1.0]);
}

#[test]
fn the_conveyor() {
    let out = conveyor::compute(&[1.0, 20.0]).unwrap();
    assert_eq!(digits(&out[..3]), ["0.7311", "2.2127", "0.0019"]);
    let long = conveyor::compute(&[4.97, 100.0]).unwrap();
    assert_eq!(format!("{:.2}", long[2]), "0.50");
}

#[test]
fn the_rnn() {
    let out = rnn::compute(&[1.5, 0.5, 20.0]).unwrap();
    assert_eq!(format!("{:.4}", out[20]), "0.8586");
    assert_eq!(format!("{:.1e}", out[out.len() - 1]), "5.5e-8");
}

#[test]
fn slopes() {
    let out = saturation::compute(&[0.0, 3.0_f64.ln()]).unwrap();
    assert_eq!(digits(&out[..4]), ["0.7500", "0.1875", "0.7500", "0.1875"]);
    assert_eq!(
        digits(&saturation::compute(&[1.0, 3.0_f64.ln()]).unwrap()[..2]),
        ["0.8000", "0.3600"]
    );
    // In f32 the slope ends before it does in f64.
    let far = saturation::compute(&[0.0, 18.0]).unwrap();
    assert_eq!(far[3], 0.0);
    assert!(far[1] > 0.0);
}

#[test]
fn the_v() {
    for (exponent, error) in [
        (-1, "1.0e-2"),
        (-5, "9.7e-11"),
        (-6, "2.5e-11"),
        (-7, "8.6e-11"),
        (-9, "8.2e-8"),
        (-12, "1.0e-4"),
    ] {
        let out = v_curve::compute(&[f64::from(exponent)]).unwrap();
        assert_eq!(format!("{:.1e}", out[3]), error);
    }
    // f32 turns at larger steps.
    let out = v_curve::compute(&[-3.0]).unwrap();
    let (f64s, f32s) = out[8..].split_at(v_curve::exponents().count());
    let best = |errors: &[f64]| {
        v_curve::exponents().zip(errors).min_by(|a, b| a.1.total_cmp(b.1)).unwrap().0
    };
    assert!(best(f64s) < -5.0 && best(f32s) > -4.0);
}

#[test]
fn the_notebook() {
    let windows = Windows::of(&dataset(), 3);
    let (mut network, _) = run_cells::<f32>(None, 20, 3);
    let expected = train(&mut network, &windows, 500, 0.1, |_, _| ()).unwrap();
    let mut training = Training::new(0.1);
    let losses: Vec<f64> = (0..500).map(|_| training.epoch()).collect();
    assert_eq!(losses, expected);
    for (ours, theirs) in losses.iter().zip(LOSSES) {
        assert_relative_eq!(*ours, theirs, max_relative = 1e-6);
    }
    let look = training.look(28, 7).unwrap();
    assert_eq!(format!("{:.1} {:.1}", look[0], look[7]), "68.3 68.4");
    assert_eq!(look.len(), 8 + 6 * 3 * 20);
    assert_eq!(training.look(500, 0).unwrap()[..8], network.predict(&windows));
    assert_eq!(training.look(501, 0), None);
    assert_eq!(training.look(0, 8), None);
}

#[test]
fn a_rate_of_three_tenths_finds_the_mean() {
    let mut training = Training::new(0.3);
    let last = (0..500).map(|_| training.epoch()).last().unwrap();
    assert_relative_eq!(last, 2100.0, epsilon = 0.01);
    let look = training.look(500, 0).unwrap();
    assert!(look[..8].iter().all(|says| (says - 115.0).abs() < 0.1));
}

/// The error of 50 batches together.
fn mean_of_50(adding: &mut Adding) -> f64 {
    (0..50).map(|_| adding.batch()).sum::<f64>() / 50.0
}

#[test]
fn adding_needs_its_initial_values() {
    let [mut chrono, mut default] = [true, false].map(|is_chrono| Adding::new(is_chrono, 50, 1));
    let [chrono, default] = [&mut chrono, &mut default]
        .map(|adding| (0..60).map(|_| mean_of_50(adding)).fold(f64::INFINITY, f64::min));
    assert!(chrono < 2e-3, "{chrono}");
    assert!(default > 1e-2, "{default}");
}
