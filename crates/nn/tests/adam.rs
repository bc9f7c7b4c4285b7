//! What Adam remembers, and whose it is. (Its numbers are PyTorch's in `golden.rs`.)

use allocation_counter::measure;
use nn::{Adam, AdamConfig, Generator, Linear, Module, clip_grad_norm, clip_grad_norm_if_finite};
use tensor::{Gradients, Parameter, Scalar, Tape, Tensor};

fn linear(seed: u64) -> Linear<f64> {
    Linear::new(3, 2, &mut Generator::manual_seed(seed))
}

fn adam() -> Adam<f64> {
    Adam::new(AdamConfig { lr: 0.1, ..AdamConfig::default() })
}

/// The gradients of some loss, another one for each `k`.
fn gradients(model: &Linear<f64>, k: usize) -> Gradients<f64> {
    let tape = Tape::new();
    let x = Tensor::from([[1.0, -2.0, k as f64]]);
    model.forward(tape.constant(x)).square().sum().backward()
}

fn step(adam: &mut Adam<f64>, model: &mut Linear<f64>, k: usize) {
    let gradients = gradients(model, k);
    adam.step(model, &gradients);
}

/// The best model so far is put back, and Adam goes on: as in PyTorch, where its numbers are
/// copied into the model that there is.
#[test]
fn a_restored_model_goes_on() {
    let (mut by_clone, mut by_state) = (linear(0), linear(0));
    let (mut adam_1, mut adam_2) = (adam(), adam());
    let (mut best, mut best_state) = (by_clone.clone(), by_state.state_dict());
    for k in 0..12 {
        if k == 4 {
            (best, best_state) = (by_clone.clone(), by_state.state_dict());
        }
        if k == 8 {
            by_clone = best.clone();
            by_state.load_state_dict(&best_state).unwrap();
        }
        step(&mut adam_1, &mut by_clone, k);
        step(&mut adam_2, &mut by_state, k);
        assert_eq!(by_clone.state_dict(), by_state.state_dict(), "step {k}");
    }
    // And it is not what an Adam that starts afresh would do.
    let mut fresh = best.clone();
    (8..12).for_each(|k| step(&mut adam(), &mut fresh, k));
    assert_ne!(fresh.state_dict(), by_clone.state_dict());
}

/// Putting a model back again and again leaves nothing behind.
#[test]
fn restoring_does_not_grow() {
    let (mut model, mut adam) = (linear(0), adam());
    let best = model.clone();
    let mut restore = |times: usize| {
        measure(|| {
            for k in 0..times {
                model = best.clone();
                step(&mut adam, &mut model, k);
            }
        })
        .bytes_current
    };
    restore(100); // the pool of memory finds its size
    assert!(restore(2000) < 10_000, "not even five bytes each time");
}

/// A parameter without a gradient stays, and so does its count of steps, on which the bias
/// correction of its first gradient depends.
#[test]
fn a_parameter_without_a_gradient_is_skipped() {
    let mut pair = [1.0, 1.0].map(|x| Parameter::new(Tensor::from(x)));
    let mut adam = adam();
    let of = |pair: &[Parameter<f64>; 2], both: bool| {
        let tape = Tape::new();
        let one = tape.watch(&pair[0]) * 3.0;
        (if both { one + tape.watch(&pair[1]) * 3.0 } else { one }).backward()
    };
    for _ in 0..5 {
        let gradients = of(&pair, false);
        adam.step(&mut pair, &gradients);
    }
    assert_eq!(pair[1].value().item(), 1.0);
    let gradients = of(&pair, true);
    adam.step(&mut pair, &gradients);
    // Its first step is lr, whatever the gradient.
    approx::assert_relative_eq!(pair[1].value().item(), 0.9, epsilon = 1e-8);
}

/// Gradients of two halves of a batch, added, are those of the batch.
#[test]
fn accumulation_over_batches() {
    let model = linear(1);
    let mut sum = gradients(&model, 1);
    sum += gradients(&model, 2);
    let tape = Tape::new();
    let loss = |k: f64| {
        let x = tape.constant(Tensor::from([[1.0, -2.0, k]]));
        model.forward(x).square().sum()
    };
    let whole = (loss(1.0) + loss(2.0)).backward();
    for (name, parameter) in model.named_parameters() {
        let (sum, whole) = (sum.get(parameter).unwrap(), whole.get(parameter).unwrap());
        for (a, b) in sum.data().iter().zip(whole.data()) {
            approx::assert_relative_eq!(*a, *b, epsilon = 1e-12);
        }
        assert_eq!(sum.shape(), parameter.value().shape(), "{name}");
    }
}

/// A step that was refused leaves nothing behind: Adam still waits for its first model.
#[test]
fn a_refused_step_is_none() {
    let (mut adam, mut model, mut other) = (adam(), linear(0), linear(1));
    let gradients = gradients(&model, 1);
    let refused = std::panic::AssertUnwindSafe(|| adam.step(&mut other, &gradients));
    assert!(std::panic::catch_unwind(refused).is_err());
    adam.step(&mut model, &gradients);
}

/// The gradients of four parameters, each of which is this number.
fn four<T: Scalar>(gradient: f64) -> ([Parameter<T>; 4], Gradients<T>) {
    let model = [(); 4].map(|()| Parameter::new(Tensor::from(T::one())));
    let tape = Tape::new();
    let parts: Vec<_> = model.iter().map(|p| tape.watch(p) * T::from_f64(gradient)).collect();
    let gradients = parts.into_iter().reduce(|a, b| a + b).unwrap().backward();
    drop(tape);
    (model, gradients)
}

/// Finite norms whose squares are too large for f32, and whose sum is too large for f64.
#[test]
fn the_norm_of_all_can_be_larger_than_each() {
    let (model, mut gradients) = four::<f32>(1.2e19);
    let error = clip_grad_norm_if_finite(&model, &mut gradients, 1.0).unwrap_err();
    assert_eq!(error.norm, f64::INFINITY);
    assert_eq!(gradients.get(&model[3]).unwrap().item(), 1.2e19);

    let (model, mut gradients) = four::<f64>(1.2e154);
    let error = clip_grad_norm_if_finite(&model, &mut gradients, 1.0).unwrap_err();
    assert_eq!(error.to_string(), "the gradient of all parameters together has the norm inf");
    assert_eq!(gradients.get(&model[3]).unwrap().item(), 1.2e154, "and nothing is changed");
}

/// As PyTorch 2.15 does it: 0 and inf are legal, and what is not finite spreads.
#[test]
fn the_limits_of_clipping() {
    let clipped = |gradients: [f64; 2], max_norm| {
        let model = [(); 2].map(|()| Parameter::new(Tensor::from(1.0)));
        let tape = Tape::new();
        let [a, b] = [0, 1].map(|k| tape.watch(&model[k]) * gradients[k]);
        let mut found = (a + b).backward();
        drop(tape);
        clip_grad_norm(&model, &mut found, max_norm);
        [0, 1].map(|k| found.get(&model[k]).unwrap().item())
    };
    assert_eq!(clipped([3.0, 4.0], 0.0), [0.0, 0.0]);
    assert_eq!(clipped([3.0, 4.0], f64::INFINITY), [3.0, 4.0]);
    assert!(clipped([f64::NAN, 4.0], 1.0).iter().all(|g| g.is_nan()));
    let [infinite, finite] = clipped([f64::INFINITY, 4.0], 1.0);
    assert!(infinite.is_nan() && finite == 0.0);
}
