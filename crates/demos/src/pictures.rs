//! The pictures of demo 2, as SVG.

use std::ops::Range;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use tensor::Tape;

use crate::forecast::Forecast;
use crate::notebook::LOSSES;

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Narrow, with large letters: a telephone shows a picture at three quarters of
/// its size.
pub(crate) const WIDTH: u32 = 480;

/// The colours in a light and in a dark surrounding. The drawing is made with
/// the light ones; a style sheet in the file exchanges them in the dark.
pub(crate) const INK: (RGBColor, &str) = (RGBColor(31, 35, 40), "#e6edf3");
pub(crate) const PAPER: (RGBColor, &str) = (RGBColor(255, 255, 255), "#0d1117");
pub(crate) const GRID: (RGBColor, &str) = (RGBColor(208, 215, 222), "#30363d");
pub(crate) const BLUE: (RGBColor, &str) = (RGBColor(9, 105, 218), "#4493f8");
pub(crate) const ORANGE: (RGBColor, &str) = (RGBColor(188, 76, 0), "#f0883e");
pub(crate) const GREEN: (RGBColor, &str) = (RGBColor(26, 127, 55), "#3fb950");
pub(crate) const GREY: (RGBColor, &str) = (RGBColor(110, 119, 129), "#8b949e");

/// The pictures' file names.
pub const NAMES: [&str; 3] = ["loss.svg", "predictions.svg", "gates.svg"];

/// Each picture's file name and content.
///
/// # Errors
/// If the plotting library cannot draw.
pub fn all(forecast: &Forecast) -> Result<[(&'static str, String); 3]> {
    let [loss, predictions, gates] = [loss(forecast)?, predictions(forecast)?, gates(forecast)?];
    Ok([(NAMES[0], loss), (NAMES[1], predictions), (NAMES[2], gates)])
}

/// The loss of each epoch on a logarithmic scale, with the notebook's points.
fn loss(forecast: &Forecast) -> Result<String> {
    let losses = &forecast.losses;
    svg("The loss of each epoch", (WIDTH, 400), |area| {
        // A logarithmic axis whose lines are the powers of ten.
        let log = |loss: f64| loss.max(f64::MIN_POSITIVE).log10();
        let (low, high) = range(losses.iter().map(|&loss| log(loss)));
        let decades = low.floor()..high.ceil().max(low.floor() + 1.0);
        let lines = (decades.end - decades.start) as usize + 1;
        let mut chart = chart(area).build_cartesian_2d(0..losses.len(), decades)?;
        (chart.configure_mesh())
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID.0)
            .axis_style(INK.0)
            .label_style(text(20))
            .x_labels(6)
            .y_labels(lines)
            .x_desc("epoch")
            .y_desc("loss")
            .y_label_formatter(&|y| power_of_ten(*y))
            .draw()?;
        let line = losses.iter().map(|&loss| log(loss)).enumerate();
        (chart.draw_series(LineSeries::new(line, BLUE.0.stroke_width(2)))?)
            .label("here")
            .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], BLUE.0.stroke_width(2)));
        if forecast.verdict().summary.contains("losses") {
            let points = LOSSES.map(log).into_iter().enumerate().take(losses.len());
            (chart.draw_series(
                points.map(|point| Circle::new(point, 3, ORANGE.0.stroke_width(1))),
            )?)
            .label("the notebook's first 29")
            .legend(|(x, y)| Circle::new((x + 10, y), 3, ORANGE.0.stroke_width(1)));
        }
        legend(&mut chart, SeriesLabelPosition::UpperRight)
    })
}

/// What the network says beside what it should say.
fn predictions(forecast: &Forecast) -> Result<String> {
    let targets = forecast.windows.y.data();
    let found = forecast.network.predict(&forecast.windows);
    svg("Predictions and targets, window by window", (WIDTH, 400), |area| {
        let (low, high) = range(targets.iter().chain(&found).copied());
        let margin = (high - low).max(1.0) * 0.08;
        let x = -0.5..targets.len() as f64 - 0.5;
        let mut chart = chart(area).build_cartesian_2d(x, low - margin..high + margin)?;
        (chart.configure_mesh())
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID.0)
            .axis_style(INK.0)
            .label_style(text(20))
            .x_labels(targets.len())
            .x_label_formatter(&|x| format!("{x:.0}"))
            .y_label_formatter(&|y| format!("{y:.0}"))
            .x_desc("window")
            .y_desc("x1 + x2 of its last row")
            .draw()?;
        let points = |y: &[f64]| -> Vec<(f64, f64)> {
            y.iter().enumerate().map(|(k, &y)| (k as f64, y)).collect()
        };
        let circle = |point| Circle::new(point, 6, INK.0.stroke_width(2));
        (chart.draw_series(points(targets).into_iter().map(circle))?)
            .label("target")
            .legend(|(x, y)| Circle::new((x + 10, y), 6, INK.0.stroke_width(2)));
        let dot = |point| Circle::new(point, 3, ORANGE.0.filled());
        (chart.draw_series(points(&found).into_iter().map(dot))?)
            .label("prediction")
            .legend(|(x, y)| Circle::new((x + 10, y), 3, ORANGE.0.filled()));
        legend(&mut chart, SeriesLabelPosition::UpperLeft)
    })
}

