//! The LSTM against its six equations in plain `f64` arithmetic, one number at a
//! time, with nothing of the crate but its weights.

use std::collections::HashMap;

use nn::{Generator, Lstm, LstmConfig, Module, Uniform};
use proptest::prelude::*;
use tensor::{Tape, Tensor};

/// The output of one layer for one sample: `h_t` for each `t`, and `c_n`.
fn by_hand(
    weights: &HashMap<String, Tensor<f64>>,
    layer: usize,
    xs: &[Vec<f64>],
    (mut h, mut c): (Vec<f64>, Vec<f64>),
) -> (Vec<Vec<f64>>, Vec<f64>) {
    let hidden = h.len();
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let mut hs = Vec::new();
    for x in xs {
        // W_i· x + b_i· + W_h· h + b_h· in row `gate·hidden + unit`
        let inside = |gate: usize, unit: usize| {
            let row = gate * hidden + unit;
            let matrix = |name: &str, v: &[f64]| -> f64 {
                let w = &weights[&format!("{name}_l{layer}")];
                (0..v.len()).map(|k| w.data()[row * v.len() + k] * v[k]).sum()
            };
            let bias = |name: &str| {
                weights.get(&format!("{name}_l{layer}")).map_or(0.0, |b| b.data()[row])
            };
            matrix("weight_ih", x) + bias("bias_ih") + matrix("weight_hh", &h) + bias("bias_hh")
        };
        let step: Vec<[f64; 2]> = (0..hidden)
            .map(|unit| {
                let i = sigmoid(inside(0, unit));
                let f = sigmoid(inside(1, unit));
                let g = inside(2, unit).tanh();
                let o = sigmoid(inside(3, unit));
                let c = f * c[unit] + i * g;
                [o * c.tanh(), c]
            })
            .collect();
        h = step.iter().map(|[h, _]| *h).collect();
        c = step.iter().map(|[_, c]| *c).collect();
        hs.push(h.clone());
    }
    (hs, c)
}

proptest! {
    #[test]
    fn forward_is_the_six_equations(
        (input_size, hidden_size, num_layers) in (1..=3_usize, 1..=4_usize, 1..=3_usize),
        (seq, batch) in (1..=4_usize, 1..=3_usize),
        [bias, batch_first] in any::<[bool; 2]>(),
        seed: u64,
    ) {
        let rng = &mut Generator::manual_seed(seed);
        let config = LstmConfig { num_layers, bias, batch_first, ..LstmConfig::new(input_size, hidden_size) };
        let lstm = Lstm::<f64>::new(config, rng);
        let weights: HashMap<_, _> = lstm.state_dict().into_iter().collect();
        let mut random = |shape: [usize; 3]| Tensor::from_fn(shape, || 4.0 * f64::unit(rng) - 2.0);
        let x = random([seq, batch, input_size]);
        let (h_0, c_0) = (random([num_layers, batch, hidden_size]), random([num_layers, batch, hidden_size]));

        let tape = Tape::new();
        let given = if batch_first { x.transpose(0, 1) } else { x.clone() };
        let state = (tape.constant(h_0.clone()), tape.constant(c_0.clone()));
        let (output, (h_n, c_n)) = lstm.forward(tape.constant(given), Some(state));
        let output = if batch_first { output.transpose(0, 1) } else { output }.value();

        // The row of a [·, batch, size] tensor.
        let row = |t: &Tensor<f64>, i: usize, b: usize| -> Vec<f64> {
            let size = t.shape()[2];
            t.data()[(i * batch + b) * size..][..size].to_vec()
        };
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-13);
        for b in 0..batch {
            let mut xs: Vec<_> = (0..seq).map(|t| row(&x, t, b)).collect();
            for layer in 0..num_layers {
                let start = (row(&h_0, layer, b), row(&c_0, layer, b));
                let (hs, c) = by_hand(&weights, layer, &xs, start);
                prop_assert!(close(&row(&h_n.value(), layer, b), hs.last().unwrap()));
                prop_assert!(close(&row(&c_n.value(), layer, b), &c));
                xs = hs;
            }
            for (t, h) in xs.iter().enumerate() {
                prop_assert!(close(&row(&output, t, b), h));
            }
        }
    }
}

/// What `Lstm::steps` shows of each layer are the steps that `forward` takes.
#[test]
fn the_steps_are_those_of_forward() {
    let config = LstmConfig { num_layers: 2, ..LstmConfig::new(3, 4) };
    let rng = &mut Generator::manual_seed(5);
    let lstm = Lstm::<f64>::new(config, rng);
    let tape = Tape::new();
    let [x, h_0, c_0] = [[5, 2, 3], [2, 2, 4], [2, 2, 4]]
        .map(|shape| tape.constant(Tensor::from_fn(shape, || f64::unit(rng))));
    let state = Some((h_0, c_0));
    let (output, (_, c_n)) = lstm.forward(x, state);
    let layers = lstm.steps(x, state);
    assert_eq!(layers.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5]);
    let close = |a: &Tensor<f64>, b: &Tensor<f64>| {
        a.data().iter().zip(b.data()).all(|(a, b)| (a - b).abs() < 1e-14)
    };
    for (t, step) in layers[1].iter().enumerate() {
        assert!(close(&step.h.value(), &output.narrow(0, t, 1).value()), "step {t}");
    }
    for (layer, steps) in layers.iter().enumerate() {
        assert!(close(&steps[4].c.value(), &c_n.narrow(0, layer, 1).value()), "layer {layer}");
    }
}
