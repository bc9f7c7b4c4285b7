//! The way back: one loop over the tape in reverse.

use super::gradients::Gradients;
use super::node::{Node, Source};
use super::var::Var;
use crate::{Scalar, Tensor};

impl<'t, T: Scalar> Var<'t, T> {
    /// The gradients of this variable, which must be a single number, with
    /// respect to everything it was computed from.
    ///
    /// Each call returns fresh gradients; nothing accumulates between calls.
    ///
    /// ```
    /// use tensor::{Tape, Tensor};
    ///
    /// let tape = Tape::new();
    /// let x = tape.var(Tensor::from([1.0, 2.0]));
    /// assert_eq!(x.square().sum().backward().wrt(x).data(), [2.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// If the value does not have exactly one element; otherwise as [`vjp`](Var::vjp).
    #[track_caller]
    pub fn backward(self) -> Gradients<T> {
        let shape = self.shape();
        assert!(
            shape.num_elements() == 1,
            "backward: starts at a single number, and this has shape {shape}; \
             reduce it with sum() or mean(), or call vjp"
        );
        self.vjp(Tensor::full(shape, T::one()))
    }

    /// The vector-Jacobian product `Jᵀu`: the gradients of `⟨u, y⟩`, where `y`
    /// is this variable.
    ///
    /// # Panics
    /// If `u` does not have the shape of `y`; if `y` was computed from constants alone, as all
    /// is on a tape for inference; or if a pullback returns a gradient of the wrong shape.
    #[track_caller]
    pub fn vjp(self, u: Tensor<T>) -> Gradients<T> {
        let (found, expected) = (u.shape(), self.shape());
        assert!(found == expected, "vjp: u has shape {found} and the variable {expected}");
        assert!(
            self.needs_gradient(),
            "backward: nothing was watched: %{} was computed from constants alone; \
             make what it depends on with tape.var or tape.watch{}",
            self.id,
            if self.tape.is_no_grad { ", and on a tape that is not Tape::no_grad" } else { "" }
        );
        // Not through a closure, which would hide the caller's line.
        let nodes = self.tape.nodes.borrow();
        let mut gradients = Gradients::new(self, &nodes);
        gradients.accumulate(&nodes, self.id, u);
        for id in gradients.operations().rev() {
            let node = &nodes[id];
            let Source::Operation { values, pullback } = &node.source else { continue };
            let Some(dy) = gradients.of_values(id, *values) else { continue };
            for (&input, gradient) in node.inputs.iter().zip(pullback(dy)) {
                if let Some(gradient) = gradient {
                    assert_fits(node, &nodes[input], &gradient);
                    gradients.accumulate(&nodes, input, gradient);
                }
            }
        }
        gradients
    }
}

#[track_caller]
fn assert_fits<T: Scalar>(node: &Node<T>, input: &Node<T>, gradient: &Tensor<T>) {
    let (found, expected) = (gradient.shape(), input.value.shape());
    assert!(
        found == expected,
        "{}: its pullback gave a gradient of shape {found} for an input of shape {expected}; \
         it was recorded at {}",
        node.op,
        node.location
    );
}
