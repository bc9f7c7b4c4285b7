//! A CSV file in, a forecast and a picture out: what `forecast --data` does, by hand.
//! `cargo run -p demos --example 08_forecast_by_hand -- FILE.csv COLUMN PICTURE.svg`

use anyhow::{Context, Result};
use demos::own_data::csv_file::{Columns, read};
use demos::own_data::dataset::{Windows, split}; // a file to copy
use demos::own_data::prepare::prepare;
use nn::{Adam, AdamConfig, Generator, Linear, Lstm, LstmConfig, Module, mse_loss};
use plotters::prelude::*;
use std::{io::Write, path::PathBuf, process::ExitCode};
use tensor::{Tape, Var};

#[derive(clap::Parser)]
struct Arguments {
    file: PathBuf,
    column: String,
    picture: PathBuf,
}

fn forward<'t>((lstm, head): &'t (Lstm<f32>, Linear<f32>), x: Var<'t, f32>) -> Var<'t, f32> {
    let (_, (h_n, _)) = lstm.forward(x, None);
    head.forward(h_n.reshape([x.shape()[0], 32]))
}

fn main() -> ExitCode {
    demos::program::run(forecast)
}

fn forecast(out: &mut dyn Write) -> Result<()> {
    let Arguments { file, column, picture } = demos::program::arguments()?;
    let table = read(&file, &column, Columns::AllBut(&[]), false)?;
    let (table, scaling) = prepare(table, 14, 1)?; // the scaling is that of the training part
    let (target, rows) = (table.target, scaling.scale(&table.rows));
    let [training, validation, test] = split(table.lines.len()).map(|part| {
        let rows = rows.narrow(0, part.start, part.len()).cast::<f32>();
        let windows = Windows { rows, target, window: 14, horizon: 1 };
        let all: Vec<usize> = (0..windows.count()).collect();
        [windows.inputs(&all), windows.targets(&all)]
    });
    let generator = &mut Generator::manual_seed(0);
    let config = LstmConfig { batch_first: true, ..LstmConfig::new(table.columns.len(), 32) };
    let mut network = (Lstm::new(config, generator), Linear::new(32, 1, generator));
    let mut adam = Adam::new(AdamConfig { lr: 0.003, ..AdamConfig::default() });
    let mut best = (f32::INFINITY, network.state_dict());
    for _ in 0..30 {
        for batch in generator.randperm(training[1].shape()[0]).chunks(32) {
            let tape = Tape::new();
            let [x, y] = training.each_ref().map(|t| tape.constant(t.index_select(0, batch)));
            let mut gradients = mse_loss(forward(&network, x), y).backward();
            drop(tape);
            nn::clip_grad_norm(&network, &mut gradients, 1.0);
            adam.step(&mut network, &gradients);
        }
        let tape = Tape::no_grad();
        let [x, y] = validation.each_ref().map(|t| tape.constant(t.clone()));
        let loss = mse_loss(forward(&network, x), y).value().item();
        best = if loss < best.0 { (loss, network.state_dict()) } else { best };
    }
    network.load_state_dict(&best.1)?; // the best weights
    let tape = Tape::no_grad();
    let says = forward(&network, tape.constant(test[0].clone())).value();
    let last = test[0].narrow(1, 13, 1).narrow(2, target, 1).reshape(says.shape());
    let lines = [("truth", BLACK, &test[1]), ("persistence", GREEN, &last), ("LSTM", RED, &says)];
    let next = rows.narrow(0, table.lines.len() - 14, 14).reshape([1, 14, table.columns.len()]);
    let next = forward(&network, tape.constant(next.cast())).value().item();
    writeln!(out, "the next row: {:.3}\n", scaling.unscale(target, next.into()))?;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (640, 400)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area).build_cartesian_2d(0..60, -4_f32..4.0)?;
        for (name, colour, y) in lines {
            let errors = y.zip(&test[1], |y, truth| (y - truth).abs());
            let mae = errors.data().iter().sum::<f32>() / errors.data().len() as f32;
            writeln!(out, "{name:11}  MAE {:.3}", f64::from(mae) * scaling.std.data()[target])?;
            chart.draw_series(LineSeries::new((0..60).zip(y.data().iter().copied()), colour))?;
        }
    }
    nn::write_whole(&picture, svg.as_bytes()).with_context(|| picture.display().to_string())
}
