//! What the figures are made of.

use std::ops::Range;

use anyhow::Result;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use tensor::Tensor;

use crate::pictures::{Area, BLUE, GRID, INK, chart, text};

// What the plots are made of.

pub type Plot<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
pub type Format = fn(f64) -> String;
/// From where to where, how many labels, what it is, how it is written.
pub type Axis = (Range<f64>, usize, &'static str, Format);

pub fn plot<'a, 'b>(area: &'a Area<'b>, x: Axis, y: Axis) -> Result<Plot<'a, 'b>> {
    let mut plot = chart(area).build_cartesian_2d(x.0, y.0)?;
    (plot.configure_mesh())
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.0)
        .axis_style(INK.0)
        .label_style(letters(INK.0))
        .x_labels(x.1)
        .y_labels(y.1)
        .x_desc(x.2)
        .y_desc(y.2)
        .x_label_formatter(&|number| (x.3)(*number))
        .y_label_formatter(&|number| (y.3)(*number))
        .draw()?;
    Ok(plot)
}

/// A curve with a dot for each of its points.
pub fn dots(
    plot: &mut Plot,
    points: impl Iterator<Item = (f64, f64)>,
    colour: RGBColor,
) -> Result<()> {
    let points: Vec<_> = points.collect();
    plot.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?;
    plot.draw_series(points.into_iter().map(|at| Circle::new(at, 3, colour.filled())))?;
    Ok(())
}

/// A word beside a curve.
pub fn note(plot: &Plot, at: (f64, f64), word: &str, colour: RGBColor, side: HPos) -> Result<()> {
    let style = letters(colour).pos(Pos::new(side, VPos::Center));
    plot.plotting_area().draw(&Text::new(word.to_string(), at, style))?;
    Ok(())
}

pub fn number(x: f64) -> String {
    format!("{x}").replace('-', "−")
}

/// 10ˣ, for a whole number x.
pub fn power_of_ten(x: f64) -> String {
    let raise = |digit: char| {
        digit
            .to_digit(10)
            .map_or('⁻', |d| ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][d as usize])
    };
    format!("10{}", format!("{x:.0}").chars().map(raise).collect::<String>())
}

// What the flow charts are made of.

pub type Point = (i32, i32);

pub fn letters(colour: RGBColor) -> TextStyle<'static> {
    TextStyle { color: colour.to_backend_color(), ..text(20) }
}

/// Words with their middle at a point; those with subscripts are larger.
pub fn words(area: &Area, at: Point, words: &str, colour: RGBColor) -> Result<()> {
    let size = if words.contains('ₜ') { 25 } else { 20 };
    let middle = Pos::new(HPos::Center, VPos::Center);
    let style = TextStyle { color: colour.to_backend_color(), pos: middle, ..text(size) };
    area.draw(&Text::new(words.to_string(), at, style))?;
    Ok(())
}

/// A box with a word in its middle.
pub fn boxed(area: &Area, (x, y): Point, (width, height): Point, word: &str) -> Result<()> {
    let place = [(x - width / 2, y - height / 2), (x + width / 2, y + height / 2)];
    area.draw(&Rectangle::new(place, BLUE.0.mix(0.12).filled()))?;
    area.draw(&Rectangle::new(place, BLUE.0))?;
    words(area, (x, y), word, INK.0)
}

/// A path with a head at its end.
pub fn arrow(area: &Area, path: &[Point], colour: RGBColor) -> Result<()> {
    let [before @ .., from, to] = path else { return Ok(()) };
    let (dx, dy) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
    let length = (dx * dx + dy * dy).sqrt();
    let at = |back: f64, aside: f64| {
        let x = f64::from(to.0) - (back * dx + aside * dy) / length;
        let y = f64::from(to.1) - (back * dy - aside * dx) / length;
        (x.round() as i32, y.round() as i32)
    };
    let line = [before, &[*from, at(6.0, 0.0)]].concat();
    area.draw(&PathElement::new(line, colour.stroke_width(2)))?;
    area.draw(&Polygon::new([*to, at(10.0, 5.0), at(10.0, -5.0)], colour.filled()))?;
    Ok(())
}

/// A row or rows of numbers, and a name above them.
pub fn grid(
    area: &Area,
    (x, y): Point,
    name: &str,
    t: &Tensor<f64>,
    colour: RGBColor,
) -> Result<()> {
    words(area, (x + 66, y - 20), name, INK.0)?;
    let columns = t.shape()[t.shape().len() - 1];
    for (k, value) in t.data().iter().enumerate() {
        let place = (x + 22 + 44 * (k % columns) as i32, y + 18 + 36 * (k / columns) as i32);
        let corners = [(place.0 - 22, place.1 - 18), (place.0 + 22, place.1 + 18)];
        area.draw(&Rectangle::new(corners, colour.mix(0.12).filled()))?;
        area.draw(&Rectangle::new(corners, colour))?;
        words(area, place, &value.to_string(), INK.0)?;
    }
    Ok(())
}
