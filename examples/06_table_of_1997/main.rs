//! The table of 1997, rerun: three tasks of the paper that introduced the LSTM, learnt by
//! its own algorithm and by today's LSTM, with two kinds of initial values.
//!
//! `cargo run --release -p demos --example 06_table_of_1997` takes about ten minutes on two cores
//! and writes `results.csv` and `table-of-1997.svg` into a folder (by default
//! `table-of-1997`, or the first argument). With `--first-200`, it learns from the first 200
//! sequences of each run and prints what came out, in seconds.

mod cell_1997;
mod network;
mod tasks;

use std::collections::VecDeque;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::Result;
use cell_1997::Cell1997;
use clap::Parser;
use demos::table_of_1997::{Course, Run, from_csv, table, to_csv};
use demos::{figures, files, program};
use indicatif::{ProgressBar, ProgressStyle};
use network::{BATCH, Network};
use nn::Generator;
use tasks::{Sequence, Task, below, error, is_predicted};

/// What learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Learner {
    /// The algorithm of the paper.
    Cell1997,
    /// `nn::Lstm` with PyTorch's initial values, …
    Default,
    /// … and with chrono ones.
    Chrono,
}

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

/// One sequence after the other, or some at once.
enum Student {
    One(Box<Cell1997>),
    Batch(Box<Network>),
}

impl Student {
    fn run(&mut self, batch: &[Sequence], learn: bool) -> Vec<Vec<f32>> {
        match self {
            Student::One(cell) => batch.iter().map(|s| cell.run(s, learn)).collect(),
            Student::Batch(network) => network.run(batch, learn),
        }
    }
}

/// A whole run, with its test on 2,560 fresh sequences.
fn run(task: Task, learner: Learner, seed: u64, limit: usize) -> Run {
    let start = Instant::now();
    let (mut student, course) = learn(task, learner, seed, limit);
    let rng = &mut Generator::manual_seed(1000 + seed);
    let fresh: Vec<Vec<Sequence>> = (0..2560 / BATCH).map(|_| task.draw(BATCH, rng)).collect();
    let wrong = fresh.iter().map(|batch| wrong(task, &mut student, batch)).sum();
    let (task, network) = (task.to_string(), format!("{learner:?}"));
    Run { task, network, seed, course, wrong, seconds: start.elapsed().as_secs_f64() }
}

/// Learns until success, or until `limit` sequences.
fn learn(task: Task, learner: Learner, seed: u64, limit: usize) -> (Student, Course) {
    let rng = &mut Generator::manual_seed(seed);
    let (mut student, batch) = match learner {
        Learner::Cell1997 => (Student::One(Cell1997::new(task, rng).into()), 1),
        Learner::Default => (Student::Batch(Network::new(task, false, rng).into()), BATCH),
        Learner::Chrono => (Student::Batch(Network::new(task, true, rng).into()), BATCH),
    };
    // Reber alone has a set of sequences that come again and again, and one that never comes.
    let (mut training, mut test) = (Vec::new(), Vec::new());
    if task == Task::Reber {
        training = task.draw(SET, rng);
        while test.len() < SET {
            test.extend(task.draw(1, rng).into_iter().filter(|s| !training.contains(s)));
        }
    }

    let mut course = Course { first_200: 0.0, all_right: None, success: None };
    let (mut count, mut right_in_a_row) = (0, 0);
    let mut last: VecDeque<f64> = VecDeque::from([0.0; LAST]);
    while count < limit && course.success.is_none() {
        let sequences: Vec<Sequence> = match task {
            Task::Reber => (0..batch).map(|_| training[below(SET, rng)].clone()).collect(),
            _ => task.draw(batch, rng),
        };
        let outputs = student.run(&sequences, true);
        for (sequence, outputs) in sequences.iter().zip(&outputs) {
            count += 1;
            if count <= 200 {
                let all = sequence.y.iter().zip(outputs);
                course.first_200 += all.map(|(y, x)| f64::from((y - x) * (y - x))).sum::<f64>();
            }
            let error = error(sequence, outputs);
            last.pop_front();
            last.push_back(f64::from(error));
            let is_right = task.limits().is_some_and(|(largest, _)| error < largest);
            right_in_a_row = if is_right { right_in_a_row + 1 } else { 0 };
        }
        let is_success = match task.limits() {
            Some((_, mean)) => {
                if right_in_a_row >= LAST {
                    course.all_right.get_or_insert(count);
                }
                right_in_a_row >= LAST && last.iter().sum::<f64>() / (LAST as f64) < mean
            }
            // After each time that as many came as there are in the set.
            None => {
                count % SET < batch
                    && [&training, &test].iter().all(|set| wrong(task, &mut student, set) == 0)
            }
        };
        if is_success {
            course.success = Some(count);
        }
    }
    (student, course)
}

/// The strings of a set of the Reber grammar.
const SET: usize = 256;
/// So many sequences are looked at for success.
const LAST: usize = 2000;

/// How many sequences are wrong.
fn wrong(task: Task, student: &mut Student, sequences: &[Sequence]) -> usize {
    let is_right = |sequence: &Sequence, outputs: &[f32]| match task.limits() {
        Some((largest, _)) => error(sequence, outputs) < largest,
        None => is_predicted(sequence, outputs),
    };
    let batches = sequences.chunks(BATCH).map(|batch| {
        let outputs = student.run(batch, false);
        batch.iter().zip(&outputs).filter(|(s, outputs)| !is_right(s, outputs)).count()
    });
    batches.sum()
}

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

    let jobs: Vec<_> = (ROWS.iter())
        .flat_map(|&(task, learner, seeds, limit)| {
            (0..seeds).map(move |s| (task, learner, s, limit))
        })
        .collect();
    let bar = ProgressBar::new(jobs.len() as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} runs, {elapsed}  {msg}")?;
    bar.set_style(style);
    let (next, runs) = (AtomicUsize::new(0), Mutex::new(vec![None; jobs.len()]));
    // Each run on one core. The longest begin first.
    let work = || {
        loop {
            let k = next.fetch_add(1, Ordering::Relaxed);
            let Some(k) = jobs.len().checked_sub(k + 1) else { break };
            let (task, learner, seed, limit) = jobs[k];
            let run = if is_first_200 {
                let (_, course) = learn(task, learner, seed, 200);
                let (task, network) = (task.to_string(), format!("{learner:?}"));
                Run { task, network, seed, course, wrong: 0, seconds: 0.0 }
            } else {
                run(task, learner, seed, limit)
            };
            bar.set_message(format!("{task}, {learner:?}, seed {seed}"));
            bar.inc(1);
            runs.lock().expect("no run panics")[k] = Some(run);
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
    let runs = runs.into_inner()?.into_iter().flatten();
    let runs: Vec<Run> = runs.collect();

    if is_first_200 {
        runs.iter().try_for_each(|run| writeln!(out, "{}", run.beginning()))?;
        return Ok(());
    }
    // With the digits that the file has.
    let runs = from_csv(&to_csv(&runs))?;
    writeln!(out, "{}", table(&runs))?;
    let texts = [to_csv(&runs), figures::table_of_1997(&runs)?];
    let files: Vec<_> = FILES.into_iter().zip(texts).collect();
    files::write(&folder, &files)?.iter().try_for_each(|path| writeln!(out, "{path}"))?;
    Ok(())
}
