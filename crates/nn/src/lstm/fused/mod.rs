//! The equations of [`equations`](super::equations) for a whole sequence, as one operation
//! of the tape, with backpropagation through time derived by hand.
//!
//! | to see | open |
//! |---|---|
//! | one step forward and one step back, each line beside its equation | `step.rs` |
//! | the loop over time | `forward.rs` |
//! | the loop over time in reverse | `backward.rs` |
//! | the gradients that are sums over time | `sums.rs` |
//! | how the rows of a batch are shared among threads | `shares.rs` |
//!
//! It computes what the equations compute, and keeps what the backward pass needs
//! once: the gates, the cell states and their tanh, and the hidden states, which are
//! its value. These are `seq · batch · 7 · hidden_size` numbers beside the input (with
//! a projection, `seq · batch · (7 · hidden_size + proj_size)`).

mod backward;
mod forward;
mod shares;
mod step;
mod sums;

use std::ops::Range;

use tensor::kernel::threads;
use tensor::{Buffer, Scalar, Tensor};

pub use forward::sequence;

/// What the operation reads, and the gradients that it gives.
struct Inputs<V> {
    x: V,
    h_0: V,
    c_0: V,
    w_ih: V,
    w_hh: V,
    b_ih: V,
    b_hh: V,
    w_hr: V,
}

impl<V> Inputs<V> {
    fn of([x, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr]: [V; 8]) -> Self {
        Inputs { x, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr }
    }

    fn into_array(self) -> [V; 8] {
        let Inputs { x, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr } = self;
        [x, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr]
    }
}

/// What the backward pass needs.
struct Saved<T: Scalar> {
    sizes: Sizes,
    lengths: Option<Vec<usize>>,
    x: Tensor<T>,
    w_ih: Tensor<T>,
    w_hh: Tensor<T>,
    w_hr: Tensor<T>,
    /// All seq + 1 hidden states.
    h: Tensor<T>,
    /// All seq + 1 cell states.
    c: Buffer<T>,
    /// i, f, g and o side by side.
    gates: Buffer<T>,
    tanh_c: Buffer<T>,
    /// What is projected, o ⊙ tanh(c); nothing without a projection.
    m: Buffer<T>,
}

#[derive(Clone, Copy)]
struct Sizes {
    seq: usize,
    batch: usize,
    features: usize,
    hidden: usize,
    /// H_out.
    output: usize,
    /// H_out if there is a projection, otherwise 0.
    proj: usize,
    reverse: bool,
}

impl Sizes {
    /// Where the state before step t stands among all seq + 1 states in the order of
    /// time …
    fn before(&self, t: usize) -> usize {
        t + usize::from(self.reverse)
    }

    /// … and where the state after it stands.
    fn after(&self, t: usize) -> usize {
        t + usize::from(!self.reverse)
    }

    /// The step that is taken first, and the one that is taken last.
    fn ends(&self) -> [usize; 2] {
        if self.reverse { [self.seq - 1, 0] } else { [0, self.seq - 1] }
    }

    /// Where some rows of step t stand in a list of all, each row `width` numbers.
    fn rows(&self, t: usize, rows: &Range<usize>, width: usize) -> Range<usize> {
        (t * self.batch + rows.start) * width..(t * self.batch + rows.end) * width
    }

    /// How much of m is kept for each row.
    fn projected(&self) -> usize {
        if self.proj > 0 { self.hidden } else { 0 }
    }

    fn threads(&self) -> usize {
        let Sizes { seq, batch, features, hidden, output, .. } = *self;
        threads::worth(seq * batch * hidden * (features + output) / 2)
    }
}

fn in_order(range: Range<usize>, reverse: bool) -> impl Iterator<Item = usize> {
    (0..range.len()).map(move |k| if reverse { range.end - 1 - k } else { range.start + k })
}

/// The rows among `rows`, counted from the first, for which step t is outside their
/// length.
fn outside(
    lengths: Option<&[usize]>,
    t: usize,
    rows: &Range<usize>,
) -> impl Iterator<Item = usize> {
    let lengths = lengths.map_or(&[][..], |lengths| &lengths[rows.clone()]);
    lengths.iter().enumerate().filter(move |(_, length)| t >= **length).map(|(row, _)| row)
}
