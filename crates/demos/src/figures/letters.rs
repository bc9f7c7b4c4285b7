//! A text in the colours of one cell.

use anyhow::Result;
use plotters::prelude::*;

use crate::letters::Map;
use crate::pictures::{BLUE, INK, ORANGE, svg};

/// A letter's place, in pixels.
const SIZE: (i32, i32) = (8, 20);
/// So many shades are told apart.
const SHADES: f64 = 6.0;

/// Each letter on the colour of the state after it.
///
/// # Errors
/// If the plotting library cannot draw.
pub fn letters(map: &Map) -> Result<String> {
    let (width, height) = SIZE;
    let lines: Vec<_> = map.lines().collect();
    let [left, foot] = [16, height * lines.len() as i32 + 12];
    let size = (2 * left + width * Map::COLUMNS as i32, foot + 62);
    svg(&map.title, (size.0 as u32, size.1 as u32), |area| {
        let letters = ("monospace", 16).into_font().color(&INK.0);
        for (line, y) in lines.iter().zip((4..).step_by(height as usize)) {
            let x = |column: usize| left + width * column as i32;
            let shade = |state: f64| (state * SHADES).round();
            let mut column = 0;
            for run in line.chunk_by(|a, b| shade(a.1) == shade(b.1)) {
                let end = column + run.len();
                let colour = if run[0].1 < 0.0 { BLUE.0 } else { ORANGE.0 };
                let strength = 0.6 * shade(run[0].1).abs() / SHADES;
                if strength > 0.0 {
                    let place = [(x(column), y), (x(end), y + height)];
                    area.draw(&Rectangle::new(place, colour.mix(strength).filled()))?;
                }
                column = end;
            }
            column = 0;
            // Word by word, so that another font's widths do not add up.
            for word in line.split_inclusive(|(letter, _)| letter.is_whitespace()) {
                let text: String = word.iter().map(|(letter, _)| letter).collect();
                if !text.trim().is_empty() {
                    let at = (x(column), y + 2);
                    area.draw(&Text::new(text.trim_end().to_string(), at, letters.clone()))?;
                }
                column += word.len();
            }
        }
        let legend = "tanh(c): blue below 0, orange above, faint near 0";
        let style = ("sans-serif", 18).into_font().color(&INK.0);
        area.draw(&Text::new(legend, (left, foot), style))?;
        Ok(())
    })
}
