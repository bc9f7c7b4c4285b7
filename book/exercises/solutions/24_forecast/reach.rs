//! Behind an LSTM stands a linear layer. Every hidden state lies between −1 and 1, so there is a
//! largest number that the network can say, whatever it reads. The bound below is broken by an
//! untrained network already.
//!
//! What has been forgotten about the hidden states? Mend it.
//!
//! Chapter: Demo 2, the forecast (book/src/24-forecast.md), "Why so slow: the reach".

use nn::{Generator, Linear, Lstm, LstmConfig};
use tensor::{Tape, Tensor};

/// The largest that bias + Σ weight · h can be.
fn reach(weight: &[f64], bias: f64) -> f64 {
    bias + weight.iter().map(|w| w.abs()).sum::<f64>()
}

/// The weights and the bias of a linear layer behind an untrained LSTM, and what the network says
/// of twenty windows.
fn network() -> (Vec<f64>, f64, Vec<f64>) {
    let rng = &mut Generator::manual_seed(0);
    let (lstm, linear) = (Lstm::<f64>::new(LstmConfig::new(2, 20), rng), Linear::new(20, 1, rng));
    let tape = Tape::no_grad();
    let says = (0..20).map(|window| {
        let mut row = f64::from(window) - 10.0;
        let x = Tensor::from_fn([3, 1, 2], || {
            row += 0.5;
            row
        });
        let (_, (h_n, _)) = lstm.forward(tape.constant(x), None);
        linear.forward(h_n).value().item()
    });
    let says = says.collect();
    (linear.weight.value().data().to_vec(), linear.bias.as_ref().unwrap().value().item(), says)
}

fn main() {
    let (weight, bias, says) = network();
    let largest = says.iter().fold(f64::MIN, |a, b| a.max(*b));
    println!(
        "the bound is {:.4}, and the largest that it says is {largest:.4}",
        reach(&weight, bias)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_stays_below() {
        let (weight, bias, says) = network();
        let bound = reach(&weight, bias);
        for y in says {
            assert!(
                y <= bound,
                "what the network says should be at most {bound:.4}, and is {y:.4}."
            );
        }
    }

    #[test]
    fn it_is_the_largest() {
        for (weight, bias) in
            [(&[0.5, 2.0][..], 1.0), (&[0.5, -2.0, 0.25], 1.0), (&[-1.0, -1.0], -3.0)]
        {
            // Every corner of the cube: each h is 1 or −1.
            let corners = 0..1 << weight.len();
            let says = corners.map(|corner: usize| {
                let h = |k: usize| if corner >> k & 1 == 1 { 1.0 } else { -1.0 };
                bias + weight.iter().enumerate().map(|(k, w)| w * h(k)).sum::<f64>()
            });
            let (expected, found) = (says.fold(f64::MIN, f64::max), reach(weight, bias));
            let why = if found < expected {
                "A hidden state may be negative, and where its weight is negative, too, the \
                 product is positive."
            } else {
                "It is never reached. Which h is best for each weight?"
            };
            assert!(
                found == expected,
                "for the weights {weight:?} and the bias {bias} it should be {expected} and is \
                 {found}. {why}"
            );
        }
    }
}
