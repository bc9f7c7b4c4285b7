//! The table of 1997, rerun: three tasks of the paper that introduced the LSTM, learnt by
//! its own algorithm and by today's LSTM, with two kinds of initial values.
//!
//! `cargo run --release -p demos --example 06_table_of_1997` takes about ten minutes on two cores
//! and writes `results.csv` and `table-of-1997.svg` into a folder (by default
//! `table-of-1997`, or the first argument). With `--first-200`, it learns from the first 200
//! sequences of each run and prints what came out, in seconds.

mod cell_1997;
mod learn;
mod network;
mod tasks;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use demos::table_of_1997::{from_csv, table, to_csv};
use demos::{figures, files, jobs, program};
use learn::{Learner, run};
use tasks::Task;

/// A row of the table: so many seeds, and after so many sequences without success a run has
/// failed. These were fixed before the first full run, and stay.
const ROWS: [(Task, Learner, u64, usize); 12] = [
    (Task::Reber, Learner::Cell1997, 10, 1_000_000),
    (Task::Reber, Learner::Default, 10, 200_000),
    (Task::TemporalOrder, Learner::Cell1997, 10, 1_000_000),
    (Task::TemporalOrder, Learner::Default, 10, 200_000),
    (Task::TemporalOrder, Learner::Chrono, 10, 200_000),
    (Task::Adding(100), Learner::Cell1997, 10, 1_000_000),
    (Task::Adding(100), Learner::Default, 10, 400_000),
    (Task::Adding(100), Learner::Chrono, 10, 400_000),
    (Task::Adding(500), Learner::Default, 3, 200_000),
    (Task::Adding(500), Learner::Chrono, 10, 200_000),
    (Task::Adding(1000), Learner::Default, 3, 200_000),
    (Task::Adding(1000), Learner::Chrono, 10, 200_000),
];

/// Three tasks of 1997, learnt by the algorithm of 1997 and by today's LSTM
#[derive(Parser)]
struct Arguments {
    /// The folder for the table
    #[arg(default_value = "table-of-1997")]
    folder: PathBuf,
    /// Learn from the first 200 sequences and print what came out
    #[arg(long, conflicts_with = "folder")]
    first_200: bool,
}

const FILES: [&str; 2] = ["results.csv", "table-of-1997.svg"];

fn main() -> ExitCode {
    program::run(experiment)
}

fn experiment(out: &mut dyn Write) -> Result<()> {
    let Arguments { folder, first_200: is_first_200 } = program::arguments()?;
    if !is_first_200 {
        files::check_folder(&folder, &FILES)?;
    }

    let mut jobs: Vec<_> = (ROWS.iter())
        .flat_map(|&(task, learner, seeds, limit)| {
            (0..seeds).map(move |s| (task, learner, s, limit))
        })
        .collect();
    // The longest begin first.
    jobs.reverse();
    let mut runs = jobs::run_all(&jobs, |&(task, learner, seed, limit)| {
        let limit = if is_first_200 { 200 } else { limit };
        run(task, learner, seed, limit, !is_first_200)
    });
    runs.reverse();

    if is_first_200 {
        runs.iter().try_for_each(|run| writeln!(out, "{}", run.beginning()))?;
        return Ok(());
    }
    // With the digits that the file has.
    let runs = from_csv(&to_csv(&runs))?;
    writeln!(out, "{}", table(&runs))?;
    let texts = [to_csv(&runs), figures::table_of_1997(&runs)?];
    files::write_and_name(out, &folder, FILES, texts)
}
