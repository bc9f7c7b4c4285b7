//! Whole models against central differences: every parameter, the input and
//! the initial state.

use nn::{
    Embedding, ForwardOptions, Generator, Linear, Lstm, LstmConfig, Rnn, check_gradients,
    cross_entropy, module, mse_loss,
};
use proptest::prelude::*;
use rand::RngExt;
use tensor::{Parameter, Tape, Tensor, Var};

/// An LSTM with its input and its initial state, all to be differentiated.
#[derive(Clone, Debug)]
struct Case {
    lstm: Lstm<f64>,
    x: Parameter<f64>,
    state: Option<[Parameter<f64>; 2]>,
    lengths: Option<Vec<usize>>,
    /// The seed of dropout, if this is training.
    training: Option<u64>,
}

module! { impl Module<f64> for Case { lstm, x, state, .. } }

impl Case {
    /// Some number that depends on everything the LSTM returns.
    fn loss<'t>(&'t self, tape: &'t Tape<f64>) -> Var<'t, f64> {
        let mut generator = self.training.map(Generator::manual_seed);
        let options = ForwardOptions {
            state: self.state.as_ref().map(|[h, c]| (tape.watch(h), tape.watch(c))),
            lengths: self.lengths.as_deref(),
            training: generator.as_mut(),
            reference: false,
        };
        let (output, (h_n, c_n)) = self.lstm.forward_with(tape.watch(&self.x), options);
        output.square().sum() + h_n.exp().sum() + (c_n * c_n * c_n).sum()
    }
}

/// The same for the network without gates.
#[derive(Clone, Debug)]
struct RnnCase {
    rnn: Rnn<f64>,
    x: Parameter<f64>,
    h_0: Option<Parameter<f64>>,
}

module! { impl Module<f64> for RnnCase { rnn, x, h_0 } }

/// Which symbol comes after one.
#[derive(Clone, Debug)]
struct Symbols {
    embedding: Embedding<f64>,
    head: Linear<f64>,
}

module! { impl Module<f64> for Symbols { embedding, head } }

fn cases() -> impl Strategy<Value = (Case, u64)> {
    let sizes = (1..=3_usize, 1..=3_usize, 1..=2_usize, 1..=4_usize, 1..=3_usize);
    (sizes, any::<[bool; 8]>(), any::<u64>()).prop_map(|(sizes, flags, seed)| {
        let (input_size, hidden_size, num_layers, seq, batch) = sizes;
        let [bias, batch_first, given, bidirectional, projected, batched, padded, trained] = flags;
        let mut rng = Generator::manual_seed(seed);
        let config = LstmConfig {
            num_layers,
            bias,
            batch_first,
            bidirectional,
            proj_size: if projected { hidden_size - 1 } else { 0 },
            dropout: if trained && num_layers > 1 { 0.5 } else { 0.0 },
            ..LstmConfig::new(input_size, hidden_size)
        };
        let lstm = Lstm::new(config, &mut rng);
        let lengths: Vec<usize> = (0..batch).map(|_| rng.random_range(1..=seq)).collect();
        // From where the gates are linear to where they are saturated.
        let size = 10_f64.powf(rng.random_range(-3.0..1.5));
        let mut random = |shape: Vec<usize>| {
            Parameter::new(Tensor::from_fn(shape.as_slice(), || rng.random_range(-size..size)))
        };
        let x = random(match (batched, batch_first) {
            (false, _) => vec![seq, input_size],
            (true, true) => vec![batch, seq, input_size],
            (true, false) => vec![seq, batch, input_size],
        });
        let count = num_layers * config.num_directions();
        let state = given.then(|| {
            [config.output_size(), hidden_size].map(|size| {
                random(if batched { vec![count, batch, size] } else { vec![count, size] })
            })
        });
        let lengths = (batched && padded).then_some(lengths);
        (Case { lstm, x, state, lengths, training: trained.then_some(seed) }, seed)
    })
}

