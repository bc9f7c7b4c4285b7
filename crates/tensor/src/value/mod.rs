//! Numbers with a shape, and what can be computed with them. No derivative is in sight.

mod broadcast;
mod display;
mod layout;
mod matmul;
pub mod shape;
pub mod tensor;
