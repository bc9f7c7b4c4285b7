//! Samples of different lengths, side by side in one batch.

use tensor::{Scalar, Tensor, Var};

#[track_caller]
pub fn assert_lengths(lengths: Option<&[usize]>, seq: usize, batch: usize) {
    let Some(lengths) = lengths else { return };
    assert!(
        lengths.len() == batch,
        "LSTM: lengths should have one entry for each of the {batch} samples, not {}",
        lengths.len()
    );
    for (sample, length) in lengths.iter().enumerate() {
        assert!(
            (1..=seq).contains(length),
            "LSTM: lengths[{sample}] should be from 1 to the {seq} steps of the input, not {length}"
        );
    }
}

/// For each step and in it each sample, whether the step is inside the sample's length.
pub fn inside(lengths: &[usize], seq: usize) -> Vec<bool> {
    (0..seq).flat_map(|t| lengths.iter().map(move |&length| t < length)).collect()
}

/// The rows of `a` where `choose_a` says so, and of `b` elsewhere. What is not
/// chosen is not even looked at, so it may be NaN. The last dimension is the row.
#[track_caller]
pub fn select_rows<'t, T: Scalar>(choose_a: &[bool], a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    fn pick<T: Scalar>(choose_a: &[bool], a: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
        let row = a.data().len() / choose_a.len().max(1);
        let mut y = b.clone();
        for (k, _) in choose_a.iter().enumerate().filter(|(_, choose)| **choose) {
            y.data_mut()[k * row..][..row].copy_from_slice(&a.data()[k * row..][..row]);
        }
        y
    }
    let y = pick(choose_a, &a.value(), &b.value());
    let choose_a = choose_a.to_vec();
    a.tape().record("select_rows", [a, b], y, move |dy, [da, db]| {
        let zeros = Tensor::zeros(dy.shape());
        [da.then(|| pick(&choose_a, dy, &zeros)), db.then(|| pick(&choose_a, &zeros, dy))]
    })
}
