//! The rows of a weight, by gate and by unit.

use anyhow::Result;
use plotters::prelude::*;
use tensor::{Tape, Tensor};

use super::draw::{arrow, words};
use crate::notebook::WEIGHT_IH;
use crate::pictures::{BLUE, INK, ORANGE, WIDTH, svg};

/// `weight_ih_l0` of demo 1 times x = (1, 1, 0): four blocks of two rows, one for each unit.
pub fn rows() -> Result<String> {
    let tape = Tape::<f64>::new();
    let x = tape.constant(Tensor::from([[1.0, 1.0, 0.0]]));
    let w = tape.constant(Tensor::new([8, 3], WEIGHT_IH.to_vec()));
    let a = x.linear(w, None).value();
    let digits = |number: f64| format!("{number:.4}").replace('-', "−");

    svg("weight_ih_l0 [8, 3], row by row", (WIDTH, 450), |area| {
        let (left, width, height) = (52, 76, 36);
        let column = |k: usize| left + width / 2 + width * k as i32;
        // Between two blocks is a gap.
        let row = |k: usize| 78 + height * k as i32 + 12 * (k / 2) as i32;
        words(area, (24, 34), "x", INK.0)?;
        for (k, x) in x.value().data().iter().enumerate() {
            words(area, (column(k), 34), &format!("{x}"), INK.0)?;
        }
        words(area, (416, 34), "x Wᵀ", INK.0)?;
        for (k, (weights, a)) in WEIGHT_IH.chunks(3).zip(a.data()).enumerate() {
            let (y, colour) = (row(k), if k % 2 == 0 { BLUE.0 } else { ORANGE.0 });
            let cell = |x: i32, number: f64| {
                let corners = [(x - width / 2, y - height / 2), (x + width / 2, y + height / 2)];
                area.draw(&Rectangle::new(corners, colour.mix(0.15).filled()))?;
                area.draw(&Rectangle::new(corners, colour))?;
                words(area, (x, y), &digits(number), INK.0)
            };
            for (k, weight) in weights.iter().enumerate() {
                cell(column(k), *weight)?;
            }
            arrow(area, &[(left + 3 * width + 8, y), (370, y)], colour)?;
            cell(416, *a)?;
        }
        for (k, gate) in ["i", "f", "g", "o"].into_iter().enumerate() {
            words(area, (24, (row(2 * k) + row(2 * k + 1)) / 2), gate, INK.0)?;
        }
        words(area, (160, 408), "the first unit", BLUE.0)?;
        words(area, (330, 408), "the second unit", ORANGE.0)
    })
}
