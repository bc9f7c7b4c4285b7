//! One workload: all contestants are started, checked, weighed, and timed in turn.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use crate::Options;
use crate::limit::Limit;
use crate::worker::{self, Launch, Worker};
use crate::workload::{Data, Workload};

/// Everybody that was compiled in, and those in Python; `reference` is ours by the
/// equations, `before` ours of another build.
const CONTESTANTS: &[&str] = &[
    "ours",
    "before",
    "torch",
    "torch-fused",
    "jax",
    "jax-steps",
    "reference",
    #[cfg(feature = "candle")]
    "candle",
    #[cfg(feature = "burn")]
    "burn",
    #[cfg(feature = "rust-lstm")]
    "rust-lstm",
];

/// Who needs more milliseconds than this for a step is timed in one round only.
const SLOW: f64 = 5000.0;

/// What is measured, of which the last two are of a cell.
pub const KINDS: [&str; 6] =
    ["training", "forward", "forward, recorded", "whole process", "LSTMCell", "LSTM"];

/// What came out for one contestant with one number of threads.
pub struct Entry {
    pub launch: Launch,
    pub version: String,
    /// For each of [`KINDS`], milliseconds: of one training step (or of all steps
    /// together), of one forward pass, of one that backward could follow, of a whole
    /// process, of one step of a cell, of a sequence of one step.
    pub times: [Vec<f64>; KINDS.len()],
    /// The peak memory of a process that only trains, and how much of it came after
    /// the start, in MB.
    pub memory: (f64, f64),
    /// Why it was not (or not fully) measured.
    pub failure: Option<String>,
    worker: Option<Worker>,
}

/// What came out for one workload.
pub struct Measured {
    pub workload: Workload,
    pub entries: Vec<Entry>,
    /// For each number of threads; a cell has none.
    pub limits: Vec<Limit>,
}

/// Starts, checks and times all contestants on one workload.
pub fn measure(w: Workload, options: &Options) -> Measured {
    eprintln!("{}: {}", w.name, w.describe());
    let (rounds, budget, limit) = if options.quick { (3, 200.0, 60) } else { (9, 600.0, 300) };
    let limit = Duration::from_secs(limit);
    let data = env::temp_dir().join(format!("peers-{}-{}.f32", process::id(), w.name));
    Data::write(&w, &data);

    let cores = thread::available_parallelism().map_or(1, usize::from).min(2);
    let mut entries = Vec::new();
    for &name in CONTESTANTS.iter().filter(|name| !options.without.iter().any(|n| n == *name)) {
        let (threads, takes_part) = match name {
            "before" if options.beside.is_none() => (0, false),
            _ if w.is_cell() => (1, ["ours", "before", "torch"].contains(&name)),
            "jax-steps" => (cores, w.steps > 1),
            // It has no threads, and its bidirectional network is another type.
            "rust-lstm" => (1, w.directions == 1),
            // The longest would show nothing that the others do not.
            "reference" => (cores, w.seq <= 400),
            _ => (cores, true),
        };
        if takes_part {
            let launch = |threads| Launch { name, threads, beside: options.beside.clone() };
            entries.extend((1..=threads).map(|threads| Entry::start(launch(threads), &w, &data)));
        }
    }
    let mut limits = Vec::new();
    if !w.is_cell() {
        limits.extend((1..=cores).map(|threads| Limit::start(threads, &w, &data)));
    }
    let mut estimates = check(&w, &mut entries, limit);
    if !w.is_cell() {
        entries.iter_mut().for_each(|entry| entry.weigh(&w, &data, limit));
    }
    let count = entries.len();
    for round in 0..rounds {
        for k in (0..count).map(|k| (k + round) % count) {
            if w.is_cell() {
                entries[k].time_cell(limit);
            } else if round == 0 || estimates[k] < SLOW {
                estimates[k] = entries[k].time(&w, &data, budget, estimates[k], limit);
            }
        }
        limits.iter_mut().for_each(|machine| machine.round(limit));
    }
    entries.iter_mut().for_each(|entry| entry.worker = None);
    limits.iter_mut().for_each(Limit::stop);
    let _ = fs::remove_file(data);
    Measured { workload: w, entries, limits }
}

