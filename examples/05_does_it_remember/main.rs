//! Does it remember? A network reads T numbers, each 1 or −1, and says at the end which
//! was the first. Learnt by a plain RNN and by LSTMs that differ in their initial biases alone.
//!
//! `cargo run --release -p demos --example 05_does_it_remember` prints a table of successes;
//! with a folder, it writes there what the book's figures are drawn from. With `--first-20`, each
//! network learns 20 steps long, and the losses are printed.

mod learn;
mod looks;
mod model;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use demos::remember::{Reach, Run, TIMES, held_to_csv, reaches_to_csv, runs_to_csv, table};
use demos::{files, jobs, program};
use learn::{learn, right};
use looks::{chosen, held, reach};
use model::Bias;

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
    let all = jobs::run_all(&jobs, |&(network, bias, time, seed)| {
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
        (run, reached, cell)
    });
    let (runs, reaches, cells) = chosen(all);

    if is_short {
        runs.iter().try_for_each(|run| writeln!(out, "{}", run.beginning()))?;
        return Ok(());
    }
    writeln!(out, "{}", table(&runs))?;
    if let Some(folder) = folder {
        let texts = [runs_to_csv(&runs), reaches_to_csv(&reaches), held_to_csv(&cells)];
        files::write_and_name(out, &folder, FILES, texts)?;
    }
    Ok(())
}
