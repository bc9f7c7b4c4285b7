//! The six equations of the LSTM, for one unit. The four brackets are given: a weighted sum of the
//! input and the hidden state each. Write the rest.
//!
//! Chapter: One LSTM cell, by hand (book/src/11-lstm-at-a-glance.md), "The six equations".

fn sigmoid(a: f64) -> f64 {
    1.0 / (1.0 + (-a).exp())
}

/// What is inside the brackets of i, f, g and o, in the chapter's cell.
fn brackets(x: f64, h: f64) -> [f64; 4] {
    [1.0 * x + 0.5 * h + 0.5, -0.5 * x + 1.0 * h + 1.0, 2.0 * x - 1.0 * h, 0.5 * x + 0.5 * h + 0.5]
}

/// i, f, g, o, and the new c and h.
fn step(x: f64, (h, c): (f64, f64)) -> [f64; 6] {
    let [a_i, a_f, a_g, a_o] = brackets(x, h);
    let i = sigmoid(a_i);
    let f = sigmoid(a_f);
    let g = a_g.tanh();
    let o = sigmoid(a_o);
    let c = f * c + i * g;
    let h = o * c.tanh();
    [i, f, g, o, c, h]
}

fn main() {
    let mut state = (0.5, 0.8);
    for x in [1.0, -1.0] {
        let [i, f, g, o, c, h] = step(x, state);
        println!(
            "x = {x:>2}: i = {i:.4}, f = {f:.4}, g = {g:.4}, o = {o:.4}, c = {c:.4}, h = {h:.4}"
        );
        state = (h, c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn::{Generator, Lstm, LstmConfig, Module};
    use tensor::{Tape, Tensor};

    /// The crate's LSTM with the chapter's weights.
    fn by_crate(x: f64, (h, c): (f64, f64)) -> [f64; 6] {
        let mut lstm = Lstm::<f64>::new(LstmConfig::new(1, 1), &mut Generator::manual_seed(0));
        let weights = [
            [1.0, -0.5, 2.0, 0.5],
            [0.5, 1.0, -1.0, 0.5],
            [0.2, 0.5, 0.0, 0.1],
            [0.3, 0.5, 0.0, 0.4],
        ];
        for ((_, parameter), numbers) in lstm.named_parameters_mut().into_iter().zip(weights) {
            parameter.value_mut().data_mut().copy_from_slice(&numbers);
        }
        let tape = Tape::new();
        let [x, h, c] = [x, h, c].map(|v| tape.constant(Tensor::from([[[v]]])));
        let step = lstm.steps(x, Some((h, c)))[0][0];
        [step.i, step.f, step.g, step.o, step.c, step.h].map(|v| v.value().item())
    }

    #[test]
    fn as_the_crates_cell() {
        for (x, (h, c)) in [(1.0, (0.5, 0.8)), (-1.0, (0.6805, 1.356)), (0.3, (-0.4, -0.7))] {
            let (found, expected) = (step(x, (h, c)), by_crate(x, (h, c)));
            let [i, f, g, o, c_new, _] = expected;
            for (k, name) in ["i", "f", "g", "o", "the new c", "the new h"].into_iter().enumerate()
            {
                let is = |other: f64| (found[k] - other).abs() < 1e-9;
                let a = brackets(x, h).get(k).copied();
                let why = match name {
                    "i" | "f" | "o" if is(a.unwrap().tanh()) => {
                        "A gate goes through σ, not through tanh."
                    }
                    "g" if is(sigmoid(a.unwrap())) => {
                        "The candidate is no gate: it may be negative, and goes through tanh."
                    }
                    _ if a.is_some_and(is) => "This is the bracket alone.",
                    "the new c" if is(i * c + f * g) => {
                        "i and f are exchanged: the forget gate keeps, the input gate writes."
                    }
                    "the new c" if is(i * g) => "What is kept of the old memory is missing.",
                    "the new c" if is((f * c + i * g).tanh()) => {
                        "There is no tanh around the memory. It comes in the line of h."
                    }
                    "the new c" if is(c) => "This is still the old memory.",
                    "the new h" if is(o * c.tanh()) => {
                        "It shows the old memory. The new one has to be computed before."
                    }
                    "the new h" if is(o * c_new) => {
                        "The tanh is missing: what is shown stays between −1 and 1."
                    }
                    "the new h" if is(c_new.tanh()) => "The output gate is missing.",
                    _ => "",
                };
                assert!(
                    is(expected[k]),
                    "for x = {x}, h = {h}, c = {c}: {name} should be {:.4} and is {:.4}. {why}",
                    expected[k],
                    found[k]
                );
            }
        }
    }
}
