//! Adam keeps running averages of the gradient and of its square. Both begin at zero, which is no
//! gradient that anyone has seen, and so the first steps are too large. Correct the averages.
//!
//! Chapter: Adam (book/src/20-adam.md), "Bias correction".

struct Adam {
    t: i32,
    m: f64,
    v: f64,
}

const LR: f64 = 0.1;
const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPS: f64 = 1e-8;

impl Adam {
    /// Changes the parameter p, whose gradient is g.
    fn step(&mut self, p: &mut f64, g: f64) {
        self.t += 1;
        self.m = BETA_1 * self.m + (1.0 - BETA_1) * g;
        self.v = BETA_2 * self.v + (1.0 - BETA_2) * g * g;
        let m_hat = self.m / (1.0 - BETA_1.powi(self.t));
        let v_hat = self.v / (1.0 - BETA_2.powi(self.t));
        *p -= LR * m_hat / (v_hat.sqrt() + EPS);
    }
}

/// p after the steps with these gradients, from p = 1.
fn run(gradients: &[f64]) -> f64 {
    let (mut adam, mut p) = (Adam { t: 0, m: 0.0, v: 0.0 }, 1.0);
    for &g in gradients {
        adam.step(&mut p, g);
    }
    p
}

fn main() {
    println!("after the gradients 2 and −1: p = {:.6}, and {:.6}", run(&[2.0]), run(&[2.0, -1.0]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn::{AdamConfig, module};
    use tensor::{Parameter, Tape, Tensor};

    struct Model {
        p: Parameter<f64>,
    }
    module! { impl Module<f64> for Model { p } }

    /// The crate's optimizer, with a loss g p that has the gradient g.
    fn by_crate(gradients: &[f64]) -> f64 {
        let mut model = Model { p: Parameter::new(Tensor::from(1.0)) };
        let mut adam = nn::Adam::new(AdamConfig { lr: LR, ..AdamConfig::default() });
        let mut tape = Tape::new();
        for &g in gradients {
            let gradients = (g * tape.watch(&model.p)).backward();
            tape.reset();
            adam.step(&mut model, &gradients);
        }
        model.p.value().item()
    }

    #[test]
    fn as_the_crates_adam() {
        for gradients in [&[2.0][..], &[-300.0], &[2.0, -1.0], &[2.0, -1.0, 0.5, 0.5, 3.0], &[1e-8]]
        {
            let (found, expected) = (run(gradients), by_crate(gradients));
            let step = (1.0 - found) / LR * gradients[0].signum();
            let why = if !found.is_finite() {
                "Something was divided by zero: which power is 1 − β⁰?"
            } else if gradients.len() > 1 {
                "If it is right after one step: the factor is 1 − βᵗ, with a power that grows."
            } else if gradients[0] == 1e-8 {
                "For a gradient as small as ε, its place matters: added after the root, to the \
                 corrected average."
            } else if (step - 3.1623).abs() < 1e-3 {
                "The first step is 3.16 times too large: nothing is corrected."
            } else if (step - 31.623).abs() < 1e-2 {
                "Only the average of the gradient is corrected. That of its square is even smaller."
            } else if (step - 0.1).abs() < 1e-3 {
                "Only the average of the square is corrected."
            } else {
                ""
            };
            assert!(
                (found - expected).abs() < 1e-7,
                "after the gradients {gradients:?}, p should be {expected:.6} and is {found:.6}. \
                 {why}"
            );
        }
    }
}
