//! The forecast as a picture, with the baselines in it.

use anyhow::Result;
use plotters::prelude::*;

use super::csv_file::{Table, shown};
use super::model::Model;
use super::prepare::column;
use crate::pictures::{BLUE, GREEN, GREY, GRID, INK, ORANGE, WIDTH, chart, range, svg, text};
use crate::program::printable;

/// The picture's file name.
pub const NAME: &str = "forecast.svg";

/// So many rows are shown, or three horizons.
const SHOWN: usize = 40;

/// The last rows, and what the model and the baselines say: `horizon` rows at a time, each time
/// from the rows before, and at last what comes after the last row.
///
/// `first` is the first row that may be forecast.
///
/// # Errors
/// If the plotting library cannot draw.
pub fn draw(model: &Model, table: &Table, first: usize) -> Result<String> {
    let (horizon, rows) = (model.task.horizon, table.lines.len());
    let series = column(&table.rows, model.task.target);
    let times = SHOWN.div_ceil(horizon).max(3).min(rows.saturating_sub(first) / horizon);
    let start = rows - times * horizon;
    let name = printable(&table.columns[table.target]);
    let title = format!("{}: what came, and what was forecast", shown(&name, 20));

    let mut lines: Vec<(String, Vec<f64>)> = Vec::new();
    for at in (start..=rows).step_by(horizon) {
        for (k, (name, says)) in model.forecasts(&table.rows, at..at + 1)?.into_iter().enumerate() {
            if lines.len() == k {
                lines.push((name, vec![]));
            }
            lines[k].1.extend(says);
        }
    }
    let truth = &series[start..];
    svg(&title, (WIDTH, 460), |area| {
        let (drawing, footer) = area.split_vertically(320);
        let (low, high) = range(lines.iter().flat_map(|(_, says)| says).chain(truth).copied());
        let margin = ((high - low) * 0.08).max(high.abs() * 1e-6).max(f64::MIN_POSITIVE);
        let x = (start + 1) as f64..(rows + horizon) as f64;
        let mut chart = chart(&drawing).build_cartesian_2d(x, low - margin..high + margin)?;
        (chart.configure_mesh())
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID.0)
            .axis_style(INK.0)
            .label_style(text(20))
            .x_labels(5)
            .x_label_formatter(&|x| format!("{x:.0}"))
            .y_label_formatter(&|y| label(*y, high - low))
            .x_desc("row")
            .draw()?;
        let points = |y: &[f64]| -> Vec<(f64, f64)> {
            y.iter().enumerate().map(|(k, &y)| ((start + k + 1) as f64, y)).collect()
        };
        // The network is drawn last, over the others.
        let styles = [(BLUE.0, 3), (ORANGE.0, 2), (GREY.0, 1), (GREEN.0, 1)];
        for ((_, says), (colour, width)) in lines.iter().zip(styles).rev() {
            chart.draw_series(LineSeries::new(points(says), colour.stroke_width(width)))?;
        }
        let dots = points(truth).into_iter();
        chart.draw_series(dots.map(|point| Circle::new(point, 3, INK.0.filled())))?;

        footer.draw(&Circle::new((34, 12), 3, INK.0.filled()))?;
        footer.draw(&Text::new("the file", (52, 2), text(19)))?;
        for (k, ((name, _), (colour, width))) in lines.iter().zip(styles).enumerate() {
            let (x, y) = (24 + 220 * ((k as i32 + 1) % 2), 12 + 28 * ((k as i32 + 1) / 2));
            let line = [(x, y), (x + 20, y)];
            footer.draw(&PathElement::new(line, colour.stroke_width(width)))?;
            footer.draw(&Text::new(name.clone(), (x + 28, y - 10), text(19)))?;
        }
        Ok(())
    })
}

/// The label of a number among numbers that lie in a range of this size.
fn label(y: f64, range: f64) -> String {
    match range {
        10.0..1e4 => format!("{y:.0}"),
        0.1..10.0 => format!("{y:.2}"),
        _ => format!("{y:.1e}"),
    }
}
