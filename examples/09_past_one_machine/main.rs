//! Where one machine ends: a network is trained a little here, and saved for PyTorch to go on.
//!
//! `repeat.sh` beside this file does all of it: this program, then `go_on.py` with two processes
//! of PyTorch, which take the same steps, then a forecast here with what they have saved.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use demos::own_data::csv_file::{Columns, read};
use demos::own_data::dataset::{Windows, split};
use demos::own_data::network::{self, Settings};
use demos::own_data::prepare::prepare;
use demos::own_data::train;
use demos::{files, program};
use nn::{Adam, AdamConfig, Generator};

/// Trains on the weather for three epochs, saves the model, and goes on alone for two
#[derive(Parser)]
struct Arguments {
    /// The file with the weather
    #[arg(default_value = "examples/data/seattle-weather.csv")]
    data: PathBuf,
    /// The folder for model.safetensors, and for losses.csv with the loss of each further step
    #[arg(default_value = "past_one_machine")]
    folder: PathBuf,
}

fn main() -> ExitCode {
    program::run(hand_over)
}

fn hand_over(out: &mut dyn Write) -> Result<()> {
    let Arguments { data, folder } = program::arguments()?;
    files::check_folder(&folder, &["model.safetensors", "losses.csv"])?;
    let settings = Settings { epochs: 3, ..Settings::default() };
    let Settings { window, horizon, .. } = settings;
    let table = read(&data, "temp_max", Columns::AllBut(&[]), false)?;
    let (table, scaling) = prepare(table, window, horizon)?;
    let mut model = train(&table, scaling, &settings, None, |_, _| ())?.model;
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    model.save(&folder.join("model.safetensors"))?;

    // What the two processes will do together, here in one: a new Adam, the order of seed 1.
    let [training, ..] = split(table.lines.len());
    let rows = model.scaling.scale(&table.rows.narrow(0, 0, training.len())).cast();
    let windows = Windows { rows, target: table.target, window, horizon };
    let mut losses = "step,loss\n".to_string();
    let mut step = 0_u32;
    let mut adam = Adam::new(AdamConfig { lr: settings.lr, ..AdamConfig::default() });
    let generator = &mut Generator::manual_seed(1);
    for _ in 0..2 {
        for starts in generator.randperm(windows.count()).chunks(settings.batch) {
            let network = &mut model.network;
            let loss = network::step(network, &mut adam, &windows, starts, &settings, generator);
            writeln!(losses, "{step},{loss}")?;
            step += 1;
        }
    }
    let path = files::write(&folder, &[("losses.csv", losses)])?.concat();
    writeln!(out, "Saved model.safetensors, then went on for {step} steps: {path}")?;
    Ok(())
}
