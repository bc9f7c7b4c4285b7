//! An error of 2.2 °C is good for weather, and means nothing for a price. The MASE is the mean
//! absolute error of a forecast, divided by that of persistence *in the training part*: below 1 it
//! is better than saying that nothing changes, whatever the unit. Write it.
//!
//! Chapter: A forecast that beats its baselines (book/src/25-forecast-that-works.md), "The test".

/// The mean of |says − is|.
fn mae(says: &[f64], is: &[f64]) -> f64 {
    says.iter().zip(is).map(|(says, is)| (says - is).abs()).sum::<f64>() / is.len() as f64
}

/// `says` is the forecast for each value of the test.
fn mase(train: &[f64], says: &[f64], test: &[f64]) -> f64 {
    // TODO: divided by what?
    mae(says, test) / (train.len() as f64)
}

fn main() {
    let (train, test) = ([10.0, 12.0, 11.0, 15.0], [14.0, 16.0]);
    println!("always 15: {:.4}", mase(&train, &[15.0, 15.0], &test));
    println!(
        "in another unit: {:.4}",
        mase(&train.map(|x| 100.0 * x), &[1500.0, 1500.0], &test.map(|x| 100.0 * x))
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_persistence_in_the_training() {
        for (train, says, test, expected) in [
            (&[10.0, 12.0, 11.0, 15.0][..], &[15.0, 15.0][..], &[14.0, 16.0][..], 3.0 / 7.0),
            (&[0.0, 4.0, 0.0], &[1.0, 3.0, 2.0], &[2.0, 8.0, 8.0], 1.0),
        ] {
            let found = mase(train, says, test);
            let is = |other: f64| (found - other).abs() < 1e-9;
            let before = [&train[train.len() - 1..], &test[..test.len() - 1]].concat();
            let error = mae(says, test);
            let mean = train.iter().sum::<f64>() / train.len() as f64;
            let why = if is(error) {
                "This is the error alone, in the series' own unit."
            } else if is(error / mae(&before, test)) {
                "It is divided by the error of persistence in the test. That in the training is \
                 asked."
            } else if is(error / mae(&vec![mean; train.len()], train)) {
                "It is divided by the error of the mean. Persistence says the value before."
            } else if is(1.0 / expected) {
                "It is the wrong way round: a better forecast has a smaller number."
            } else {
                "It is divided by how much the training part changes from one value to the next, \
                 on average."
            };
            assert!(
                is(expected),
                "after {train:?}, with {says:?} for {test:?}, it should be {expected:.4} and is \
                 {found:.4}. {why}"
            );
        }
    }
}
