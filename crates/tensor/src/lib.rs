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
//! | idea | file |
//! |---|---|
//! | a value: shape and numbers | `tensor/` |
//! | memory that is used again | `buffer.rs` |
//! | the tape, its nodes, `record`, the backward loop | `tape.rs` |
//! | the one place where gradients add up | `gradients.rs` |
//! | the rules of calculus, one operation at a time | `ops/` |
//! | exp, σ, tanh | `math.rs` |
//! | the matrix product | `product.rs` |
//! | the machine's vector instructions | `simd.rs` |
//! | what a model learns | `parameter.rs` |
//! | a gradient against central differences | `check.rs` |
//! | the tape as text and as a picture | `draw.rs` |

mod buffer;
mod check;
mod draw;
mod gradients;
mod math;
mod ops;
mod parameter;
pub mod product;
mod scalar;
mod shape;
pub mod simd;
mod tape;
mod tensor;

pub use buffer::{Buffer, Pool};
pub use check::{VjpMismatch, check_vjp};
pub use gradients::Gradients;
pub use math::Elementary;
pub use parameter::{Parameter, ParameterId};
pub use scalar::Scalar;
pub use shape::{MAX_RANK, Shape};
pub use tape::{Tape, Var};
pub use tensor::Tensor;
