//! What `forecast --data` prints.

use std::io::{self, Write};
use std::ops::Range;

use anyhow::Result;

use super::baselines::{Score, naive_error};
use super::csv_file::{Table, quoted};
use super::dataset::split;
use super::model::Model;
use super::network::Settings;
use super::prepare::column;
use super::{Trained, test_starts};
use crate::program::printable;

/// What the model and each baseline missed by, in the order of [`Model::forecasts`].
///
/// # Errors
/// As [`Model::forecasts`].
///
/// # Panics
/// As [`Model::forecasts`].
pub fn scores(
    model: &Model,
    table: &Table,
    starts: Range<usize>,
    scale: f64,
) -> Result<Vec<(String, Score)>> {
    let series = column(&table.rows, model.task.target);
    let horizon = model.task.horizon;
    let truth: Vec<f64> = starts.clone().flat_map(|s| series[s..s + horizon].to_vec()).collect();
    let forecasts = model.forecasts(&table.rows, starts)?.into_iter();
    Ok(forecasts.map(|(name, says)| (name, Score::of(&says, &truth, scale))).collect())
}

/// The scores on the test part.
///
/// # Errors
/// As [`Model::forecasts`].
pub fn test_scores(model: &Model, table: &Table) -> Result<Vec<(String, Score)>> {
    let [training, ..] = split(table.lines.len());
    let scale = naive_error(&column(&table.rows, model.task.target)[training]);
    scores(model, table, test_starts(table, model.task.window, model.task.horizon), scale)
}

/// Prints a heading, and which columns are read.
///
/// # Errors
/// If `out` cannot be written to.
pub fn print_table(out: &mut dyn Write, file: &str, table: &Table) -> io::Result<()> {
    let target = quoted(&table.columns[table.target]);
    let title = format!("A forecast of {target}");
    writeln!(out, "{title}\n{}\n", "=".repeat(title.chars().count()))?;
    writeln!(out, "{}: {} rows.\n", printable(file), table.lines.len())?;
    let inputs: Vec<String> = table.columns.iter().map(|name| quoted(name)).collect();
    print_wrapped(out, "reads     ", &inputs.join(", "))?;
    for column in &table.left_out {
        print_wrapped(out, "left out  ", &format!("{}: {}", quoted(&column.name), column.why))?;
    }
    writeln!(out)
}

/// Prints how the table is split, and what is trained.
///
/// # Errors
/// If `out` cannot be written to.
pub fn print_task(out: &mut dyn Write, table: &Table, settings: &Settings) -> io::Result<()> {
    let Settings { window, horizon, epochs, patience, lr, batch, .. } = *settings;
    writeln!(out, "Split in time, each window with what comes after it inside one part:\n")?;
    writeln!(out, "                 lines of the file     rows  windows")?;
    let names = ["training", "validation", "test"];
    for (name, part) in names.into_iter().zip(split(table.lines.len())) {
        let lines = format!("{} … {}", table.lines[part.start], table.lines[part.end - 1]);
        let windows = part.len() + 1 - window - horizon;
        writeln!(out, "  {name:12} {lines:>19} {:8} {windows:8}", part.len())?;
    }
    let next = match horizon {
        1 => "the next row".to_string(),
        _ => format!("the next {horizon} rows"),
    };
    let text = format!(
        "From {window} rows, an LSTM forecasts {next}. It is trained by Adam (lr = {lr}), {batch} \
         windows at a time, for at most {epochs} epochs, and until the validation loss has not \
         fallen for {patience}."
    );
    writeln!(out)?;
    print_wrapped(out, "", &text)?;
    writeln!(out)
}

/// Prints which epoch was kept.
///
/// # Errors
/// If `out` cannot be written to.
pub fn print_training(out: &mut dyn Write, trained: &Trained) -> io::Result<()> {
    let (best, epochs) = (trained.best, trained.losses.len());
    let loss = number(trained.losses[best].validation);
    writeln!(
        out,
        "The weights of epoch {} of {epochs} are kept: its validation loss is {loss}.\n",
        best + 1
    )
}

/// Prints the errors, and what they say.
///
/// # Errors
/// If `out` cannot be written to.
pub fn print_scores(out: &mut dyn Write, scores: &[(String, Score)]) -> io::Result<()> {
    writeln!(out, "                                  MAE        RMSE        MASE")?;
    for (name, score) in scores {
        let [mae, rmse, mase] = [score.mae, score.rmse, score.mase].map(number);
        writeln!(out, "  {name:24} {mae:>11} {rmse:>11} {mase:>11}")?;
    }
    let [(_, lstm), baselines @ ..] = scores else { return Ok(()) };
    let of = |name: &str, score: &Score| format!("{} of {name}'s", ratio(lstm.mae / score.mae));
    let ratios: Vec<String> = baselines.iter().map(|(name, score)| of(name, score)).collect();
    writeln!(out)?;
    print_wrapped(out, "", &format!("The LSTM's MAE is {}.", ratios.join(", ")))?;
    let best = baselines.iter().min_by(|(_, a), (_, b)| a.mae.total_cmp(&b.mae));
    if let Some((name, best)) = best {
        let verdict = match lstm.mae / best.mae {
            better if better < 0.97 => "It beats every baseline here.".to_string(),
            tie if tie <= 1.03 => {
                format!("It ties with {name}: on so few rows, less than 3 % is no difference.")
            }
            _ => format!("It does worse than {name}, which is simpler. Take that."),
        };
        print_wrapped(out, "", &verdict)?;
    }
    Ok(())
}

/// Prints what the model says for the rows after the last.
///
/// # Errors
/// If `out` cannot be written to.
pub fn print_next(out: &mut dyn Write, model: &Model, table: &Table) -> Result<()> {
    let (rows, last) = (table.lines.len(), table.lines.last().unwrap_or(&0));
    let forecasts = model.forecasts(&table.rows, rows..rows + 1)?;
    writeln!(out, "After the last row (line {last}):\n")?;
    write!(out, "  row  ")?;
    let words = forecasts.iter().filter_map(|(name, _)| name.split(' ').next());
    words.into_iter().try_for_each(|word| write!(out, " {word:>12}"))?;
    writeln!(out)?;
    for step in 0..model.task.horizon {
        write!(out, "  {:<5}", format!("+{}", step + 1))?;
        forecasts.iter().try_for_each(|(_, says)| write!(out, " {:>12}", number(says[step])))?;
        writeln!(out)?;
    }
    Ok(())
}

/// A number as it is printed.
fn number(x: f64) -> String {
    match x.abs() {
        size if size == 0.0 || (0.01..1e6).contains(&size) => format!("{x:.3}"),
        _ => format!("{x:.3e}"),
    }
}

fn ratio(x: f64) -> String {
    if x.is_finite() { format!("{x:.2}") } else { "any multiple".into() }
}

/// Prints a text in lines of at most 80 characters, all but the first indented.
fn print_wrapped(out: &mut dyn Write, label: &str, text: &str) -> io::Result<()> {
    let indent = if label.is_empty() { "" } else { "  " };
    let mut line = format!("{indent}{label}");
    let next = " ".repeat(line.chars().count());
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > 80 {
            writeln!(out, "{line}")?;
            (line, is_empty) = (next.clone(), true);
        }
        line = line + if is_empty { "" } else { " " } + word;
        is_empty = false;
    }
    writeln!(out, "{line}")
}
