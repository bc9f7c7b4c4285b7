//! Both states of an LSTM have two readers, so both gradients are sums of two. Write them.
//!
//! `y_bar` is what the readers of the output send back; `h_later` and `c_later` are what the step
//! after this one sends back to h and to c.
//!
//! Chapter: The hidden state h (book/src/17-hidden-state.md), "Two readers" and "Its gradient".

/// h_bar and c_bar.
fn state_bars(y_bar: f64, h_later: f64, c_later: f64, o: f64, c: f64) -> (f64, f64) {
    // TODO: what else arrives at h?
    let h_bar = y_bar + 0.0 * h_later;
    // TODO: what else arrives at c, and on which way?
    let c_bar = c_later + h_bar * o * c;
    (h_bar, c_bar)
}

fn main() {
    for c in [0.0, 0.5, 2.0, 5.0] {
        let (_, c_bar) = state_bars(1.0, 0.0, 0.0, 1.0, c);
        println!("with an open output gate, an error of 1 in h is {c_bar:.5} for a memory of {c}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sums_of_two() {
        for (y_bar, h_later, c_later, o, c) in
            [(1.0, 0.0, 0.0, 0.6, 0.4_f64), (1.0, 0.3, -0.5, 0.7, 1.5)]
        {
            // The loss that these three make of h and c.
            let loss = |c: f64| (y_bar + h_later) * o * c.tanh() + c_later * c;
            let (h_bar, c_bar) = state_bars(y_bar, h_later, c_later, o, c);
            let at = format!(
                "for y_bar = {y_bar}, h_later = {h_later}, c_later = {c_later}, o = {o}, c = {c}"
            );

            let expected = y_bar + h_later;
            let why = match h_bar {
                _ if h_bar == y_bar => {
                    "Only the output has a say: the brackets of the next step read h, too."
                }
                _ if h_bar == h_later => "Only the next step has a say: the output reads h, too.",
                _ => "Two readers.",
            };
            assert!(
                (h_bar - expected).abs() < 1e-12,
                "{at}: h_bar should be {expected} and is {h_bar}. {why}"
            );

            let expected = (loss(c + 6e-6) - loss(c - 6e-6)) / 12e-6;
            let is = |other: f64| (c_bar - other).abs() < 1e-9;
            let slope = 1.0 - c.tanh() * c.tanh();
            let why = if is(h_bar * o * slope) {
                "What the later step sends to c is missing: c goes on, too."
            } else if is(c_later + h_bar * slope) {
                "Between c and h stands the output gate."
            } else if is(c_later + h_bar * o) {
                "Between c and h stands a tanh, and its slope is missing."
            } else if is(c_later + h_bar * o * (1.0 - c * c)) {
                "The slope of a tanh is had from its output: 1 − tanh(c)², not 1 − c²."
            } else if is(c_later * o * slope + h_bar * o * slope) {
                "What the later step sends to c does not come through h."
            } else {
                "From h it comes through the tanh and the output gate; from the later c as it is."
            };
            assert!(is(expected), "{at}: c_bar should be {expected:.6} and is {c_bar:.6}. {why}");
        }
    }
}
