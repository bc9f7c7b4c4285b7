//! The operations on variables. Each is its value and its pullback, side by
//! side; the pullback's name for the gradient of the value is always `dy`.
//!
//! All of them, with PyTorch's names:
//!
//! | here | PyTorch | |
//! |---|---|---|
//! | `a + b`, `a - b`, `a * b`, `a / b`, also with `=` | the same | broadcasting; a scalar of the element type on either side |
//! | `-a` | the same | |
//! | [`x.sigmoid()`](Var::sigmoid), [`x.tanh()`](Var::tanh), [`x.exp()`](Var::exp), [`x.square()`](Var::square) | the same | element by element |
//! | [`x.ln()`](Var::ln) | `x.log()` | |
//! | [`a.matmul(b)`](Var::matmul) | `a @ b` | two matrices |
//! | [`x.linear(w, b)`](Var::linear) | `torch.nn.functional.linear(x, w, b)` | `x Wᵀ + b` |
//! | [`x.sum()`](Var::sum), [`x.mean()`](Var::mean) | the same | of all elements |
//! | [`x.sum_to_size([n, 1])`](Var::sum_to_size) | `x.sum_to_size(n, 1)`, `x.sum(1, keepdim=True)` | of the rows of `[n, m]` |
//! | [`x.sum_to_size([m])`](Var::sum_to_size) | `x.sum(0)` | of the columns of `[n, m]` |
//! | [`x.broadcast_to(shape)`](Var::broadcast_to) | `x.broadcast_to(shape)`, `x.expand(shape)` | |
//! | [`x.log_softmax()`](Var::log_softmax) | `x.log_softmax(-1)` | along the last dimension |
//! | [`x.reshape(shape)`](Var::reshape) | the same, `x.view(shape)`, `x.flatten()`, `x.squeeze(dim)`, `x.unsqueeze(dim)` | all sizes are written out |
//! | [`x.transpose(0, 1)`](Var::transpose) | the same, `x.T` | |
//! | [`x.narrow(dim, start, len)`](Var::narrow) | the same, `x[:, start:start + len]` | |
//! | [`x.index_select(dim, &index)`](Var::index_select) | the same, `x[index]` | |
//! | [`x.unbind(dim)`](Var::unbind) | `x.unbind(dim)`, `for x_t in x` | |
//! | [`x.chunk::<4>()`](Var::chunk) | `x.chunk(4, dim=-1)` | along the last dimension |
//! | [`Var::cat(&[a, b], dim)`](Var::cat) | `torch.cat([a, b], dim)` | |
//! | [`Var::stack(&[a, b], dim)`](Var::stack) | `torch.stack([a, b], dim)` | |
//! | [`tape.constant(x.value())`](crate::Tape::constant) | `x.detach()` | |
//!
//! [`Tape::record`](crate::Tape::record) makes more.

mod arithmetic;
mod matmul;
mod pointwise;
mod reduce;
mod shape;
mod softmax;

#[cfg(doc)]
use crate::Var;
