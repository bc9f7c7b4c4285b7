//! The LSTM as it was published in 1997, and its own algorithm of learning.
//!
//! Hochreiter and Schmidhuber, *Long Short-Term Memory*, Neural Computation 9(8), appendix A.
//! Beside today's cell: there is **no forget gate** (f = 1 for ever). The gates read the gates
//! of the step before, too. The candidate reaches from −2 to 2. The cells of a block share their
//! gates. And **the gradient is truncated**: an error that reaches a gate or a candidate
//! changes its weights and goes back no further; what goes back through time is within the cell
//! state alone. So no sequence has to be kept. How each state depends on each weight is
//! carried forward, in `ds_in` and `ds_c`, and multiplied by the error when one arrives.

use nn::{Generator, Uniform};
use tensor::kernel::math::sigmoid;

use crate::tasks::{Sequence, Task};

pub struct Cell1997 {
    task: Task,
    cells_per_block: usize,
    pub learning_rate: f64,
    /// A row for each input gate: the weights of its sources, which are the inputs, all input
    /// gates, output gates and cells of the step before, and 1. So, too, the next two.
    pub w_in: Vec<Vec<f64>>,
    pub w_out: Vec<Vec<f64>>,
    pub w_c: Vec<Vec<f64>>,
    /// A row for each output: the weights of all cells, and of 1.
    pub w_k: Vec<Vec<f64>>,
    state: State,
}

/// Everything that a sequence changes.
#[derive(Clone, Default)]
struct State {
    sources: Vec<f64>,
    y_in: Vec<f64>,
    y_out: Vec<f64>,
    /// The cell states s_c, …
    s: Vec<f64>,
    /// … h(s_c), …
    h: Vec<f64>,
    /// … and what the cells show.
    y_c: Vec<f64>,
    /// For each cell, how its state depends on the weights of its input gate, …
    ds_in: Vec<Vec<f64>>,
    /// … and on its own.
    ds_c: Vec<Vec<f64>>,
    y_k: Vec<f64>,
}

impl Cell1997 {
    /// The paper's network for a task, with its learning rate and its initial values.
    pub fn new(task: Task, rng: &mut Generator) -> Self {
        // Reber: 3 blocks of 2 cells, biases for the gates alone, those of the output gates
        // −1, −2, −3. The others: 2 blocks of 2 cells, and biases for all units, those of the
        // input gates −3 and −6, or −2 and −4.
        let (blocks, bound, is_biased, steps) = match task {
            Task::Reber => (3, 0.2, false, 1.0),
            Task::TemporalOrder => (2, 0.1, true, 2.0),
            Task::Adding(_) => (2, 0.1, true, 3.0),
        };
        let (cells_per_block, cells) = (2, 2 * blocks);
        let sources = task.input_size() + 2 * blocks + cells;
        let biased = |n: usize| n + usize::from(is_biased);
        let mut rows = |count: usize, n: usize| -> Vec<Vec<f64>> {
            let mut weight = || bound * (2.0 * f64::unit(rng) - 1.0);
            (0..count).map(|_| (0..n).map(|_| weight()).collect()).collect()
        };
        let (mut w_in, mut w_out) = (rows(blocks, sources + 1), rows(blocks, sources + 1));
        let (w_c, w_k) = (rows(cells, biased(sources)), rows(task.output_size(), biased(cells)));
        let gates = if task == Task::Reber { &mut w_out } else { &mut w_in };
        for (block, w) in gates.iter_mut().enumerate() {
            w[sources] = -steps * (block + 1) as f64;
        }
        let learning_rate = 0.5;
        let state = State::default();
        Cell1997 { task, cells_per_block, learning_rate, w_in, w_out, w_c, w_k, state }
    }

    /// The outputs at the steps that have a target; learns from each target as it comes.
    pub fn run(&mut self, sequence: &Sequence, learn: bool) -> Vec<f32> {
        let (inputs, outputs) = (self.task.input_size(), self.task.output_size());
        let steps = sequence.x.len() / inputs;
        let mut targets = sequence.y.chunks(outputs);
        let first = steps - targets.len();
        let mut found = Vec::with_capacity(sequence.y.len());
        self.reset();
        for (t, x) in sequence.x.chunks(inputs).enumerate() {
            self.step(x, learn);
            if t >= first
                && let Some(target) = targets.next()
            {
                self.show();
                found.extend(self.state.y_k.iter().map(|&y| y as f32));
                if learn {
                    self.learn(target);
                }
            }
        }
        found
    }

