//! A text, letter by letter: a network learns which letter comes next, and writes on.
//!
//! `cargo run --release -p demos --example 07_letters` learns Shakespeare's sonnets in about a
//! minute; with `--text FILE`, another text. With a folder, it writes there a map of the text in
//! the colours of one cell. With `--first-100`, it stops after 100 steps.

mod arguments;
mod cells;
mod counts;
mod learn;
mod model;
mod text;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use demos::letters::Map;
use demos::{figures, files, program};
use indicatif::{ProgressBar, ProgressStyle};
use nn::{Adam, AdamConfig, Generator};
use tensor::Tape;

use arguments::Arguments;
use cells::findings;
use counts::Counts;
use learn::{STREAMS, TIME, learn};
use model::Model;
use text::{Text, Windows};

const TRAINING_STEPS: usize = 3000;
/// After so many steps the network is looked at.
const LOOKS: [usize; 4] = [0, 100, 1000, TRAINING_STEPS];
/// The longest run of letters whose next one is counted.
const LONGEST: usize = 5;
/// So many letters are written each time.
const WRITTEN: usize = 240;
const RATE: f64 = 0.005;

const FILES: [&str; 2] = ["map.csv", "letters.svg"];

fn main() -> ExitCode {
    program::run(experiment)
}

fn experiment(out: &mut dyn Write) -> Result<()> {
    let arguments: Arguments = program::arguments()?;
    let least = (10 * (STREAMS * TIME + 1)).div_ceil(9);
    let text = Text::open(arguments.text.as_deref(), least)?;
    if let Some(folder) = &arguments.folder {
        files::check_folder(folder, &FILES)?;
    }
    let alphabet = text.alphabet.len();
    let (learnt, kept_back) = (text.learnt(), text.kept_back());
    let first = text.letters[0];
    writeln!(
        out,
        "{} letters, {alphabet} different ones. The last {} are kept back.\n",
        text.letters.len(),
        kept_back.len()
    )?;

    let counts = Counts::new(learnt, alphabet, LONGEST);
    counts.print_bits(out, kept_back)?;
    let rng = &mut Generator::manual_seed(arguments.seed);
    let written = counts.write(first, WRITTEN, 3, &mut rng.clone());
    writeln!(out, "\nWritten by counting what came after the last 3")?;
    writeln!(out, "{}\n", text.indented(&written))?;

    let mut model = Model::new(alphabet, rng);
    let mut adam = Adam::new(AdamConfig::default());
    let mut windows = Windows::new(learnt, STREAMS, TIME);
    let (mut tape, mut state) = (Tape::new(), None);
    let bar = ProgressBar::new(TRAINING_STEPS as u64);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos} of {len} steps, {elapsed}")?);
    for step in 0..=TRAINING_STEPS {
        if LOOKS.contains(&step) {
            let bits = model.bits(kept_back);
            let rng = &mut Generator::manual_seed(arguments.seed);
            let written = model.write(first, WRITTEN, arguments.temperature, rng);
            let written = text.indented(&written);
            bar.suspend(|| writeln!(out, "Step {step}: {bits:.4} bits\n{written}\n"))?;
            if arguments.first_100 && step == 100 {
                bar.finish_and_clear();
                return Ok(());
            }
        }
        // The last two fifths of the way, the rate falls to 0.
        let left = 1.0 - step as f64 / TRAINING_STEPS as f64;
        adam.config.lr = RATE * (left / 0.4).min(1.0);
        state = learn((&mut model, &mut adam, &mut tape), &mut windows, state, rng);
        bar.inc(1);
    }
    bar.finish_and_clear();

    let findings = findings(&model, &text);
    writeln!(out, "The cell that follows best            correlation, learnt   kept back")?;
    findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
    if let (Some(folder), Some(best)) = (&arguments.folder, findings.into_iter().next()) {
        let letters = text.spell(kept_back).chars().zip(best.states).collect();
        let map = Map::new(format!("Cell {}: {}", best.cell, best.property), letters);
        let texts = [map.to_csv(), figures::letters(&map)?];
        writeln!(out)?;
        files::write_and_name(out, folder, FILES, texts)?;
    }
    Ok(())
}
