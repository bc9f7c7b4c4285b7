//! Dropout between layers.

use nn::{ForwardOptions, Generator, Lstm, LstmConfig, Module, Uniform, dropout};
use tensor::{Tape, Tensor};

/// Two layers with dropout are one layer, the mask by hand, and another layer: an
/// element is kept where a 64-bit draw is below 1 − p, and then divided by 1 − p.
#[test]
fn is_a_mask_between_two_layers() {
    const SEED: u64 = 5;
    let (seq, batch, size, hidden) = (7, 3, 2, 4);
    for p in [0.0, 0.3, 1.0] {
        let rng = &mut Generator::manual_seed(1);
        let config = LstmConfig { num_layers: 2, dropout: p, ..LstmConfig::new(size, hidden) };
        let both = Lstm::<f64>::new(config, rng);
        let parts =
            [size, hidden].map(|input| Lstm::<f64>::new(LstmConfig::new(input, hidden), rng));
        let [mut first, mut second] = parts;
        let values = both.state_dict();
        for (k, layer) in [&mut first, &mut second].into_iter().enumerate() {
            for ((_, p), (_, value)) in
                layer.named_parameters_mut().into_iter().zip(&values[4 * k..])
            {
                *p.value_mut() = value.clone();
            }
        }
        let x = Tensor::from_fn([seq, batch, size], || f64::unit(rng));

        let tape = Tape::new();
        let generator = &mut Generator::manual_seed(SEED);
        let options = ForwardOptions { training: Some(generator), ..ForwardOptions::default() };
        let (found, _) = both.forward_with(tape.constant(x.clone()), options);

        let (h, _) = first.forward(tape.constant(x.clone()), None);
        let draws = &mut Generator::manual_seed(SEED);
        let mask = Tensor::from_fn([seq, batch, hidden], || {
            if p == 0.0 {
                1.0
            } else if f64::unit(draws) < 1.0 - p {
                1.0 / (1.0 - p)
            } else {
                0.0
            }
        });
        let (expected, _) = second.forward(h * tape.constant(mask), None);
        for (f, e) in found.value().data().iter().zip(expected.value().data()) {
            assert!((f - e).abs() < 1e-14, "p = {p}: {f} {e}");
        }

        // In evaluation there is no dropout.
        let (found, _) = both.forward(tape.constant(x), None);
        let (expected, _) = second.forward(h, None);
        assert_eq!(found.value(), expected.value());
    }
}

/// Of the 2⁵³ draws, just (1 − p)·2⁵³ are below 1 − p: the one that equals it is not, and
/// its element is dropped. At p = 0 and p = 1, nothing is drawn. (As PyTorch 2.15 has it.)
#[test]
fn the_limits_are_pytorchs() {
    let first_of = |p: f64, generator: &mut Generator| {
        let tape = Tape::new();
        dropout(tape.constant(Tensor::full([3], 1.0)), p, generator).value().data()[0]
    };
    let start = Generator::manual_seed(0);
    let draw = f64::unit(&mut start.clone());
    assert_eq!(first_of(1.0 - draw, &mut start.clone()), 0.0);
    assert!(first_of(1.0 - draw - f64::EPSILON / 2.0, &mut start.clone()) > 1.0);
    for (p, expected) in [(0.0, 1.0), (1.0, 0.0)] {
        let generator = &mut start.clone();
        assert_eq!(first_of(p, generator), expected);
        assert_eq!(generator.state(), start.state());
    }
}

/// What is kept is scaled as in PyTorch 2.15: `torch.nn.functional.dropout(ones, p)`.
#[test]
fn the_scale_in_f32_is_pytorchs() {
    for (p, expected) in [(0.9, 10.0), (0.99, 100.0), (0.999, 999.99994), (0.99999, 100000.0)] {
        let tape = Tape::new();
        let x = tape.constant(Tensor::full([1_000_000], 1.0_f32));
        let y = dropout(x, p, &mut Generator::manual_seed(0)).value();
        assert_eq!(y.data().iter().find(|y| **y > 0.0), Some(&expected), "p = {p}");
    }
}
