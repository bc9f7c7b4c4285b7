//! The operations on variables. Each is its value and its pullback, side by
//! side; the pullback's name for the gradient of the value is always `dy`.

mod arithmetic;
mod matmul;
mod pointwise;
mod reduce;
mod shape;