/// Lets all contestants compute what `check` asks for, and stops those that do not
/// agree with torch (or with ours if there is no torch). Returns first estimates
/// of the milliseconds of a step.
fn check(w: &Workload, entries: &mut [Entry], limit: Duration) -> Vec<f64> {
    let mut estimates = Vec::new();
    let mut answers = Vec::new();
    for entry in entries.iter_mut() {
        let start = Instant::now();
        answers.push(entry.ask("check", limit));
        estimates.push(start.elapsed().as_secs_f64() * 1e3 / 4.0);
    }
    let of = |name| {
        let mut all = entries.iter().zip(&answers).filter(|(entry, _)| entry.launch.name == name);
        all.find_map(|(_, answer)| answer.clone())
    };
    let Some(reference) = of("torch").or(of("ours")) else { return estimates };
    let largest = |numbers: &[f64]| numbers.iter().copied().fold(0.0, |m, x| x.abs().max(m));
    for (entry, answer) in entries.iter_mut().zip(&answers) {
        let Some(answer) = answer else { continue };
        assert!(answer.len() == reference.len(), "{} numbers", entry.launch.name);
        for (k, (&found, &expected)) in answer.iter().zip(&reference).enumerate() {
            let (what, tolerance, least) = match k {
                // Some numbers of a state are near 0.
                _ if w.is_cell() => (format!("number {k} of the state"), 1e-4, largest(&reference)),
                // After steps of Adam the losses depend on rounding: less is asked.
                1 | 2 => (format!("loss {k}"), 1e-3, 0.0),
                0 => ("loss 0".into(), 1e-4, 0.0),
                _ => (format!("gradient {}", k - 3), 1e-4, 1e-6 * largest(&reference[3..])),
            };
            let is_close = (found - expected).abs() <= tolerance * expected.abs().max(least);
            if !is_close {
                entry.fail(format!("differs: {what} is {found:e}, should be {expected:e}"));
                break;
            }
        }
    }
    estimates
}

impl Entry {
    fn start(launch: Launch, w: &Workload, data: &Path) -> Self {
        let (version, times, memory) = (String::new(), Default::default(), (0.0, 0.0));
        let mut entry = Entry { launch, version, times, memory, failure: None, worker: None };
        match Worker::start(&entry.launch, w, data) {
            Ok((worker, version)) => (entry.worker, entry.version) = (Some(worker), version),
            Err(failure) => entry.fail(failure),
        }
        entry
    }

    fn fail(&mut self, failure: String) {
        eprintln!("  {}, threads {}: {failure}", self.launch.name, self.launch.threads);
        self.failure = Some(failure);
        self.worker = None;
    }

    fn ask(&mut self, line: &str, limit: Duration) -> Option<Vec<f64>> {
        let answer = self.worker.as_mut()?.ask(line, limit);
        answer.map_err(|failure| self.fail(failure)).ok()
    }

    /// Asks for the milliseconds of so many, of which the first is not like the others:
    /// its model is new.
    fn ask_times(&mut self, kind: usize, command: &str, count: usize, limit: Duration) {
        if let Some(times) = self.ask(&format!("{command} {}", count + 1), limit) {
            self.times[kind].extend(&times[1..]);
        }
    }

    /// Measures the memory, in a process that computes nothing else: the check has
    /// memory of its own.
    fn weigh(&mut self, w: &Workload, data: &Path, limit: Duration) {
        if self.worker.is_some() {
            match worker::memory_of_training(&self.launch, w, data, limit) {
                Ok(memory) => self.memory = memory,
                Err(failure) => self.fail(failure),
            }
        }
    }

    /// One round: as many steps, and then forward passes, as fit in the budget.
    /// Returns a new estimate of the milliseconds of a step.
    fn time(
        &mut self,
        w: &Workload,
        data: &Path,
        budget: f64,
        estimate: f64,
        limit: Duration,
    ) -> f64 {
        let count = ((budget / estimate) as usize).clamp(1, 100);
        if w.steps > 1 {
            if let Some(times) = self.ask(&format!("train {}", w.steps), limit) {
                self.times[0].push(times.iter().sum());
            }
            if self.worker.is_some() {
                match worker::whole_process(&self.launch, w, data) {
                    Ok(milliseconds) => self.times[3].push(milliseconds),
                    Err(failure) => self.fail(failure),
                }
            }
        } else {
            self.ask_times(0, "train", count, limit);
        }
        let commands: &[_] = match self.launch.name {
            "ours" | "before" | "torch" => &["forward", "record"],
            "jax" => &["forward"],
            _ => &[],
        };
        for (kind, command) in (1..).zip(commands) {
            self.ask_times(kind, command, count, limit);
        }
        let fastest = self.times[0].iter().copied().reduce(f64::min);
        fastest.map_or(estimate, |fastest| fastest / w.steps as f64)
    }

    /// One round of a cell.
    fn time_cell(&mut self, limit: Duration) {
        for (kind, command) in [(4, "cell"), (5, "layer")] {
            self.ask_times(kind, command, 1000, limit);
        }
    }
}
