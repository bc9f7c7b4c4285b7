//! Whole models against central differences: every parameter, the input and
//! the initial state.

use nn::{
    Generator, Linear, Lstm, LstmConfig, Module, NamedParameters, check_gradients, mse_loss,
    prefixed,
};
use proptest::prelude::*;
use tensor::{Parameter, Tape, Tensor, Var};

/// An LSTM with its input and its initial state, all to be differentiated.
#[derive(Clone, Debug)]
struct Case {
    lstm: Lstm<f64>,
    x: Parameter<f64>,
    state: Option<[Parameter<f64>; 2]>,
}

impl Module<f64> for Case {
    fn named_parameters(&mut self) -> NamedParameters<'_, f64> {
        let mut list = prefixed("lstm", &mut self.lstm);
        list.push(("x".into(), &mut self.x));
        if let Some([h_0, c_0]) = &mut self.state {
            list.extend([("h_0".into(), h_0), ("c_0".into(), c_0)]);
        }
        list
    }
}

impl Case {
    /// Some number that depends on everything the LSTM returns.
    fn loss<'t>(&'t self, tape: &'t Tape<f64>) -> Var<'t, f64> {
        let state = self.state.as_ref().map(|[h, c]| (tape.watch(h), tape.watch(c)));
        let (output, (h_n, c_n)) = self.lstm.forward(tape.watch(&self.x), state);
        output.square().sum() + h_n.exp().sum() + (c_n * c_n * c_n).sum()
    }
}

fn cases() -> impl Strategy<Value = (Case, u64)> {
    let sizes = (1..=3_usize, 1..=3_usize, 1..=2_usize, 1..=4_usize, 1..=3_usize);
    (sizes, any::<[bool; 3]>(), any::<u64>()).prop_map(
        |((input_size, hidden_size, num_layers, seq, batch), [bias, batch_first, given], seed)| {
            let mut rng = Generator::manual_seed(seed);
            let config = LstmConfig {
                num_layers,
                bias,
                batch_first,
                ..LstmConfig::new(input_size, hidden_size)
            };
            let lstm = Lstm::new(config, &mut rng);
            let mut random = |shape: [usize; 3]| {
                use rand::RngExt;
                Parameter::new(Tensor::from_fn(shape, || rng.random_range(-1.5..1.5)))
            };
            let x = if batch_first { [batch, seq, input_size] } else { [seq, batch, input_size] };
            let x = random(x);
            let state = given.then(|| [0; 2].map(|_| random([num_layers, batch, hidden_size])));
            (Case { lstm, x, state }, seed)
        },
    )
}

proptest! {
    #[test]
    fn the_whole_lstm((case, seed) in cases()) {
        let rng = &mut Generator::manual_seed(seed);
        check_gradients(&case, |case, tape| case.loss(tape), rng)
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
