//! The figures of the book, as SVG.

mod checks;
mod draw;
mod letters;
mod memory;
mod rows;
mod steps;

use std::iter::successors;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use tensor::{Tape, Tensor, Var};

use crate::forecaster::Windows;
use crate::letters::{MAP, Map};
use crate::notebook::{WINDOW, dataset};
use crate::pictures::{BLUE, GREEN, INK, ORANGE, PAPER, WIDTH, svg, text};
use crate::{remember, table_of_1997 as table};
use draw::{Format, arrow, boxed, dots, grid, note, number, plot, power_of_ten, words};
pub use letters::letters;
pub use memory::table_of_1997;

/// Each figure's file name and content, but for those of [`crate::pictures`].
///
/// # Errors
/// If the plotting library cannot draw.
pub fn all() -> Result<Vec<(&'static str, String)>> {
    Ok(vec![
        ("v-curve.svg", v_curve()?),
        ("chain.svg", chain()?),
        ("tape.svg", steps::tape()?),
        ("broadcast.svg", broadcast()?),
        ("sigmoid-tanh.svg", sigmoid_tanh()?),
        ("ladder.svg", checks::ladder()?),
        ("rnn-gradient.svg", rnn_gradient()?),
        ("cell.svg", cell()?),
        ("half-life.svg", half_life()?),
        ("rows.svg", rows::rows()?),
        ("unrolled.svg", unrolled()?),
        ("shares.svg", steps::shares()?),
        ("adding.svg", steps::adding()?),
        ("windows.svg", windows()?),
        ("apart.svg", checks::apart()?),
        ("remembers.svg", memory::successes(&remember::runs_from_csv(remember::RESULTS)?)?),
        ("reach.svg", memory::reach(&remember::reaches_from_csv(remember::REACH)?)?),
        ("held.svg", memory::held(&remember::held_from_csv(remember::HELD)?)?),
        ("letters.svg", letters(&Map::from_csv(MAP)?)?),
        ("table-of-1997.svg", table_of_1997(&table::from_csv(table::RESULTS)?)?),
    ])
}

/// The error of the central difference of x³ at 1, for steps of 1 and less.
fn v_curve() -> Result<String> {
    let cube = |x: f64| x * x * x;
    let error = |h: f64| ((cube(1.0 + h) - cube(1.0 - h)) / (2.0 * h) - 3.0).abs();
    let steps = successors(Some(1.0_f64), |h| Some(0.7 * h)).take(98);
    let points = steps.map(|h| (h.log10(), error(h).log10())).filter(|point| point.1.is_finite());
    let points: Vec<_> = points.collect();
    // What theory says: two straight lines, for the scales are logarithmic.
    let truncation = |x: f64| (x, 2.0 * x);
    let round_off = |x: f64| (x, (f64::EPSILON / 2.0).log10() - x);

    svg("The error of a central difference", (WIDTH, 400), |area| {
        let x = (-15.2..0.4, 6, "step h", power_of_ten as Format);
        let mut plot = plot(area, x, (-13.0..0.4, 6, "error", power_of_ten))?;
        let lines =
            [([-6.2, 0.0].map(truncation), ORANGE.0), ([-15.0, -2.7].map(round_off), GREEN.0)];
        for (line, colour) in lines {
            plot.draw_series(LineSeries::new(line, colour.stroke_width(2)))?;
        }
        plot.draw_series(points.iter().map(|&point| Circle::new(point, 2, BLUE.0.filled())))?;
        note(&plot, (-3.8, -6.0), "truncation h²", ORANGE.0, HPos::Right)?;
        note(&plot, (-11.4, -3.4), "round-off 1/h", GREEN.0, HPos::Left)
    })
}

/// `b = a + a; c = b + b`, and the gradients that come back.
fn chain() -> Result<String> {
    let tape = Tape::new();
    let a = tape.var(Tensor::from(3.0));
    let b = a + a;
    let c = b + b;
    let gradients = c.backward();

    svg("b = a + a, then c = b + b", (WIDTH, 230), |area| {
        for (name, sum, node, x) in
            [("a", "", a, 64), ("b", "a + a", b, 240), ("c", "b + b", c, 416)]
        {
            boxed(area, (x, 60), (88, 48), &format!("{name} = {}", node.value().item()))?;
            words(area, (x, 16), sum, INK.0)?;
            let gradient = format!("∂c/∂{name} = {}", gradients.wrt(node).item());
            words(area, (x, 150), &gradient, ORANGE.0)?;
        }
        for x in [108, 284] {
            for y in [50, 70] {
                arrow(area, &[(x + 4, y), (x + 84, y)], INK.0)?;
                arrow(area, &[(x + 74, y + 90), (x + 14, y + 90)], ORANGE.0)?;
            }
            words(area, (x + 44, 122), "× 1", ORANGE.0)?;
            words(area, (x + 44, 180), "× 1", ORANGE.0)?;
        }
        Ok(())
    })
}

