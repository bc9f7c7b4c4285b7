//! Does it remember? A network reads T numbers, each 1 or −1, and says at the end which
//! was the first. Learnt by a plain RNN and by LSTMs that differ in their initial biases alone.
//!
//! `cargo run --release -p demos --example 05_does_it_remember` prints a table of successes;
//! with a folder, it writes there what the book's figures are drawn from. With `--first-20`, each
//! network learns 20 steps long, and the losses are printed.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;
use clap::Parser;
use demos::remember::{Held, Reach, Run, TIMES, held_to_csv, reaches_to_csv, runs_to_csv, table};
use demos::{files, program};
use indicatif::{ProgressBar, ProgressStyle};
use nn::{
    Adam, AdamConfig, Generator, Linear, Lstm, LstmConfig, Rnn, Uniform, clip_grad_norm, module,
    mse_loss,
};
use tensor::{Tape, Tensor, Var};

const HIDDEN: usize = 20;
const BATCH: usize = 64;
const TRAINING_STEPS: usize = 300;

/// What reads the numbers.
const NETWORKS: [(&str, Bias); 6] = [
    ("RNN", Bias::Rnn),
    ("LSTM, default", Bias::Default),
    ("LSTM, forget bias 1", Bias::Forget(1.0)),
    ("LSTM, forget bias 3", Bias::Forget(3.0)),
    ("LSTM, forget bias 5", Bias::Forget(5.0)),
    ("LSTM, chrono", Bias::Chrono),
];

/// The initial values of the biases.
#[derive(Clone, Copy, Debug)]
enum Bias {
    Rnn,
    Default,
    Forget(f64),
    Chrono,
}

struct Model {
    rnn: Option<Rnn<f32>>,
    lstm: Option<Lstm<f32>>,
    head: Linear<f32>,
}

module! { impl Module<f32> for Model { rnn, lstm, head } }

impl Model {
    fn new(bias: Bias, time: usize, rng: &mut Generator) -> Self {
        let (mut rnn, mut lstm) = (None, None);
        if let Bias::Rnn = bias {
            rnn = Some(Rnn::new(1, HIDDEN, rng));
        } else {
            lstm = Some(Lstm::new(LstmConfig::new(1, HIDDEN), rng));
        }
        let head = Linear::new(HIDDEN, 1, rng);
        match (bias, &mut lstm) {
            (Bias::Forget(bias), Some(lstm)) => lstm.set_forget_bias(bias),
            (Bias::Chrono, Some(lstm)) => lstm.chrono_init(time, rng),
            _ => {}
        }
        Model { rnn, lstm, head }
    }

    /// What it says after the last step, `[batch, 1]`.
    fn forward<'t>(&'t self, x: Var<'t, f32>) -> Var<'t, f32> {
        let last = match (&self.rnn, &self.lstm) {
            (Some(rnn), _) => rnn.forward(x, None).1,
            (None, Some(lstm)) => lstm.forward(x, None).1.0,
            (None, None) => unreachable!("one of them reads"),
        };
        let [_, batch, hidden] = last.dims();
        self.head.forward(last.reshape([batch, hidden]))
    }
}

/// Numbers of shape `[time, batch, 1]`, and the first of each, `[batch, 1]`.
fn draw(time: usize, batch: usize, rng: &mut Generator) -> (Tensor<f32>, Tensor<f32>) {
    let x = Tensor::from_fn([time, batch, 1], || if f32::unit(rng) < 0.5 { 1.0 } else { -1.0 });
    let y = x.narrow(0, 0, 1).reshape([batch, 1]);
    (x, y)
}

/// How strongly the loss depends on the number at each step: |∂L/∂x_t|, the root of the sum
/// of the squares over a batch.
fn reach(model: &Model, time: usize) -> Vec<f64> {
    let (x, y) = draw(time, BATCH, &mut Generator::manual_seed(2000));
    let tape = Tape::new();
    let x = tape.var(x);
    let gradient = mse_loss(model.forward(x), tape.constant(y)).backward().wrt(x);
    let norm = |row: &[f32]| row.iter().map(|&g| f64::from(g * g)).sum::<f64>().sqrt();
    gradient.data().chunks(BATCH).map(norm).collect()
}

