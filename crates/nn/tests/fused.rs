//! The fused sequence against the readable reference.

use nn::{ForwardOptions, Generator, Lstm, LstmConfig, Module, Stored, Uniform};
use proptest::prelude::*;
use tensor::{Gradients, Parameter, Tape, Tensor};

/// Output, states, and the gradients of everything, one way or the other.
fn run<T: Stored + Uniform>(
    lstm: &Lstm<T>,
    inputs: &[Parameter<T>; 3],
    us: &[Tensor<T>; 3],
    reference: bool,
    lengths: Option<&[usize]>,
    training: Option<u64>,
) -> Vec<Tensor<T>> {
    let mut generator = training.map(Generator::manual_seed);
    let tape = Tape::new();
    let [x, h_0, c_0] = inputs.each_ref().map(|p| tape.watch(p));
    let options = ForwardOptions {
        state: Some((h_0, c_0)),
        lengths,
        training: generator.as_mut(),
        reference,
    };
    let (output, (h_n, c_n)) = lstm.forward_with(x, options);
    let weighted = [output, h_n, c_n].into_iter().zip(us);
    let terms = weighted.map(|(y, u)| (y * tape.constant(u.clone())).sum());
    let gradients: Gradients<T> = terms.reduce(|a, b| a + b).unwrap().backward();
    let mut all = [output, h_n, c_n].map(|y| y.value()).to_vec();
    drop(tape);
    all.extend(inputs.iter().map(|p| gradients.get(p).unwrap().clone()));
    all.extend(lstm.named_parameters().into_iter().map(|(_, p)| gradients.get(p).unwrap().clone()));
    all
}

