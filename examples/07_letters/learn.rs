//! A step of training that goes on where the last one stopped.

use nn::{Adam, Generator, clip_grad_norm, cross_entropy};
use tensor::Tape;

use crate::model::{Model, State};
use crate::text::Windows;

/// So many streams of the text are read side by side, …
pub const STREAMS: usize = 20;
/// … so many letters of each at a time.
pub const TIME: usize = 50;

/// One step of training on the next window. The state is carried on, and returned.
pub fn learn(
    (model, adam, tape): (&mut Model, &mut Adam<f32>, &mut Tape<f32>),
    windows: &mut Windows<'_>,
    mut state: State,
    rng: &mut Generator,
) -> State {
    let (read, next, is_start) = windows.advance();
    if is_start {
        state = None;
    }
    let (scores, after) = model.forward(tape, &read, STREAMS, &state, Some(rng));
    let mut gradients = cross_entropy(scores, &next).backward();
    tape.reset();
    clip_grad_norm(model, &mut gradients, 1.0);
    adam.step(model, &gradients);
    after
}
