//! `demos forecast`: demo 2, or with `--data` a file of one's own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory};
use demos::own_data::baselines::naive_error;
use demos::own_data::csv_file::{Columns, is_same, read};
use demos::own_data::model::{MOST_HORIZON, MOST_LAYERS, MOST_WINDOW, Model};
use demos::own_data::network::Settings;
use demos::own_data::prepare::{check_distances, column, prepare};
use demos::own_data::{self, check_period, picture, report, test_starts};
use demos::program::{printable, whole_number};
use demos::{files, notebook};

use crate::progress::Progress;
use crate::{Cli, ForecastOptions, SeedOption, learning_rate};

/// What `demos forecast` can be told. What both trainings have has another default in each.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct ForecastCommand {
    /// Replay torch.manual_seed(N) [with --data: 0]
    #[arg(long, value_name = "N",
          value_parser = whole_number::<u64>(0, u64::MAX), allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Epochs of training [default: 500; with --data: 100]
    #[arg(long, value_name = "N",
          value_parser = whole_number::<usize>(1, 1_000_000), allow_negative_numbers = true)]
    epochs: Option<usize>,
    /// Adam's rate [default: 0.1; with --data: 0.003]
    #[arg(long, value_name = "X", value_parser = learning_rate, allow_negative_numbers = true)]
    lr: Option<f64>,
    /// The LSTM's hidden size [default: 20; with --data: 32]
    #[arg(long, value_name = "N",
          value_parser = whole_number::<usize>(1, 1024), allow_negative_numbers = true)]
    hidden: Option<usize>,
    /// Rows in a window [default: 3; with --data: 14]
    #[arg(long, value_name = "N",
          value_parser = whole_number::<usize>(1, MOST_WINDOW), allow_negative_numbers = true)]
    window: Option<usize>,
    /// The folder for the pictures
    #[arg(long, value_name = "FOLDER", default_value = "pictures")]
    pictures: PathBuf,
    /// Print only what was compared, and no progress
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    own: OwnData,
}

const AFTER_HELP: &str = "\
With --data, the forecast is one of your own column, beside its baselines. Rows
should be in the order of time and equally far apart; numbers have a point. A
column of dates or texts is left out. Of the rows, the first 60 % are trained
on, the next 20 % say when to stop, and the last 20 % are the test. --epochs is
the most there may be. Without --data, a window has up to 10 rows.

  demos forecast --data FILE.csv --target COLUMN --save model.safetensors
  demos forecast --data NEW.csv --load model.safetensors";

#[derive(Args)]
#[command(next_help_heading = "A file of your own")]
struct OwnData {
    /// A CSV file: commas, a header, UTF-8
    #[arg(long, value_name = "FILE", requires = "what")]
    data: Option<PathBuf>,
    /// The column that is to be forecast
    #[arg(long, value_name = "COLUMN", requires = "data", group = "what")]
    target: Option<String>,
    /// Do without this column (may be repeated)
    #[arg(long, value_name = "COLUMN", requires = "data", conflicts_with = "load")]
    leave_out: Vec<String>,
    /// Put the value before in the place of a missing one
    #[arg(long, requires = "data")]
    fill_forward: bool,
    /// How many rows to forecast, all at once [default: 1]
    #[arg(long, value_name = "N", requires = "data", conflicts_with = "load",
          value_parser = whole_number::<usize>(1, MOST_HORIZON), allow_negative_numbers = true)]
    horizon: Option<usize>,
    /// Compare with N rows before, too: 365 for days
    #[arg(long, value_name = "N", requires = "data", conflicts_with = "load",
          value_parser = whole_number::<usize>(1, 1_000_000), allow_negative_numbers = true)]
    period: Option<usize>,
    /// How many layers the LSTM has [default: 1]
    #[arg(long, value_name = "N", requires = "data", conflicts_with = "load",
          value_parser = whole_number::<usize>(1, MOST_LAYERS), allow_negative_numbers = true)]
    layers: Option<usize>,
    /// How probably training drops a unit [default: 0]
    #[arg(long, value_name = "P", requires = "data", conflicts_with = "load",
          value_parser = probability, allow_negative_numbers = true)]
    dropout: Option<f64>,
    /// How many windows a step sees [default: 32]
    #[arg(long, value_name = "N", requires = "data", conflicts_with = "load",
          value_parser = whole_number::<usize>(1, 1_000_000), allow_negative_numbers = true)]
    batch: Option<usize>,
    /// The largest norm of a step's gradient [default: 1]
    #[arg(long, value_name = "X", requires = "data", conflicts_with = "load",
          value_parser = learning_rate, allow_negative_numbers = true)]
    clip: Option<f64>,
    /// Epochs to wait for a better one [default: 20]
    #[arg(long, value_name = "N", requires = "data", conflicts_with = "load",
          value_parser = whole_number::<usize>(1, 1_000_000), allow_negative_numbers = true)]
    patience: Option<usize>,
    /// Save the weights, the scaling and the settings
    #[arg(long, value_name = "FILE", requires = "data", conflicts_with = "load")]
    save: Option<PathBuf>,
    /// Forecast with what was saved, and train nothing
    #[arg(long, value_name = "FILE", requires = "data", group = "what",
          conflicts_with_all = ["seed", "epochs", "lr", "hidden", "window"])]
    load: Option<PathBuf>,
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(p) if (0.0..1.0).contains(&p) => Ok(p),
        _ => Err("it should be a number from 0 to below 1, such as 0.2".into()),
    }
}

