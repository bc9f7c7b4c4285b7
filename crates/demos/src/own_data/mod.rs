//! `forecast --data`: a forecast of a column of one's own CSV file, beside its baselines.
//!
//! | what | file |
//! |---|---|
//! | a CSV file that anybody may have made | `csv_file.rs` |
//! | what is trained on, and what is in the way | `prepare.rs` |
//! | split, scaling, windows: a module to copy | `dataset.rs` |
//! | the network and its training | `network.rs` |
//! | persistence, seasonal naive, linear regression; the errors | `baselines.rs` |
//! | all that forecasts together, and its file | `model.rs` |
//! | what is printed | `report.rs` |
//! | the picture | `picture.rs` |

use std::ops::Range;

use anyhow::{Result, bail};
use nn::Generator;

pub mod baselines;
pub mod csv_file;
pub mod dataset;
pub mod model;
pub mod network;
pub mod picture;
pub mod prepare;
pub mod report;

use csv_file::Table;
use dataset::{Scaling, Windows, split};
use model::{Model, Task};
use network::{Epoch, Network, Settings};

/// A model that was trained on a table, and how.
pub struct Trained {
    /// The model.
    pub model: Model,
    /// The losses of the epochs.
    pub losses: Vec<Epoch>,
    /// The epoch whose weights were kept, counted from 0.
    pub best: usize,
}

/// Trains a network, and solves for the linear regression, on the first 60 % of a table that
/// [`prepare`](prepare::prepare) has made; the next 20 % say when to stop.
///
/// # Errors
/// If the period is too long, or if the training diverges.
pub fn train(
    table: &Table,
    scaling: Scaling,
    settings: &Settings,
    period: Option<usize>,
    on_epoch: impl FnMut(usize, Epoch),
) -> Result<Trained> {
    let Settings { seed, window, horizon, hidden, layers, .. } = *settings;
    check_period(period, test_starts(table, window, horizon).start)?;
    let target = table.target;
    let rows = scaling.scale(&table.rows);
    let [training, validation, _] = split(table.lines.len()).map(|part| Windows {
        rows: rows.narrow(0, part.start, part.len()),
        target,
        window,
        horizon,
    });
    let [training_f32, validation] = [&training, &validation].map(|part| Windows {
        rows: part.rows.cast(),
        target,
        window,
        horizon,
    });

    let generator = &mut Generator::manual_seed(seed);
    let mut network = Network::new(table.columns.len(), settings, generator);
    let parts = [&training_f32, &validation];
    let (losses, best) = network::train(&mut network, parts, settings, generator, on_epoch)?;
    let regression = baselines::linear_regression(&training);
    let columns = table.columns.clone();
    let task = Task { columns, target, window, horizon, hidden, layers, period };
    Ok(Trained { model: Model { task, scaling, network, regression }, losses, best })
}

/// The rows with which the forecasts of the test part begin. Each has its window, too, in the
/// test part.
pub fn test_starts(table: &Table, window: usize, horizon: usize) -> Range<usize> {
    let [.., test] = split(table.lines.len());
    test.start + window..test.end + 1 - horizon
}

/// Whether there is a whole period before the first row that is forecast.
///
/// # Errors
/// If not.
pub fn check_period(period: Option<usize>, first: usize) -> Result<()> {
    match period {
        Some(period) if period > first => {
            bail!(
                "a period of {period} rows is too long: before the first forecast there are {first}"
            )
        }
        _ => Ok(()),
    }
}
