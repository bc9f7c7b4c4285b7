//! What plain models say, and how a forecast is measured beside them.

use nn::Linear;
use tensor::{Parameter, Tensor};

use super::dataset::Windows;

/// The errors of a forecast, in the units of the target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The mean absolute error.
    pub mae: f64,
    /// The root of the mean squared error.
    pub rmse: f64,
    /// The mean absolute scaled error: `mae` over that of persistence, one row ahead, in the
    /// training part ([Hyndman and Koehler, 2006][1]).
    ///
    /// [1]: https://doi.org/10.1016/j.ijforecast.2006.03.001
    pub mase: f64,
}

impl Score {
    /// The errors of `forecast` where `truth` was right; `scale` is [`naive_error`] of the
    /// training part.
    pub fn of(forecast: &[f64], truth: &[f64], scale: f64) -> Self {
        let errors = || forecast.iter().zip(truth).map(|(f, y)| f - y);
        let n = truth.len() as f64;
        let mae = errors().map(f64::abs).sum::<f64>() / n;
        let rmse = (errors().map(|e| e * e).sum::<f64>() / n).sqrt();
        Score { mae, rmse, mase: mae / scale }
    }
}

/// The mean absolute difference between a value and the one before.
pub fn naive_error(series: &[f64]) -> f64 {
    let differences = series.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    differences.sum::<f64>() / (series.len() - 1) as f64
}

/// Nothing changes: the value before `start`, for each of the `horizon` rows from `start` on.
///
/// ```
/// use demos::own_data::baselines::persistence;
///
/// assert_eq!(persistence(&[1.0, 2.0, 4.0], 3, 2), [4.0, 4.0]);
/// ```
pub fn persistence(series: &[f64], start: usize, horizon: usize) -> Vec<f64> {
    vec![series[start - 1]; horizon]
}

/// As it was a period before; or several, if that has not been yet.
///
/// ```
/// use demos::own_data::baselines::seasonal_naive;
///
/// let series = [1.0, 2.0, 4.0];
/// assert_eq!(seasonal_naive(&series, 2, 3, 4), [2.0, 4.0, 2.0, 4.0]);
/// ```
///
/// # Panics
/// If there are fewer than `period` values before `start`.
pub fn seasonal_naive(series: &[f64], period: usize, start: usize, horizon: usize) -> Vec<f64> {
    (0..horizon).map(|step| series[start - period + step % period]).collect()
}

/// How much the squares of the weights weigh beside those of the errors, for each window. It
/// keeps columns that say nearly the same from being played off against each other. (1 % was the
/// best of five powers of ten on the validation part of the book's data.)
const RIDGE: f64 = 0.01;

/// A linear regression on all numbers of a window: a linear layer whose weights are not trained
/// but solved for. They have the least squares, with a ridge: `(XᵀX + λI) W = XᵀY`, where X has
/// a column of ones for the bias.
pub fn linear_regression(windows: &Windows<f64>) -> Linear<f64> {
    let [_, columns] = windows.rows.dims();
    let (inputs, horizon) = (windows.window * columns, windows.horizon);
    let size = inputs + 1;
    let (mut a, mut b) = (Tensor::zeros([size, size]), Tensor::zeros([size, horizon]));
    for starts in windows.in_order() {
        let ones = Tensor::full([starts.len(), 1], 1.0);
        let x = windows.inputs(&starts).reshape([starts.len(), inputs]);
        let x = Tensor::cat(&[x, ones], 1);
        a.add_assign(&x.matmul_tn(&x));
        b.add_assign(&x.matmul_tn(&windows.targets(&starts)));
    }
    let ridge = RIDGE * windows.count() as f64;
    (0..inputs).for_each(|k| a.data_mut()[k * size + k] += ridge);
    let solution = solve(&a, &b).transpose(0, 1);
    let bias = solution.narrow(1, inputs, 1).reshape([horizon]);
    let weight = Parameter::new(solution.narrow(1, 0, inputs));
    Linear { weight, bias: Some(Parameter::new(bias)) }
}

/// Solves `A X = B` for a symmetric and positive definite A, by Cholesky's `A = L Lᵀ`.
fn solve(a: &Tensor<f64>, b: &Tensor<f64>) -> Tensor<f64> {
    let [n, m] = b.dims();
    let (mut l, mut x) = (a.clone(), b.clone());
    let (l, x) = (l.data_mut(), x.data_mut());
    for j in 0..n {
        for i in j..n {
            let dot: f64 = (0..j).map(|k| l[i * n + k] * l[j * n + k]).sum();
            let rest = l[i * n + j] - dot;
            l[i * n + j] = if i == j { rest.sqrt() } else { rest / l[j * n + j] };
        }
    }
    for c in 0..m {
        // L Y = B, downwards; then Lᵀ X = Y, upwards.
        for i in 0..n {
            let dot: f64 = (0..i).map(|k| l[i * n + k] * x[k * m + c]).sum();
            x[i * m + c] = (x[i * m + c] - dot) / l[i * n + i];
        }
        for i in (0..n).rev() {
            let dot: f64 = (i + 1..n).map(|k| l[k * n + i] * x[k * m + c]).sum();
            x[i * m + c] = (x[i * m + c] - dot) / l[i * n + i];
        }
    }
    Tensor::new([n, m], x.to_vec())
}
