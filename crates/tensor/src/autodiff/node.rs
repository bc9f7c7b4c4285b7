//! What the tape is made of.

use std::panic::Location;

use smallvec::SmallVec;

use super::parameter::{PackedCell, ParameterId};
use crate::{Scalar, Tensor};

/// A value on the tape, and where it comes from.
pub struct Node<T: Scalar> {
    pub op: &'static str,
    /// Which of the operation's values this is, if it has several.
    pub part: Option<usize>,
    pub inputs: SmallVec<[usize; 8]>,
    pub value: Tensor<T>,
    pub source: Source<T>,
    /// The line that recorded it.
    pub location: &'static Location<'static>,
    /// The earliest operation that a gradient can reach from here, where a backward pass may
    /// end; none from a leaf.
    pub first: Option<usize>,
    /// Where a parameter keeps its packed form.
    pub packed: Option<PackedCell<T>>,
}

/// Where a node's value comes from, which says where its gradient goes.
pub enum Source<T: Scalar> {
    /// Data: its gradient is never computed.
    Constant,
    /// An independent variable: its gradient is a result.
    Variable,
    /// A model's parameter: likewise.
    Parameter(ParameterId),
    /// An operation, of which this node and the `values − 1` after it are the values: its
    /// gradients are passed on to its inputs.
    Operation { values: usize, pullback: Pullback<T> },
    /// A further value of the operation before it, whose pullback waits for its gradient.
    Further,
}

/// A function from the gradients of an operation's values, of which not all need be there,
/// to those of its inputs.
pub type Pullback<T> = Box<dyn Fn(&[Option<Tensor<T>>]) -> InputGradients<T> + Send>;

/// For each input its gradient, or nothing if it is not wanted.
pub type InputGradients<T> = SmallVec<[Option<Tensor<T>>; 3]>;

impl<T: Scalar> Node<T> {
    pub fn needs_gradient(&self) -> bool {
        !matches!(self.source, Source::Constant)
    }
}
