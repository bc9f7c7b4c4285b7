//! `cargo run -p demos`: both demos of the notebook.

mod forecast_command;
mod progress;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};
use demos::forecast::{self, Settings};
use demos::program::whole_number;
use demos::{Verdict, files, notebook, pictures, program, shapes};
use forecast_command::ForecastCommand;
use progress::Progress;

/// Both demos of the notebook on torch.nn.LSTM, compared number by number
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    demo: Option<Demo>,
    #[command(flatten)]
    options: ForecastOptions,
}

const AFTER_HELP: &str = "\
Without --seed, the weights are those of the notebook's own session, and what
the notebook prints is compared. With it, the cells are replayed in the order in
which they were run: demo 2's network first, then demo 1's LSTM.

A CSV file of your own: demos forecast --data FILE.csv --target COLUMN";

/// What both demos say at their beginning, …
const INTRODUCTION: &str = "\
Two demos of a notebook on torch.nn.LSTM, replayed. What the notebook prints is
compared, number by number.
";

/// … and at their end.
const NEXT: &str = "\
To try next, in the folder of the project:

  train one in a program of yours
    README.md, \"Train one on your own data\"
  an LSTM that remembers, in a minute
    cargo run --release -p demos --example 05_does_it_remember
  a forecast of the weather, or of a CSV file of yours
    cargo run -p demos -- forecast --target temp_max \\
        --data examples/data/seattle-weather.csv
  the book, whose figures compute
    cargo book serve
  exercises: write it yourself
    book/exercises/README.md";

#[derive(Subcommand)]
enum Demo {
    /// Demo 1: the weights of a small LSTM, their shapes and their gates
    Shapes(SeedOption),
    /// Demo 2: train on a series of several variables, then forecast
    Forecast(Box<ForecastCommand>),
}

#[derive(Args)]
struct SeedOption {
    /// Replay torch.manual_seed(N) and the notebook's cells
    #[arg(long, value_name = "N",
          value_parser = whole_number::<u64>(0, u64::MAX), allow_negative_numbers = true)]
    seed: Option<u64>,
}

#[derive(Args)]
struct ForecastOptions {
    #[command(flatten)]
    seed: SeedOption,
    /// How often the network sees all windows
    #[arg(long, value_name = "N", default_value_t = notebook::EPOCHS,
          value_parser = whole_number::<usize>(1, 1_000_000), allow_negative_numbers = true)]
    epochs: usize,
    /// Adam's learning rate
    #[arg(long, value_name = "X", default_value_t = notebook::LR,
          value_parser = learning_rate, allow_negative_numbers = true)]
    lr: f64,
    /// The LSTM's hidden size
    #[arg(long, value_name = "N", default_value_t = notebook::HIDDEN_SIZE,
          value_parser = whole_number::<usize>(1, 1024), allow_negative_numbers = true)]
    hidden: usize,
    /// Time steps in a window, up to 10
    #[arg(long, value_name = "N", default_value_t = notebook::WINDOW,
          value_parser = whole_number::<usize>(1, 10), allow_negative_numbers = true)]
    window: usize,
    /// The folder for the pictures
    #[arg(long, value_name = "FOLDER", default_value = "pictures")]
    pictures: PathBuf,
    /// Print only what was compared, and no progress
    #[arg(long)]
    quiet: bool,
}

fn learning_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        // An f32, too, holds these, and none of them as 0.
        Ok(lr) if (1e-45..=1e38).contains(&lr) => Ok(lr),
        _ => Err("it should be a number from 1e-45 to 1e38, such as 0.1".into()),
    }
}

fn main() -> ExitCode {
    program::run(|out| both(program::arguments()?, out))
}

fn both(cli: Cli, out: &mut dyn Write) -> Result<()> {
    let verdicts = match cli.demo {
        Some(Demo::Shapes(SeedOption { seed })) => vec![run_shapes(out, seed, false)?],
        Some(Demo::Forecast(command)) => match command.demo_2()? {
            Some(options) => {
                files::check_folder(&options.pictures, &pictures::NAMES)?;
                vec![run_forecast(out, &options)?]
            }
            None => return command.run(out),
        },
        None => {
            let ForecastOptions { seed: SeedOption { seed }, quiet, .. } = cli.options;
            files::check_folder(&cli.options.pictures, &pictures::NAMES)?;
            if !quiet {
                writeln!(out, "{INTRODUCTION}")?;
            }
            let shapes = run_shapes(out, seed, quiet)?;
            if !quiet {
                writeln!(out, "\n")?;
            }
            let verdicts = vec![shapes, run_forecast(out, &cli.options)?];
            if !quiet {
                writeln!(out, "\n{NEXT}")?;
            }
            verdicts
        }
    };
    if !verdicts.iter().all(|verdict| verdict.agrees) {
        bail!("some numbers differ from the notebook's");
    }
    Ok(())
}

fn run_shapes(out: &mut dyn Write, seed: Option<u64>, quiet: bool) -> Result<Verdict> {
    let lstm1 = shapes::lstm1(seed);
    if !quiet {
        shapes::print(out, &lstm1)?;
        writeln!(out)?;
    }
    let verdict = shapes::verdict(&lstm1, seed);
    writeln!(out, "{}", verdict.summary)?;
    Ok(verdict)
}

fn run_forecast(out: &mut dyn Write, options: &ForecastOptions) -> Result<Verdict> {
    let ForecastOptions { epochs, lr, hidden, window, quiet, .. } = *options;
    let settings = Settings { seed: options.seed.seed, epochs, lr, hidden, window };
    if !quiet {
        forecast::print_task(out, settings)?;
    }

    let mut progress = Progress::new(out, epochs, quiet)?;
    let forecast = forecast::run(settings, &mut |epoch, loss| {
        progress.advance(epoch, format!("loss {loss:.3}"));
        if epoch % 50 == 0 || epoch + 1 == epochs {
            progress.line(format_args!("  epoch {epoch:5}  loss {loss:14.6}"));
        }
    })?;
    progress.finish()?;

    if !quiet {
        forecast.print_losses(out)?;
    }
    let verdict = forecast.verdict();
    writeln!(out, "{}", verdict.summary)?;
    if !quiet {
        forecast.print_drift(out)?;
        forecast.print_predictions(out)?;
    }
    let paths = files::write(&options.pictures, &pictures::all(&forecast)?)?;
    if !quiet {
        writeln!(out, "\nPictures:\n")?;
        paths.iter().try_for_each(|path| writeln!(out, "  {path}"))?;
    }
    Ok(verdict)
}