    /// All states begin at zero.
    fn reset(&mut self) {
        let (blocks, cells, sources) = (self.w_in.len(), self.w_c.len(), self.w_in[0].len());
        let s = &mut self.state;
        for (list, n) in [
            (&mut s.sources, sources),
            (&mut s.y_in, blocks),
            (&mut s.y_out, blocks),
            (&mut s.h, cells),
            (&mut s.s, cells),
            (&mut s.y_c, cells),
        ] {
            list.clear();
            list.resize(n, 0.0);
        }
        for (lists, n) in [(&mut s.ds_in, sources), (&mut s.ds_c, self.w_c[0].len())] {
            lists.resize(cells, Vec::new());
            for list in lists {
                list.clear();
                list.resize(n, 0.0);
            }
        }
    }

    /// One step of all blocks, forward.
    fn step(&mut self, x: &[f32], learn: bool) {
        let s = &mut self.state;
        s.sources.clear();
        s.sources.extend(x.iter().map(|&x| f64::from(x)));
        s.sources.extend(s.y_in.iter().chain(&s.y_out).chain(&s.y_c).copied().chain([1.0]));

        for (j, (w_in, w_out)) in self.w_in.iter().zip(&self.w_out).enumerate() {
            s.y_in[j] = sigmoid(dot(w_in, &s.sources));
            s.y_out[j] = sigmoid(dot(w_out, &s.sources));
        }
        for (c, w_c) in self.w_c.iter().enumerate() {
            let j = c / self.cells_per_block;
            let (y_in, y_out) = (s.y_in[j], s.y_out[j]);
            let y = sigmoid(dot(w_c, &s.sources));
            let g = 4.0 * y - 2.0;
            s.s[c] += y_in * g; // no forget gate
            s.h[c] = 2.0 * sigmoid(s.s[c]) - 1.0;
            s.y_c[c] = y_out * s.h[c];
            if learn {
                // s_c(t) = s_c(t−1) + y_in g, differentiated by the weights of y_in and of g
                let by_in = g * y_in * (1.0 - y_in);
                let by_c = y_in * 4.0 * y * (1.0 - y);
                add_scaled(&mut s.ds_in[c], by_in, &s.sources);
                add_scaled(&mut s.ds_c[c], by_c, &s.sources);
            }
        }
    }

    /// What the outputs make of the cells.
    fn show(&mut self) {
        let s = &mut self.state;
        let cells: Vec<f64> = s.y_c.iter().copied().chain([1.0]).collect();
        s.y_k.clear();
        s.y_k.extend(self.w_k.iter().map(|w| sigmoid(dot(w, &cells))));
    }

    /// Changes all weights, from half of the squared error at this step.
    fn learn(&mut self, target: &[f32]) {
        let s = &self.state;
        let errors = s.y_k.iter().zip(target).map(|(y, &d)| y * (1.0 - y) * (f64::from(d) - y));
        let delta_k: Vec<f64> = errors.collect();
        // The error at each cell's output, by the weights as they were.
        let back = |c: usize| -> f64 { self.w_k.iter().zip(&delta_k).map(|(w, d)| w[c] * d).sum() };
        let e_c: Vec<f64> = (0..s.s.len()).map(back).collect();

        let rate = self.learning_rate;
        let cells: Vec<f64> = s.y_c.iter().copied().chain([1.0]).collect();
        for (w, delta) in self.w_k.iter_mut().zip(&delta_k) {
            add_scaled(w, rate * delta, &cells);
        }
        for (j, w_out) in self.w_out.iter_mut().enumerate() {
            let own = j * self.cells_per_block..(j + 1) * self.cells_per_block;
            let (y, shown): (f64, f64) = (s.y_out[j], own.map(|c| s.h[c] * e_c[c]).sum());
            add_scaled(w_out, rate * y * (1.0 - y) * shown, &s.sources);
        }
        for (c, w_c) in self.w_c.iter_mut().enumerate() {
            let j = c / self.cells_per_block;
            // h(s) = 2σ(s) − 1, whose derivative is (1 − h²) / 2
            let e_s = s.y_out[j] * (1.0 - s.h[c] * s.h[c]) / 2.0 * e_c[c];
            add_scaled(w_c, rate * e_s, &s.ds_c[c]);
            add_scaled(&mut self.w_in[j], rate * e_s, &s.ds_in[c]);
        }
    }
}

/// Over the weights; a unit without a bias has no weight for the last source, which is 1.
fn dot(weights: &[f64], sources: &[f64]) -> f64 {
    weights.iter().zip(sources).map(|(w, x)| w * x).sum()
}

fn add_scaled(y: &mut [f64], factor: f64, x: &[f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += factor * x);
}
