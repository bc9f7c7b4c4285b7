//! An operation of your own: its value, its pullback, and the check that they
//! belong together.
//!
//! Run it with `cargo run -p demos --example 02_your_own_op`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use demos::program;
use nn::Generator;
use tensor::kernel::math::{exp, ln, sigmoid};
use tensor::{Tensor, Var, check_vjp};

/// softplus(x) = ln(1 + eˣ), a smooth ramp. Its derivative is σ(x).
fn softplus<'t>(x: Var<'t, f64>) -> Var<'t, f64> {
    let v = x.value();
    let y = v.map(|x| ln(1.0 + exp(x)));
    x.tape().record("softplus", [x], y, move |dy, _| [dy.zip(&v, |dy, x| dy * sigmoid(x))])
}

/// The same with a mistake that is easily made: the sign in σ.
fn wrong_softplus<'t>(x: Var<'t, f64>) -> Var<'t, f64> {
    let v = x.value();
    let y = v.map(|x| ln(1.0 + exp(x)));
    x.tape().record("wrong_softplus", [x], y, move |dy, _| [dy.zip(&v, |dy, x| dy * sigmoid(-x))])
}

fn main() -> ExitCode {
    program::run(check_both)
}

fn check_both(out: &mut dyn Write) -> Result<()> {
    let mut rng = Generator::manual_seed(0);
    let x = Tensor::from([[-1.0, 0.0], [0.5, 3.0]]);

    match check_vjp(|[x]| softplus(x), [&x], &mut rng) {
        Ok(()) => writeln!(out, "softplus: the pullback agrees with central differences.\n")?,
        Err(mismatch) => writeln!(out, "{mismatch}\n")?,
    }
    match check_vjp(|[x]| wrong_softplus(x), [&x], &mut rng) {
        Ok(()) => writeln!(out, "wrong_softplus: nobody noticed!")?,
        Err(mismatch) => writeln!(out, "{mismatch}")?,
    }
    Ok(())
}
