//! What can be read off a tape.

use std::fmt;
use std::panic::Location;

use super::node::{Node, Source};
use super::parameter::ParameterId;
use super::tape::Tape;
use super::var::Var;
use crate::{Scalar, Shape, Tensor};

/// What there is to know of a node of a tape.
#[derive(Clone, Debug)]
pub struct NodeInfo<T: Scalar> {
    /// Its number on the tape.
    pub id: usize,
    /// The operation's name; `var`, `parameter` or `constant` if it is none.
    pub op: &'static str,
    /// Which of the operation's values it is, if there are several.
    pub part: Option<usize>,
    /// The numbers of the operation's inputs.
    pub inputs: Vec<usize>,
    /// The value.
    pub value: Tensor<T>,
    /// The parameter, if it is one.
    pub parameter: Option<ParameterId>,
    /// Whether a backward pass computes its gradient.
    pub needs_gradient: bool,
    /// The line that recorded it: the caller's, outside of this crate.
    pub location: &'static Location<'static>,
}

impl<T: Scalar> NodeInfo<T> {
    pub(super) fn new(id: usize, node: &Node<T>) -> Self {
        let parameter = match node.source {
            Source::Parameter(id) => Some(id),
            _ => None,
        };
        NodeInfo {
            id,
            op: node.op,
            part: node.part,
            inputs: node.inputs.to_vec(),
            value: node.value.clone(),
            parameter,
            needs_gradient: node.needs_gradient(),
            location: node.location,
        }
    }

    /// The shape of the value.
    pub fn shape(&self) -> Shape {
        self.value.shape()
    }

    /// The operation, with the number of the value in brackets if there are several.
    pub(super) fn label(&self) -> String {
        self.part.map_or_else(|| self.op.into(), |part| format!("{}[{part}]", self.op))
    }
}

/// In one line: `%3 tanh [2, 4], recorded at src/main.rs:7:13`.
impl<T: Scalar> fmt::Display for NodeInfo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, label, shape) = (self.id, self.label(), self.shape());
        write!(f, "%{id} {label} {shape}, recorded at {}", self.location)
    }
}

impl<T: Scalar> Tape<T> {
    /// All nodes, from first to last.
    ///
    /// ```
    /// use tensor::{Tape, Tensor};
    ///
    /// let tape = Tape::new();
    /// let x = tape.var(Tensor::from([1.0, 2.0]));
    /// x.square().sum();
    /// let ops: Vec<_> = tape.nodes().iter().map(|node| node.op).collect();
    /// assert_eq!(ops, ["var", "square", "sum"]);
    /// assert_eq!(tape.nodes()[1].value, Tensor::from([1.0, 4.0]));
    /// ```
    pub fn nodes(&self) -> Vec<NodeInfo<T>> {
        self.with_nodes(|nodes| {
            nodes.iter().enumerate().map(|(id, node)| NodeInfo::new(id, node)).collect()
        })
    }

    /// The first node whose value has a NaN or an infinity, which is where things went
    /// wrong.
    ///
    /// ```
    /// use tensor::{Tape, Tensor};
    ///
    /// let tape = Tape::new();
    /// let x = tape.var(Tensor::from([1.0, 0.0]));
    /// (x / x).sum().exp();
    /// let node = tape.first_non_finite().unwrap();
    /// assert_eq!((node.op, node.location.file()), ("div", file!()));
    /// ```
    pub fn first_non_finite(&self) -> Option<NodeInfo<T>> {
        self.with_nodes(|nodes| {
            let mut all = nodes.iter().enumerate();
            let found = all.find(|(_, node)| !node.value.is_finite());
            found.map(|(id, node)| NodeInfo::new(id, node))
        })
    }
}

impl<T: Scalar> Var<'_, T> {
    /// The node of this variable.
    pub fn node(self) -> NodeInfo<T> {
        self.tape.with_nodes(|nodes| NodeInfo::new(self.id, &nodes[self.id]))
    }
}
