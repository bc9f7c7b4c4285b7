//! A line through noisy points, with Linear, MSE and Adam: the whole life of a
//! parameter in one loop.
//!
//! Run it with `cargo run -p demos --example 03_fit_a_line`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use demos::program;
use nn::{Adam, AdamConfig, Generator, Linear, Module, Uniform, mse_loss};
use tensor::{Tape, Tensor};

fn main() -> ExitCode {
    program::run(fit_a_line)
}

fn fit_a_line(out: &mut dyn Write) -> Result<()> {
    let mut generator = Generator::manual_seed(0);
    let mut noise = || f32::unit(&mut generator) - 0.5;

    // 50 points near y = 3x + 2.
    let xs: Vec<f32> = (0..50).map(|k| k as f32 / 25.0 - 1.0).collect();
    let ys: Vec<f32> = xs.iter().map(|x| 3.0 * x + 2.0 + 0.2 * noise()).collect();
    let (xs, ys) = (Tensor::new([50, 1], xs), Tensor::new([50, 1], ys));

    let mut line = Linear::<f32>::new(1, 1, &mut generator);
    let mut adam = Adam::new(AdamConfig { lr: 0.05, ..AdamConfig::default() });
    let mut tape = Tape::new();
    for epoch in 0..=300 {
        let x = tape.constant(xs.clone());
        let y = tape.constant(ys.clone());
        let loss = mse_loss(line.forward(x), y); // the layer's parameters are watched
        let value = loss.value().item();
        let gradients = loss.backward(); // one loop over the tape, in reverse
        tape.reset(); // the tape lets go of the parameters,
        adam.step(&mut line, &gradients); // and they may change
        if epoch % 50 == 0 {
            let numbers: Vec<f32> =
                line.state_dict().iter().map(|(_, value)| value.item()).collect();
            let [slope, intercept] = numbers[..] else { unreachable!("a weight and a bias") };
            writeln!(out, "epoch {epoch:3}  loss {value:8.4}  y = {slope:.3} x + {intercept:.3}")?;
        }
    }
    Ok(())
}
