//! `torch.nn.LSTM`, `Linear`, `cross_entropy` and `Adam` from scratch, with PyTorch's
//! names, shapes and numbers.
//!
//! | to see | look at |
//! |---|---|
//! | the six equations of the LSTM | [`lstm::step`] |
//! | the LSTM: layers, directions, options | [`Lstm`], [`LstmConfig`], [`ForwardOptions`] |
//! | one step of it | [`LstmCell`] |
//! | the plain RNN | [`Rnn`] |
//! | the loop over time, for a cell of your own | [`scan`] |
//! | how long an LSTM remembers at first | [`Lstm::chrono_init`], [`Lstm::set_forget_bias`] |
//! | `y = x Wᵀ + b` | [`Linear`] |
//! | a vector for each symbol | [`Embedding`] |
//! | the mean squared error | [`mse_loss`] |
//! | how surprised scores are by a class | [`cross_entropy`] |
//! | dropout | [`dropout()`] |
//! | Adam and AdamW; freezing, and two rates | [`Adam`], [`AdamConfig`] |
//! | clipping the norm of all gradients | [`clip_grad_norm`] |
//! | a model's gradients against central differences | [`check_gradients`] |
//! | one list of a model's parameters | [`Module`], [`module!`] |
//! | weights in memory and in files | [`Module::load_state_dict`], [`save`], [`load`] |
//! | a part of a file, or f16 | [`load_with`], [`LoadOptions`] |
//! | training that is stopped and goes on | [`save_checkpoint`], [`load_checkpoint`] |
//! | PyTorch's random numbers | [`Generator`] |
//!
//! # In a program of your own
//!
//! In this workspace everything is fast without a flag, but its profile does not reach a program
//! that depends on it, and numerical code that is not optimised is slow: the README's program
//! takes about a hundred times as long. So that `cargo run` and `cargo test` are fast there, too,
//! write into its `Cargo.toml`:
//!
//! ```toml
//! [profile.dev]
//! opt-level = 2
//! ```

mod adam;
mod adam_config;
mod check;
mod checkpoint;
mod clip_grad;
mod cross_entropy;
mod dropout;
mod embedding;
mod error;
mod files;
mod foreign;
mod generator;
mod linear;
mod loss;
pub mod lstm;
mod module;
mod normal;
mod reader;
mod rnn;
mod safetensors;
mod scan;
mod state_dict;
mod visitor;

pub use adam::Adam;
pub use adam_config::AdamConfig;
pub use check::check_gradients;
pub use checkpoint::{load_checkpoint, save_checkpoint};
pub use clip_grad::{NonFiniteNorm, clip_grad_norm, clip_grad_norm_if_finite};
pub use cross_entropy::cross_entropy;
pub use dropout::dropout;
pub use embedding::Embedding;
pub use error::{FileError, StateDictError};
pub use files::write_whole;
pub use generator::{Generator, Uniform};
pub use linear::Linear;
pub use loss::{Reduction, mse_loss, mse_loss_with};
pub use lstm::{ForwardOptions, Lstm, LstmCell, LstmConfig};
pub use module::Module;
pub use rand::{Rng, RngExt};
pub use rnn::Rnn;
pub use safetensors::Stored;
pub use scan::scan;
pub use state_dict::{LoadOptions, load, load_with, save};
pub use visitor::{Name, Path, Visit, Visitor, VisitorMut};
