//! The tape as text, one line a node, and as a picture.

use std::fmt::{self, Write};

use super::parameter::ParameterId;
use super::read::NodeInfo;
use super::tape::Tape;
use crate::Scalar;

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
        fmt::Display::fmt(&self.drawing(|_| None), f)
    }
}

impl<T: Scalar> Tape<T> {
    /// The tape as a Graphviz graph, values flowing from left to right.
    /// Constants, which no gradient reaches, are grey. Save it as `tape.dot`;
    /// `dot -Tsvg tape.dot` draws it.
    pub fn to_dot(&self) -> String {
        self.drawing(|_| None).to_dot()
    }

    /// The tape as it prints if parameters have names.
    ///
    /// ```
    /// use tensor::{Parameter, Tape, Tensor};
    ///
    /// let weight = Parameter::new(Tensor::from(3.0));
    /// let tape = Tape::new();
    /// tape.watch(&weight).square();
    /// let named = tape.drawing(|id| (id == weight.id()).then(|| "weight".into()));
    /// assert_eq!(named.to_string(), "\
    /// %0  weight      []
    /// %1  square  %0  []
    /// ");
    /// ```
    pub fn drawing(&self, name: impl Fn(ParameterId) -> Option<String>) -> Drawing<T> {
        let nodes = self.nodes().into_iter().map(|node| {
            let label = node.parameter.and_then(&name).unwrap_or_else(|| node.label());
            (node, label)
        });
        Drawing { nodes: nodes.collect() }
    }
}

/// A tape to be printed; see [`Tape::drawing`].
pub struct Drawing<T: Scalar> {
    /// The nodes, and what they are.
    nodes: Vec<(NodeInfo<T>, String)>,
}

impl<T: Scalar> fmt::Display for Drawing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs = |node: &NodeInfo<T>| {
            node.inputs.iter().map(|id| format!("%{id}")).collect::<Vec<_>>().join(", ")
        };
        let inputs: Vec<String> = self.nodes.iter().map(|(node, _)| inputs(node)).collect();
        let id_width = self.nodes.len().to_string().len();
        let label_width = self.nodes.iter().map(|(_, label)| label.len()).max().unwrap_or(0);
        let inputs_width = inputs.iter().map(String::len).max().unwrap_or(0);
        for ((node, label), inputs) in self.nodes.iter().zip(inputs) {
            let (id, shape) = (node.id, node.shape());
            writeln!(f, "%{id:<id_width$}  {label:label_width$}  {inputs:inputs_width$}  {shape}")?;
        }
        Ok(())
    }
}

impl<T: Scalar> Drawing<T> {
    /// As [`Tape::to_dot`].
    pub fn to_dot(&self) -> String {
        let mut dot = String::from(
            "digraph tape {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n",
        );
        let mut line = |text: String| writeln!(dot, "  {text};").expect("writing to a String");
        for (node, label) in &self.nodes {
            let style = match node {
                _ if !node.needs_gradient => ", color=gray, fontcolor=gray",
                _ if node.inputs.is_empty() => ", style=bold",
                _ => "",
            };
            let (id, shape) = (node.id, node.shape());
            let label = label.replace('\\', "\\\\").replace('"', "\\\"");
            line(format!("n{id} [label=\"%{id} {label}\\n{shape}\"{style}]"));
            for input in &node.inputs {
                line(format!("n{input} -> n{id}"));
            }
        }
        dot.push_str("}\n");
        dot
    }
}
