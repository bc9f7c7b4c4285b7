//! The Markdown document.

use std::fmt::Write;
use std::process::Command;
use std::{env, fs, thread};

use crate::Options;
use crate::contest::{Entry, KINDS, Measured};
use crate::limit;
use crate::workload::Workload;

/// The value below which the fraction `at` of all values lies.
fn quantile(values: &[f64], at: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((at * sorted.len() as f64) as usize).copied()
}

fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Three significant digits.
fn cell(x: Option<f64>) -> String {
    let Some(x) = x else { return "–".into() };
    let decimals = (2.0 - x.abs().max(1e-9).log10().floor()).clamp(0.0, 4.0);
    format!("{x:.0$}", decimals as usize)
}

/// How many MB so many numbers are, in f32.
fn megabytes(numbers: usize) -> f64 {
    4.0 * numbers as f64 / f64::from(1 << 20)
}

/// How many times faster `a` is than `b`, by their medians.
fn faster(a: &[f64], b: &[f64]) -> String {
    cell(median(b).zip(median(a)).map(|(b, a)| b / a))
}

/// What a contestant is called.
fn title(name: &str) -> &str {
    match name {
        "before" => "ours, before",
        "torch-fused" => "torch, fused Adam",
        "jax-steps" => "jax, all steps in one call",
        "reference" => "ours, by the equations",
        other => other,
    }
}

/// The measurements of a contestant with a number of threads.
fn times<'a>(entries: &'a [Entry], name: &str, threads: usize, kind: usize) -> &'a [f64] {
    let same = |entry: &&Entry| entry.launch.name == name && entry.launch.threads == threads;
    entries.iter().find(same).map_or(&[], |entry| &entry.times[kind])
}

pub fn document(results: &[Measured], options: &Options, load: &str) -> String {
    let (cells, trained): (Vec<_>, Vec<_>) = results.iter().partition(|m| m.workload.is_cell());
    let mut text = format!("# Benchmarks\n\n{}.\n\n{METHOD} {load}\n", machine(results));
    if options.beside.is_some() {
        text += "\n`before` is ours of another build of this program (`--beside`). What that build \
                 cannot be asked stays empty; one without `Tape::no_grad` records all forward passes.\n";
    }
    if options.quick {
        text += "\nThis was a quick run (`--quick`), for a first impression.\n";
    }
    if !trained.is_empty() {
        text += &overview(&trained);
        text += &shares(&trained);
        text += &lengths(&trained);
    }
    if !cells.is_empty() {
        text += &latencies(&cells);
    }
    for measured in trained {
        text += &details(measured);
    }
    text
}

/// How it is measured, and what cannot be compared.
const METHOD: &str = "\
All contestants start from the same numbers, compute in f32 (rust-lstm: f64), and agreed on the \
loss and the norm of every gradient within 1e-4, and on the losses after one and two steps of Adam \
within 1e-3, before they were timed; who did not is named. Each is a process of its own, and they \
took turns. A training step is forward, backward, Adam. Forward alone is inference: `no_grad` for \
torch, `Tape::no_grad` for ours; recorded, it keeps what backward needs. Ours computes no gradient \
for steps that the loss does not depend on: of W5-both's last layer, whose last output alone is \
read, the reverse direction has one step that it does depend on. Times are medians; a ratio above 1 \
is faster. Memory is the peak of another process, which only trains, what of it came after its \
start, and this divided by what the mathematics needs: each activation once, and four numbers for \
each parameter (itself, its gradient, Adam's two moments), in f32. What torch and JAX load and \
compile only when they train counts as theirs.

torch's Adam is the default one; `fused=True` differs in the update alone, so its forward passes \
are not timed. JAX's network is written by hand: a `lax.scan` over time, differentiated by JAX, and \
torch's Adam, one `jit` for a whole training step. It is compiled for these sizes alone, which takes \
a second or two, and is in the times of whole processes and in no other. In one call for all steps, \
W1's 500 are one `lax.scan`, and no loss is seen before the last. NPROC tells XLA how many threads \
compute; Python's own waits meanwhile.";

/// The columns of the overview: what it says, whose times, and of which of [`KINDS`].
const COLUMNS: [(&str, &str, usize); 14] = [
    ("torch", "torch", 0),
    ("torch, fused Adam", "torch-fused", 0),
    ("jax", "jax", 0),
    ("jax, all steps in one call", "jax-steps", 0),
    ("candle", "candle", 0),
    ("burn", "burn", 0),
    ("rust-lstm", "rust-lstm", 0),
    ("forward: torch", "torch", 1),
    ("forward: jax", "jax", 1),
    ("recorded: torch", "torch", 2),
    ("process: torch", "torch", 3),
    ("by the equations", "reference", 0),
    ("before", "before", 0),
    ("forward: before", "before", 1),
];

