//! `nn` against candle, burn, rust-lstm and torch: all in one run, each in its
//! own process, taking turns. Prints a Markdown document.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

#[cfg(feature = "burn")]
mod burn;
#[cfg(feature = "candle")]
mod candle;
mod limit;
mod ours;
mod report;
#[cfg(feature = "rust-lstm")]
mod rust_lstm;
mod worker;
mod workload;

use limit::Limit;
use ours::Ours;
use worker::{Launch, Worker};
use workload::{Data, WORKLOADS, Workload};

const HELP: &str = "\
Compares nn with torch, candle, burn and rust-lstm, and prints a Markdown document.

Usage: peers [--quick] [--only WORKLOAD]... [--without CONTESTANT]...

  --quick               few rounds, for a first impression
  --only WORKLOAD       W1, W2, W3, W4, W5, or one of several, such as W4-400
  --without CONTESTANT  torch, reference (ours, by the equations), candle, burn or
                        rust-lstm

torch runs in the Python that PEERS_PYTHON names, otherwise in python3.";

/// Everybody that was compiled in, and torch; `reference` is ours by the equations.
const CONTESTANTS: &[&str] = &[
    "ours",
    "torch",
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

/// What is measured.
pub const KINDS: [&str; 4] = ["training", "forward", "forward, recorded", "whole process"];

/// What came out for one contestant with one number of threads.
pub struct Entry {
    pub launch: Launch,
    pub version: String,
    /// For each of [`KINDS`], milliseconds: of one training step (or of all steps
    /// together), of one forward pass, of one that backward could follow, of a whole
    /// process.
    pub times: [Vec<f64>; 4],
    /// The peak memory, and how much of it came after the start, in MB.
    pub memory: (f64, f64),
    /// Why it was not (or not fully) measured.
    pub failure: Option<String>,
    worker: Option<Worker>,
}

/// What came out for one workload.
pub struct Measured {
    pub workload: Workload,
    pub entries: Vec<Entry>,
    /// For each number of threads.
    pub limits: Vec<Limit>,
}

struct Options {
    quick: bool,
    only: Vec<String>,
    without: Vec<String>,
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [command, name, threads, data, rest @ ..] = &arguments[..]
        && command == "worker"
    {
        let w = WORKLOADS.into_iter().find(|w| rest.first().is_some_and(|name| name == w.name));
        let threads = threads.parse().expect("a number");
        return work(name, threads, &w.expect("a workload"), Path::new(data));
    }
    let options = options(arguments).unwrap_or_else(|text| {
        eprintln!("{text}");
        process::exit(2)
    });
    let load = report::load();
    let mut results = Vec::new();
    for w in WORKLOADS {
        let wanted = |name: &String| w.name == name || w.name.split('-').next() == Some(name);
        if options.only.is_empty() || options.only.iter().any(wanted) {
            results.push(measure(w, &options));
        }
    }
    print!("{}", report::document(&results, options.quick, &load));
}

fn options(arguments: Vec<String>) -> Result<Options, String> {
    let mut options = Options { quick: false, only: Vec::new(), without: Vec::new() };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--quick" => options.quick = true,
            "--only" => options.only.push(value()?),
            "--without" => options.without.push(value()?),
            "--help" | "-h" => {
                println!("{HELP}");
                process::exit(0)
            }
            _ => return Err(format!("unknown argument {argument}\n\n{HELP}")),
        }
    }
    Ok(options)
}

/// Is a contestant, or measures the machine: the other side of this program.
fn work(name: &str, threads: usize, w: &Workload, data: &Path) {
    let version = |package: &str| {
        let entry = format!("name = \"{package}\"\nversion = \"");
        let rest = include_str!("../Cargo.lock").split(&entry).nth(1);
        rest.and_then(|rest| rest.split('"').next()).unwrap_or("?")
    };
    match name {
        "ours" => worker::serve::<Ours<false>>(w, data, version("nn")),
        "reference" => worker::serve::<Ours<true>>(w, data, version("nn")),
        #[cfg(feature = "candle")]
        "candle" => worker::serve::<candle::Candle>(w, data, version("candle-nn")),
        #[cfg(feature = "burn")]
        "burn" => worker::serve::<burn::Burn>(w, data, version("burn")),
        #[cfg(feature = "rust-lstm")]
        "rust-lstm" => worker::serve::<rust_lstm::RustLstm>(w, data, version("rust-lstm")),
        "limit" => limit::serve(w, threads),
        other => panic!("unknown contestant {other}"),
    }
}