/// `[2, 3] + [3]`: what is repeated forward is summed backward.
fn broadcast() -> Result<String> {
    let tape = Tape::new();
    let a = tape.var(Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    let b = tape.var(Tensor::from([10.0, 20.0, 30.0]));
    let y = a + b;
    let repeated = b.broadcast_to([2, 3]);
    let dy = Tensor::from([[1.0, 0.0, 2.0], [3.0, 1.0, 1.0]]);
    let db = y.vjp(dy.clone()).wrt(b);

    svg("Forward, the row is repeated", (WIDTH, 330), |area| {
        let [left, middle, right] = [6, 174, 342];
        grid(area, (left, 46), "a [2, 3]", &a.value(), BLUE.0)?;
        grid(area, (middle, 46), "b [3], twice", &repeated.value(), BLUE.0)?;
        grid(area, (right, 46), "y [2, 3]", &y.value(), BLUE.0)?;
        // The copy is pale.
        let copy = [(middle, 83), (middle + 132, 118)];
        area.draw(&Rectangle::new(copy, PAPER.0.mix(0.6).filled()))?;
        words(area, (156, 82), "+", INK.0)?;
        words(area, (324, 82), "=", INK.0)?;

        words(area, (240, 156), "Backward, the rows are summed", INK.0)?;
        grid(area, (right, 214), "∂L/∂y [2, 3]", &dy, ORANGE.0)?;
        grid(area, (middle, 214), "∂L/∂b [3]", &db, ORANGE.0)?;
        arrow(area, &[(right - 4, 232), (middle + 136, 232)], ORANGE.0)
    })
}

/// Both curves, and their slopes by the tape.
fn sigmoid_tanh() -> Result<String> {
    let tape = Tape::new();
    let xs: Vec<f64> = (-30..=30).map(|k| f64::from(k) / 5.0).collect();
    let x = tape.var(Tensor::new([xs.len()], xs.clone()));
    let curve_and_slope = |y: Var<'_, f64>| {
        [y.value(), y.sum().backward().wrt(x)]
            .map(|y| -> Vec<_> { xs.iter().copied().zip(y.data().to_vec()).collect() })
    };

    svg("σ and tanh, and their slopes (dashed)", (WIDTH, 400), |area| {
        let x_axis = (-6.0..6.0, 7, "x", number as Format);
        let mut plot = plot(area, x_axis, (-1.1..1.1, 5, "", number))?;
        for (y, colour) in [(x.sigmoid(), BLUE.0), (x.tanh(), ORANGE.0)] {
            let [curve, slope] = curve_and_slope(y);
            plot.draw_series(LineSeries::new(curve, colour.stroke_width(3)))?;
            plot.draw_series(DashedLineSeries::new(slope, 6, 4, colour.stroke_width(2)))?;
        }
        note(&plot, (2.2, 0.74), "σ", BLUE.0, HPos::Left)?;
        note(&plot, (-1.0, -0.6), "tanh", ORANGE.0, HPos::Right)?;
        note(&plot, (2.5, 0.16), "σ′", BLUE.0, HPos::Left)?;
        note(&plot, (-0.8, 0.8), "tanh′", ORANGE.0, HPos::Right)
    })
}

/// The gradient through many steps of an RNN of one unit, by the tape. The
/// hidden state stays 0, where tanh has slope 1.
fn rnn_gradient() -> Result<String> {
    let gradient = |u: f64, steps: i32| {
        let tape = Tape::new();
        let h_0 = tape.var(Tensor::from(0.0));
        let h_t = (0..steps).fold(h_0, |h, _| (u * h).tanh());
        h_t.backward().wrt(h_0).item()
    };
    svg("∂h/∂h₀ after T steps of hₜ = tanh(u hₜ₋₁)", (WIDTH, 400), |area| {
        let x = (0.0..20.4, 5, "steps T", number as Format);
        let mut plot = plot(area, x, (-6.5..4.5, 6, "gradient", power_of_ten))?;
        for (u, colour, at) in
            [(0.5, BLUE.0, (9.5, -1.9)), (1.0, INK.0, (13.0, 0.5)), (1.5, ORANGE.0, (9.5, 2.6))]
        {
            dots(&mut plot, (0..=20).map(|t| (f64::from(t), gradient(u, t).log10())), colour)?;
            note(&plot, at, &format!("u = {u}"), colour, HPos::Center)?;
        }
        Ok(())
    })
}

