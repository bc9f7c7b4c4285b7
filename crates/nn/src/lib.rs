//! `torch.nn.LSTM`, `Linear`, `mse_loss` and `Adam` from scratch, with PyTorch's
//! names, shapes and numbers.
//!
//! | idea | file |
//! |---|---|
//! | the six equations of the LSTM | `lstm/cell.rs` |
//! | layers, time steps, initial state | `lstm/mod.rs` |
//! | `y = x Wᵀ + b` | `linear.rs` |
//! | the mean squared error | `loss.rs` |
//! | Adam | `adam.rs` |
//! | a model's gradients against central differences | `check.rs` |
//! | one list of a model's parameters | `module.rs` |
//! | PyTorch's random numbers | `generator.rs` |

mod adam;
mod check;
mod generator;
mod linear;
mod loss;
pub mod lstm;
mod module;

pub use adam::{Adam, AdamConfig};
pub use check::check_gradients;
pub use generator::{Generator, Uniform};
pub use linear::Linear;
pub use loss::mse_loss;
pub use lstm::{Lstm, LstmConfig};
pub use module::{Module, NamedParameters, prefixed};
