//! What makes a series into samples: split in time, scaling, windows, batches. It needs
//! nothing else of this crate, so that it can be copied.

use std::ops::Range;

use tensor::{Scalar, Tensor};

/// The rows for training, validation and test: 60, 20 and 20 %, in the order of time.
///
/// ```
/// assert_eq!(demos::own_data::dataset::split(10), [0..6, 6..8, 8..10]);
/// ```
pub fn split(rows: usize) -> [Range<usize>; 3] {
    let (a, b) = (rows * 3 / 5, rows * 4 / 5);
    [0..a, a..b, b..rows]
}

/// The mean and the standard deviation of each column, by which it is scaled.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    /// The means, `[columns]`.
    pub mean: Tensor<f64>,
    /// The standard deviations, `[columns]`.
    pub std: Tensor<f64>,
}

impl Scaling {
    /// Those of these rows, `[rows, columns]`: of the training rows, and of no others.
    pub fn of(rows: &Tensor<f64>) -> Self {
        let [count, columns] = rows.dims();
        let mean_of = |rows: &Tensor<f64>| rows.sum_to_size([columns]).map(|x| x / count as f64);
        let mean = mean_of(rows);
        let centred = rows.zip(&mean.broadcast_to([count, columns]), |x, mean| x - mean);
        Scaling { std: mean_of(&centred.map(|x| x * x)).map(f64::sqrt), mean }
    }

    /// `z = (x − mean) / std`, for rows `[rows, columns]`.
    pub fn scale(&self, rows: &Tensor<f64>) -> Tensor<f64> {
        let [mean, std] = [&self.mean, &self.std].map(|s| s.broadcast_to(rows.shape()));
        rows.zip(&mean, |x, mean| x - mean).zip(&std, |x, std| x / std)
    }

    /// `x = mean + std · z`, for one column.
    pub fn unscale(&self, column: usize, z: f64) -> f64 {
        self.mean.data()[column] + self.std.data()[column] * z
    }
}

/// Every `window` successive rows of a series, and the `horizon` values of its target after them.
#[derive(Clone, Debug)]
pub struct Windows<T: Scalar> {
    /// The series, `[rows, columns]`.
    pub rows: Tensor<T>,
    /// The column that is to be forecast.
    pub target: usize,
    /// How many rows a window has.
    pub window: usize,
    /// How many rows after it are forecast.
    pub horizon: usize,
}

impl<T: Scalar> Windows<T> {
    /// How many there are.
    pub fn count(&self) -> usize {
        (self.rows.dims::<2>()[0] + 1).saturating_sub(self.window + self.horizon)
    }

    /// The windows that begin at these rows, `[batch, window, columns]`.
    pub fn inputs(&self, starts: &[usize]) -> Tensor<T> {
        let [_, columns] = self.rows.dims();
        let rows = starts
            .iter()
            .flat_map(|&start| &self.rows.data()[start * columns..(start + self.window) * columns]);
        Tensor::new([starts.len(), self.window, columns], rows.copied().collect())
    }

    /// What comes after them, `[batch, horizon]`.
    pub fn targets(&self, starts: &[usize]) -> Tensor<T> {
        let [_, columns] = self.rows.dims();
        let rows = starts.iter().flat_map(|&start| {
            let end = start + self.window;
            (end..end + self.horizon).map(|row| self.rows.data()[row * columns + self.target])
        });
        Tensor::new([starts.len(), self.horizon], rows.collect())
    }

    /// Where all of them begin, in the order of time and 256 at a time. (An epoch of training
    /// takes them in random order: `generator.randperm(windows.count()).chunks(batch)`.)
    pub fn in_order(&self) -> Vec<Vec<usize>> {
        let starts: Vec<usize> = (0..self.count()).collect();
        starts.chunks(256).map(<[usize]>::to_vec).collect()
    }
}