/// A line for each workload: how many times faster ours is than each of the others.
fn overview(results: &[&Measured]) -> String {
    let took_part = |name: &str, kind: usize| {
        let mut entries = results.iter().flat_map(|measured| &measured.entries);
        entries.any(|entry| entry.launch.name == name && !entry.times[kind].is_empty())
    };
    let columns: Vec<_> =
        COLUMNS.into_iter().filter(|&(_, name, kind)| took_part(name, kind)).collect();
    let titles: String = columns.iter().map(|(title, ..)| format!(" {title} |")).collect();
    let rule = "---|".repeat(columns.len());
    let mut text = format!(
        "\n## Ours against each: times faster\n\n\
         | workload | threads | step, ms |{titles}\n|---|---|---|{rule}\n"
    );
    for Measured { workload: w, entries, .. } in results {
        for entry in entries.iter().filter(|entry| entry.launch.name == "ours") {
            let threads = entry.launch.threads;
            let step = cell(median(&entry.times[0]));
            let _ = write!(text, "| {} | {threads} | {step} |", w.name);
            for &(_, name, kind) in &columns {
                // rust-lstm has one thread, whatever it is offered.
                let threads = if name == "rust-lstm" { 1 } else { threads };
                let theirs = times(entries, name, threads, kind);
                let _ = write!(text, " {} |", faster(&entry.times[kind], theirs));
            }
            text += "\n";
        }
    }
    text
}

/// All that was measured of one workload.
fn details(Measured { workload: w, entries, .. }: &Measured) -> String {
    let mut text = format!(
        "\n## {}\n\n{}. Needed: {} MB of activations, 4·seq·batch·(input + \
         layers·directions·7·hidden) bytes; {} MB with 16 bytes for each of {} parameters.\n",
        w.name,
        w.describe(),
        cell(Some(megabytes(w.activations()))),
        cell(Some(megabytes(w.needed()))),
        w.parameters()
    );
    for kind in 0..4 {
        text += &table(w, entries, kind);
    }
    text + &failures(w, entries)
}

/// Who was not, or not fully, measured.
fn failures(w: &Workload, entries: &[Entry]) -> String {
    let mut text = String::new();
    for Entry { launch, failure, .. } in entries {
        if let Some(failure) = failure {
            let (name, threads) = (title(launch.name), launch.threads);
            let _ = write!(text, "\n{}: {name}, threads {threads}: {failure}.\n", w.name);
        }
    }
    text
}

/// What a step of a cell takes, in a stream of single inputs.
fn latencies(results: &[&Measured]) -> String {
    let mut text = String::from(
        "\n## One step of a cell\n\n\
         Inference with batch 1 on one thread: each step is asked for alone, and its state goes \
         into the next one; ours empties its tape after each. LSTM is a layer, over a sequence of \
         one step. All agreed on h after ten steps. A time is that of the whole call, in Python \
         for torch.\n\n\
         | sizes | module | contestant | median, µs | quartiles | ÷ torch LSTMCell |\n\
         |---|---|---|---|---|---|\n",
    );
    for Measured { workload: w, entries, .. } in results {
        let torch = median(times(entries, "torch", 1, 4));
        for (kind, entry) in [4, 5].into_iter().flat_map(|k| entries.iter().map(move |e| (k, e))) {
            let own = &entry.times[kind];
            let [low, middle, high] = [0.25, 0.5, 0.75].map(|at| quantile(own, at));
            let microseconds = |time: Option<f64>| cell(time.map(|ms| ms * 1e3));
            let _ = writeln!(
                text,
                "| {} → {} | {} | {} | {} | {} – {} | {} |",
                w.input,
                w.hidden,
                KINDS[kind],
                title(entry.launch.name),
                microseconds(middle),
                microseconds(low),
                microseconds(high),
                cell(middle.zip(torch).map(|(own, torch)| own / torch))
            );
        }
    }
    for Measured { workload: w, entries, .. } in results {
        text += &failures(w, entries);
    }
    text
}

