//! The figures of the two experiments on memory, drawn from what their programs wrote.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::draw::{Format, Plot, letters, note, number, plot, power_of_ten, words};
use crate::pictures::{BLUE, GREEN, INK, ORANGE, WIDTH, svg};
use crate::remember::{self, Held, Reach, TIMES};
use crate::table_of_1997::{self, PAPER as REPORTED};

/// Successes over the length of the sequences and the initial values.
pub fn successes(runs: &[remember::Run]) -> Result<String> {
    let rows = remember::rows(runs);
    svg("Successes of ten runs", (WIDTH, 340), |area| {
        let [left, top, width, height] = [222, 40, 82, 40];
        for (k, time) in TIMES.iter().enumerate() {
            words(area, (left + width * k as i32 + width / 2, 16), &format!("T = {time}"), INK.0)?;
        }
        for (line, row) in rows.iter().enumerate() {
            let y = top + height * line as i32;
            let style = letters(INK.0);
            area.draw(&Text::new(row.network.clone(), (12, y + 10), style))?;
            for (k, (right, count)) in row.successes.iter().enumerate() {
                let x = left + width * k as i32;
                let cell = [(x, y), (x + width - 4, y + height - 4)];
                let share = *right as f64 / *count as f64;
                area.draw(&Rectangle::new(cell, ORANGE.0.mix(0.6 * share).filled()))?;
                area.draw(&Rectangle::new(cell, INK.0.mix(0.3)))?;
                let middle = (x + width / 2 - 2, y + height / 2 - 2);
                words(area, middle, &format!("{right}/{count}"), INK.0)?;
            }
        }
        Ok(())
    })
}

/// How strongly the loss depends on what is read at each of 50 steps, before and after
/// training.
pub fn reach(reaches: &[Reach]) -> Result<String> {
    let drawn = [("RNN", INK.0), ("LSTM, default", BLUE.0), ("LSTM, chrono", ORANGE.0)];
    svg("|∂L/∂xₜ|: how much the loss hears of each step", (WIDTH, 640), |area| {
        let panels = area.split_evenly((2, 1));
        for (panel, (name, is_after)) in
            panels.iter().zip([("before training", false), ("after training", true)])
        {
            let x = (0.0..51.0, 6, "step t, of 50", number as Format);
            let mut plot = plot(panel, x, (-18.5..1.5, 5, "", power_of_ten))?;
            for (network, colour) in drawn {
                let Some(reach) = reaches.iter().find(|reach| reach.network == network) else {
                    continue;
                };
                let values = if is_after { &reach.after } else { &reach.before };
                let points = values.iter().zip(1..).map(|(v, t)| (f64::from(t), v.log10()));
                plot.draw_series(LineSeries::new(points, colour.stroke_width(3)))?;
            }
            note(&plot, (50.0, -17.2), name, INK.0, HPos::Right)?;
            if !is_after {
                label(&plot, &drawn, (50.0, -9.0), 2.1)?;
            }
        }
        Ok(())
    })
}

/// Names in their colours, one below the other.
fn label(plot: &Plot, names: &[(&str, RGBColor)], at: (f64, f64), step: f64) -> Result<()> {
    for (k, (name, colour)) in names.iter().enumerate() {
        note(plot, (at.0, at.1 - step * k as f64), name, *colour, HPos::Right)?;
    }
    Ok(())
}

/// What a cell holds over a hundred steps.
pub fn held(cells: &[Held]) -> Result<String> {
    let drawn = [("LSTM, chrono", ORANGE.0), ("LSTM, default", BLUE.0)];
    svg("A cell that should hold the first number", (WIDTH, 400), |area| {
        let x = (0.0..101.0, 6, "step t", number as Format);
        let mut plot = plot(area, x, (-1.05..1.05, 5, "tanh(c)", number))?;
        for (network, colour) in drawn {
            let Some(held) = cells.iter().find(|held| held.network == network) else { continue };
            for states in [&held.plus, &held.minus] {
                let points = states.iter().zip(1..).map(|(&c, t)| (f64::from(t), c));
                plot.draw_series(LineSeries::new(points, colour.stroke_width(2)))?;
            }
        }
        label(&plot, &drawn, (100.0, 0.3), 0.14)
    })
}

/// Every run of the table of 1997 as a dot, and what the paper reports as a bar.
pub fn table_of_1997(runs: &[table_of_1997::Run]) -> Result<String> {
    let rows = table_of_1997::rows(runs);
    let (line, tasks) = (30, REPORTED.len() as u32);
    let height = 110 + line * (rows.len() as u32 + tasks);
    svg("Sequences until success", (WIDTH, height), |area| {
        let [left, right] = [196.0, 424.0];
        // Three decades, from a thousand to a million.
        let at = |sequences: f64| (left + (right - left) * (sequences.log10() - 3.0) / 3.0) as i32;
        let bottom = height as i32 - 84;
        for (power, name) in [(3, "1,000"), (4, "10,000"), (5, "100,000"), (6, "1,000,000")] {
            let x = at(10_f64.powi(power));
            area.draw(&PathElement::new([(x, 4), (x, bottom)], INK.0.mix(0.25)))?;
            let y = bottom + if power % 2 == 0 { 36 } else { 14 };
            words(area, (x, y), name, INK.0)?;
        }
        words(area, (456, bottom + 14), "never", INK.0)?;
        let mut y = 0;
        let mut last = "";
        for row in &rows {
            if row.task != last {
                last = row.task;
                area.draw(&Text::new(row.task.to_string(), (8, y + 4), letters(INK.0)))?;
                if let Some((_, reported)) = REPORTED.iter().find(|(task, _)| *task == row.task) {
                    let x = at(*reported);
                    let bar = [(x - 2, y + 4), (x + 2, y + 24)];
                    area.draw(&Rectangle::new(bar, INK.0.filled()))?;
                    let (side, x) =
                        if x > 330 { (HPos::Right, x - 8) } else { (HPos::Left, x + 8) };
                    let style = letters(INK.0).pos(Pos::new(side, VPos::Center));
                    area.draw(&Text::new("paper", (x, y + 14), style))?;
                }
                y += line as i32;
            }
            let colour = match row.network {
                "Cell1997" => GREEN.0,
                "Default" => BLUE.0,
                _ => ORANGE.0,
            };
            let title = table_of_1997::title(row.network).to_string();
            area.draw(&Text::new(title, (20, y + 4), letters(colour)))?;
            for run in &row.runs {
                match run.course.success {
                    Some(count) => {
                        let dot =
                            Circle::new((at(count as f64), y + 14), 5, colour.mix(0.6).filled());
                        area.draw(&dot)?;
                    }
                    None => {
                        let k = row
                            .runs
                            .iter()
                            .filter(|r| r.course.success.is_none() && r.seed < run.seed);
                        let x = 440 + 3 * k.count() as i32;
                        area.draw(&PathElement::new(
                            [(x, y + 7), (x, y + 21)],
                            colour.stroke_width(1),
                        ))?;
                    }
                }
            }
            y += line as i32;
        }
        Ok(())
    })
}
