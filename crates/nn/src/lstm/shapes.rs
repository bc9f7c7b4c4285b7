//! What fits an LSTM, and what is said if it does not.

use tensor::{Parameter, Scalar, Shape, Var};

use super::config::LstmConfig;
use super::equations::State;

impl LstmConfig {
    /// The input as `[seq, batch, input_size]`.
    #[track_caller]
    pub(super) fn time_first<'t, T: Scalar>(&self, x: Var<'t, T>) -> Var<'t, T> {
        let LstmConfig { input_size, batch_first, .. } = *self;
        let shape = x.shape();
        let rank = shape.len();
        let layout =
            if batch_first { "[batch, seq, input_size]" } else { "[seq, batch, input_size]" };
        let (seq, batch, features) = match (&*shape, batch_first) {
            (&[seq, features], _) => (seq, 1, features),
            (&[batch, seq, features], true) | (&[seq, batch, features], false) => {
                (seq, batch, features)
            }
            _ => panic!(
                "LSTM: input should be {layout}, or [seq, input_size] without a batch; \
                 it has shape {shape}"
            ),
        };
        let reading = || {
            let batch = if rank == 2 { "no batch".into() } else { format!("batch {batch}") };
            format!(
                "input has shape {shape}; with batch_first = {batch_first} that reads as \
                 seq {seq}, {batch}, features {features}"
            )
        };
        assert!(
            features == input_size,
            "LSTM: input should have input_size = {input_size} features, not {features}; {}",
            reading()
        );
        assert!(seq > 0, "LSTM: the sequence should have at least one step; {}", reading());
        if rank == 2 {
            x.reshape([seq, batch, input_size])
        } else if batch_first {
            x.transpose(0, 1)
        } else {
            x
        }
    }

    /// The initial state, if one is given, as two of `[D·num_layers, batch, …]`.
    #[track_caller]
    pub(super) fn initial_state<'t, T: Scalar>(
        &self,
        x: Var<'t, T>,
        state: Option<State<'t, T>>,
        is_batched: bool,
    ) -> Option<State<'t, T>> {
        let config = *self;
        let (h_0, c_0) = state?;
        let (seq, batch) = (x.shape()[0], x.shape()[1]);
        let count = config.num_directions() * config.num_layers;
        let expected = [config.output_size(), config.hidden_size].map(|size| [count, batch, size]);
        let fit = |name: &str, size_name: &str, s: Var<'t, T>, [count, batch, size]: [usize; 3]| {
            let (found, dims, expected) = if is_batched {
                let dims = format!("[D·num_layers, batch, {size_name}]");
                (s.shape(), dims, Shape::from([count, batch, size]))
            } else {
                (s.shape(), format!("[D·num_layers, {size_name}]"), Shape::from([count, size]))
            };
            let hint = match *found {
                _ if !is_batched => "; the input has no batch, so the states have none either",
                [_, b, _] if config.batch_first && b != batch => {
                    "; batch_first concerns input and output, the states keep the batch in the middle"
                }
                [_, b, _] if b == seq && b != batch => {
                    "; that batch is the input's first size: should batch_first be true?"
                }
                _ => "",
            };
            (
                found == expected,
                format!("LSTM: {name} should be {dims} = {expected}, not {found}{hint}"),
            )
        };
        let (h_fits, h_text) = fit(
            "h_0",
            if config.proj_size > 0 { "proj_size" } else { "hidden_size" },
            h_0,
            expected[0],
        );
        let (c_fits, c_text) = fit("c_0", "hidden_size", c_0, expected[1]);
        assert!(h_fits, "{h_text}");
        assert!(c_fits, "{c_text}");
        Some((h_0.reshape(expected[0]), c_0.reshape(expected[1])))
    }
}

/// A parameter's value can be replaced, by one of another shape, too.
#[track_caller]
pub fn assert_weight<T: Scalar>(
    name: &str,
    suffix: &str,
    parameter: Option<&Parameter<T>>,
    expected: &[usize],
) {
    let Some(found) = parameter.map(|parameter| parameter.value().shape()) else { return };
    assert!(
        *found == *expected,
        "LSTM: {name}{suffix} should have shape {expected:?}, not {found}"
    );
}

/// The variable without its dimension `dim`, which has size 1.
pub fn without<T: Scalar>(x: Var<'_, T>, dim: usize) -> Var<'_, T> {
    let mut sizes = x.shape().to_vec();
    sizes.remove(dim);
    x.reshape(sizes.as_slice())
}