/// Ours beside the fastest that the machine could be.
fn shares(results: &[&Measured]) -> String {
    let mut text = String::from(
        "\n## Share of the machine's peak\n\n\
         The limit of a training step is the time of its products, at the rate of our product on \
         their shapes alone, and of writing every activation once and reading it once, and the \
         gates' gradients once and twice, at the speed of copying 128 MB; all measured in this \
         run. It counts no exp, σ and tanh and no Adam; on the other hand, what a small workload \
         writes stays in the caches, which are faster than memory. FMA is the rate of fused \
         multiply-adds in registers, whoever multiplies; the share of it is the GFLOP of the \
         products of a training step ÷ the time of the step ÷ FMA.\n\n\
         | workload | threads | FMA, GFLOP/s | products, GFLOP/s | memory, GB/s | GFLOP | \
         limit, ms | ours, ms | of the limit | of FMA |\n|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for Measured { workload: w, entries, limits } in results {
        for limit in limits.iter().filter(|limit| limit.rates[0] > 0.0) {
            let rates = limit.rates.map(|rate| cell(Some(rate / 1e9)));
            let least = limit.milliseconds(w) * w.steps as f64;
            let gflop = limit::flops(w) * w.steps as f64 / 1e9;
            let ours = median(times(entries, "ours", limit.threads, 0));
            let share = |milliseconds: f64| {
                ours.map_or("–".into(), |ours| format!("{:.0} %", 100.0 * milliseconds / ours))
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                w.name,
                limit.threads,
                rates.join(" | "),
                cell(Some(gflop)),
                cell(Some(least)),
                cell(ours),
                share(least),
                share(gflop * 1e12 / limit.rates[0])
            );
        }
    }
    text
}

/// The workloads that differ in their length alone.
fn lengths(results: &[&Measured]) -> String {
    let series: Vec<_> = results.iter().filter(|m| m.workload.name.starts_with("W4-")).collect();
    let [shortest, ..] = series[..] else { return String::new() };
    let mut text = String::from(
        "\n## Time is linear in the length\n\n\
         Training, with the time that falls to each step of the sequence, and the ratio of this \
         to that of the shortest sequence: 1 is linear.\n\n\
         | seq | threads | ours, ms | µs a step | ratio | torch, ms | µs a step | ratio |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    let threads = shortest.limits.iter().map(|limit| limit.threads);
    for (threads, measured) in threads.flat_map(|n| series.iter().map(move |m| (n, m))) {
        let _ = write!(text, "| {} | {threads} |", measured.workload.seq);
        for name in ["ours", "torch"] {
            let milliseconds = |m: &Measured| median(times(&m.entries, name, threads, 0));
            let each = |m: &Measured| Some(milliseconds(m)? * 1e3 / m.workload.seq as f64);
            let ratio = each(measured).zip(each(shortest)).map(|(own, first)| own / first);
            for number in [milliseconds(measured), each(measured), ratio] {
                let _ = write!(text, " {} |", cell(number));
            }
        }
        text += "\n";
    }
    text
}

fn table(w: &Workload, entries: &[Entry], kind: usize) -> String {
    let measured: Vec<_> = entries.iter().filter(|entry| !entry.times[kind].is_empty()).collect();
    if measured.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\n| {} | threads | median, ms | quartiles | faster than torch | ours is faster |",
        KINDS[kind]
    );
    let with_memory = kind == 0;
    text += if with_memory { " peak, MB | after start | ÷ needed |\n|---|---|---" } else { "\n" };
    text += "|---|---|---|---|---|---|\n";
    for entry in measured {
        let (own, threads) = (&entry.times[kind], entry.launch.threads);
        let _ = write!(
            text,
            "| {} | {threads} | {} | {} – {} | {} | {} |",
            title(entry.launch.name),
            cell(median(own)),
            cell(quantile(own, 0.25)),
            cell(quantile(own, 0.75)),
            faster(own, times(entries, "torch", threads, kind)),
            faster(times(entries, "ours", threads, kind), own),
        );
        if with_memory {
            let (peak, after) = entry.memory;
            let ratio = after / megabytes(w.needed());
            let _ = write!(text, " {peak:.0} | {} | {} |", cell(Some(after)), cell(Some(ratio)));
        }
        text += "\n";
    }
    text
}

/// How busy the machine is, in words.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!("The machine's load before the run was {load}; it should be near 0.")
}

/// Where and with what it was measured.
fn machine(results: &[Measured]) -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |key| {
        let line = cpu.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split_once(": ")).map_or("", |(_, value)| value)
    };
    let simd = ["avx2", "fma", "avx512f"].into_iter();
    let simd: Vec<_> = simd.filter(|name| value("flags").split(' ').any(|f| f == *name)).collect();
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map_or(Vec::new(), |output| output.stdout);
    let mut versions: Vec<String> = Vec::new();
    for entry in results.iter().flat_map(|measured| &measured.entries) {
        let version = format!("{} {}", entry.launch.name, entry.version);
        let is_variant = ["torch-fused", "jax-steps", "reference"].contains(&entry.launch.name);
        if !entry.version.is_empty() && !is_variant && !versions.contains(&version) {
            versions.push(version);
        }
    }
    format!(
        "{}, {} cores, {}; {} {}. {}; release profile without further flags. {}",
        value("model name"),
        thread::available_parallelism().map_or(1, usize::from),
        simd.join(" "),
        env::consts::OS,
        env::consts::ARCH,
        String::from_utf8_lossy(&rustc).trim(),
        versions.join(", ")
    )
}
