//! A contestant is a process of its own, for one workload and one number of
//! threads; so is what measures the machine (`limit.rs`). It reads its settings as
//! arguments, prints `ready VERSION`, and then answers each line with one line of
//! numbers:
//!
//! | line | answer |
//! |---|---|
//! | `check` | the losses of three training steps, then the norms of the first gradients |
//! | `train N` | the milliseconds of each of N training steps |
//! | `forward N` | the milliseconds of each of N forward passes in inference |
//! | `record N` | likewise, of passes that backward could follow |
//! | `rates` | what the machine can do, as in `limit.rs`; no contestant |
//!
//! and for a cell
//!
//! | line | answer |
//! |---|---|
//! | `check` | h after ten steps of an `LSTMCell`, then after ten of an `LSTM` |
//! | `cell N` | the milliseconds of each of N steps of an `LSTMCell` |
//! | `layer N` | likewise, of an `LSTM` over sequences of one step |
//!
//! For a contestant each line starts with a new model. `protocol.py` does the same in Python.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use crate::workload::{Data, Workload};

/// What a contestant can do.
pub trait Contestant {
    /// A model with these weights.
    fn new(w: &Workload, data: Data) -> Self;
    /// The norms of the gradients of all parameters, in torch's order.
    fn gradients(&mut self) -> Vec<f64>;
    /// One training step; returns the loss before it.
    fn step(&mut self) -> f64;
    /// The first prediction, of a pass that backward could follow if it is `recorded`.
    /// `None` for those whose forward pass is not timed.
    fn forward(&mut self, _recorded: bool) -> Option<f64> {
        None
    }
}

/// The child's side: one line of numbers for each line, which is a command and a count.
pub fn answer_lines(version: &str, mut answer: impl FnMut(&str, usize) -> Vec<f64>) {
    println!("ready {version}");
    for line in io::stdin().lines().map_while(Result::ok) {
        let (command, count) = line.split_once(' ').unwrap_or((&line, "1"));
        let numbers = answer(command, count.parse().expect("a number"));
        let words: Vec<String> = numbers.iter().map(f64::to_string).collect();
        println!("{}", words.join(" "));
    }
}

/// The milliseconds of each of `count` times.
pub fn milliseconds(count: usize, mut work: impl FnMut() -> f64) -> Vec<f64> {
    let time = |_| {
        let start = Instant::now();
        assert!(work().is_finite(), "the result is not a finite number");
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..count).map(time).collect()
}

/// The child's side of a contestant.
pub fn serve<C: Contestant>(w: &Workload, data: &Path, version: &str) {
    answer_lines(version, |command, count| {
        let mut model = C::new(w, Data::read(w, data));
        let mut forward = |recorded| {
            let pass = || model.forward(recorded).expect("it is not asked");
            milliseconds(count, pass)
        };
        match command {
            "forward" => forward(false),
            "record" => forward(true),
            "train" => milliseconds(count, || model.step()),
            "check" => {
                let norms = model.gradients();
                (0..3).map(|_| model.step()).chain(norms).collect()
            }
            other => panic!("unknown command {other}"),
        }
    });
}

/// How to start a contestant.
pub struct Launch {
    pub name: &'static str,
    pub threads: usize,
    /// The program whose `ours` is the contestant `before`.
    pub beside: Option<PathBuf>,
}

impl Launch {
    /// The process for a workload whose numbers are in the file `data`.
    fn spawn(&self, w: &Workload, data: &Path) -> io::Result<Child> {
        let threads = self.threads.to_string();
        let script = match self.name {
            "torch" | "torch-fused" => Some("pytorch.py"),
            "jax" | "jax-steps" => Some("jax_scan.py"),
            _ => None,
        };
        let mut command = if let Some(script) = script {
            let python = env::var("PEERS_PYTHON").unwrap_or_else(|_| "python3".into());
            let mut command = Command::new(python);
            command.arg(format!("{}/src/{script}", env!("CARGO_MANIFEST_DIR"))).arg(self.name);
            command
        } else if let ("before", Some(program)) = (self.name, &self.beside) {
            let mut command = Command::new(program);
            command.args(["worker", "ours"]);
            command
        } else {
            let mut command = Command::new(env::current_exe()?);
            command.args(["worker", self.name]);
            command
        };
        command.arg(&threads).arg(data).arg(w.name).args(w.arguments());
        // XLA makes its pool of threads as large as NPROC says. Its flags do not: with
        // `intra_op_parallelism_threads=1` as many threads share a product as without.
        for variable in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "NPROC"] {
            command.env(variable, &threads);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
    }
}

/// Milliseconds from the start to the end of a process that builds a model and
/// trains it.
pub fn whole_process(launch: &Launch, w: &Workload, data: &Path) -> Result<f64, String> {
    let start = Instant::now();
    let output = launch.spawn(w, data).and_then(|mut child| {
        let mut stdin = child.stdin.take().expect("piped");
        writeln!(stdin, "train {}", w.steps)?;
        drop(stdin);
        child.wait_with_output()
    });
    match output {
        Ok(output) if output.status.success() => Ok(start.elapsed().as_secs_f64() * 1e3),
        other => Err(format!("the whole process: {other:?}")),
    }
}

/// The peak memory of a process that builds a model and trains it, and how much of it
/// came after the start, in MB.
pub fn memory_of_training(
    launch: &Launch,
    w: &Workload,
    data: &Path,
    limit: Duration,
) -> Result<(f64, f64), String> {
    let (mut worker, _) = Worker::start(launch, w, data)?;
    let at_start = worker.memory("VmRSS:");
    // Adam's moments come with the first step, so the second may need more.
    worker.ask(&format!("train {}", w.steps.max(3)), limit)?;
    let peak = worker.memory("VmHWM:");
    Ok((peak, peak - at_start))
}

/// The parent's side of a contestant.
pub struct Worker {
    child: Child,
    stdin: ChildStdin,
    answers: Receiver<String>,
}

impl Worker {
    /// The worker and the version of what it runs.
    pub fn start(launch: &Launch, w: &Workload, data: &Path) -> Result<(Self, String), String> {
        let child = launch.spawn(w, data);
        let mut child = child.map_err(|error| format!("does not start: {error}"))?;
        let stdin = child.stdin.take().expect("piped");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (sender, answers) = channel();
        // A thread of its own, so that reading can have a time limit.
        thread::spawn(move || {
            lines.map_while(Result::ok).map(|line| sender.send(line)).find(Result::is_err)
        });
        let mut worker = Worker { child, stdin, answers };
        let answer = worker.answer(Duration::from_secs(120))?;
        let version = answer.strip_prefix("ready ").ok_or(&answer)?.into();
        Ok((worker, version))
    }

    /// Sends a line and reads the numbers of the answer.
    pub fn ask(&mut self, line: &str, limit: Duration) -> Result<Vec<f64>, String> {
        // That a worker is gone shows in its missing answer.
        let _ = writeln!(self.stdin, "{line}");
        let answer = self.answer(limit)?;
        answer.split(' ').map(|word| word.parse().map_err(|_| format!("said {answer:?}"))).collect()
    }

    fn answer(&mut self, limit: Duration) -> Result<String, String> {
        self.answers.recv_timeout(limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => format!("no answer in {} s", limit.as_secs()),
            RecvTimeoutError::Disconnected => match self.child.wait() {
                Ok(status) => format!("stopped with {status}"),
                Err(error) => error.to_string(),
            },
        })
    }

    /// An entry of the process's status (Linux only, otherwise 0), in MB.
    fn memory(&self, key: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        kilobytes.unwrap_or(0.0_f64) / 1024.0
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
