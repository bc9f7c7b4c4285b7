//! The same step as five lines. The memory is right, and the hidden state is not.
//!
//! Look at the order of the lines. Then mend it.
//!
//! Chapter: One LSTM cell, by hand (book/src/11-lstm-at-a-glance.md), "The first step by hand".

fn sigmoid(a: f64) -> f64 {
    1.0 / (1.0 + (-a).exp())
}

/// The new h and c.
fn step(x: f64, (h, c): (f64, f64)) -> (f64, f64) {
    let i = sigmoid(1.0 * x + 0.5 * h + 0.5);
    let f = sigmoid(-0.5 * x + 1.0 * h + 1.0);
    let g = (2.0 * x - 1.0 * h).tanh();
    let c = f * c + i * g;
    let h = sigmoid(0.5 * x + 0.5 * h + 0.5) * c.tanh(); // the new memory, not c_{t−1}
    (h, c)
}

fn main() {
    let (h, c) = step(1.0, (0.5, 0.8));
    println!("h = {h:.4}, c = {c:.4}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_of_the_chapter() {
        let mut state = (0.5, 0.8);
        for (x, h, c) in [(1.0, "0.6805", "1.3560"), (-1.0, "0.3754", "0.7625")] {
            state = step(x, state);
            let (found_h, found_c) = (format!("{:.4}", state.0), format!("{:.4}", state.1));
            assert!(found_c == c, "for x = {x}, the memory c should be {c} and is {found_c}.");
            let why = match &found_h[..] {
                "0.5162" => "This is what the memory of the step before would show.",
                "1.0540" => "The tanh is missing.",
                _ => "",
            };
            assert!(
                found_h == h,
                "for x = {x}, the hidden state h should be {h} and is {found_h}. {why}"
            );
        }
    }
}