impl ForecastCommand {
    /// The options of demo 2, if this is not about a file of one's own.
    pub fn demo_2(&self) -> Result<Option<ForecastOptions>> {
        let ForecastCommand { seed, epochs, lr, hidden, window, quiet, .. } = *self;
        if self.own.data.is_some() {
            return Ok(None);
        }
        let window = window.unwrap_or(notebook::WINDOW);
        if window > 10 {
            let text = format!(
                "invalid value '{window}' for '--window <N>': it should be a whole number from 1 to \
                 10, for demo 2's series has ten rows\n"
            );
            return Err(Cli::command().error(ErrorKind::ValueValidation, text).into());
        }
        Ok(Some(ForecastOptions {
            seed: SeedOption { seed },
            epochs: epochs.unwrap_or(notebook::EPOCHS),
            lr: lr.unwrap_or(notebook::LR),
            hidden: hidden.unwrap_or(notebook::HIDDEN_SIZE),
            window,
            pictures: self.pictures.clone(),
            quiet,
        }))
    }

    /// Trains on a file of one's own, or forecasts with what was saved.
    pub fn run(&self, out: &mut dyn Write) -> Result<()> {
        let own = &self.own;
        let data = own.data.as_deref().expect("demo_2() has found --data");
        files::check_folder(&self.pictures, &[picture::NAME])?;
        self.check_overwriting(data)?;
        match &own.load {
            Some(load) => self.with_loaded(out, data, load),
            None => self.train(out, data),
        }
    }

    /// What is read must not be written to, and nothing twice.
    fn check_overwriting(&self, data: &Path) -> Result<()> {
        let (own, picture) = (&self.own, self.pictures.join(picture::NAME));
        for read in [data].into_iter().chain(own.load.as_deref()) {
            if own.save.iter().chain([&picture]).any(|write| is_same(read, write)) {
                bail!("{} would be overwritten", read.display());
            }
        }
        if own.save.as_ref() == Some(&picture) {
            bail!("--save {}: the picture has this name", picture.display());
        }
        Ok(())
    }

    fn settings(&self) -> Settings {
        let (own, default) = (&self.own, Settings::default());
        Settings {
            seed: self.seed.unwrap_or(default.seed),
            window: self.window.unwrap_or(default.window),
            horizon: own.horizon.unwrap_or(default.horizon),
            hidden: self.hidden.unwrap_or(default.hidden),
            layers: own.layers.unwrap_or(default.layers),
            dropout: own.dropout.unwrap_or(default.dropout),
            batch: own.batch.unwrap_or(default.batch),
            lr: self.lr.unwrap_or(default.lr),
            clip: own.clip.unwrap_or(default.clip),
            epochs: self.epochs.unwrap_or(default.epochs),
            patience: own.patience.unwrap_or(default.patience),
        }
    }

