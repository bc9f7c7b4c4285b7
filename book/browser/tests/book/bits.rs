//! The browser's numbers are the native ones, to the last bit.

use serde_json::json;
use widgets::training::Training;
use widgets::{adding, bptt, cell, conveyor, rnn, saturation, tape, training, v_curve};

use super::in_browser;
use browser::book;

/// What the page's WebAssembly answers to calls, as the bits of each number.
const ANSWERS: &str = "(async (wasm, calls) => {
  const compute = await compiled(wasm);
  return calls.map((call) => Array.from(new BigUint64Array(compute(...call).buffer), String));
})";

type Compute = fn(&[f64]) -> Option<Vec<f64>>;

#[test]
fn same_bits() {
    let cells = [
        [1.0, 0.5, 0.8, 0.5, 1.0, 0.0, 0.5],
        [-1.0, 0.68, 1.356, 0.5, -8.0, 8.0, 0.1],
        [0.3, -0.7, 2.9, -3.3, 4.97, 0.01, -7.9],
    ];
    let mut calls: Vec<(&str, Compute, Vec<f64>)> =
        cells.map(|input| ("cell", cell::compute as Compute, input.to_vec())).into();
    calls.extend([
        ("training_start", training::start as Compute, vec![0.1]),
        ("training_run", training::run, vec![0.0, 500.0]),
        ("training_look", training::look, vec![0.0, 28.0, 7.0]),
        ("training_start", training::start, vec![0.3]),
        ("training_run", training::run, vec![1.0, 100.0]),
        ("tape", tape::compute, vec![0.0, 3.0, 2.0]),
        ("tape", tape::compute, vec![1.0, 0.1]),
        ("conveyor", conveyor::compute, vec![1.0, 20.0]),
        ("conveyor", conveyor::compute, vec![4.97, 100.0]),
        ("v_curve", v_curve::compute, vec![-6.25]),
        ("saturation", saturation::compute, vec![0.0, 4.6]),
        ("saturation", saturation::compute, vec![1.0, -0.35]),
        ("rnn", rnn::compute, vec![1.5, 0.5, 50.0]),
        ("bptt", bptt::compute, vec![1.0, 2.0, -1.0, 0.5, 1.1]),
        ("adding_start", adding::start, vec![1.0, 50.0, 1.0]),
        ("adding_run", adding::run, vec![0.0, 50.0]),
    ]);
    in_browser(|page| {
        let names: Vec<_> = calls.iter().map(|(name, _, input)| json!([name, input])).collect();
        let answers = page.eval(&format!("{ANSWERS}({}, {})", json!(book::wasm()), json!(names)));
        let mut wrong = Vec::new();
        for (k, (name, compute, input)) in calls.iter().enumerate() {
            let native = compute(input).expect("it has an answer");
            let theirs = answers[k].as_array().expect("it has an answer there, too");
            let ours: Vec<_> = native.iter().map(|number| number.to_bits().to_string()).collect();
            let different = ours.iter().zip(theirs).position(|(ours, theirs)| theirs != ours);
            if theirs.len() != ours.len() || different.is_some() {
                wrong.push(format!("{name} {input:?}: first at {different:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// What [`same_bits`] compares is what the notebook prints, and not any losses.
#[test]
fn losses_of_the_notebook() {
    let mut training = Training::new(0.1);
    for printed in widgets::notebook::LOSSES {
        assert!((training.epoch() / printed - 1.0).abs() < 1e-6);
    }
}
