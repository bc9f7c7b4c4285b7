//! The result of a backward pass.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use super::node::{Node, Source};
use super::parameter::{Parameter, ParameterId};
use super::tape::Pass;
use super::var::Var;
use crate::{Scalar, Tensor};

/// The gradients that one backward pass computed: of variables, through
/// [`wrt`](Gradients::wrt), and of parameters, through [`get`](Gradients::get), which
/// needs no tape any more.
///
/// Those of several passes can be added, to train on batches that are too large for one.
/// The sum knows parameters only:
///
/// ```
/// use tensor::{Parameter, Tape, Tensor};
///
/// let weight = Parameter::new(Tensor::from(3.0));
/// let mut tape = Tape::new();
/// let pass = |tape: &mut Tape<f64>, x: f64| {
///     let gradients = (tape.watch(&weight) * x).backward();
///     tape.reset();
///     gradients
/// };
/// let mut sum = pass(&mut tape, 1.0);
/// sum += pass(&mut tape, 10.0);
/// sum.scale(0.5); // the mean of two batches
/// assert_eq!(sum.get(&weight).unwrap().item(), 5.5);
/// ```
#[derive(Clone)]
pub struct Gradients<T: Scalar> {
    /// `None` if this is a sum over several passes.
    pass: Option<Pass>,
    /// The first node that `operations` has a place for.
    first: usize,
    operations: Vec<Option<Tensor<T>>>,
    variables: BTreeMap<usize, Option<Tensor<T>>>,
    /// With the node where it arrived.
    parameters: BTreeMap<ParameterId, (usize, Option<Tensor<T>>)>,
}

impl<T: Scalar> Gradients<T> {
    /// None yet, for a pass that starts at `y`.
    pub(super) fn new(y: Var<'_, T>, nodes: &[Node<T>]) -> Self {
        // The other values of the operation that y is a value of have their places, too.
        let further = nodes[y.id + 1..].iter();
        let further = further.take_while(|node| matches!(node.source, Source::Further)).count();
        let end = y.id + 1 + further;
        let first = nodes[y.id].first.unwrap_or(end);
        Gradients {
            pass: Some(y.tape.pass),
            first,
            operations: vec![None; end - first],
            variables: BTreeMap::new(),
            parameters: BTreeMap::new(),
        }
    }

    /// The nodes whose pullbacks the pass may have to call.
    pub(super) fn operations(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.operations.len()
    }

    /// Adds a gradient to what has already arrived at node `id`. The chain
    /// rule's sum over paths happens here and nowhere else.
    #[track_caller]
    pub(super) fn accumulate(&mut self, nodes: &[Node<T>], id: usize, gradient: Tensor<T>) {
        let place = match nodes[id].source {
            Source::Constant => return,
            Source::Variable => self.variables.entry(id).or_default(),
            Source::Parameter(p) => &mut self.parameters.entry(p).or_insert((id, None)).1,
            Source::Operation { .. } | Source::Further => &mut self.operations[id - self.first],
        };
        add(place, gradient);
    }

    /// The gradients of so many values from node `id` on, if there is any.
    pub(super) fn of_values(&self, id: usize, count: usize) -> Option<&[Option<Tensor<T>>]> {
        let gradients = &self.operations[id - self.first..][..count];
        gradients.iter().any(Option::is_some).then_some(gradients)
    }

    /// The gradient with respect to a variable of the tape; zeros if the
    /// result does not depend on it.
    ///
    /// # Panics
    /// If the variable is a constant, whose gradient was not computed, or if it is not of
    /// the pass that these gradients are of: it is on another tape, or its tape was reset
    /// since, or these are a sum over several passes.
    #[track_caller]
    pub fn wrt(&self, x: Var<'_, T>) -> Tensor<T> {
        assert!(
            self.pass.is_some(),
            "wrt: these gradients are a sum over several passes and know parameters only; \
             ask with get(&parameter)"
        );
        assert!(
            self.pass == Some(x.tape.pass),
            "wrt: %{} is not of the pass that these gradients are of: it is on another tape, \
             or the tape was reset since",
            x.id
        );
        assert!(
            x.needs_gradient(),
            "wrt: %{} is a constant, so its gradient was not computed; \
             make it with tape.var or tape.watch",
            x.id
        );
        let gradient = x.tape.with_nodes(|nodes| match nodes[x.id].source {
            Source::Constant => None,
            Source::Variable => self.variables.get(&x.id)?.clone(),
            Source::Parameter(p) => {
                let (node, gradient) = self.parameters.get(&p)?;
                gradient.clone().filter(|_| *node == x.id)
            }
            Source::Operation { .. } | Source::Further => {
                self.operations.get(x.id.checked_sub(self.first)?)?.clone()
            }
        });
        gradient.unwrap_or_else(|| Tensor::zeros(x.shape()))
    }

    /// The gradient with respect to a parameter; `None` if the result does not depend on
    /// it.
    pub fn get(&self, parameter: &Parameter<T>) -> Option<&Tensor<T>> {
        self.parameters.get(&parameter.id())?.1.as_ref()
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, parameter: &Parameter<T>) -> Option<&mut Tensor<T>> {
        self.parameters.get_mut(&parameter.id())?.1.as_mut()
    }

    /// The Euclidean norm of the gradient with respect to a parameter; `None` if the result
    /// does not depend on it.
    pub fn norm(&self, parameter: &Parameter<T>) -> Option<T> {
        self.get(parameter).map(|gradient| gradient.dot(gradient).sqrt())
    }

    /// Whether no number of them is NaN or infinite.
    pub fn is_finite(&self) -> bool {
        self.all().all(|gradient| gradient.is_finite())
    }

    /// Multiplies all of them by `factor`.
    pub fn scale(&mut self, factor: T) {
        let all = self.operations.iter_mut().chain(self.variables.values_mut());
        let all = all.chain(self.parameters.values_mut().map(|(_, gradient)| gradient));
        for gradient in all.flatten() {
            *gradient = gradient.map(|x| x * factor);
        }
    }

    fn all(&self) -> impl Iterator<Item = &Tensor<T>> {
        let all = self.operations.iter().chain(self.variables.values());
        all.chain(self.parameters.values().map(|(_, gradient)| gradient)).flatten()
    }
}

/// Adds up the gradients of the parameters; what is known of variables is forgotten. Panics if
/// a parameter had values of two shapes.
impl<T: Scalar> AddAssign for Gradients<T> {
    #[track_caller]
    fn add_assign(&mut self, other: Self) {
        (self.pass, self.first) = (None, 0);
        self.operations.clear();
        self.variables.clear();
        for (id, (node, gradient)) in other.parameters {
            let Some(gradient) = gradient else { continue };
            let (_, place) = self.parameters.entry(id).or_insert((node, None));
            let found = gradient.shape();
            let sum = place.as_ref().map_or(found, Tensor::shape);
            assert!(
                sum == found,
                "Gradients +=: a parameter has gradients of shapes {sum} and {found}; was its \
                 value set between the passes?"
            );
            add(place, gradient);
        }
    }
}

#[track_caller]
fn add<T: Scalar>(place: &mut Option<Tensor<T>>, gradient: Tensor<T>) {
    match place {
        Some(sum) => sum.add_assign(&gradient),
        empty => *empty = Some(gradient),
    }
}
