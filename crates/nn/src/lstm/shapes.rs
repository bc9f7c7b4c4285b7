//! What fits an LSTM, and what is said if it does not.

use std::fmt::Arguments;

use tensor::{Scalar, Shape, Var};

use super::config::LstmConfig;
use super::equations::{self, State, Step, Weights};

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
        assert_same_tape(format_args!("LSTM: h_0"), x, h_0);
        assert_same_tape(format_args!("LSTM: c_0"), x, c_0);
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

/// One time step by the six equations: [`equations::step`], for arguments that fit. (Without a
/// look, broadcasting would make something of most others.)
///
/// # Panics
/// If the shapes do not fit, or if not all are on one tape.
#[track_caller]
pub fn step<'t, T: Scalar>(x: Var<'t, T>, (h, c): State<'t, T>, w: Weights<'t, T>) -> Step<'t, T> {
    let (&[batch, features], &[_, hidden]) = (&*x.shape(), &*c.shape()) else {
        panic!("step: x and c should be [batch, size], not {} and {}", x.shape(), c.shape());
    };
    let output = w.hr.map_or(hidden, |hr| hr.shape().first().copied().unwrap_or(0));
    let all = [
        ("h", Some(h), &[batch, output][..]),
        ("c", Some(c), &[batch, hidden]),
        ("w.ih", Some(w.ih), &[4 * hidden, features]),
        ("w.hh", Some(w.hh), &[4 * hidden, output]),
        ("w.bias_ih", w.bias_ih, &[4 * hidden]),
        ("w.bias_hh", w.bias_hh, &[4 * hidden]),
        ("w.hr", w.hr, &[output, hidden]),
    ];
    for (name, v, expected) in all {
        let Some(v) = v else { continue };
        assert_shape(format_args!("step: {name}"), v.shape(), expected);
        assert_same_tape(format_args!("step: {name}"), x, v);
    }
    equations::step(x, (h, c), w)
}

#[track_caller]
pub fn assert_shape(what: Arguments<'_>, found: Shape, expected: &[usize]) {
    assert!(*found == *expected, "{what} should have shape {expected:?}, not {found}");
}

#[track_caller]
pub fn assert_same_tape<T: Scalar>(what: Arguments<'_>, x: Var<'_, T>, state: Var<'_, T>) {
    assert!(std::ptr::eq(x.tape(), state.tape()), "{what} is on another tape than the input");
}

/// The variable without its dimension `dim`, which has size 1.
pub fn without<T: Scalar>(x: Var<'_, T>, dim: usize) -> Var<'_, T> {
    let mut sizes = x.shape().to_vec();
    sizes.remove(dim);
    x.reshape(sizes.as_slice())
}
