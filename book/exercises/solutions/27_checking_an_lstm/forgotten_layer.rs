//! The gradient check of this network passes. Still it does not learn as it should: a part of it
//! stays at its random start.
//!
//! Which parameters does the check range over, and which does the optimizer change? Mend it.
//!
//! Chapter: Checking a whole LSTM (book/src/27-checking-an-lstm.md), "A model is one operation".

use nn::{Generator, Linear, Lstm, LstmConfig, Module, module};

#[derive(Clone)]
struct Network {
    lstm: Lstm<f64>,
    head: Linear<f64>,
}

// What is not listed is not checked, and not trained either: the optimizer reads the same list.
module! { impl Module<f64> for Network { lstm, head } }

impl Network {
    fn new(rng: &mut Generator) -> Self {
        Network { lstm: Lstm::new(LstmConfig::new(2, 3), rng), head: Linear::new(3, 1, rng) }
    }
}

fn main() {
    let network = Network::new(&mut Generator::manual_seed(1));
    println!(
        "{} parameters, and {} in the linear layer",
        network.num_parameters(),
        network.head.num_parameters()
    );
    for (name, parameter) in network.named_parameters() {
        println!("{name}: {:?}", parameter.value().shape());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn::check_gradients;
    use tensor::Tensor;

    #[test]
    fn the_check_passes() {
        let rng = &mut Generator::manual_seed(1);
        let network = Network::new(rng);
        let x = Tensor::from([[[0.5, -1.0]], [[0.3, 0.8]], [[-0.6, 0.2]]]);
        let check = check_gradients(
            &network,
            |network, tape| {
                let (output, _) = network.lstm.forward(tape.constant(x.clone()), None);
                network.head.forward(output).square().sum()
            },
            rng,
        );
        if let Err(error) = check {
            panic!("the check should pass, and says: {error}");
        }
    }

    #[test]
    fn everything_is_on_the_list() {
        let network = Network::new(&mut Generator::manual_seed(1));
        let (lstm, head) = (4 * 3 * (2 + 3 + 2), 3 + 1);
        let found = network.num_parameters();
        let why = match found {
            _ if found == lstm => {
                "These are the LSTM's. The linear layer is neither checked nor trained."
            }
            _ if found == head => {
                "These are the linear layer's. The LSTM is neither checked nor trained."
            }
            _ => "",
        };
        assert!(
            found == lstm + head,
            "the network should list {} parameters and lists {found}. {why}",
            lstm + head
        );
    }
}
