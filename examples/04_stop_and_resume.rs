//! Training that can be stopped at any moment, by the plug if need be, and goes
//! on from its last checkpoint as if nothing had happened.
//!
//! Run it with `cargo run -p demos --example 04_stop_and_resume -- FILE EPOCHS`,
//! stop it with Ctrl-C, and run it again.

use std::path::Path;

use anyhow::{Context, Result};
use nn::{
    Adam, AdamConfig, ForwardOptions, Generator, Lstm, LstmConfig, load_checkpoint, mse_loss,
    save_checkpoint,
};
use tensor::{Tape, Tensor};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().context("the first argument should be a file")?;
    let epochs: u64 = match arguments.next() {
        Some(text) => text.parse().context("the second argument should be a number of epochs")?,
        None => 100,
    };

    let mut generator = Generator::manual_seed(0);
    let config = LstmConfig { num_layers: 2, dropout: 0.1, ..LstmConfig::new(1, 8) };
    let mut lstm = Lstm::<f32>::new(config, &mut generator);
    let mut adam = Adam::new(AdamConfig { lr: 0.01, ..AdamConfig::default() });
    let mut done = 0;
    if Path::new(&path).exists() {
        done = load_checkpoint(&path, &mut lstm, &mut adam, &mut generator)?;
    }

    // The task: to give back, at each step, the mean of what was read so far.
    let wave: Vec<f32> = (0..20).map(|t| (7 * t % 20) as f32 / 10.0 - 1.0).collect();
    let means = (1..=20).map(|n| wave[..n].iter().sum::<f32>() / n as f32).collect();
    let (x, y) = (Tensor::new([20, 1, 1], wave), Tensor::new([20, 1], means));

    let mut tape = Tape::new();
    for epoch in done..epochs {
        let options = ForwardOptions { training: Some(&mut generator), ..Default::default() };
        let (output, _) = lstm.forward_with(tape.constant(x.clone()), options);
        let prediction = output.narrow(2, 0, 1).reshape([20, 1]);
        let loss = mse_loss(prediction, tape.constant(y.clone()));
        println!("epoch {epoch}  loss {}", loss.value().item());
        let gradients = loss.backward();
        tape.reset();
        adam.step(&mut lstm, &gradients);
        if (epoch + 1) % 10 == 0 {
            save_checkpoint(&path, &lstm, &adam, &generator, epoch + 1)?;
        }
    }
    Ok(())
}
