//! The network that the tests of files save and load.

use nn::{Generator, Linear, Lstm, LstmConfig, Uniform, module};
use tensor::Scalar;

#[derive(Clone, Debug)]
pub struct Model<T: Scalar> {
    pub lstm: Lstm<T>,
    pub head: Linear<T>,
}

module! { impl<T: Scalar> Module<T> for Model<T> { lstm, head } }

impl<T: Uniform> Model<T> {
    /// An LSTM of these settings, and one number read from its output.
    pub fn new(config: LstmConfig, seed: u64) -> Self {
        let mut generator = Generator::manual_seed(seed);
        let lstm = Lstm::new(config, &mut generator);
        let output_size = config.num_directions() * config.output_size();
        Model { lstm, head: Linear::new(output_size, 1, &mut generator) }
    }
}
