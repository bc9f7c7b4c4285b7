//! Initial biases: every number of them, and what they leave alone.

use nn::{Generator, Lstm, LstmConfig, Module};
use proptest::prelude::*;
use tensor::Tensor;

const HIDDEN: usize = 50;

fn lstm(generator: &mut Generator) -> Lstm<f64> {
    let config = LstmConfig { num_layers: 2, bidirectional: true, ..LstmConfig::new(3, HIDDEN) };
    Lstm::new(config, generator)
}

/// For each layer and direction, the blocks i, f, g, o of `bias_ih` and `bias_hh`.
fn biases(lstm: &Lstm<f64>) -> Vec<[Vec<Vec<f64>>; 2]> {
    let state = lstm.state_dict();
    let blocks = |(_, bias): &(String, Tensor<f64>)| -> Vec<Vec<f64>> {
        bias.data().chunks(HIDDEN).map(<[f64]>::to_vec).collect()
    };
    let of = |name: &str| -> Vec<_> {
        state.iter().filter(|(n, _)| n.starts_with(name)).map(blocks).collect()
    };
    of("bias_ih").into_iter().zip(of("bias_hh")).map(|(ih, hh)| [ih, hh]).collect()
}

/// Everything but the biases of the gates i and f, which are blocks 0 and 1.
fn others(lstm: &Lstm<f64>, changed: &[usize]) -> Vec<f64> {
    let mut numbers = Vec::new();
    for (name, value) in lstm.state_dict() {
        for (k, &x) in value.data().iter().enumerate() {
            if !(name.starts_with("bias") && changed.contains(&(k / HIDDEN))) {
                numbers.push(x);
            }
        }
    }
    numbers
}

proptest! {
    #[test]
    fn forget_bias(seed: u64, bias in -10.0..10.0) {
        let mut lstm = lstm(&mut Generator::manual_seed(seed));
        let before = others(&lstm, &[1]);
        lstm.set_forget_bias(bias);
        for [ih, hh] in biases(&lstm) {
            prop_assert_eq!(&ih[1], &[bias; HIDDEN]);
            prop_assert_eq!(&hh[1], &[0.0; HIDDEN]);
        }
        prop_assert_eq!(others(&lstm, &[1]), before);
    }

    #[test]
    fn chrono(seed: u64, max_time in 2..5000_usize) {
        let generator = &mut Generator::manual_seed(seed);
        let mut lstm = lstm(generator);
        let before = others(&lstm, &[0, 1]);
        lstm.chrono_init(max_time, generator);
        let mut times = Vec::new();
        for [ih, hh] in biases(&lstm) {
            for (i, f) in ih[0].iter().zip(&ih[1]) {
                prop_assert_eq!(*i, -f);
                times.push(f.exp());
            }
            for gate in [0, 1] {
                prop_assert_eq!(&hh[gate], &[0.0; HIDDEN]);
            }
        }
        prop_assert_eq!(others(&lstm, &[0, 1]), before);
        // Uniform between 1 and max_time − 1: so is the mean of 200, and none is outside.
        let last = (max_time - 1) as f64;
        prop_assert!(times.iter().all(|t| (1.0 - 1e-12..=last * (1.0 + 1e-12)).contains(t)));
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        let deviation = (last - 1.0) / 12_f64.sqrt() / (times.len() as f64).sqrt();
        prop_assert!((mean - (1.0 + last) / 2.0).abs() <= 6.0 * deviation + 1e-9);
    }
}
