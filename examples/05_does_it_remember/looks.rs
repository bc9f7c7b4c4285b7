//! What the book's figures show of a network.

use demos::remember::{Held, Reach, Run};
use nn::{Generator, mse_loss};
use tensor::Tape;

use crate::learn::{BATCH, draw};
use crate::model::{HIDDEN, Model};

/// How strongly the loss depends on the number at each step: |∂L/∂x_t|, the root of the sum
/// of the squares over a batch.
pub fn reach(model: &Model, time: usize) -> Vec<f64> {
    let (x, y) = draw(time, BATCH, &mut Generator::manual_seed(2000));
    let tape = Tape::new();
    let x = tape.var(x);
    let gradient = mse_loss(model.forward(x), tape.constant(y)).backward().wrt(x);
    let norm = |row: &[f32]| row.iter().map(|&g| f64::from(g * g)).sum::<f64>().sqrt();
    gradient.data().chunks(BATCH).map(norm).collect()
}

/// What a cell can show, tanh(c), while it reads a sequence that begins with 1, and the same
/// with −1.
pub fn held(network: &str, model: &Model, time: usize) -> Option<Held> {
    let lstm = model.lstm.as_ref()?;
    let (mut x, _) = draw(time, 1, &mut Generator::manual_seed(3000));
    let mut states = |first: f32| -> Vec<Vec<f64>> {
        x.data_mut()[0] = first;
        let tape = Tape::no_grad();
        let steps = &lstm.steps(tape.constant(x.clone()), None)[0];
        steps.iter().map(|step| step.c.tanh().value().cast::<f64>().data().to_vec()).collect()
    };
    let [plus, minus] = [1.0, -1.0].map(&mut states);
    // The unit that tells the two apart best, from the tenth step to the last.
    let apart = |unit: &usize| {
        let states = plus.iter().zip(&minus).skip(9);
        states.map(|(a, b)| (a[*unit] - b[*unit]).abs()).fold(f64::INFINITY, f64::min)
    };
    let best = (0..HIDDEN).max_by(|a, b| apart(a).total_cmp(&apart(b)))?;
    let [plus, minus] = [plus, minus].map(|c| c.iter().map(|c| c[best]).collect());
    Some(Held { network: network.into(), plus, minus })
}

/// All runs, and of what was looked at the part that the figures show, of the first seed: what
/// reaches the loss over 50 steps, and what two of the LSTMs hold over 100.
pub fn chosen(all: Vec<(Run, Reach, Option<Held>)>) -> (Vec<Run>, Vec<Reach>, Vec<Held>) {
    let (mut runs, mut reaches, mut cells) = (Vec::new(), Vec::new(), Vec::new());
    for (run, reached, cell) in all {
        if (run.time, run.seed) == (50, 0) {
            reaches.push(reached);
        }
        if (run.time, run.seed) == (100, 0)
            && ["LSTM, default", "LSTM, chrono"].contains(&&*run.network)
        {
            cells.extend(cell);
        }
        runs.push(run);
    }
    (runs, reaches, cells)
}
