//! A memory of about u = 50 steps: the gates are to begin at f = u / (u + 1) and i = 1 / (u + 1).
//! After 50 steps of a candidate of 1, 1 − f⁵⁰ = 0.63 should have been written. Nothing was.
//!
//! Look at the biases. Then mend them.
//!
//! Chapter: The table of 1997 (book/src/22-table-of-1997.md); the biases are those of
//! book/src/21-does-it-remember.md, "Chrono: a memory of every length".

fn sigmoid(b: f64) -> f64 {
    1.0 / (1.0 + (-b).exp())
}

/// The biases of the forget gate and of the input gate.
fn biases(u: f64) -> (f64, f64) {
    // TODO: is a time a bias?
    (u, -u)
}

fn main() {
    let (f, i) = biases(50.0);
    let (f, i) = (sigmoid(f), sigmoid(i));
    println!("f = {f:.4}, i = {i:.4}, written: {:.4}", (0..50).fold(0.0, |c, _| f * c + i));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_gates_and_what_they_write() {
        for u in [1.0, 3.0, 50.0] {
            let (b_f, b_i) = biases(u);
            let (f, i) = (sigmoid(b_f), sigmoid(b_i));
            let expected = u / (u + 1.0);
            let why = if b_f == u {
                "The bias is the time itself."
            } else if b_f == expected {
                "The bias is the gate itself. The gate is σ of it."
            } else if (f - 1.0 / (u + 1.0)).abs() < 1e-12 {
                "This is what the input gate should be."
            } else {
                ""
            };
            assert!(
                (f - expected).abs() < 1e-12,
                "for u = {u}, f should be {expected:.4} and is {f:.4}. {why}"
            );
            let expected = 1.0 / (u + 1.0);
            assert!(
                (i - expected).abs() < 1e-12,
                "for u = {u}, i should be {expected:.4} and is {i:.4}. f + i should be 1."
            );

            let written = (0..50).fold(0.0, |c, _| f * c + i * 1.0);
            let expected = 1.0 - f.powi(50);
            let right = (written - expected).abs() < 1e-12;
            assert!(
                right,
                "for u = {u}, {expected:.4} should have been written, and {written:.4} was."
            );
        }
    }
}
