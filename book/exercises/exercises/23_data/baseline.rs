//! A loss means little on its own. It needs baselines beside it: what models of one line would have
//! said. Write two of them, for a series of which the first part is for training and the rest for
//! the test.
//!
//! - *The mean*: always say the mean.
//! - *Persistence*: say that nothing changes, which is the value before.
//!
//! Chapter: Windows, leakage, baselines (book/src/23-data.md), "What a small model says" and
//! "Leakage".

/// The mean squared errors of the two baselines over the test.
fn baselines(train: &[f64], test: &[f64]) -> (f64, f64) {
    let mean_of = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let squares = |says: &[f64]| {
        says.iter().zip(test).map(|(say, is)| (say - is) * (say - is)).collect::<Vec<f64>>()
    };
    // TODO: may the model know this mean?
    let mean = mean_of(&[train, test].concat());
    // TODO: what does persistence say of each value of the test?
    let before = vec![train[0]; test.len()];
    (mean_of(&squares(&vec![mean; test.len()])), mean_of(&squares(&before)))
}

fn main() {
    let series: Vec<f64> = (0..10).map(|t| 20.0 * f64::from(t) + 5.0).collect();
    let (mean, persistence) = baselines(&series[..7], &series[7..]);
    println!("always the mean: {mean:.0}; as the one before: {persistence:.0}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_baselines() {
        for (train, test) in [
            (&[1.0, 2.0, 6.0][..], &[4.0, 7.0][..]),
            (&[5.0, 25.0, 45.0, 65.0], &[85.0, 105.0, 125.0]),
        ] {
            let of = |says: Vec<f64>| {
                says.iter().zip(test).map(|(say, is)| (say - is) * (say - is)).sum::<f64>()
                    / test.len() as f64
            };
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            let always = |value: f64| of(vec![value; test.len()]);
            let (found_mean, found_persistence) = baselines(train, test);
            let at = format!("for training on {train:?} and a test on {test:?}");

            let expected = always(mean(train));
            let is = |other: f64| (found_mean - other).abs() < 1e-9;
            let why = if is(always(mean(&[train, test].concat()))) {
                "Its mean is taken over the test as well: that leaks."
            } else if is(always(mean(test))) {
                "Its mean is that of the test, which the model has not seen."
            } else {
                ""
            };
            assert!(
                is(expected),
                "{at}: the error of the mean should be {expected:.4} and is {found_mean:.4}. {why}"
            );

            let last = train[train.len() - 1];
            let expected = of([&[last], &test[..test.len() - 1]].concat());
            let is = |other: f64| (found_persistence - other).abs() < 1e-9;
            let why = if is(always(last)) {
                "It says the last value of the training all the time. Of each value, it should \
                 say the one before."
            } else if is(0.0) {
                "It says each value itself. It should say the one before."
            } else {
                "Of each value, it says the one before."
            };
            assert!(
                is(expected),
                "{at}: the error of persistence should be {expected:.4} and is \
                 {found_persistence:.4}. {why}"
            );
        }
    }
}
