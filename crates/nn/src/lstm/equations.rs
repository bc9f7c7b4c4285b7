//! The equations of the LSTM, and nothing else.

use tensor::{Scalar, Var};

/// The weights of one layer as variables of a tape. The rows of all but `hr` are
/// four blocks of `hidden_size`, for the gates i, f, g, o in this order.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'t, T: Scalar> {
    /// `W_ih`, of shape `[4·hidden_size, input_size]`.
    pub ih: Var<'t, T>,
    /// `W_hh`, of shape `[4·hidden_size, hidden_size]` (`[…, proj_size]` with a
    /// projection).
    pub hh: Var<'t, T>,
    /// `b_ih`, of shape `[4·hidden_size]`.
    pub bias_ih: Option<Var<'t, T>>,
    /// `b_hh`, of shape `[4·hidden_size]`.
    pub bias_hh: Option<Var<'t, T>>,
    /// The projection `W_hr`, of shape `[proj_size, hidden_size]`.
    pub hr: Option<Var<'t, T>>,
}

/// The hidden state and the cell state, `(h, c)`.
pub type State<'t, T> = (Var<'t, T>, Var<'t, T>);

/// Everything that one time step computes, each of shape `[batch, hidden_size]`.
#[derive(Clone, Copy, Debug)]
pub struct Step<'t, T: Scalar> {
    /// The input gate: how much of the candidate is written.
    pub i: Var<'t, T>,
    /// The forget gate: how much of the old cell state is kept.
    pub f: Var<'t, T>,
    /// The candidate: what would be written.
    pub g: Var<'t, T>,
    /// The output gate: how much of the cell state is shown.
    pub o: Var<'t, T>,
    /// The cell state.
    pub c: Var<'t, T>,
    /// The hidden state; `[batch, proj_size]` with a projection.
    pub h: Var<'t, T>,
}

// Not `#[track_caller]`, so that a tape shows for each value the line of its equation.

/// One time step: the input `x_t` is `[batch, input_size]`, the state before it,
/// `h_{t−1}` and `c_{t−1}`, is twice `[batch, hidden_size]`.
///
/// Each of the six lines after the first is the equation of the same letter in
/// [PyTorch's documentation][1]. The first computes what is inside the four
/// brackets at once, for the weights of the gates lie below each other.
///
/// [1]: https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
///
/// It is given what fits; [`lstm::step`](super::step) looks, and then calls this.
pub fn step<'t, T: Scalar>(x: Var<'t, T>, (h, c): State<'t, T>, w: Weights<'t, T>) -> Step<'t, T> {
    let [a_i, a_f, a_g, a_o] = (x.linear(w.ih, w.bias_ih) + h.linear(w.hh, w.bias_hh)).chunk();

    let i = a_i.sigmoid(); // (i)  i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)
    let f = a_f.sigmoid(); // (f)  f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)
    let g = a_g.tanh(); //    (g)  g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)
    let o = a_o.sigmoid(); // (o)  o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)
    let c = f * c + i * g; // (c)  c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t
    let h = o * c.tanh(); //  (h)  h_t = o_t ⊙ tanh(c_t)

    // With proj_size, the hidden state is a projection: h_t ← W_hr h_t.
    let h = w.hr.map_or(h, |w_hr| h.linear(w_hr, None));
    Step { i, f, g, o, c, h }
}
