//! `torch.nn.LSTM`, `Linear`, `mse_loss` and `Adam` from scratch, with PyTorch's
//! names, shapes and numbers.
//!
//! | idea | file |
//! |---|---|
//! | the six equations of the LSTM | `lstm/cell.rs` |
//! | one layer in one direction, over time | `lstm/layer.rs` |
//! | the same as one operation, fast | `lstm/fused.rs` |
//! | layers, directions, initial state, shapes | `lstm/mod.rs` |
//! | `y = x Wᵀ + b` | `linear.rs` |
//! | the mean squared error | `loss.rs` |
//! | Adam and AdamW | `adam.rs` |
//! | clipping the norm of all gradients | `clip_grad.rs` |
//! | a model's gradients against central differences | `check.rs` |
//! | one list of a model's parameters | `module.rs` |
//! | weights and training state in files | `state_dict.rs`, `files.rs` |
//! | PyTorch's random numbers | `generator.rs` |

mod adam;
mod check;
mod clip_grad;
mod files;
mod generator;
mod linear;
mod loss;
pub mod lstm;
mod module;
mod state_dict;

pub use adam::{Adam, AdamConfig};
pub use check::check_gradients;
pub use clip_grad::clip_grad_norm;
pub use files::write_whole;
pub use generator::{Generator, Uniform};
pub use linear::Linear;
pub use loss::{Reduction, mse_loss, mse_loss_with};
pub use lstm::{ForwardOptions, Lstm, LstmCell, LstmConfig};
pub use module::{Module, NamedParameters, Visitor};
pub use state_dict::{FileError, Stored, load, load_checkpoint, save, save_checkpoint};
