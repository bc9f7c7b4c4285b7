//! A minimal tape-based reverse-mode automatic differentiation.
//!
//! A [`Tensor`] is a value. A [`Tape`] records what is done to values, through
//! [`Var`] handles that read like numbers. [`Var::backward`] runs the tape in
//! reverse and returns the [`Gradients`]:
//!
//! ```
//! use tensor::{Tape, Tensor};
//!
//! let tape = Tape::new();
//! let a = tape.var(Tensor::from([1.0, 2.0]));
//! let b = tape.var(Tensor::from([3.0, 4.0]));
//! let y = (a * b).sum();
//! let gradients = y.backward();
//! assert_eq!(gradients.wrt(a).data(), [3.0, 4.0]); // ∂y/∂a = b
//! assert_eq!(gradients.wrt(b).data(), [1.0, 2.0]); // ∂y/∂b = a
//! ```
//!
//! Four folders, each reading only those below it:
//!
//! | folder | what it is | begin with |
//! |---|---|---|
//! | `ops/` | the rules of calculus: one operation, its value beside its pullback | [`ops`], the list of all |
//! | `autodiff/` | the tape, and the way back; no loop over numbers | [`Tape`], [`Tape::record`], [`Var::backward`], [`Gradients`], [`Parameter`], [`check_vjp`] |
//! | `value/` | numbers with a shape; no derivative | [`Tensor`], [`Shape`] |
//! | `kernel/` | how numbers are computed fast; no `Tensor` | [`kernel`] |
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

pub mod autodiff;
pub mod kernel;
pub mod ops;
mod scalar;
pub mod value;

pub use autodiff::check::{VjpError, VjpErrorKind, check_vjp, check_vjp_fast};
pub use autodiff::draw::Drawing;
pub use autodiff::gradients::Gradients;
pub use autodiff::packed::PackedWeight;
pub use autodiff::parameter::{Origin, Parameter, ParameterId};
pub use autodiff::read::NodeInfo;
pub use autodiff::tape::Tape;
pub use autodiff::var::Var;
pub use kernel::buffer::Buffer;
pub use scalar::Scalar;
pub use value::shape::{MAX_RANK, Shape};
pub use value::tensor::Tensor;
