//! Four sums, four functions: somebody makes the code more regular and maps σ over all four. The
//! cell no longer agrees with the crate's.
//!
//! Look for the one that is different. Then mend it.
//!
//! Chapter: The candidate g (book/src/14-candidate.md), "Why tanh and not σ?".

use nn::{Generator, Lstm, LstmConfig, Module};
use tensor::{Tape, Tensor, Var};

/// The new h and c, from the crate's weights.
fn step<'t>(lstm: &Lstm<f64>, [x, h, c]: [Var<'t, f64>; 3]) -> [Var<'t, f64>; 2] {
    let weights = lstm.state_dict().into_iter().map(|(_, value)| x.tape().constant(value));
    let [w_ih, w_hh, b_ih, b_hh] = weights.collect::<Vec<_>>().try_into().unwrap();
    let a = x.linear(w_ih, b_ih) + h.linear(w_hh, b_hh);
    let [a_i, a_f, a_g, a_o] = a.chunk();
    let [i, f, o] = [a_i, a_f, a_o].map(|a| a.sigmoid());
    let g = a_g.tanh();
    let c = f * c + i * g;
    let h = o * c.tanh();
    [h, c]
}

/// The new h and c as numbers, and what the crate says of them.
fn both(x: f64, h: f64, c: f64) -> ([f64; 2], [f64; 2]) {
    let lstm = Lstm::new(LstmConfig::new(1, 1), &mut Generator::manual_seed(0));
    let tape = Tape::new();
    let [x, h, c] = [x, h, c].map(|v| tape.constant(Tensor::from([[v]])));
    let [h_new, c_new] = step(&lstm, [x, h, c]);
    let state = Some((h.reshape([1, 1, 1]), c.reshape([1, 1, 1])));
    let expected = lstm.steps(x.reshape([1, 1, 1]), state)[0][0];
    let number = |v: Var<'_, f64>| v.value().item();
    ([h_new, c_new].map(number), [expected.h, expected.c].map(number))
}

fn main() {
    let ([h, c], [crate_h, crate_c]) = both(-1.0, 0.5, 0.8);
    println!("h = {h:.4}, c = {c:.4}; the crate: h = {crate_h:.4}, c = {crate_c:.4}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_crates_cell() {
        for [x, h, c] in [[-1.0, 0.5, 0.8], [2.0, -0.5, -0.1]] {
            let (found, expected) = both(x, h, c);
            for (name, k) in [("c", 1), ("h", 0)] {
                let right = (found[k] - expected[k]).abs() < 1e-12;
                let why = match name {
                    "c" => "It is made of f, i and g: two are gates, and one may be negative.",
                    _ => "c is right, so look at the output gate and at what is shown.",
                };
                assert!(
                    right,
                    "for x = {x}, h = {h}, c = {c}: the new {name} should be {:.4} and is {:.4}. \
                     {why}",
                    expected[k], found[k]
                );
            }
        }
    }
}
