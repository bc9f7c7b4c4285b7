//! What a wrong use says: one catalogue, to be read as a reader would.

#[path = "../../tensor/tests/catalogue/mod.rs"]
mod catalogue;

use nn::{
    Adam, AdamConfig, ForwardOptions, Generator, Linear, Lstm, LstmCell, LstmConfig, mse_loss,
};
use tensor::{Tape, Tensor, Var};

fn lstm(config: LstmConfig) -> &'static Lstm<f64> {
    // Leaked, so that the closures below can be short.
    Box::leak(Box::new(Lstm::new(config, &mut Generator::manual_seed(0))))
}

fn batch_first() -> LstmConfig {
    LstmConfig { batch_first: true, ..LstmConfig::new(2, 4) }
}

fn zeros<const N: usize>(tape: &Tape<f64>, shape: [usize; N]) -> Var<'_, f64> {
    tape.constant(Tensor::zeros(shape))
}

fn with_state<const N: usize, const H: usize, const C: usize>(
    config: LstmConfig,
    x: [usize; N],
    h_0: [usize; H],
    c_0: [usize; C],
) {
    let lstm = lstm(config);
    let t = &Tape::new();
    lstm.forward(zeros(t, x), Some((zeros(t, h_0), zeros(t, c_0))));
}

fn with_lengths(lengths: &[usize]) {
    let lstm = lstm(batch_first());
    let t = &Tape::new();
    let options = ForwardOptions { lengths: Some(lengths), ..Default::default() };
    lstm.forward_with(zeros(t, [8, 3, 2]), options);
}

#[test]
fn the_catalogue() {
    let catalogue = catalogue::of_panics(
        file!(),
        &[
            ("input_size is 0", |_| _ = lstm(LstmConfig::new(0, 4))),
            ("hidden_size is 0", |_| _ = lstm(LstmConfig::new(2, 0))),
            ("num_layers is 0", |_| _ = lstm(LstmConfig { num_layers: 0, ..batch_first() })),
            ("proj_size is hidden_size", |_| {
                _ = lstm(LstmConfig { proj_size: 4, ..batch_first() })
            }),
            ("dropout is no probability", |_| {
                _ = lstm(LstmConfig { dropout: 1.5, num_layers: 2, ..batch_first() })
            }),
            ("dropout, and one layer", |_| _ = lstm(LstmConfig { dropout: 0.5, ..batch_first() })),
            ("features", |t| _ = lstm(LstmConfig::new(2, 4)).forward(zeros(t, [8, 2, 3]), None)),
            ("features, batch_first", |t| {
                _ = lstm(batch_first()).forward(zeros(t, [8, 2, 3]), None)
            }),
            ("features, no batch", |t| _ = lstm(batch_first()).forward(zeros(t, [2, 3]), None)),
            ("rank 1", |t| _ = lstm(batch_first()).forward(zeros(t, [2]), None)),
            ("rank 4", |t| _ = lstm(LstmConfig::new(2, 4)).forward(zeros(t, [1, 8, 3, 2]), None)),
            ("no steps", |t| _ = lstm(batch_first()).forward(zeros(t, [8, 0, 2]), None)),
            ("h_0's layers", |_| with_state(batch_first(), [8, 3, 2], [2, 8, 4], [1, 8, 4])),
            ("c_0's size", |_| with_state(batch_first(), [8, 3, 2], [1, 8, 4], [1, 8, 5])),
            ("the state is batch_first, too", |_| {
                with_state(batch_first(), [8, 3, 2], [8, 1, 4], [8, 1, 4])
            }),
            ("batch_first was forgotten", |_| {
                with_state(LstmConfig::new(2, 4), [8, 3, 2], [1, 8, 4], [1, 8, 4])
            }),
            ("the state has a batch, the input has none", |_| {
                with_state(batch_first(), [3, 2], [1, 1, 4], [1, 1, 4])
            }),
            ("the state is not projected", |_| {
                let config = LstmConfig { proj_size: 3, ..batch_first() };
                with_state(config, [8, 3, 2], [1, 8, 4], [1, 8, 4])
            }),
            ("lengths: one for each sample", |_| with_lengths(&[3, 3])),
            ("lengths: 0", |_| with_lengths(&[3, 3, 3, 0, 3, 3, 3, 3])),
            ("lengths: more than there is", |_| with_lengths(&[3, 3, 3, 4, 3, 3, 3, 3])),
            ("LSTMCell: features", |t| {
                let cell = LstmCell::new(2, 4, true, &mut Generator::manual_seed(0));
                cell.forward(zeros(t, [8, 3]), None);
            }),
            ("LSTMCell: state", |t| {
                let cell = LstmCell::new(2, 4, true, &mut Generator::manual_seed(0));
                cell.forward(zeros(t, [8, 2]), Some((zeros(t, [8, 4]), zeros(t, [4]))));
            }),
            ("Linear: features", |t| {
                let linear = Linear::new(60, 1, &mut Generator::manual_seed(0));
                linear.forward(zeros(t, [8, 3, 20]));
            }),
            ("Linear: in_features is 0", |_| {
                Linear::<f64>::new(0, 1, &mut Generator::manual_seed(0));
            }),
            ("mse_loss: [8, 1] against [8]", |t| _ = mse_loss(zeros(t, [8, 1]), zeros(t, [8]))),
            ("Adam: lr", |_| {
                _ = Adam::<f64>::new(AdamConfig { lr: -0.1, ..AdamConfig::default() })
            }),
            ("Adam: betas", |_| {
                _ = Adam::<f64>::new(AdamConfig { betas: (0.9, 1.0), ..AdamConfig::default() })
            }),
        ],
    );
    insta::assert_snapshot!(catalogue);
}
