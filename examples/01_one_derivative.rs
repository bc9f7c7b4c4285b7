//! One derivative on the tape, and the tape itself.
//!
//! Run it with `cargo run -p demos --example 01_one_derivative`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use demos::program;
use tensor::{Tape, Tensor};

fn main() -> ExitCode {
    program::run(one_derivative)
}

fn one_derivative(out: &mut dyn Write) -> Result<()> {
    let tape = Tape::<f64>::new();
    let x = tape.var(Tensor::from(3.0));
    let y = x * x + 2.0 * x;

    writeln!(out, "y = x² + 2x at x = 3:  y = {}", y.value().item())?;
    writeln!(out, "by hand, dy/dx = 2x + 2 = {}", 2.0 * 3.0 + 2.0)?;
    writeln!(out, "by the tape,     dy/dx = {}", y.backward().wrt(x).item())?;

    // What the derivative is the limit of.
    let f = |x: f64| x * x + 2.0 * x;
    for step in [0.1, 0.001, 0.00001] {
        let slope = (f(3.0 + step) - f(3.0)) / step;
        writeln!(out, "the slope between 3 and 3 + {step}: {slope:.5}")?;
    }

    writeln!(out, "\nThe tape, one line for each operation:\n\n{tape}")?;
    writeln!(out, "The same as a graph; `dot -Tsvg` draws it:\n\n{}", tape.to_dot())?;
    Ok(())
}