/// What is left of the cell state if nothing is written and the forget gate
/// stays the same.
fn half_life() -> Result<String> {
    svg("What a forget gate f leaves of c", (WIDTH, 400), |area| {
        let x = (0.0..30.5, 7, "steps t", number as Format);
        let mut plot = plot(area, x, (0.0..1.03, 5, "", number))?;
        let half = [(0.0, 0.5), (30.0, 0.5)];
        plot.draw_series(DashedLineSeries::new(half, 6, 6, INK.0.stroke_width(1)))?;
        note(&plot, (29.8, 0.46), "one half", INK.0, HPos::Right)?;
        for (f, colour, at) in [
            (0.5, INK.0, (0.3, 0.07)),
            (0.73, GREEN.0, (5.5, 0.23)),
            (0.9, ORANGE.0, (10.6, 0.38)),
            (0.99, BLUE.0, (16.0, 0.9)),
        ] {
            let c = successors(Some(1.0), |c| Some(f * c));
            dots(&mut plot, (0..=30).map(f64::from).zip(c), colour)?;
            note(&plot, at, &format!("{f}"), colour, HPos::Left)?;
        }
        Ok(())
    })
}

/// One step of the LSTM as a flow chart.
fn cell() -> Result<String> {
    svg("One step of the LSTM", (WIDTH, 396), |area| {
        let (top, middle, show, gates, inputs) = (46, 126, 166, 222, 306);
        let [f, i, g, o, out] = [100, 176, 252, 328, 404];
        let write = (i + g) / 2;
        // The cell state goes straight through.
        arrow(area, &[(16, top), (f - 14, top)], INK.0)?;
        arrow(area, &[(f + 14, top), (write - 14, top)], INK.0)?;
        arrow(area, &[(write + 14, top), (472, top)], INK.0)?;
        words(area, (38, top - 22), "cₜ₋₁", INK.0)?;
        words(area, (454, top - 22), "cₜ", INK.0)?;
        // The inputs go to all four gates.
        area.draw(&PathElement::new([(16, inputs), (o, inputs)], INK.0.stroke_width(2)))?;
        arrow(area, &[(60, inputs + 44), (60, inputs)], INK.0)?;
        words(area, (38, inputs - 22), "hₜ₋₁", INK.0)?;
        words(area, (84, inputs + 34), "xₜ", INK.0)?;
        for (x, name, function) in [(f, "f", "σ"), (i, "i", "σ"), (g, "g", "tanh"), (o, "o", "σ")]
        {
            arrow(area, &[(x, inputs), (x, gates + 22)], INK.0)?;
            boxed(area, (x, gates), (60, 44), function)?;
            words(area, (x + 14, gates - 40), name, ORANGE.0)?;
        }
        // Forget, write, show.
        arrow(area, &[(f, gates - 22), (f, top + 14)], ORANGE.0)?;
        arrow(area, &[(i, gates - 22), (i, middle), (write - 14, middle)], ORANGE.0)?;
        arrow(area, &[(g, gates - 22), (g, middle), (write + 14, middle)], ORANGE.0)?;
        arrow(area, &[(write, middle - 14), (write, top + 14)], INK.0)?;
        arrow(area, &[(out, top), (out, top + 30)], INK.0)?;
        boxed(area, (out, top + 52), (60, 44), "tanh")?;
        arrow(area, &[(out, top + 74), (out, show - 14)], INK.0)?;
        arrow(area, &[(o, gates - 22), (o, show), (out - 14, show)], ORANGE.0)?;
        arrow(area, &[(out + 14, show), (472, show)], INK.0)?;
        words(area, (454, show - 22), "hₜ", INK.0)?;
        // The signs ⊙ and ⊕, and the fork.
        for at in [(f, top), (write, middle), (out, show), (write, top)] {
            area.draw(&Circle::new(at, 13, INK.0.stroke_width(2)))?;
        }
        for at in [(f, top), (write, middle), (out, show), (out, top)] {
            area.draw(&Circle::new(at, 4, INK.0.filled()))?;
        }
        for (x, y) in [(7, 0), (0, 7)] {
            let stroke = [(write - x, top - y), (write + x, top + y)];
            area.draw(&PathElement::new(stroke, INK.0.stroke_width(2)))?;
        }
        Ok(())
    })
}

