//! From a table to what can be trained on, or what is in the way.

use anyhow::{Result, bail};
use tensor::Tensor;

use super::csv_file::{LeftOut, Table, quoted};
use super::dataset::{Scaling, split};

/// Fewer windows than this in a part say nothing.
const FEWEST_WINDOWS: usize = 10;

/// The most numbers that a window may have: the linear regression solves for so many weights.
pub const MOST_INPUTS: usize = 2000;

/// How many standard deviations from the mean a number may be.
const FARTHEST: f64 = 1e6;

/// Leaves out the columns that say nothing in the training part, or only how late it is there,
/// and returns the scaling of the others. Only the training part decides.
///
/// # Errors
/// If there are too few rows or too many columns for the window and the horizon, if the target
/// is constant in the training part, or if a number is too far away from the others.
pub fn prepare(mut table: Table, window: usize, horizon: usize) -> Result<(Table, Scaling)> {
    let rows = table.lines.len();
    let needed = 5 * (window + horizon + FEWEST_WINDOWS - 1);
    if rows < needed {
        bail!(
            "too few rows, {rows}; a window of {window} and a horizon of {horizon} need at least \
             {needed}, for a fifth of them is the test"
        );
    }

    let [training, ..] = split(rows);
    let mut kept = Vec::new();
    for (k, name) in table.columns.iter().enumerate() {
        let column = column(&table.rows, k);
        let part = &column[training.clone()];
        let is_constant = part.iter().all(|x| x == &part[0]);
        let only_grows = part.windows(2).all(|pair| pair[0] < pair[1]);
        if k == table.target && is_constant {
            bail!("the target {} is always {} in the training part", quoted(name), part[0]);
        } else if k == table.target || !(is_constant || only_grows) {
            kept.push(k);
        } else {
            let why = if is_constant { "it is constant" } else { "it only grows, as a date does" };
            table.left_out.push(LeftOut { name: name.clone(), why: why.into() });
        }
    }
    table.target = kept.iter().position(|&k| k == table.target).expect("the target is kept");
    table.columns = kept.iter().map(|&k| table.columns[k].clone()).collect();
    table.rows = table.rows.index_select(1, &kept);
    let inputs = window * kept.len();
    if inputs > MOST_INPUTS {
        bail!(
            "a window of {window} rows of {} columns has {inputs} numbers, and at most \
             {MOST_INPUTS} are possible; --leave-out does without a column",
            kept.len()
        );
    }
    let scaling = Scaling::of(&table.rows.narrow(0, 0, training.len()));
    check_distances(&table, &scaling)?;
    Ok((table, scaling))
}

/// Whether all numbers are near enough to those of training to be computed with.
///
/// # Errors
/// The first that is not.
pub fn check_distances(table: &Table, scaling: &Scaling) -> Result<()> {
    let scaled = scaling.scale(&table.rows);
    let far = scaled.data().iter().position(|z| !(-FARTHEST..=FARTHEST).contains(z));
    if let Some(far) = far {
        let (row, k) = (far / table.columns.len(), far % table.columns.len());
        bail!(
            "line {}, column {}: {} is more than a million standard deviations from the mean of \
             the training part",
            table.lines[row],
            quoted(&table.columns[k]),
            table.rows.data()[far]
        );
    }
    Ok(())
}

/// The numbers of one column.
pub fn column(rows: &Tensor<f64>, k: usize) -> Vec<f64> {
    rows.narrow(1, k, 1).data().to_vec()
}
