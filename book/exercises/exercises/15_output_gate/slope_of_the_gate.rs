//! Somebody has written the derivative of h_t by a_o, the bracket of the output gate, by hand. The
//! central difference says something else.
//!
//! Which function's derivative is this, and which one is it meant to be? Mend it.
//!
//! Chapter: The output gate o (book/src/15-output-gate.md), "Its gradient".

fn sigmoid(a: f64) -> f64 {
    1.0 / (1.0 + (-a).exp())
}

/// The derivative of h = σ(a_o) tanh(c) by a_o.
fn by_hand(a_o: f64, c: f64) -> f64 {
    let o = sigmoid(a_o);
    // TODO: whose derivative is this?
    (1.0 - o * o) * c.tanh()
}

fn main() {
    println!("{:.6}", by_hand(1.0, 0.5));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_difference() {
        for (a_o, c) in [(1.0, 0.5_f64), (-2.0, 3.0), (0.0, -1.0)] {
            let h = |a: f64| sigmoid(a) * c.tanh();
            let expected = (h(a_o + 6e-6) - h(a_o - 6e-6)) / 12e-6;
            let (found, o) = (by_hand(a_o, c), sigmoid(a_o));
            let is = |other: f64| (found - other).abs() < 1e-9;
            let why = if is((1.0 - o * o) * c.tanh()) {
                "This would be right if the gate were a tanh."
            } else if is(o * (1.0 - o)) {
                "The gate is multiplied by tanh(c)."
            } else if is(o * (1.0 - o) * c) {
                "The memory is shown through a tanh."
            } else {
                ""
            };
            assert!(
                is(expected),
                "at a_o = {a_o} and c = {c} it should be {expected:.6} and is {found:.6}. {why}"
            );
        }
    }
}
