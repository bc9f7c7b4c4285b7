//! `nn` against candle, burn, rust-lstm, torch and JAX: all in one run, each in its
//! own process, taking turns. Prints a Markdown document.

use std::path::{Path, PathBuf};
use std::{env, process};

#[cfg(feature = "burn")]
mod burn;
#[cfg(feature = "candle")]
mod candle;
mod cell;
mod contest;
mod limit;
mod ours;
mod report;
#[cfg(feature = "rust-lstm")]
mod rust_lstm;
mod worker;
mod workload;

use ours::Ours;
use workload::{WORKLOADS, Workload};

const HELP: &str = "\
Compares nn with torch, JAX, candle, burn and rust-lstm, and prints a Markdown document.

Usage: peers [--quick] [--only WORKLOAD]... [--without CONTESTANT]... [--beside PATH]

  --quick               few rounds, for a first impression
  --only WORKLOAD       W1, W2, W3, W4, W5, cell, or one of several, such as W4-400
  --without CONTESTANT  torch, torch-fused (with its fused Adam), jax, jax-steps (all
                        steps of W1 in one call), reference (ours, by the equations),
                        candle, burn or rust-lstm
  --beside PATH         another build of this program, such as an older commit's: its
                        ours takes part as the contestant before

torch and JAX run in the Python that PEERS_PYTHON names, otherwise in python3.";

pub struct Options {
    pub quick: bool,
    pub only: Vec<String>,
    pub without: Vec<String>,
    pub beside: Option<PathBuf>,
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
            results.push(contest::measure(w, &options));
        }
    }
    print!("{}", report::document(&results, &options, &load));
}

fn options(arguments: Vec<String>) -> Result<Options, String> {
    let mut options = Options { quick: false, only: Vec::new(), without: Vec::new(), beside: None };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--quick" => options.quick = true,
            "--only" => options.only.push(value()?),
            "--without" => options.without.push(value()?),
            "--beside" => options.beside = Some(value()?.into()),
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
        "ours" if w.is_cell() => cell::serve(w, data, version("nn")),
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
