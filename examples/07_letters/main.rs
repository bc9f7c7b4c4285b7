//! A text, letter by letter: a network learns which letter comes next, and writes on.
//!
//! `cargo run --release -p demos --example 07_letters` learns Shakespeare's sonnets in about a
//! minute; with `--text FILE`, another text. With a folder, it writes there a map of the text in
//! the colours of one cell. With `--first-100`, it stops after 100 steps.

mod cells;
mod counts;
mod model;
mod text;

use std::f64::consts::LN_2;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use demos::letters::Map;
use demos::{figures, files, program};
use indicatif::{ProgressBar, ProgressStyle};
use nn::{Adam, AdamConfig, Generator, clip_grad_norm, cross_entropy};
use tensor::Tape;
use tensor::kernel::math;

use cells::findings;
use counts::Counts;
use model::{Model, State};
use text::{Text, Windows};

/// So many streams of the text are read side by side, …
const STREAMS: usize = 20;
/// … so many letters of each at a time.
const TIME: usize = 50;
const TRAINING_STEPS: usize = 3000;
/// After so many steps the network is looked at.
const LOOKS: [usize; 4] = [0, 100, 1000, TRAINING_STEPS];
/// The longest run of letters whose next one is counted.
const LONGEST: usize = 5;
/// So many letters are written each time.
const WRITTEN: usize = 240;
const RATE: f64 = 0.005;

/// One step of training on the next window. The state is carried on, and returned.
fn learn(
    (model, adam, tape): (&mut Model, &mut Adam<f32>, &mut Tape<f32>),
    windows: &mut Windows<'_>,
    mut state: State,
    rng: &mut Generator,
) -> State {
    let (read, next, is_start) = windows.advance();
    if is_start {
        state = None;
    }
    let (scores, after) = model.forward(tape, &read, STREAMS, &state, Some(rng));
    let mut gradients = cross_entropy(scores, &next).backward();
    tape.reset();
    clip_grad_norm(model, &mut gradients, 1.0);
    adam.step(model, &gradients);
    after
}

/// Learns a text letter by letter, and writes on
#[derive(Parser)]
struct Arguments {
    /// The folder for a map of the text in the colours of one cell
    folder: Option<PathBuf>,
    /// The text to learn, in UTF-8 [default: 96 sonnets of Shakespeare]
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// The seed of the weights and of what is written
    #[arg(long, default_value_t = 0, allow_negative_numbers = true,
          value_parser = program::whole_number::<u64>(0, u64::MAX))]
    seed: u64,
    /// Divides the scores when writing: below 1 it is more careful, above 1 more daring
    #[arg(long, default_value_t = 0.7, allow_negative_numbers = true, value_parser = temperature)]
    temperature: f32,
    /// Learn 100 steps long
    #[arg(long, conflicts_with = "folder")]
    first_100: bool,
}

fn temperature(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(t) if (0.01..=100.0).contains(&t) => Ok(t),
        _ => Err("it should be a number from 0.01 to 100".into()),
    }
}

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
    writeln!(out, "Bits for each letter that was kept back")?;
    writeln!(out, "  all equally likely   {:.2}", math::ln(alphabet as f64) / LN_2)?;
    for n in 0..=LONGEST {
        let bits = counts.bits(kept_back, n);
        writeln!(out, "  after the last {n}     {bits:.2}")?;
    }
    let rng = &mut Generator::manual_seed(arguments.seed);
    let written = counts.write(first, WRITTEN, 3, &mut rng.clone());
    writeln!(out, "\nWritten by counting what came after the last 3")?;
    writeln!(out, "{}\n", indented(&text.spell(&written)))?;

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
            let written = indented(&text.spell(&written));
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
    for f in &findings {
        let (learnt, kept_back) = (f.learnt, f.kept_back);
        writeln!(
            out,
            "  {:<24} cell {:>3}   {learnt:>16.2} {kept_back:>11.2}",
            f.property, f.cell
        )?;
    }
    if let (Some(folder), Some(best)) = (&arguments.folder, findings.into_iter().next()) {
        let letters = text.spell(kept_back).chars().zip(best.states).collect();
        let map = Map::new(format!("Cell {}: {}", best.cell, best.property), letters);
        let files: Vec<_> =
            FILES.into_iter().zip([map.to_csv(), figures::letters(&map)?]).collect();
        writeln!(out)?;
        files::write(folder, &files)?.iter().try_for_each(|path| writeln!(out, "{path}"))?;
    }
    Ok(())
}

/// Each line with a margin.
fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
