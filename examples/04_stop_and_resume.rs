//! Training that can be stopped at any moment, by the plug if need be, and goes
//! on from its last checkpoint as if nothing had happened.
//!
//! Run it with `cargo run -p demos --example 04_stop_and_resume -- FILE EPOCHS`,
//! stop it with Ctrl-C, and run it again.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use demos::program;
use nn::{
    Adam, AdamConfig, ForwardOptions, Generator, Lstm, LstmConfig, load_checkpoint, mse_loss,
    save_checkpoint,
};
use tensor::{Tape, Tensor};

/// Trains an LSTM that can be stopped and goes on from its last checkpoint
#[derive(Parser)]
struct Arguments {
    /// The checkpoint, made if it is not there
    file: PathBuf,
    /// How often the network sees the task, all runs together
    #[arg(default_value_t = 100, allow_negative_numbers = true,
          value_parser = program::whole_number::<u64>(0, u64::MAX))]
    epochs: u64,
}

fn main() -> ExitCode {
    program::run(train)
}

fn train(out: &mut dyn Write) -> Result<()> {
    let Arguments { file, epochs } = program::arguments()?;
    let mut generator = Generator::manual_seed(0);
    let config = LstmConfig { num_layers: 2, dropout: 0.1, ..LstmConfig::new(1, 8) };
    let mut lstm = Lstm::<f32>::new(config, &mut generator);
    let mut adam = Adam::new(AdamConfig { lr: 0.01, ..AdamConfig::default() });
    let mut done = 0;
    if file.exists() {
        done = load_checkpoint(&file, &mut lstm, &mut adam, &mut generator)?;
    }
    // What cannot be saved is better known now.
    save_checkpoint(&file, &lstm, &adam, &generator, done)?;

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
        writeln!(out, "epoch {epoch}  loss {}", loss.value().item())?;
        let gradients = loss.backward();
        tape.reset();
        adam.step(&mut lstm, &gradients);
        if (epoch + 1) % 10 == 0 {
            save_checkpoint(&file, &lstm, &adam, &generator, epoch + 1)?;
        }
    }
    Ok(())
}
