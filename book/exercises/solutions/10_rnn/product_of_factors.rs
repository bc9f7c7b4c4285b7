//! The gradient through three steps of an RNN is a product of three factors, u (1 − h²). This loop
//! is wrong by three per cent: the kind of error that training hides.
//!
//! Look for the state that each factor is taken at. Then mend it.
//!
//! Chapter: The plain RNN, and how it forgets (book/src/10-rnn.md), "The gradient is a product".

/// ∂h_T / ∂h_0, from h_0 = 0.
fn gradient(w: f64, u: f64, xs: &[f64]) -> f64 {
    let (mut h, mut product) = (0.0_f64, 1.0);
    for x in xs {
        h = (w * x + u * h).tanh();
        product *= u * (1.0 - h * h); // of the tanh's output
    }
    product
}

fn main() {
    println!("∂h₃/∂h₀ = {:.4}", gradient(1.0, 0.5, &[1.0, 0.0, 0.0]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope() {
        for xs in [&[1.0][..], &[1.0, 0.0, 0.0], &[-0.3, 0.7, 0.2, -1.1]] {
            let (w, u) = (1.0, 0.5);
            let last = |h_0: f64| xs.iter().fold(h_0, |h, x| (w * x + u * h).tanh());
            let expected = (last(6e-6) - last(-6e-6)) / 12e-6;
            let found = gradient(w, u, xs);
            let late = |h: f64| 1.0 - h * h;
            let why = if (found - 0.5).abs() < 1e-9 {
                "The factor of the first step is taken at h₀, before the step. The slope of a \
                 tanh is had from its output."
            } else if (found - late(last(0.0)) * u.powi(xs.len() as i32)).abs() < 1e-9 {
                "Each step has a slope of its own."
            } else if (found * u.powi(xs.len() as i32) - expected).abs() < 1e-9 {
                "The weight u is missing: each step multiplies by it, too."
            } else {
                ""
            };
            let right = (found - expected).abs() < 1e-8;
            assert!(
                right,
                "through {} steps the gradient should be {expected:.4} and is {found:.4}. {why}",
                xs.len()
            );
        }
    }
}
