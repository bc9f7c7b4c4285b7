//! Inputs up to 95 saturate the gates before training begins. So subtract a mean and divide by a
//! standard deviation, in the training and in the test.
//!
//! Chapter: Windows, leakage, baselines (book/src/23-data.md), "Scaling" and "Leakage".

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Both parts, scaled.
fn scale(train: &[f64], test: &[f64]) -> (Vec<f64>, Vec<f64>) {
    // TODO: each part by itself, and without the deviation.
    let scaled = |values: &[f64]| {
        let m = mean(values);
        values.iter().map(|x| x - m).collect()
    };
    (scaled(train), scaled(test))
}

fn main() {
    let x1: Vec<f64> = (0..10).map(|t| 10.0 * f64::from(t)).collect();
    println!("{:.2?}", scale(&x1[..7], &x1[7..]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_the_numbers_of_the_training() {
        let (train, test) = ([0.0, 10.0, 20.0, 30.0, 90.0], [40.0, 80.0]);
        let (m, s) = (30.0, 1000.0_f64.sqrt()); // of the training, by hand
        let (found_train, found_test) = scale(&train, &test);
        for (part, found, values) in
            [("training", found_train, &train[..]), ("test", found_test, &test)]
        {
            for (k, (found, x)) in found.iter().zip(values).enumerate() {
                let expected = (x - m) / s;
                let all = [0.0, 10.0, 20.0, 30.0, 90.0, 40.0, 80.0];
                let (of_all, own) = (mean(&all), mean(values));
                let deviation = |m: f64, values: &[f64]| {
                    mean(&values.iter().map(|x| (x - m).powi(2)).collect::<Vec<_>>())
                };
                let is = |other: f64| (found - other).abs() < 1e-9;
                let why = if is(x - m) {
                    "It is not divided by the deviation."
                } else if is((x - m) / (s * s)) {
                    "It is divided by the variance. The deviation is its root."
                } else if is((x - of_all) / deviation(of_all, &all).sqrt()) {
                    "These are the mean and the deviation of all values: the test leaks into the \
                     training."
                } else if part == "test"
                    && (is((x - own) / deviation(own, values).sqrt()) || is(x - own))
                {
                    "These are the test's own mean and deviation. The model has learnt on another \
                     scale."
                } else {
                    ""
                };
                assert!(
                    is(expected),
                    "in the {part}, {x} (number {k}) should become {expected:.4} and becomes \
                     {found:.4}. {why}"
                );
            }
        }
    }
}