/// Starts, checks and times all contestants on one workload.
fn measure(w: Workload, options: &Options) -> Measured {
    eprintln!("{}: {}", w.name, w.describe());
    let (rounds, budget, limit) = if options.quick { (3, 200.0, 60) } else { (9, 600.0, 300) };
    let limit = Duration::from_secs(limit);
    let data = env::temp_dir().join(format!("peers-{}-{}.f32", process::id(), w.name));
    Data::write(&w, &data);

    let cores = thread::available_parallelism().map_or(1, usize::from).min(2);
    let mut entries = Vec::new();
    for &name in CONTESTANTS.iter().filter(|name| !options.without.iter().any(|n| n == *name)) {
        let (threads, takes_part) = match name {
            // It has no threads, and its bidirectional network is another type.
            "rust-lstm" => (1, w.directions == 1),
            // The longest would show nothing that the others do not.
            "reference" => (cores, w.seq <= 400),
            _ => (cores, true),
        };
        if takes_part {
            entries.extend((1..=threads).map(|threads| Entry::start(name, threads, &w, &data)));
        }
    }
    let mut limits: Vec<_> = (1..=cores).map(|n| Limit::start(n, &w, &data)).collect();
    let mut estimates = check(&mut entries, limit);
    let count = entries.len();
    for round in 0..rounds {
        for k in (0..count).map(|k| (k + round) % count) {
            if round == 0 || estimates[k] < SLOW {
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

/// Lets all contestants compute losses and gradients, and stops those that do not
/// agree with torch (or with ours if there is no torch). Returns first estimates
/// of the milliseconds of a step.
fn check(entries: &mut [Entry], limit: Duration) -> Vec<f64> {
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
    let largest = reference[3..].iter().copied().fold(0.0, f64::max);
    for (entry, answer) in entries.iter_mut().zip(&answers) {
        let Some(answer) = answer else { continue };
        for (k, (&found, &expected)) in answer.iter().zip(&reference).enumerate() {
            // After steps of Adam the losses depend on rounding: less is asked.
            let tolerance = if k == 1 || k == 2 { 1e-3 } else { 1e-4 };
            let is_close =
                (found - expected).abs() <= tolerance * expected.abs().max(1e-6 * largest);
            if !is_close {
                let what = if k < 3 { format!("loss {k}") } else { format!("gradient {}", k - 3) };
                entry.fail(format!("differs: {what} is {found:e}, should be {expected:e}"));
                break;
            }
        }
        assert!(answer.len() == reference.len(), "{} numbers", entry.launch.name);
    }
    estimates
}

impl Entry {
    fn start(name: &'static str, threads: usize, w: &Workload, data: &Path) -> Self {
        let launch = Launch { name, threads };
        let (version, times, memory) = (String::new(), [const { Vec::new() }; 4], (0.0, 0.0));
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
        } else if let Some(times) = self.ask(&format!("train {}", count + 1), limit) {
            self.times[0].extend(&times[1..]); // the first step of a new model is not like the others
        }
        if let (Some(worker), (0.0, _)) = (&self.worker, self.memory) {
            let peak = worker.memory("VmHWM:");
            self.memory = (peak, peak - worker.at_start);
        }
        let commands: &[_] = match self.launch.name {
            "ours" => &["forward"],
            "torch" => &["forward", "record"],
            _ => &[],
        };
        for (kind, command) in (1..).zip(commands) {
            if let Some(times) = self.ask(&format!("{command} {}", count + 1), limit) {
                self.times[kind].extend(&times[1..]);
            }
        }
        if self.launch.name == "ours" {
            self.times[2] = self.times[1].clone(); // it always records
        }
        let fastest = self.times[0].iter().copied().reduce(f64::min);
        fastest.map_or(estimate, |fastest| fastest / w.steps as f64)
    }
}
