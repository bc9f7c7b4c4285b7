//! The Markdown document.

use std::fmt::Write;
use std::process::Command;
use std::{env, fs, thread};

use crate::workload::Workload;
use crate::{Entry, KINDS, Measured};

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
    if name == "reference" { "ours, by the equations" } else { name }
}

/// The measurements of a contestant with a number of threads.
fn times<'a>(entries: &'a [Entry], name: &str, threads: usize, kind: usize) -> &'a [f64] {
    let same = |entry: &&Entry| entry.launch.name == name && entry.launch.threads == threads;
    entries.iter().find(same).map_or(&[], |entry| &entry.times[kind])
}

pub fn document(results: &[Measured], quick: bool, load: &str) -> String {
    let mut text = format!(
        "# Benchmarks\n\n{}.\n\nAll contestants start from the same numbers, compute in f32 \
         (rust-lstm: f64), and agreed on the loss and the norm of every gradient within 1e-4 \
         before they were timed; who did not is named. Each is a process of its own, and they \
         took turns. A training step is forward, backward, Adam; forward alone is in `no_grad` \
         for torch, ours always records. Ours computes no gradient for steps that the loss does \
         not depend on: of W5-both's last layer, whose last output alone is read, the reverse \
         direction has one step that it does depend on. Times are medians; a ratio above 1 is faster. \
         Memory is the peak of the process in training, what of it came after its start, and \
         this divided by what the mathematics needs: each activation once, and four numbers for \
         each parameter (itself, its gradient, Adam's two moments), in f32. {}\n",
        machine(results),
        load
    );
    if quick {
        text += "\nThis was a quick run (`--quick`), for a first impression.\n";
    }
    text += "\n## Ours against each: times faster\n\n\
             | workload | threads | step, ms | torch | candle | burn | rust-lstm | forward: torch | \
             recorded: torch | process: torch | by the equations |\n\
             |---|---|---|---|---|---|---|---|---|---|---|\n";
    for Measured { workload: w, entries, .. } in results {
        for entry in entries.iter().filter(|entry| entry.launch.name == "ours") {
            let threads = entry.launch.threads;
            let step = cell(median(&entry.times[0]));
            let _ = write!(text, "| {} | {threads} | {step}", w.name);
            // rust-lstm has one thread, whatever it is offered.
            let peers = [("torch", threads, 0), ("candle", threads, 0), ("burn", threads, 0)];
            let forward = [("torch", threads, 1), ("torch", threads, 2), ("torch", threads, 3)];
            let more = [("rust-lstm", 1, 0)].into_iter().chain(forward);
            let all = peers.into_iter().chain(more).chain([("reference", threads, 0)]);
            for (name, threads, kind) in all {
                let theirs = times(entries, name, threads, kind);
                let _ = write!(text, " | {}", faster(&entry.times[kind], theirs));
            }
            text += " |\n";
        }
    }
    text += &shares(results);
    text += &lengths(results);
    for Measured { workload: w, entries, .. } in results {
        let _ = write!(
            text,
            "\n## {}\n\n{}. Needed: {} MB of activations, 4·seq·batch·(input + \
             layers·directions·7·hidden) bytes; {} MB with 16 bytes for each of {} parameters.\n",
            w.name,
            w.describe(),
            cell(Some(megabytes(w.activations()))),
            cell(Some(megabytes(w.needed()))),
            w.parameters()
        );
        for kind in 0..KINDS.len() {
            text += &table(w, entries, kind);
        }
        for entry in entries {
            if let Some(failure) = &entry.failure {
                let (name, threads) = (title(entry.launch.name), entry.launch.threads);
                let _ = write!(text, "\n{name}, threads {threads}: {failure}.\n");
            }
        }
    }
    text
}

/// Ours beside the fastest that the machine could be.
fn shares(results: &[Measured]) -> String {
    let mut text = String::from(
        "\n## Share of the machine's peak\n\n\
         The limit of a training step is the time of its products, at the rate of our product on \
         their shapes alone, and of writing every activation once and reading it once, and the \
         gates' gradients once and twice, at the speed of copying 128 MB; all measured in this \
         run. It counts no exp, σ and tanh and no Adam; on the other hand, what a small workload \
         writes stays in the caches, which are faster than memory. FMA is the rate of fused \
         multiply-adds in registers.\n\n\
         | workload | threads | FMA, GFLOP/s | products, GFLOP/s | memory, GB/s | \
         limit, ms | ours, ms | share |\n|---|---|---|---|---|---|---|---|\n",
    );
    for Measured { workload: w, entries, limits } in results {
        for limit in limits.iter().filter(|limit| limit.rates[0] > 0.0) {
            let [fma, products, memory] = limit.rates.map(|rate| cell(Some(rate / 1e9)));
            let least = limit.milliseconds(w) * w.steps as f64;
            let ours = median(times(entries, "ours", limit.threads, 0));
            let share = ours.map_or("–".into(), |ours| format!("{:.0} %", 100.0 * least / ours));
            let _ = writeln!(
                text,
                "| {} | {} | {fma} | {products} | {memory} | {} | {} | {share} |",
                w.name,
                limit.threads,
                cell(Some(least)),
                cell(ours)
            );
        }
    }
    text
}

/// The workloads that differ in their length alone.
fn lengths(results: &[Measured]) -> String {
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
        let is_new = entry.launch.name != "reference" && !versions.contains(&version);
        if !entry.version.is_empty() && is_new {
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
