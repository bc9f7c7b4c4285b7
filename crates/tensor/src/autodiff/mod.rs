//! Calculus on a tape. No loop over numbers is here: what is computed with numbers, `ops`
//! asks of tensors.
//!
//! A parameter's whole life: a layer owns a [`Parameter`](crate::Parameter) →
//! [`Tape::watch`](crate::Tape::watch) makes a [`Var`](crate::Var) → operations
//! [`record`](crate::Tape::record) → [`Var::backward`](crate::Var::backward) returns
//! [`Gradients`](crate::Gradients) → an optimizer changes the same parameter.

mod backward;
pub mod check;
pub mod draw;
pub mod gradients;
mod node;
pub mod packed;
pub mod parameter;
pub mod read;
mod record;
mod slope;
pub mod tape;
pub mod var;
