//! What the notebook says: its data, and every number that it prints.

use nn::{Generator, Lstm, LstmConfig, Uniform};

use crate::forecaster::{Forecaster, Row};

/// The seed of the session in which the notebook was run. The notebook does not
/// mention one: it was found by searching all 2³² states for the one that draws
/// the printed weights.
pub const SEED: u64 = 3_169_160_073;

/// How many time steps of the past a window shows the network.
pub const WINDOW: usize = 3;
/// The network's hidden size.
pub const HIDDEN_SIZE: usize = 20;
/// Adam's learning rate.
pub const LR: f64 = 0.1;
/// How often the network sees all windows.
pub const EPOCHS: usize = 500;

/// `lstm1.weight_ih_l0`, of shape `[8, 3]`, as printed.
pub const WEIGHT_IH: [f64; 24] = [
    -0.1932, -0.5081, 0.0987, //
    -0.0793, 0.5171, -0.2966, //
    -0.1412, 0.5200, -0.3319, //
    0.4398, -0.1529, -0.0209, //
    0.5111, -0.3910, 0.1674, //
    0.0869, 0.4588, 0.3659, //
    -0.5566, -0.5922, -0.2575, //
    -0.4459, 0.6885, -0.0592,
];

/// `lstm1.weight_hh_l0`, of shape `[8, 2]`, as printed.
pub const WEIGHT_HH: [f64; 16] = [
    -0.6337, 0.1353, //
    0.3896, -0.4928, //
    -0.2574, 0.5458, //
    0.4612, 0.3946, //
    -0.4717, -0.0333, //
    -0.4188, -0.2073, //
    -0.3588, 0.6900, //
    0.6157, -0.0471,
];

/// The losses of demo 2's first epochs, as printed.
pub const LOSSES: [f64; 29] = [
    15388.94921875,
    15017.09765625,
    14673.6796875,
    14356.7880859375,
    14033.16796875,
    13554.828125,
    12812.4365234375,
    12329.8701171875,
    11862.169921875,
    11422.3623046875,
    10983.6669921875,
    10548.66015625,
    10119.884765625,
    9699.3212890625,
    9288.4794921875,
    8887.8359375,
    8496.3037109375,
    8102.515625,
    7546.8466796875,
    7158.310546875,
    6808.65234375,
    6470.984375,
    6146.25634765625,
    5833.763671875,
    5506.349609375,
    5056.294921875,
    4779.8896484375,
    4517.98779296875,
    4270.06640625,
];

/// The series at time step `t`: 10t, 10t + 5 and their sum.
pub fn row(t: usize) -> Row {
    let x = 10 * t as i32;
    [x, x + 5, x + x + 5]
}

/// The ten time steps that the notebook has.
pub fn dataset() -> Vec<Row> {
    (0..10).map(row).collect()
}

/// Builds the notebook's two models, in the order in which its cells were run:
/// demo 2's network (cell 15), then demo 1's `lstm1` (cell 17).
///
/// With a seed, this is `torch.manual_seed(seed)` followed by those cells. With
/// none, it is the notebook's own session, in which two other LSTMs had been
/// built before in cells that were not kept.
pub fn run_cells<T: Uniform>(
    seed: Option<u64>,
    hidden_size: usize,
    window: usize,
) -> (Forecaster<T>, Lstm<T>) {
    let mut generator = Generator::manual_seed(seed.unwrap_or(SEED));
    let lstm1 = LstmConfig::new(3, 2);
    if seed.is_none() {
        Lstm::<T>::new(lstm1, &mut generator);
        Lstm::<T>::new(LstmConfig { num_layers: 2, ..lstm1 }, &mut generator);
    }
    let network = Forecaster::new(hidden_size, window, &mut generator);
    (network, Lstm::new(lstm1, &mut generator))
}
