//! How many parameters has an LSTM? Count them for any number of inputs, units and layers, with and
//! without biases, in one direction or both. PyTorch's LSTM has two biases for each row.
//!
//! Chapter: Four gates, one matrix product (book/src/18-four-gates.md), "Counting parameters".

fn parameters(
    inputs: usize,
    hidden: usize,
    layers: usize,
    bias: bool,
    bidirectional: bool,
) -> usize {
    let directions = if bidirectional { 2 } else { 1 };
    let mut sum = 0;
    let mut reads = inputs; // of the first layer
    for _ in 0..layers {
        let row = reads + hidden + if bias { 2 } else { 0 };
        sum += directions * 4 * hidden * row;
        reads = directions * hidden;
    }
    sum
}

fn main() {
    println!("LSTM(3, 2), demo 1:  {}", parameters(3, 2, 1, true, false));
    println!("LSTM(2, 20), demo 2: {}", parameters(2, 20, 1, true, false));
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn::{Generator, Lstm, LstmConfig, Module};

    #[test]
    fn as_the_crate_counts() {
        for (inputs, hidden, layers, bias, bidirectional) in [
            (3, 2, 1, false, false),
            (3, 2, 1, true, false),
            (2, 20, 1, true, false),
            (3, 2, 2, true, false),
            (3, 2, 1, true, true),
            (3, 2, 3, true, true),
        ] {
            let config = LstmConfig {
                num_layers: layers,
                bias,
                bidirectional,
                ..LstmConfig::new(inputs, hidden)
            };
            let expected =
                Lstm::<f32>::new(config, &mut Generator::manual_seed(0)).num_parameters();
            let found = parameters(inputs, hidden, layers, bias, bidirectional);
            let directions = if bidirectional { 2 } else { 1 };
            let one_bias = expected.wrapping_sub(directions * layers * 4 * hidden);
            let why = if 4 * found == expected {
                "It is a quarter: there are four gates."
            } else if bias && found == one_bias {
                "Each row has two biases, b_ih and b_hh."
            } else if bias && found * 4 == one_bias {
                "There are four gates, and each row has two biases."
            } else if bidirectional && 2 * found == expected {
                "It is half: each direction has weights of its own."
            } else if layers > 1 {
                "What do the layers after the first read? The hidden states of the one below, of \
                 all directions."
            } else {
                ""
            };
            assert!(
                found == expected,
                "{inputs} inputs, {hidden} units, {layers} layers, bias: {bias}, bidirectional: \
                 {bidirectional}: it should be \
                 {expected} and is {found}. {why}"
            );
        }
    }
}
