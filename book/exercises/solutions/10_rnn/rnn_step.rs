//! One step of the plain RNN, h_t = tanh(W x_t + U h_{t−1} + b), with two inputs and two units, in
//! plain arithmetic.
//!
//! Chapter: The plain RNN, and how it forgets (book/src/10-rnn.md), "One step, again and again".

type Matrix = [[f64; 2]; 2];

fn rnn_step(x: [f64; 2], h: [f64; 2], w: Matrix, u: Matrix, b: [f64; 2]) -> [f64; 2] {
    let mut new = [0.0; 2];
    for k in 0..2 {
        let mut a = b[k];
        for j in 0..2 {
            a += w[k][j] * x[j] + u[k][j] * h[j];
        }
        new[k] = a.tanh();
    }
    new
}

fn main() {
    // A 1 is read, and then nothing more: how it fades.
    let (w, u) = ([[1.0, 0.0], [0.0, 1.0]], [[0.5, -0.3], [0.2, 0.5]]);
    let mut h = [0.0; 2];
    for x in [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]] {
        h = rnn_step(x, h, w, u, [0.0; 2]);
        println!("{h:.4?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor::{Tape, Tensor};

    #[test]
    fn both_units() {
        let (w, u) = ([[0.4, -0.7], [0.9, 0.2]], [[0.5, -0.3], [0.8, 0.1]]);
        let (x, h, b) = ([1.0, 0.5], [0.6, -0.9], [0.1, -0.2]);
        let tape = Tape::new();
        let constant = |m: Matrix| tape.constant(Tensor::from(m));
        let row = |v: [f64; 2]| tape.constant(Tensor::from([v]));
        let bias = tape.constant(Tensor::from(b));
        let sum = |w: Matrix, u: Matrix| {
            row(x).linear(constant(w), bias) + row(h).linear(constant(u), None)
        };
        let expected = sum(w, u).tanh().value();
        let without_tanh = sum(w, u).value();
        let turned = |m: Matrix| [[m[0][0], m[1][0]], [m[0][1], m[1][1]]];
        let u_turned = sum(w, turned(u)).tanh().value();
        let no_bias = (sum(w, u) - bias).tanh().value();
        let new_0 = expected.data()[0];
        let in_place =
            (w[1][0] * x[0] + w[1][1] * x[1] + u[1][0] * new_0 + u[1][1] * h[1] + b[1]).tanh();

        let found = rnn_step(x, h, w, u, b);
        for k in 0..2 {
            let is = |other: f64| (found[k] - other).abs() < 1e-9;
            let why = if is(without_tanh.data()[k]) {
                "The tanh is missing."
            } else if is(u_turned.data()[k]) {
                "u is read by columns. Row k belongs to unit k: u[k][j]."
            } else if is(no_bias.data()[k]) {
                "The bias is missing."
            } else if k == 1 && is(in_place) {
                "It has read the new state of unit 0. Both units read the old one."
            } else {
                "A weight for each of two inputs and two states."
            };
            let expected = expected.data()[k];
            assert!(
                is(expected),
                "the new state of unit {k} should be {expected:.6} and is {:.6}. {why}",
                found[k]
            );
        }
    }
}
