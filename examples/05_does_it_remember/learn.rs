//! The task, the training, and the test.

use nn::{Adam, AdamConfig, Generator, Uniform, clip_grad_norm, mse_loss};
use tensor::{Tape, Tensor};

use crate::looks::reach;
use crate::model::{Bias, Model};

pub const BATCH: usize = 64;

/// Numbers of shape `[time, batch, 1]`, and the first of each, `[batch, 1]`.
pub fn draw(time: usize, batch: usize, rng: &mut Generator) -> (Tensor<f32>, Tensor<f32>) {
    let x = Tensor::from_fn([time, batch, 1], || if f32::unit(rng) < 0.5 { 1.0 } else { -1.0 });
    let y = x.narrow(0, 0, 1).reshape([batch, 1]);
    (x, y)
}

/// Learns for so many steps. Returns the model, the loss at the 20th, and what reached it before.
pub fn learn(bias: Bias, time: usize, seed: u64, steps: usize) -> (Model, f32, Vec<f64>) {
    let rng = &mut Generator::manual_seed(seed);
    let mut model = Model::new(bias, time, rng);
    let before = reach(&model, time);
    let mut adam = Adam::new(AdamConfig { lr: 0.01, ..AdamConfig::default() });
    let mut tape = Tape::new();
    let mut loss_20 = f32::NAN;
    for step in 1..=steps {
        let (x, y) = draw(time, BATCH, rng);
        let loss = mse_loss(model.forward(tape.constant(x)), tape.constant(y));
        if step == 20 {
            loss_20 = loss.value().item();
        }
        let mut gradients = loss.backward();
        tape.reset();
        clip_grad_norm(&model, &mut gradients, 1.0);
        adam.step(&mut model, &gradients);
    }
    (model, loss_20, before)
}

/// How many of 2,000 fresh sequences it answers with the right sign.
pub fn right(model: &Model, time: usize, seed: u64) -> usize {
    let (x, y) = draw(time, 2000, &mut Generator::manual_seed(1000 + seed));
    let tape = Tape::no_grad();
    let said = model.forward(tape.constant(x)).value();
    said.data().iter().zip(y.data()).filter(|(said, y)| *said * *y > 0.0).count()
}