/// What a cell can show, tanh(c), while it reads a sequence that begins with 1, and the same
/// with −1.
fn held(network: &str, model: &Model, time: usize) -> Option<Held> {
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

/// Learns for so many steps. Returns the model, the loss at the 20th, and what reached it before.
fn learn(bias: Bias, time: usize, seed: u64, steps: usize) -> (Model, f32, Vec<f64>) {
    let rng = &mut Generator::manual_seed(seed);
    let mut model = Model::new(bias, time, rng);
    let before = reach(&model, time);
    let mut adam = Adam::new(AdamConfig { lr: 0.01, ..AdamConfig::default() });
    let mut tape = Tape::new();
    let mut loss_20 = f32::NAN;
    for step in 1..=steps {
        let (x, y) = draw(time, BATCH, rng);
        let loss = mse_loss(model.forward(tape.constant(x)), tape.constant(y));
        if step == 20 {
            loss_20 = loss.value().item();
        }
        let mut gradients = loss.backward();
        tape.reset();
        clip_grad_norm(&model, &mut gradients, 1.0);
        adam.step(&mut model, &gradients);
    }
    (model, loss_20, before)
}

/// How many of 2,000 fresh sequences it answers with the right sign.
fn right(model: &Model, time: usize, seed: u64) -> usize {
    let (x, y) = draw(time, 2000, &mut Generator::manual_seed(1000 + seed));
    let tape = Tape::no_grad();
    let said = model.forward(tape.constant(x)).value();
    said.data().iter().zip(y.data()).filter(|(said, y)| *said * *y > 0.0).count()
}

/// Does it remember? A plain RNN and LSTMs say which number came first
#[derive(Parser)]
struct Arguments {
    /// The folder for what the book's figures are drawn from
    folder: Option<PathBuf>,
    /// Learn 20 steps long and print the losses
    #[arg(long, conflicts_with = "folder")]
    first_20: bool,
}

const FILES: [&str; 3] = ["results.csv", "reach.csv", "held.csv"];

fn main() -> ExitCode {
    program::run(experiment)
}

fn experiment(out: &mut dyn Write) -> Result<()> {
    let Arguments { folder, first_20: is_short } = program::arguments()?;
    if let Some(folder) = &folder {
        files::check_folder(folder, &FILES)?;
    }
    let mut jobs = Vec::new();
    for (name, bias) in NETWORKS {
        for time in TIMES {
            jobs.extend((0..10).map(|seed| (name, bias, time, seed)));
        }
    }
    let bar = ProgressBar::new(jobs.len() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos} of {len} runs, {elapsed}")?);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(vec![None; jobs.len()]));
    let work = || {
        loop {
            let k = next.fetch_add(1, Ordering::Relaxed);
            let Some(&(network, bias, time, seed)) = jobs.get(k) else { break };
            let steps = if is_short { 20 } else { TRAINING_STEPS };
            let (model, loss_20, before) = learn(bias, time, seed, steps);
            let mut run = Run { network: network.into(), time, seed, loss_20, right: 0 };
            let mut reached = Reach { network: network.into(), before, after: Vec::new() };
            let mut cell = None;
            if !is_short {
                run.right = right(&model, time, seed);
                reached.after = reach(&model, time);
                cell = held(network, &model, time);
            }
            bar.inc(1);
            done.lock().expect("no run panics")[k] = Some((run, reached, cell));
        }
    };
    thread::scope(|scope| {
        // One more on this thread; it does the work of those that the system refuses.
        for _ in 1..thread::available_parallelism().map_or(1, |cores| cores.get()) {
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    bar.finish_and_clear();
    let all = done.into_inner()?.into_iter().flatten();
    let (mut runs, mut reaches, mut cells) = (Vec::new(), Vec::new(), Vec::new());
    for (run, reached, cell) in all {
        // The figures show the first seed: what reaches the loss over 50 steps, and what
        // two of the LSTMs hold over 100.
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

    if is_short {
        runs.iter().try_for_each(|run| writeln!(out, "{}", run.beginning()))?;
        return Ok(());
    }
    writeln!(out, "{}", table(&runs))?;
    if let Some(folder) = folder {
        let texts = [runs_to_csv(&runs), reaches_to_csv(&reaches), held_to_csv(&cells)];
        let files: Vec<_> = FILES.into_iter().zip(texts).collect();
        files::write(&folder, &files)?.iter().try_for_each(|path| writeln!(out, "{path}"))?;
    }
    Ok(())
}
