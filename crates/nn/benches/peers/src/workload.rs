//! What is computed, and the numbers that all contestants start from.

use std::fs;
use std::path::Path;

/// One row of the table of workloads. Every contestant gets it as arguments.
#[derive(Clone, Copy)]
pub struct Workload {
    pub name: &'static str,
    pub input: usize,
    pub hidden: usize,
    pub seq: usize,
    pub batch: usize,
    pub layers: usize,
    pub directions: usize,
    /// The head reads all steps, side by side, and not only the last one.
    pub flatten: bool,
    pub lr: f64,
    /// How many steps one measurement takes.
    pub steps: usize,
}

const fn one_layer(name: &'static str, [input, hidden, seq, batch]: [usize; 4]) -> Workload {
    let (layers, directions, flatten, lr, steps) = (1, 1, false, 1e-3, 1);
    Workload { name, input, hidden, seq, batch, layers, directions, flatten, lr, steps }
}

pub const WORKLOADS: [Workload; 11] = [
    Workload { flatten: true, lr: 0.1, steps: 500, ..one_layer("W1", [2, 20, 3, 8]) },
    one_layer("W2", [32, 128, 50, 32]),
    one_layer("W3", [256, 512, 100, 64]),
    one_layer("W4-100", [8, 64, 100, 16]),
    one_layer("W4-400", [8, 64, 400, 16]),
    one_layer("W4-1600", [8, 64, 1600, 16]),
    one_layer("W4-6400", [8, 64, 6400, 16]),
    Workload { layers: 2, ..one_layer("W5", [64, 256, 64, 32]) },
    Workload { layers: 2, directions: 2, ..one_layer("W5-both", [64, 256, 64, 32]) },
    one_layer("cell-128", [128, 128, 1, 1]),
    one_layer("cell-512", [512, 512, 1, 1]),
];

impl Workload {
    /// Whether it is one step of a cell in inference, and no training.
    pub fn is_cell(&self) -> bool {
        self.name.starts_with("cell-")
    }

    /// In words, for the table's title.
    pub fn describe(&self) -> String {
        let Workload { input, hidden, seq, batch, layers, lr, steps, .. } = *self;
        if self.is_cell() {
            return format!("input {input}, hidden {hidden}, batch {batch}, one step in inference");
        }
        let extra = [
            (layers > 1).then(|| format!(", {layers} layers")),
            (self.directions > 1).then(|| ", both directions".into()),
            Some(
                if self.flatten { ", head on all steps" } else { ", head on the last step" }.into(),
            ),
            Some(format!("; Adam, lr {lr}")),
            (steps > 1).then(|| format!("; {steps} steps together")),
        ];
        let extra: String = extra.into_iter().flatten().collect();
        format!("input {input}, hidden {hidden}, seq {seq}, batch {batch}{extra}")
    }

    /// The settings as the arguments of a worker in Python.
    pub fn arguments(&self) -> Vec<String> {
        let Workload { input, hidden, seq, batch, layers, directions, flatten, steps, .. } = *self;
        let sizes = [input, hidden, seq, batch, layers, directions, usize::from(flatten), steps];
        let sizes = sizes.iter().map(usize::to_string);
        sizes.chain([self.lr.to_string()]).collect()
    }

    /// The sizes of layer `k` of all layers and directions: input and hidden.
    pub fn layer(&self, k: usize) -> (usize, usize) {
        let above = self.directions * self.hidden;
        (if k < self.directions { self.input } else { above }, self.hidden)
    }

    /// How many steps of layer `k` the loss depends on: only the first that the last
    /// layer's reverse direction takes, if the head reads the last output alone.
    pub fn steps_back(&self, k: usize) -> usize {
        let is_last_reverse = self.directions == 2 && k + 1 == self.layers * self.directions;
        if is_last_reverse && !self.flatten { 1 } else { self.seq }
    }

    /// How many features the linear layer reads.
    pub fn head(&self) -> usize {
        self.directions * self.hidden * if self.flatten { self.seq } else { 1 }
    }

    /// The numbers that a training step computes and backward reads: the input,
    /// and for each layer and direction the gates i, f, g and o, the cell state c,
    /// tanh c and the hidden state h.
    /// `seq·batch·(input + layers·directions·7·hidden)`.
    pub fn activations(&self) -> usize {
        let Workload { input, hidden, seq, batch, layers, directions, .. } = *self;
        seq * batch * (input + layers * directions * 7 * hidden)
    }

