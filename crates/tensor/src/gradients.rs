//! The result of a backward pass.

use std::mem;
use std::sync::{Arc, Mutex};

use crate::parameter::ParameterId;
use crate::tape::{Node, Source};
use crate::{Parameter, Scalar, Shape, Tensor, Var};

/// The gradients that one backward pass computed: of variables, through
/// [`wrt`](Gradients::wrt), and of parameters, through
/// [`get`](Gradients::get), which needs no tape any more.
pub struct Gradients<T: Scalar> {
    slots: Vec<Slot<T>>,
    /// Which slots belong to parameters.
    parameters: Vec<(ParameterId, usize)>,
    home: Home<T>,
}

/// Where the memory of both lists waits for the next pass.
pub(crate) type Home<T> = Arc<Mutex<(Vec<Slot<T>>, Vec<(ParameterId, usize)>)>>;

pub(crate) struct Slot<T: Scalar> {
    shape: Shape,
    /// The slot of a constant stays empty.
    is_constant: bool,
    gradient: Option<Tensor<T>>,
}

impl<T: Scalar> Drop for Gradients<T> {
    fn drop(&mut self) {
        self.slots.clear();
        self.parameters.clear();
        if let Ok(mut home) = self.home.lock() {
            *home = (mem::take(&mut self.slots), mem::take(&mut self.parameters));
        }
    }
}

impl<T: Scalar> Gradients<T> {
    pub(crate) fn new(nodes: &[Node<T>], home: &Home<T>) -> Self {
        let memory = home.lock().map(|mut home| mem::take(&mut *home));
        let (mut slots, mut parameters) = memory.unwrap_or_default();
        for (id, node) in nodes.iter().enumerate() {
            if let Source::Leaf(Some(parameter)) = node.source {
                parameters.push((parameter, id));
            }
            slots.push(Slot {
                shape: node.value.shape(),
                is_constant: matches!(node.source, Source::Constant),
                gradient: None,
            });
        }
        Gradients { slots, parameters, home: home.clone() }
    }

    /// Adds a gradient to what has already arrived at node `id`. The chain
    /// rule's sum over paths happens here and nowhere else.
    ///
    /// With `part`, a dimension and a start, it is the gradient of that part.
    #[track_caller]
    pub(crate) fn accumulate(
        &mut self,
        op: &str,
        id: usize,
        gradient: Tensor<T>,
        part: Option<(usize, usize)>,
    ) {
        let slot = &mut self.slots[id];
        if slot.is_constant {
            return;
        }
        let (found, expected) = (gradient.shape(), slot.shape);
        assert!(
            part.is_some() || found == expected,
            "{op}: its pullback gave a gradient of shape {found} for an input of shape {expected}"
        );
        match (&mut slot.gradient, part) {
            (Some(sum), None) => sum.add_assign(&gradient),
            (empty, None) => *empty = Some(gradient),
            (sum, Some((dim, start))) => {
                sum.get_or_insert_with(|| Tensor::zeros(expected)).add_part(dim, start, &gradient);
            }
        }
    }

    /// Accumulates those of an operation's gradients that are wanted.
    #[track_caller]
    pub(crate) fn accumulate_all<const N: usize, G: Into<Option<Tensor<T>>>>(
        &mut self,
        op: &str,
        ids: [usize; N],
        wanted: [bool; N],
        gradients: [G; N],
    ) {
        for (k, gradient) in gradients.into_iter().enumerate() {
            if let (true, Some(gradient)) = (wanted[k], gradient.into()) {
                self.accumulate(op, ids[k], gradient, None);
            }
        }
    }

    /// Makes a gradient of zeros where none has arrived yet.
    pub(crate) fn touch(&mut self, id: usize) {
        let slot = &mut self.slots[id];
        slot.gradient.get_or_insert_with(|| Tensor::zeros(slot.shape));
    }

    pub(crate) fn at(&self, id: usize) -> Option<Tensor<T>> {
        self.slots[id].gradient.clone()
    }

    /// The gradient with respect to a variable of the tape; zeros if the
    /// result does not depend on it.
    ///
    /// # Panics
    /// If the variable is a constant: its gradient was not computed.
    #[track_caller]
    pub fn wrt(&self, x: Var<'_, T>) -> Tensor<T> {
        match self.slots.get(x.id) {
            Some(slot) => {
                assert!(
                    !slot.is_constant,
                    "wrt: %{} is a constant, so its gradient was not computed; \
                     make it with tape.var or tape.watch",
                    x.id
                );
                slot.gradient.clone().unwrap_or_else(|| Tensor::zeros(slot.shape))
            }
            // Recorded after the backward pass: nothing depended on it.
            None => Tensor::zeros(x.shape()),
        }
    }

    /// The gradient with respect to a parameter, over all the places where it
    /// was watched; `None` if the result does not depend on it.
    pub fn get(&self, parameter: &Parameter<T>) -> Option<Tensor<T>> {
        let places = self.parameters.iter().filter(|(id, _)| *id == parameter.id());
        places.filter_map(|&(_, slot)| self.at(slot)).reduce(|mut sum, gradient| {
            sum.add_assign(&gradient);
            sum
        })
    }

    /// Multiplies the gradient with respect to a parameter by `factor`.
    pub fn scale(&mut self, parameter: &Parameter<T>, factor: T) {
        for &(id, slot) in &self.parameters {
            if let (true, Some(gradient)) = (id == parameter.id(), &mut self.slots[slot].gradient) {
                gradient.data_mut().iter_mut().for_each(|g| *g *= factor);
            }
        }
    }
}
