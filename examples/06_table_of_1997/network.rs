//! Today's LSTM with the paper's data: `nn::Lstm`, a linear head, σ, squared error, Adam.

use nn::{
    Adam, AdamConfig, ForwardOptions, Generator, Linear, Lstm, LstmConfig, clip_grad_norm, module,
    mse_loss,
};
use tensor::{Tape, Tensor, Var};

use crate::tasks::{Sequence, Task};

/// So many sequences at once.
pub const BATCH: usize = 16;

pub struct Network {
    task: Task,
    model: Model,
    adam: Adam<f32>,
}

struct Model {
    lstm: Lstm<f32>,
    head: Linear<f32>,
}

module! { impl Module<f32> for Model { lstm, head } }

impl Network {
    /// With PyTorch's initial values, or with chrono ones for as many steps as the task has.
    pub fn new(task: Task, is_chrono: bool, rng: &mut Generator) -> Self {
        let hidden_size = if let Task::Adding(_) = task { 4 } else { 8 };
        let mut lstm = Lstm::new(LstmConfig::new(task.input_size(), hidden_size), rng);
        let head = Linear::new(hidden_size, task.output_size(), rng);
        if let (true, Some(max_time)) = (is_chrono, task.max_time()) {
            lstm.chrono_init(max_time, rng);
        }
        let adam = Adam::new(AdamConfig { lr: 0.01, ..AdamConfig::default() });
        Network { task, model: Model { lstm, head }, adam }
    }

    /// The outputs at the steps that have a target, for each sequence; learns from all of
    /// them together.
    pub fn run(&mut self, batch: &[Sequence], learn: bool) -> Vec<Vec<f32>> {
        let (inputs, outputs) = (self.task.input_size(), self.task.output_size());
        let tape = if learn { Tape::new() } else { Tape::no_grad() };
        let lengths: Vec<usize> = batch.iter().map(|s| s.x.len() / inputs).collect();
        let steps = lengths.iter().copied().max().unwrap_or(0);
        let lengths = Some(&lengths[..]).filter(|lengths| lengths.iter().any(|&n| n < steps));
        let x = side_by_side(batch, [steps, inputs], |s, k| s.x.get(k).copied().unwrap_or(0.0));
        let options = ForwardOptions { lengths, ..Default::default() };
        let (output, (h_n, _)) = self.model.lstm.forward_with(tape.constant(x), options);
        let output = if self.task.has_target_at_every_step() { output } else { h_n };
        let [steps, count, _] = output.dims();
        let output: Var<'_, f32> = self.model.head.forward(output).sigmoid();

        let found = output.value();
        if learn {
            let size = [steps, outputs];
            let target = side_by_side(batch, size, |s, k| s.y.get(k).copied().unwrap_or(0.0));
            let is_there = side_by_side(batch, size, |s, k| f32::from(k < s.y.len()));
            let loss = mse_loss(output * tape.constant(is_there), tape.constant(target));
            let mut gradients = loss.backward();
            drop(tape);
            clip_grad_norm(&self.model, &mut gradients, 1.0);
            self.adam.step(&mut self.model, &gradients);
        }
        let own = |k: usize| found.data().chunks(outputs).skip(k).step_by(count).flatten().copied();
        batch.iter().enumerate().map(|(k, s)| own(k).take(s.y.len()).collect()).collect()
    }
}

/// `[steps, batch, width]` of number k = step · width + … of each sequence.
fn side_by_side(
    batch: &[Sequence],
    [steps, width]: [usize; 2],
    number: impl Fn(&Sequence, usize) -> f32,
) -> Tensor<f32> {
    let mut numbers = Vec::with_capacity(steps * batch.len() * width);
    for t in 0..steps {
        for sequence in batch {
            numbers.extend((t * width..(t + 1) * width).map(|k| number(sequence, k)));
        }
    }
    Tensor::new([steps, batch.len(), width], numbers)
}
