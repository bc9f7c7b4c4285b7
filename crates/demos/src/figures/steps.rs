//! Figures that show one step after the other: a tape, a gradient's shares, a sequence.

use anyhow::Result;
use nn::lstm::{Weights, step};
use plotters::prelude::*;
use tensor::{Tape, Tensor};

use super::draw::{arrow, boxed, words};
use crate::pictures::{BLUE, GRID, INK, ORANGE, WIDTH, svg};

/// The tape of x·x + 2·x at 3, with the gradients that come back.
pub fn tape() -> Result<String> {
    let tape = Tape::new();
    let x = tape.var(Tensor::from(3.0));
    let square = x * x;
    let two = tape.constant(Tensor::from(2.0));
    let double = two * x;
    let y = square + double;
    let gradients = y.backward();

    svg("y = x·x + 2·x: values, and gradients below them", (WIDTH, 330), |area| {
        let (left, middle, right) = (66, 230, 408);
        let at_x = (left, 92);
        for (node, name, at) in [
            (x, "%0 = x", at_x),
            (square, "%1 = %0·%0", (middle, 60)),
            (two, "%2 = 2", (left, 230)),
            (double, "%3 = %2·%0", (middle, 196)),
            (y, "%4 = %1 + %3", (right, 128)),
        ] {
            words(area, (at.0, at.1 - 38), name, INK.0)?;
            boxed(area, at, (84, 44), &node.value().item().to_string())?;
            if name != "%2 = 2" {
                let gradient = format!("∂y/∂ = {}", gradients.wrt(node).item());
                words(area, (at.0, at.1 + 36), &gradient, ORANGE.0)?;
            }
        }
        for path in [
            [(left + 44, 80), (middle - 44, 54)],
            [(left + 44, 92), (middle - 44, 68)],
            [(left + 44, 106), (middle - 44, 186)],
            [(left + 44, 226), (middle - 44, 204)],
            [(middle + 44, 66), (right - 44, 116)],
            [(middle + 44, 190), (right - 44, 140)],
        ] {
            arrow(area, &path, INK.0)?;
        }
        Ok(())
    })
}

/// The cell of chapter 19: what each of two steps gives to the gradient of W_ih.
pub fn shares() -> Result<String> {
    let tape = Tape::<f64>::new();
    let column = |w: [f64; 4]| tape.var(Tensor::new([4, 1], w.to_vec()));
    let hh = column([0.6, -0.4, 0.5, 0.3]);
    let bias = Some(tape.constant(Tensor::from([0.0, 1.0, 0.0, 0.0])));
    // A weight of its own for each step, so that each has a gradient of its own.
    let ihs = [(); 2].map(|()| column([0.5, 0.2, 0.8, 0.4]));
    let zero = tape.constant(Tensor::from([[0.0]]));
    let mut state = (zero, zero);
    let h = [1.0, 2.0].into_iter().zip(ihs).map(|(x, ih)| {
        let weights = Weights { ih, hh, bias_ih: bias, bias_hh: None, hr: None };
        let step = step(tape.constant(Tensor::from([[x]])), state, weights);
        state = (step.h, step.c);
        step.h
    });
    let loss: Vec<_> = h.collect();
    let gradients = (loss[0] + loss[1]).backward();
    let [first, second] = ihs.map(|ih| gradients.wrt(ih).data().to_vec());

    svg("What each step gives to the gradient of W", (WIDTH, 330), |area| {
        let (ground, scale) = (240, 460.0);
        area.draw(&PathElement::new([(30, ground), (450, ground)], GRID.0.stroke_width(2)))?;
        for (k, gate) in ["i", "f", "g", "o"].into_iter().enumerate() {
            let x = 84 + 104 * k as i32;
            let tops = [first[k], first[k] + second[k]].map(|sum| ground - (scale * sum) as i32);
            for (colour, top, bottom, t) in
                [(BLUE.0, tops[0], ground, "t = 1"), (ORANGE.0, tops[1], tops[0], "t = 2")]
            {
                if bottom - top < 2 {
                    continue;
                }
                let bar = [(x - 34, top), (x + 34, bottom - 1)];
                area.draw(&Rectangle::new(bar, colour.mix(0.3).filled()))?;
                if bottom - top > 20 {
                    words(area, (x, (top + bottom) / 2), t, INK.0)?;
                }
            }
            words(area, (x, tops[1] - 14), &format!("{:.4}", first[k] + second[k]), INK.0)?;
            words(area, (x, ground + 22), gate, INK.0)?;
        }
        Ok(())
    })
}

/// A sequence of the adding problem, shortened.
pub fn adding() -> Result<String> {
    let values: [f64; 12] = [0.4, -0.7, 0.5, 0.9, -0.2, -0.9, 0.3, 0.7, -0.5, 0.8, -0.3, 0.6];
    let marked = [2, 7];
    let target = 0.5 + marked.map(|t| values[t]).iter().sum::<f64>() / 4.0;
    svg("Adding: of many numbers, the sum of two", (WIDTH, 310), |area| {
        let (ground, left) = (110, 44);
        area.draw(&PathElement::new([(24, ground), (456, ground)], GRID.0.stroke_width(2)))?;
        for (t, &value) in values.iter().enumerate() {
            let x = left + 36 * t as i32;
            let is_marked = marked.contains(&t);
            let colour = if is_marked { ORANGE.0 } else { BLUE.0 };
            let top = ground - (80.0 * value) as i32;
            area.draw(&Rectangle::new([(x - 10, top), (x + 10, ground)], colour.filled()))?;
            if is_marked {
                words(area, (x, 204), &format!("{value}"), ORANGE.0)?;
                words(area, (x, top - 14), "1", ORANGE.0)?;
            }
        }
        let sum = marked.map(|t| values[t].to_string()).join(" + ");
        words(area, (240, 240), &format!("0.5 + ({sum}) / 4 = {target}"), INK.0)
    })
}
