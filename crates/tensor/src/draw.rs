//! The tape as text, one line a node, and as a picture.

use std::fmt::{self, Write};

use crate::tape::Source;
use crate::{Scalar, Tape};

/// One line a node: its number, what it is, its inputs, its shape.
///
/// ```
/// use tensor::{Tape, Tensor};
///
/// let tape = Tape::<f64>::new();
/// let x = tape.var(Tensor::from(3.0));
/// let y = x * x + 2.0 * x;
/// assert_eq!(tape.to_string(), "\
/// %0  var               []
/// %1  mul       %0, %0  []
/// %2  constant          []
/// %3  mul       %2, %0  []
/// %4  add       %1, %3  []
/// ");
/// ```
impl<T: Scalar> fmt::Display for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_nodes(|nodes| {
            let inputs: Vec<String> = (nodes.iter())
                .map(|node| {
                    node.inputs.iter().map(|i| format!("%{i}")).collect::<Vec<_>>().join(", ")
                })
                .collect();
            let id_width = nodes.len().to_string().len();
            let op_width = nodes.iter().map(|node| node.op.len()).max().unwrap_or(0);
            let inputs_width = inputs.iter().map(String::len).max().unwrap_or(0);
            for (id, (node, inputs)) in nodes.iter().zip(inputs).enumerate() {
                let (op, shape) = (node.op, node.value.shape());
                writeln!(f, "%{id:<id_width$}  {op:op_width$}  {inputs:inputs_width$}  {shape}")?;
            }
            Ok(())
        })
    }
}

impl<T: Scalar> Tape<T> {
    /// The tape as a Graphviz graph, values flowing from left to right.
    /// Constants, which no gradient reaches, are grey. Save it as `tape.dot`;
    /// `dot -Tsvg tape.dot` draws it.
    pub fn to_dot(&self) -> String {
        let mut dot = String::from(
            "digraph tape {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n",
        );
        let mut line = |text: String| writeln!(dot, "  {text};").expect("writing to a String");
        self.with_nodes(|nodes| {
            for (id, node) in nodes.iter().enumerate() {
                let style = match node.source {
                    Source::Constant => ", color=gray, fontcolor=gray",
                    Source::Leaf(_) => ", style=bold",
                    Source::Op(_) => "",
                };
                let shape = node.value.shape();
                line(format!("n{id} [label=\"%{id} {}\\n{shape}\"{style}]", node.op));
                for input in &node.inputs {
                    line(format!("n{input} -> n{id}"));
                }
            }
        });
        dot.push_str("}\n");
        dot
    }
}