/// The activations i, f, g, o, c, h of the trained LSTM over the last window:
/// a row for each hidden unit, a column for each time step.
fn gates(forecast: &Forecast) -> Result<String> {
    let tape = Tape::new();
    let windows = &forecast.windows;
    let last = windows.x.shape()[0] - 1;
    let x = tape.constant(windows.x.narrow(0, last, 1).cast());
    let layers = forecast.network.l_lstm.steps(x, None);
    let steps = &layers[0];
    let names = [
        "i: input gate",
        "f: forget gate",
        "g: candidate",
        "o: output gate",
        "c: cell state",
        "h: hidden state",
    ];
    let columns: Vec<[Vec<f32>; 6]> = (steps.iter())
        .map(|s| [s.i, s.f, s.g, s.o, s.c, s.h].map(|v| v.value().data().to_vec()))
        .collect();

    svg("Inside the LSTM, reading the last window", (WIDTH, 640), |area| {
        let (drawing, footer) = area.split_vertically(530);
        for (k, panel) in drawing.margin(4, 4, 12, 12).split_evenly((2, 3)).iter().enumerate() {
            let panel = panel.margin(0, 0, 6, 6).titled(names[k], text(19))?;
            let largest = columns.iter().flat_map(|c| &c[k]).fold(1.0, |m: f32, x| m.max(x.abs()));
            let (width, height) = panel.dim_in_pixel();
            let height = height - 36;
            for (t, column) in columns.iter().enumerate() {
                for (unit, value) in column[k].iter().enumerate() {
                    let side = |range: Range<usize>, n: usize, pixels: u32| {
                        [range.start, range.end].map(|i| (i * pixels as usize / n) as i32)
                    };
                    let [left, right] = side(t..t + 1, columns.len(), width);
                    let [top, bottom] = side(unit..unit + 1, column[k].len(), height);
                    let colour = if *value < 0.0 { BLUE.0 } else { ORANGE.0 };
                    let strength = f64::from(value.abs() / largest);
                    let cell = [(left, top), (right - 1, bottom - 1)];
                    panel.draw(&Rectangle::new(cell, colour.mix(strength).filled()))?;
                    panel.draw(&Rectangle::new(cell, GRID.0.stroke_width(1)))?;
                }
            }
            let caption = match &names[k][..1] {
                "i" | "f" | "o" => "0 … 1".to_string(),
                _ if largest > 1.0 => format!("−{largest:.1} … {largest:.1}"),
                _ => "−1 … 1".to_string(),
            };
            panel.draw(&Text::new(caption, (0, height as i32 + 6), text(18)))?;
        }
        for (line, y) in [
            ("Orange is positive, blue negative, faint near 0.", 4),
            ("A row is a hidden unit, a column a time step.", 30),
        ] {
            footer.draw(&Text::new(line, (18, y), text(19)))?;
        }
        Ok(())
    })
}

pub(crate) fn chart<'a, 'b>(area: &'a Area<'b>) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut builder = ChartBuilder::on(area);
    builder.margin(12).margin_right(20).x_label_area_size(56).y_label_area_size(72);
    builder
}

pub(crate) fn legend<'a, C: CoordTranslate>(
    chart: &mut ChartContext<'a, SVGBackend<'a>, C>,
    position: SeriesLabelPosition,
) -> Result<()> {
    (chart.configure_series_labels())
        .position(position)
        .background_style(PAPER.0)
        .border_style(GRID.0)
        .label_font(text(20))
        .draw()?;
    Ok(())
}

pub(crate) fn range(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    numbers.fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)))
}

pub(crate) fn text(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK.0)
}

/// The label of 10ʸ.
fn power_of_ten(y: f64) -> String {
    if (-3.0..6.0).contains(&y) { format!("{}", 10_f64.powf(y)) } else { format!("1e{y}") }
}

/// Draws a picture and gives it a title, for those who do not see it, and its
/// colours in the dark.
pub(crate) fn svg(
    title: &str,
    size: (u32, u32),
    draw: impl Fn(&Area<'_>) -> Result<()>,
) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&PAPER.0)?;
        draw(&area.margin(10, 0, 0, 0).titled(title, text(20))?)?;
        area.present()?;
    }
    let uses = |(RGBColor(r, g, b), _): &(RGBColor, &str)| {
        svg.contains(&format!("\"#{r:02X}{g:02X}{b:02X}\""))
    };
    let dark: String = [INK, PAPER, GRID, BLUE, ORANGE]
        .into_iter()
        .chain([GREEN, GREY].into_iter().filter(uses))
        .map(|(RGBColor(r, g, b), dark)| {
            let light = format!("#{r:02X}{g:02X}{b:02X}");
            format!("[fill=\"{light}\"]{{fill:{dark}}}[stroke=\"{light}\"]{{stroke:{dark}}}")
        })
        .collect();
    let style = format!(
        "<title>{title}</title>\n<style>@media (prefers-color-scheme: dark){{{dark}}}</style>\n"
    );
    let body =
        svg.find(">\n").ok_or_else(|| anyhow!("the plotting library wrote no <svg> element"))?;
    svg.insert_str(body + 2, &style);
    Ok(svg)
}