    fn train(&self, out: &mut dyn Write, data: &Path) -> Result<()> {
        let (own, settings, quiet) = (&self.own, self.settings(), self.quiet);
        if let Some(path) = &own.save {
            let (folder, name) = folder_and_name(path)?;
            files::check_folder(folder, &[name])?;
        }
        let target = own.target.as_deref().expect("--data requires --target or --load");
        let table = read(data, target, Columns::AllBut(&own.leave_out), own.fill_forward)?;
        let (table, scaling) =
            prepare(table, settings.window, settings.horizon).with_context(|| shown(data))?;
        let starts = test_starts(&table, settings.window, settings.horizon);
        check_period(own.period, starts.start)?;
        if !quiet {
            report::print_table(out, &shown(data), &table)?;
            report::print_task(out, &table, &settings)?;
        }

        let mut progress = Progress::new(out, settings.epochs, quiet)?;
        progress.line(format_args!("  epoch   training loss   validation loss"));
        let trained = own_data::train(&table, scaling, &settings, own.period, |epoch, losses| {
            let own_data::network::Epoch { training, validation } = losses;
            progress.advance(epoch, format!("validation loss {validation:.4}"));
            if epoch == 0 || (epoch + 1) % 10 == 0 {
                let losses = format_args!("{training:15.6} {validation:17.6}");
                progress.line(format_args!("  {:5} {losses}", epoch + 1));
            }
        })?;
        progress.finish()?;
        if !quiet {
            report::print_training(out, &trained)?;
            writeln!(out, "On the test part, which nothing above has seen:\n")?;
        }
        let model = &trained.model;
        report::print_scores(out, &report::test_scores(model, &table)?)?;
        if !quiet {
            writeln!(out)?;
            report::print_next(out, model, &table)?;
        }
        let mut written = Vec::new();
        if let Some(path) = &own.save {
            let (folder, _) = folder_and_name(path)?;
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            // A path through a folder that is new may lead to what was there.
            self.check_overwriting(data)?;
            model.save(path)?;
            written.push(shown(path));
        }
        written.extend(self.draw(model, &table, starts.start)?);
        self.print_written(out, &written)
    }

    fn with_loaded(&self, out: &mut dyn Write, data: &Path, load: &Path) -> Result<()> {
        let model = Model::load(load)?;
        let task = &model.task;
        let target = &task.columns[task.target];
        let table = read(data, target, Columns::Only(&task.columns), self.own.fill_forward)?;
        check_distances(&table, &model.scaling).with_context(|| shown(data))?;
        let rows = table.lines.len();
        let first = task.window.max(task.period.unwrap_or(0));
        if rows < first {
            bail!("{}: there are {rows} rows, and the model needs at least {first}", shown(data));
        }
        if !self.quiet {
            report::print_table(out, &shown(data), &table)?;
        }
        let scale = naive_error(&column(&table.rows, task.target));
        let starts = first..(rows + 1).saturating_sub(task.horizon);
        if !starts.is_empty() && scale > 0.0 {
            if !self.quiet {
                writeln!(out, "On all its rows (no test, if some of them were trained on):\n")?;
            }
            report::print_scores(out, &report::scores(&model, &table, starts, scale)?)?;
            writeln!(out)?;
        }
        report::print_next(out, &model, &table)?;
        let written = self.draw(&model, &table, first)?;
        self.print_written(out, &written)
    }

    fn draw(
        &self,
        model: &Model,
        table: &own_data::csv_file::Table,
        first: usize,
    ) -> Result<Vec<String>> {
        let picture = picture::draw(model, table, first)?;
        files::write(&self.pictures, &[(picture::NAME, picture)])
    }

    fn print_written(&self, out: &mut dyn Write, paths: &[String]) -> Result<()> {
        if !self.quiet {
            writeln!(out, "\nWritten:\n")?;
            paths.iter().try_for_each(|path| writeln!(out, "  {path}"))?;
        }
        Ok(())
    }
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

fn folder_and_name(path: &Path) -> Result<(&Path, &str)> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("cannot write {}: it is no file name", shown(path)))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok((folder.unwrap_or(Path::new(".")), name))
}