/// Compares both ways, element by element, relative to the largest. The loss depends on
/// everything, or on the output at step `seen` and, with an odd seed, on `c_n`.
fn compare<T: Stored + Uniform>(
    config: LstmConfig,
    [seq, batch]: [usize; 2],
    lengths: Option<&[usize]>,
    seen: Option<usize>,
    seed: u64,
    tolerance: f64,
) -> Result<(), TestCaseError> {
    let rng = &mut Generator::manual_seed(seed);
    let lstm = Lstm::<T>::new(config, rng);
    let count = config.num_layers * config.num_directions();
    let shapes = |size| {
        let data = if config.batch_first { [batch, seq, size] } else { [seq, batch, size] };
        [data, [count, batch, config.output_size()], [count, batch, config.hidden_size]]
    };
    let two = T::one() + T::one();
    let mut random = |shape: [usize; 3]| Tensor::from_fn(shape, || two * T::unit(rng) - T::one());
    let inputs = shapes(config.input_size).map(|shape| Parameter::new(random(shape)));
    let width = config.num_directions() * config.output_size();
    let mut us = shapes(width).map(&mut random);
    if let Some(seen) = seen {
        for (row, u) in us[0].data_mut().chunks_exact_mut(width).enumerate() {
            if seen != if config.batch_first { row % seq } else { row / batch } {
                u.fill(T::zero());
            }
        }
        us[1].data_mut().fill(T::zero());
        if seed.is_multiple_of(2) {
            us[2].data_mut().fill(T::zero());
        }
    }
    let training = (config.dropout > 0.0).then_some(seed);
    let expected = run(&lstm, &inputs, &us, true, lengths, training);
    let found = run(&lstm, &inputs, &us, false, lengths, training);
    for (k, (e, f)) in expected.iter().zip(&found).enumerate() {
        prop_assert_eq!(e.shape(), f.shape());
        let largest = e.data().iter().fold(1e-3, |max: f64, x| max.max(x.as_f64().abs()));
        for (e, f) in e.data().iter().zip(f.data()) {
            let error = (e.as_f64() - f.as_f64()).abs();
            prop_assert!(
                error <= tolerance * largest,
                "result {k}: {e} by the equations, {f} fused"
            );
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn it_is_the_equations(
        (input_size, hidden_size, num_layers) in (1..=5_usize, 1..=40_usize, 1..=2_usize),
        sizes in [1..=5_usize, 1..=5_usize],
        [bias, batch_first, bidirectional, trained, projected, padded, one_step]
            in any::<[bool; 7]>(),
        seed: u64,
    ) {
        let [seq, batch] = sizes;
        let lengths: Vec<usize> =
            (0..batch).map(|b| 1 + (seed as usize).wrapping_mul(b + 3) % seq).collect();
        let lengths = padded.then_some(lengths.as_slice());
        let seen = one_step.then_some(seed as usize % seq);
        let config = LstmConfig {
            num_layers,
            bias,
            batch_first,
            bidirectional,
            proj_size: if projected { hidden_size / 2 } else { 0 },
            dropout: if trained && num_layers > 1 { 0.3 } else { 0.0 },
            ..LstmConfig::new(input_size, hidden_size)
        };
        compare::<f64>(config, sizes, lengths, seen, seed, 1e-12)?;
        compare::<f32>(config, sizes, lengths, seen, seed, 2e-5)?;
    }
}

/// Time in several pieces of several steps, the last one shorter; and what is outside a length
/// begins inside of a piece.
#[test]
fn pieces_of_time() {
    for proj_size in [0, 2] {
        let config = LstmConfig { bidirectional: true, proj_size, ..LstmConfig::new(2, 3) };
        for lengths in [None, Some(&[70, 40, 1][..])] {
            compare::<f64>(config, [70, 3], lengths, None, 1, 1e-12).unwrap();
        }
    }
}

/// Large enough to be cut into shares and spread over threads. The number of
/// threads does not change a bit.
#[test]
fn shares_and_threads() {
    let config = LstmConfig { bidirectional: true, ..LstmConfig::new(20, 70) };
    compare::<f64>(config, [20, 50], None, None, 1, 1e-12).unwrap();
    compare::<f32>(config, [20, 50], None, None, 1, 2e-5).unwrap();

    let on_threads = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let rng = &mut Generator::manual_seed(3);
            let lstm = Lstm::<f32>::new(config, rng);
            let mut random = |shape: [usize; 3]| Tensor::from_fn(shape, || f32::unit(rng));
            let inputs =
                [[20, 50, 20], [2, 50, 70], [2, 50, 70]].map(|s| Parameter::new(random(s)));
            let us = [[20, 50, 140], [2, 50, 70], [2, 50, 70]].map(&mut random);
            let results = run(&lstm, &inputs, &us, false, None, None);
            results.iter().flat_map(|t| t.data().iter().map(|x| x.to_bits())).collect::<Vec<_>>()
        })
    };
    let one = on_threads(1);
    for threads in [2, 3, 4] {
        assert!(one == on_threads(threads), "{threads} threads");
    }
}

/// The gradients of the weights are sums over all steps and samples. With a million of them,
/// `f32` still has its digits.
#[test]
fn weight_gradients_keep_their_digits() {
    let (seq, batch) = (1000, 1000);
    fn gradients<T: Stored + Uniform>(lstm: &Lstm<T>, x: &Tensor<f64>) -> Vec<Tensor<f64>> {
        let tape = Tape::new();
        let (output, _) = lstm.forward(tape.constant(x.cast()), None);
        let gradients = output.sum().backward();
        let list = lstm.named_parameters().into_iter();
        list.map(|(_, p)| gradients.get(p).unwrap().cast()).collect()
    }
    let rng = &mut Generator::manual_seed(0);
    let single = Lstm::<f32>::new(LstmConfig::new(2, 3), rng);
    let mut double = Lstm::<f64>::new(LstmConfig::new(2, 3), rng);
    for ((_, p), (_, value)) in double.named_parameters_mut().into_iter().zip(single.state_dict()) {
        *p.value_mut() = value.cast();
    }
    let x = Tensor::from_fn([seq, batch, 2], || f64::from(f32::unit(rng)));
    for (found, expected) in gradients(&single, &x).iter().zip(gradients(&double, &x)) {
        let largest = expected.data().iter().fold(0.0, |max: f64, x| max.max(x.abs()));
        for (f, e) in found.data().iter().zip(expected.data()) {
            let error = (f - e).abs() / largest;
            assert!(error < 2e-6, "{f} in f32, {e} in f64: {error}");
        }
    }
}
