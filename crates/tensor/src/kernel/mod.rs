//! How numbers are computed fast. Nothing here knows a tensor: these are functions of
//! slices, with the same bits for any width of vectors and any number of threads.
//!
//! | to see | open |
//! |---|---|
//! | the matrix product, first as three loops | [`product`] |
//! | its operands, rearranged | [`Packed`](product::Packed) |
//! | its innermost loop, in registers | `tile` |
//! | sums | [`reduce`] |
//! | exp, σ and tanh | [`math`] |
//! | the machine's vectors | [`simd`] |
//! | how many threads a piece of work is worth | [`threads`] |
//! | memory that is used again | [`buffer`] |

pub mod buffer;
pub mod element;
pub mod math;
mod pack;
pub mod product;
pub mod reduce;
pub mod simd;
pub mod threads;
mod tile;