    /// The numbers that are trained: for each layer and direction
    /// `4·hidden·(input + hidden + 2)`, and those of the head.
    pub fn parameters(&self) -> usize {
        let layers = (0..self.layers * self.directions).map(|k| {
            let (input, hidden) = self.layer(k);
            4 * hidden * (input + hidden + 2)
        });
        layers.sum::<usize>() + self.head() + 1
    }

    /// The numbers that the mathematics of a training step needs: the activations,
    /// and for each parameter itself, its gradient and Adam's two moments.
    pub fn needed(&self) -> usize {
        self.activations() + 4 * self.parameters()
    }
}

/// The weights and bias of one layer in one direction, as torch lays them out.
#[derive(Clone)]
pub struct LayerWeights {
    pub ih: Vec<f32>,
    pub hh: Vec<f32>,
    pub bias_ih: Vec<f32>,
    pub bias_hh: Vec<f32>,
}

impl LayerWeights {
    /// In torch's order.
    pub fn all(&self) -> [&Vec<f32>; 4] {
        [&self.ih, &self.hh, &self.bias_ih, &self.bias_hh]
    }
}

/// The numbers that all contestants start from.
pub struct Data {
    /// Layer by layer, and in each the directions.
    pub layers: Vec<LayerWeights>,
    /// `[1, head]`.
    pub weight: Vec<f32>,
    /// `[1]`.
    pub bias: Vec<f32>,
    /// `[seq, batch, input]`.
    pub x: Vec<f32>,
    /// `[batch, 1]`.
    pub y: Vec<f32>,
}

impl Data {
    /// Reads the numbers in the order in which they are listed here, from
    /// anything that gives the next `n` of them, of size up to `bound`.
    fn gather(w: &Workload, mut next: impl FnMut(usize, f64) -> Vec<f32>) -> Self {
        let bound = 1.0 / (w.hidden as f64).sqrt();
        let layers = (0..w.layers * w.directions).map(|k| {
            let (input, hidden) = w.layer(k);
            LayerWeights {
                ih: next(4 * hidden * input, bound),
                hh: next(4 * hidden * hidden, bound),
                bias_ih: next(4 * hidden, bound),
                bias_hh: next(4 * hidden, bound),
            }
        });
        let layers = layers.collect();
        let bound = 1.0 / (w.head() as f64).sqrt();
        Data {
            layers,
            weight: next(w.head(), bound),
            bias: next(1, bound),
            x: next(w.seq * w.batch * w.input, 1.0),
            y: next(w.batch, 1.0),
        }
    }

    /// Draws all numbers (by a linear congruential generator) into a file.
    pub fn write(w: &Workload, path: &Path) {
        let mut state = 1_u64;
        let mut bytes = Vec::new();
        Data::gather(w, |n, bound| {
            let mut draw = || {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let unit = (state >> 40) as f64 / (1 << 24) as f64;
                ((2.0 * unit - 1.0) * bound) as f32
            };
            let numbers: Vec<f32> = (0..n).map(|_| draw()).collect();
            bytes.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
            numbers
        });
        let expected = w.parameters() + w.seq * w.batch * w.input + w.batch;
        assert_eq!(bytes.len(), 4 * expected, "parameters, x and y");
        fs::write(path, bytes).expect("the temporary folder is writable");
    }

    /// Reads the numbers from the file.
    pub fn read(w: &Workload, path: &Path) -> Self {
        let bytes = fs::read(path).expect("the parent has written the file");
        let mut rest = bytes.as_slice();
        let data = Data::gather(w, |n, _| {
            let (numbers, after) = rest.split_at(4 * n);
            rest = after;
            let (numbers, _) = numbers.as_chunks();
            numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
        });
        assert!(rest.is_empty(), "the file belongs to another workload");
        data
    }

    /// The input as `[batch, seq, input]`.
    pub fn x_batch_first(&self, w: &Workload) -> Vec<f32> {
        let row = |b: usize, t: usize| &self.x[(t * w.batch + b) * w.input..][..w.input];
        (0..w.batch).flat_map(|b| (0..w.seq).flat_map(move |t| row(b, t))).copied().collect()
    }
}