proptest! {
    #[test]
    fn the_whole_lstm((case, seed) in cases()) {
        let rng = &mut Generator::manual_seed(seed);
        check_gradients(&case, |case, tape| case.loss(tape), rng)
            .map_err(|mismatch| TestCaseError::fail(mismatch.to_string()))?;
    }

    /// Padding changes nothing: not when its numbers change, not even when they
    /// are NaN, and a sample gives what it gives alone, without padding.
    #[test]
    fn padding_is_not_read((case, _) in cases(), filler in prop_oneof![Just(f64::NAN), -9.0..9.0]) {
        let Some(lengths) = &case.lengths else { return Ok(()) };
        let config = case.lstm.config();
        let time_first = |t: &Tensor<f64>| if config.batch_first { t.transpose(0, 1) } else { t.clone() };
        let run = |case: &Case| {
            let tape = Tape::new();
            let state = case.state.as_ref().map(|[h, c]| (tape.watch(h), tape.watch(c)));
            let lengths = case.lengths.as_deref();
            let options = ForwardOptions { state, lengths, ..ForwardOptions::default() };
            let (output, (h_n, c_n)) = case.lstm.forward_with(tape.watch(&case.x), options);
            let values = [time_first(&output.value()), h_n.value(), c_n.value()];
            let loss = output.square().sum() + h_n.sum() + c_n.sum();
            let gradients = loss.backward();
            (values, gradients.get(&case.x).cloned())
        };
        let (values, gradient) = run(&case);

        let mut other = case.clone();
        let mut x = time_first(case.x.value());
        let [seq, batch, size] = x.dims();
        for t in 0..seq {
            for b in (0..batch).filter(|&b| t >= lengths[b]) {
                x.data_mut()[(t * batch + b) * size..][..size].fill(filler);
            }
        }
        *other.x.value_mut() = time_first(&x);
        let (other_values, other_gradient) = run(&other);
        prop_assert_eq!(&values, &other_values);
        prop_assert_eq!(gradient, other_gradient);

        for (b, &length) in lengths.iter().enumerate() {
            let alone = Case {
                x: Parameter::new(time_first(&x.narrow(0, 0, length).narrow(1, b, 1))),
                state: case.state.as_ref().map(|state| {
                    state.each_ref().map(|s| Parameter::new(s.value().narrow(1, b, 1)))
                }),
                lengths: None,
                ..case.clone()
            };
            let ([output, h_n, c_n], _) = run(&alone);
            let mut padded = Tensor::zeros([seq, 1, output.shape()[2]]);
            padded.add_part(0, 0, &output);
            for (found, expected) in values.iter().zip([padded, h_n, c_n]) {
                let found = found.narrow(1, b, 1);
                for (f, e) in found.data().iter().zip(expected.data()) {
                    prop_assert!((f - e).abs() < 1e-13, "{} {}", f, e);
                }
            }
        }
    }

    #[test]
    fn the_plain_rnn(
        (seq, batch, inputs) in (1..=4_usize, 1..=3_usize, 1..=3_usize),
        hidden in 1..=3_usize,
        given: bool,
        seed: u64,
    ) {
        let rng = &mut Generator::manual_seed(seed);
        let case = RnnCase {
            rnn: Rnn::new(inputs, hidden, rng),
            x: Parameter::new(rng.uniform([seq, batch, inputs], -1.5, 1.5)),
            h_0: given.then(|| Parameter::new(rng.uniform([1, batch, hidden], -1.5, 1.5))),
        };
        fn loss<'t>(case: &'t RnnCase, tape: &'t Tape<f64>) -> Var<'t, f64> {
            let h_0 = case.h_0.as_ref().map(|h_0| tape.watch(h_0));
            let (output, h_n) = case.rnn.forward(tape.watch(&case.x), h_0);
            output.square().sum() + h_n.exp().sum()
        }
        check_gradients(&case, loss, rng)
            .map_err(|mismatch| TestCaseError::fail(mismatch.to_string()))?;
    }

    /// A symbol, the next one: also if one is there twice, and where the scores are large.
    #[test]
    fn embedding_and_cross_entropy(
        symbols in prop::collection::vec((0..5_usize, 0..5_usize), 1..=6),
        // A surer model has a loss that rounding hides: 1 − 10⁻¹⁴ shows no slope.
        size in (-3.0..0.7).prop_map(|power| 10_f64.powf(power)),
        seed: u64,
    ) {
        let rng = &mut Generator::manual_seed(seed);
        let mut model = Symbols { embedding: Embedding::new(5, 3, rng), head: Linear::new(3, 5, rng) };
        model.embedding.weight.value_mut().data_mut().iter_mut().for_each(|w| *w *= size);
        let (read, next): (Vec<_>, Vec<_>) = symbols.into_iter().unzip();
        check_gradients(
            &model,
            |model, tape| cross_entropy(model.head.forward(model.embedding.forward(tape, &read)), &next),
            rng,
        )
        .map_err(|mismatch| TestCaseError::fail(mismatch.to_string()))?;
    }

    #[test]
    fn linear_and_mse(batch in 1..=4_usize, inputs in 1..=4_usize, outputs in 1..=4_usize, seed: u64) {
        let rng = &mut Generator::manual_seed(seed);
        let linear = Linear::new(inputs, outputs, rng);
        let x = Tensor::from_fn([batch, inputs], || nn::Uniform::unit(rng));
        let y = Tensor::from_fn([batch, outputs], || nn::Uniform::unit(rng));
        check_gradients(
            &linear,
            |linear, tape| {
                mse_loss(linear.forward(tape.constant(x.clone())), tape.constant(y.clone()))
            },
            rng,
        )
        .map_err(|mismatch| TestCaseError::fail(mismatch.to_string()))?;
    }
}
