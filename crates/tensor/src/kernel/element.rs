//! What the matrix product needs of its numbers.

use num_traits::{Float, NumAssign};

use super::buffer::Pooled;
use super::simd::Lanes;

/// A floating-point number with vectors and with memory that comes back.
pub trait Element: Float + NumAssign + Lanes + Pooled + Send + Sync {}
impl<T: Float + NumAssign + Lanes + Pooled + Send + Sync> Element for T {}
