//! `cargo run -p demos`: both demos of the notebook.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use demos::forecast::{self, Settings};
use demos::{Verdict, files, notebook, pictures, shapes};
use indicatif::{ProgressBar, ProgressStyle};

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
Without --seed, the weights are those of the notebook's own session, and what the
notebook prints is compared. With it, the cells are replayed in the order in
which they were run: demo 2's network first, then demo 1's LSTM.";

#[derive(Subcommand)]
enum Demo {
    /// Demo 1: the weights of a small LSTM, their shapes and their gates
    Shapes(SeedOption),
    /// Demo 2: train on a series of several variables, then forecast
    Forecast(ForecastOptions),
}

#[derive(Args)]
struct SeedOption {
    /// Replay torch.manual_seed(N) and then the notebook's cells
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
    /// How many time steps a window has, up to 10
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

fn whole_number<N>(min: N, max: N) -> impl Fn(&str) -> Result<N, String> + Clone
where
    N: FromStr + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    move |text| match text.parse() {
        Ok(n) if min <= n && n <= max => Ok(n),
        _ => Err(format!("it should be a whole number from {min} to {max}")),
    }
}

fn learning_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(lr) if lr > 0.0 && lr.is_finite() => Ok(lr),
        _ => Err("it should be a number greater than 0, such as 0.1".into()),
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error)
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            error.exit()
        }
        Err(error) => {
            let text = error.to_string();
            eprintln!("{}", text.lines().next().unwrap_or("error: unknown arguments"));
            return ExitCode::from(2);
        }
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        // `demos | head` is no mistake.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

fn run(cli: Cli) -> Result<()> {
    let out = &mut io::stdout();
    let verdicts = match cli.demo {
        Some(Demo::Shapes(SeedOption { seed })) => vec![run_shapes(out, seed, false)?],
        Some(Demo::Forecast(options)) => vec![run_forecast(out, &options)?],
        None => {
            let ForecastOptions { seed: SeedOption { seed }, quiet, .. } = cli.options;
            files::prepare_folder(&cli.options.pictures)?;
            let shapes = run_shapes(out, seed, quiet)?;
            if !quiet {
                writeln!(out, "\n")?;
            }
            vec![shapes, run_forecast(out, &cli.options)?]
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
    files::prepare_folder(&options.pictures)?;
    if !quiet {
        forecast::print_task(out, settings)?;
    }

    let is_terminal = io::stdout().is_terminal();
    let style = "  {bar:40} epoch {pos} of {len}, loss {msg}";
    let bar =
        if is_terminal && !quiet { ProgressBar::new(epochs as u64) } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template(style)?);
    let mut written = Ok(());
    let forecast = forecast::run(settings, &mut |epoch, loss| {
        bar.set_message(format!("{loss:.3}"));
        bar.set_position(epoch as u64 + 1);
        if !is_terminal && !quiet && (epoch % 50 == 0 || epoch + 1 == epochs) && written.is_ok() {
            written = writeln!(out, "  epoch {epoch:5}  loss {loss:14.6}");
        }
    })?;
    bar.finish_and_clear();
    written?;

    if !quiet {
        if !is_terminal {
            writeln!(out)?;
        }
        forecast.print_losses(out)?;
    }
    let verdict = forecast.verdict();
    writeln!(out, "{}", verdict.summary)?;
    if !quiet {
        forecast.print_drift(out)?;
        forecast.print_predictions(out)?;
        writeln!(out, "\nPictures:\n")?;
    }
    for (name, svg) in pictures::all(&forecast)? {
        let path = options.pictures.join(name);
        nn::write_whole(&path, svg.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
        if !quiet {
            writeln!(out, "  {}", path.display())?;
        }
    }
    Ok(verdict)
}