/// Who reads the states of a step, and the ways on which their gradients come
/// back.
fn unrolled() -> Result<String> {
    svg("Two arrows into c̄ₜ, and two into h̄ₜ", (WIDTH, 470), |area| {
        let [now, brackets, later] = [78, 240, 402];
        let (c, h, y) = (46, 174, 296);
        for (at, name) in [
            ((now, c), "cₜ"),
            ((now, h), "hₜ"),
            ((now, y), "yₜ"),
            ((brackets, h), "aₜ₊₁"),
            ((later, c), "cₜ₊₁"),
            ((later, h), "hₜ₊₁"),
        ] {
            boxed(area, at, (76, 48), name)?;
        }
        // Forward.
        for path in [
            [(now + 38, c - 10), (later - 38, c - 10)],
            [(now - 12, c + 24), (now - 12, h - 24)],
            [(now - 12, h + 24), (now - 12, y - 24)],
            [(now + 38, h - 10), (brackets - 38, h - 10)],
            [(brackets + 20, h - 24), (later - 32, c + 24)],
            [(brackets + 38, h), (later - 38, h)],
            [(later, c + 24), (later, h - 24)],
        ] {
            arrow(area, &path, INK.0)?;
        }
        words(area, (286, 104), "i, f, g", INK.0)?;
        words(area, (321, h + 16), "o", INK.0)?;
        // Backward, into the two states.
        for (name, at, path) in [
            ("1", (now + 28, 110), [(now + 12, h - 24), (now + 12, c + 24)]),
            ("2", (brackets, c + 28), [(later - 38, c + 10), (now + 38, c + 10)]),
            ("3", (now + 28, 235), [(now + 12, y - 24), (now + 12, h + 24)]),
            ("4", (159, h + 28), [(brackets - 38, h + 10), (now + 38, h + 10)]),
        ] {
            arrow(area, &path, ORANGE.0)?;
            words(area, at, name, ORANGE.0)?;
        }
        let left = Pos::new(HPos::Left, VPos::Center);
        let style = TextStyle { color: ORANGE.0.to_backend_color(), pos: left, ..text(25) };
        for (y, line) in [
            (248, "1:  h̄ₜ ⊙ oₜ ⊙ (1 − tanh² cₜ)"),
            (282, "2:  c̄ₜ₊₁ ⊙ fₜ₊₁"),
            (316, "3:  ȳₜ"),
            (350, "4:  āₜ₊₁ Wₕₕ"),
        ] {
            area.draw(&Text::new(line, (180, y), style.clone()))?;
        }
        words(area, (240, 402), "c̄ₜ is the sum of 1 and 2, h̄ₜ of 3 and 4.", INK.0)
    })
}

/// The notebook's series, and below it the windows, each with its target.
fn windows() -> Result<String> {
    let series = dataset();
    let targets = Windows::of(&series, WINDOW).y;
    svg("Eight windows, and the target of each", (WIDTH, 410), |area| {
        let [left, row] = [|t: usize| 54 + 42 * t as i32, |k: usize| 20 + 28 * k as i32];
        for (k, name) in ["t", "x1", "x2", "sum"].iter().enumerate() {
            words(area, (24, row(k)), name, INK.0)?;
        }
        for (t, [x1, x2, sum]) in series.iter().enumerate() {
            let column = [(t as i32, INK.0), (*x1, BLUE.0), (*x2, BLUE.0), (*sum, ORANGE.0)];
            for (k, (value, colour)) in column.into_iter().enumerate() {
                words(area, (left(t) + 21, row(k)), &value.to_string(), colour)?;
            }
        }
        for (k, target) in targets.data().iter().enumerate() {
            let (top, last) = (128 + 30 * k as i32, left(k + WINDOW - 1));
            let window = [(left(k), top), (last + 40, top + 26)];
            area.draw(&Rectangle::new(window, BLUE.0.mix(0.15).filled()))?;
            words(area, (left(k) + 42, top + 13), &format!("window {k}"), BLUE.0)?;
            area.draw(&Rectangle::new([(last + 2, top + 2), (last + 38, top + 24)], ORANGE.0))?;
            words(area, (last + 20, top + 13), &target.to_string(), ORANGE.0)?;
        }
        Ok(())
    })
}
