//! What the checks of gradients and of whole trainings see.

use std::f64::consts::E;

use anyhow::Result;
use nn::Module;
use plotters::style::text_anchor::HPos;
use tensor::kernel::math::exp;

use super::draw::{Format, dots, note, number, plot, power_of_ten};
use crate::forecaster::{Windows, train};
use crate::notebook::{HIDDEN_SIZE, LR, WINDOW, dataset, run_cells};
use crate::pictures::{BLUE, ORANGE, WIDTH, svg};

/// The ladder of chapter 9 for eˣ at 1: how far the improved difference has moved since twice
/// the step, and how far it is off.
pub fn ladder() -> Result<String> {
    let d = |k: i32| {
        let h = 0.5_f64.powi(k);
        (exp(1.0 + h) - exp(1.0 - h)) / (2.0 * h)
    };
    let improved = |k: i32| d(k) + (d(k) - d(k - 1)) / 3.0;
    let moved = |k: i32| (improved(k) - improved(k - 1)).abs();
    let off = |k: i32| (improved(k) - E).abs();
    let points = |error: &dyn Fn(i32) -> f64| -> Vec<_> {
        let all = (4..=26).map(|k| (0.5_f64.powi(k).log10(), error(k).log10()));
        all.filter(|point| point.1.is_finite()).collect()
    };

    svg("The slope of eˣ at 1, improved", (WIDTH, 400), |area| {
        let x = (-8.2..-0.8, 8, "step h", power_of_ten as Format);
        let mut plot = plot(area, x, (-15.5..-3.5, 6, "", power_of_ten))?;
        dots(&mut plot, points(&off).into_iter(), BLUE.0)?;
        dots(&mut plot, points(&moved).into_iter(), ORANGE.0)?;
        note(&plot, (-2.1, -5.2), "moved by", ORANGE.0, HPos::Right)?;
        note(&plot, (-1.5, -9.2), "off by", BLUE.0, HPos::Left)
    })
}

/// Demo 2's losses, and those of two copies whose first weight is larger by a little.
pub fn apart() -> Result<String> {
    let windows = Windows::of(&dataset(), WINDOW);
    let losses = |change: f64| {
        let (start, _) = run_cells::<f32>(None, HIDDEN_SIZE, WINDOW);
        let (mut network, _) = run_cells::<f64>(None, HIDDEN_SIZE, WINDOW);
        network.copy_from(&start);
        network.named_parameters_mut()[0].1.value_mut().data_mut()[0] += change;
        train(&mut network, &windows, 101, LR, |_, _| ())
    };
    let plain = losses(0.0)?;

    svg("How far two trainings are apart", (WIDTH, 400), |area| {
        let x = (0.0..101.0, 6, "epoch", number as Format);
        let mut plot = plot(area, x, (-16.5..-1.5, 8, "", power_of_ten))?;
        for (change, word, colour, at) in [
            (1e-10, "10⁻¹⁰ more", ORANGE.0, (30.0, -10.6)),
            (1e-12, "10⁻¹² more", BLUE.0, (62.0, -14.6)),
        ] {
            let pairs = plain.iter().zip(losses(change)?);
            let points = (0..).zip(pairs.map(|(a, b)| ((a - b) / a).abs().log10()));
            let points = points.filter(|point| point.1.is_finite());
            dots(&mut plot, points.map(|(epoch, y)| (f64::from(epoch), y)), colour)?;
            note(&plot, at, word, colour, HPos::Left)?;
        }
        Ok(())
    })
}
