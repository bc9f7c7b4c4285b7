//! The scaling below has seen the test. No error of a forecast would show it. So the tests ask in
//! another way: they change the test part of the series, and nothing of the training may change.
//!
//! Mend one line.
//!
//! Chapter: A forecast that beats its baselines (book/src/25-forecast-that-works.md), "What demo 2
//! did, and what to do".

/// The whole series, scaled. Its first `training` values are for training, the rest for the test.
fn scaled(series: &[f64], training: usize) -> Vec<f64> {
    // TODO: who may be looked at? (This takes the training out, and puts it in again.)
    let fitted = [&series[..training], &series[training..]].concat();
    let n = fitted.len() as f64;
    let mean = fitted.iter().sum::<f64>() / n;
    let variance = fitted.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    series.iter().map(|x| (x - mean) / variance.sqrt()).collect()
}

fn main() {
    let series: Vec<f64> = (0..10).map(|t| f64::from(t % 7)).collect();
    println!("{:.3?}", scaled(&series, 7));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_test_leaves_the_training_as_it_is() {
        let series: Vec<f64> = (0..100).map(|t| f64::from(t % 7)).collect();
        let mut other = series.clone();
        other[63..].fill(40.0);
        let (found, with_other) = (scaled(&series, 63), scaled(&other, 63));
        for t in 0..63 {
            assert!(
                found[t] == with_other[t],
                "value {t} of the training is {:.4}, and with another test it is {:.4}. They \
                 should be equal: the training \
                 knows the test part.",
                found[t],
                with_other[t]
            );
        }
    }

    #[test]
    fn all_values_are_scaled() {
        let series: Vec<f64> = (0..100).map(|t| f64::from(t % 7)).collect();
        let found = scaled(&series, 63);
        assert!(found.len() == 100, "there should be 100 values and there are {}.", found.len());
        for t in [0, 62, 63, 99] {
            let expected = (series[t] - 3.0) / 2.0; // the mean and the deviation of 0, 1, … 6
            let found = found[t];
            let right = (found - expected).abs() < 1e-9;
            let part = if t < 63 { "training" } else { "test" };
            assert!(
                right,
                "value {t}, of the {part}, should become {expected:.4} and becomes {found:.4}. \
                 The mean of the training is 3, \
                 and its deviation 2."
            );
        }
    }
}
