//! The tape: every operation writes one node at its end, and `backward` reads
//! the nodes from last to first.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;

use smallvec::SmallVec;

use crate::gradients::Home;
use crate::parameter::ParameterId;
use crate::{Gradients, Parameter, Scalar, Tensor};

/// Records a computation so that it can be differentiated.
///
/// The tape is an arena. A node can only refer to nodes that are already on
/// the tape, so the order of writing is a topological order, and the backward
/// pass is one loop over the nodes in reverse: no sort, no recursion.
///
/// ```
/// use tensor::{Tape, Tensor};
///
/// let tape = Tape::<f64>::new();
/// let x = tape.var(Tensor::from(3.0));
/// let y = x * x + 2.0 * x; // dy/dx = 2x + 2
/// assert_eq!(y.backward().wrt(x).item(), 8.0);
/// ```
///
/// [`reset`](Tape::reset) empties the tape for the next pass. The compiler
/// refuses to use a variable of the pass before:
///
/// ```compile_fail,E0502
/// # use tensor::{Tape, Tensor};
/// let mut tape = Tape::new();
/// let x = tape.var(Tensor::from(3.0));
/// tape.reset();
/// let y = x * x; // error: `tape` is still borrowed by `x`
/// ```
///
/// … to let a variable outlive its tape:
///
/// ```compile_fail,E0597
/// # use tensor::{Tape, Tensor};
/// let x = {
///     let tape = Tape::new();
///     tape.var(Tensor::from(3.0))
/// }; // error: `tape` does not live long enough
/// let y = x * x;
/// ```
///
/// … and to change a parameter while variables of the tape still read it:
///
/// ```compile_fail,E0502
/// # use tensor::{Parameter, Tape, Tensor};
/// let tape = Tape::new();
/// let mut weight = Parameter::new(Tensor::from(3.0));
/// let w = tape.watch(&weight);
/// weight.value_mut().data_mut()[0] = 4.0; // error: `weight` is borrowed by `w`
/// let y = w * w;
/// ```
pub struct Tape<T: Scalar> {
    nodes: RefCell<Vec<Node<T>>>,
    /// The memory of the pullbacks of the pass before, node by node.
    boxes: RefCell<Vec<Option<Box<dyn Pullback<T>>>>>,
    home: Home<T>,
}

/// One operation that was carried out.
pub(crate) struct Node<T: Scalar> {
    pub(crate) op: &'static str,
    pub(crate) inputs: SmallVec<[usize; 8]>,
    pub(crate) value: Tensor<T>,
    pub(crate) source: Source<T>,
}

/// Where a node's value comes from, which says where its gradient goes.
pub(crate) enum Source<T: Scalar> {
    /// Data: its gradient is never computed.
    Constant,
    /// An independent variable: its gradient is a result.
    Leaf(Option<ParameterId>),
    /// An operation: its gradient is passed on to its inputs.
    Op(Box<dyn Pullback<T>>),
}

/// A function from the gradient of a node's value to those of its inputs, in a box
/// that can be emptied and filled with another of its kind.
pub(crate) trait Pullback<T: Scalar>: Any {
    fn call(&self, dy: &Tensor<T>, gradients: &mut Gradients<T>);
    fn empty(&mut self);
}

impl<T: Scalar, F: Fn(&Tensor<T>, &mut Gradients<T>) + 'static> Pullback<T> for Option<F> {
    fn call(&self, dy: &Tensor<T>, gradients: &mut Gradients<T>) {
        self.iter().for_each(|f| f(dy, gradients));
    }

    fn empty(&mut self) {
        *self = None;
    }
}

/// A variable: a value on a tape.
///
/// It is a small `Copy` handle, so that formulas read as formulas:
/// `f * c + i * g`. The operations are methods and the operators
/// `+ − * /`; a scalar of the element type can stand on either side.
pub struct Var<'t, T: Scalar> {
    pub(crate) tape: &'t Tape<T>,
    pub(crate) id: usize,
}

impl<T: Scalar> Clone for Var<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Scalar> Copy for Var<'_, T> {}

impl<T: Scalar> Tape<T> {
    /// An empty tape.
    pub fn new() -> Self {
        Tape { nodes: RefCell::default(), boxes: RefCell::default(), home: Home::default() }
    }

    /// An independent variable, whose gradient can be asked for.
    pub fn var(&self, value: Tensor<T>) -> Var<'_, T> {
        self.push("var", SmallVec::new(), value, Source::Leaf(None))
    }

    /// A constant (data, a target, a mask): its gradient is never computed.
    pub fn constant(&self, value: Tensor<T>) -> Var<'_, T> {
        self.push("constant", SmallVec::new(), value, Source::Constant)
    }

    /// The variable of a model's parameter. Watching the same parameter again
    /// gives a new variable; their gradients add up in
    /// [`Gradients::get`].
    pub fn watch<'t>(&'t self, parameter: &'t Parameter<T>) -> Var<'t, T> {
        let source = Source::Leaf(Some(parameter.id()));
        self.push("parameter", SmallVec::new(), parameter.value().clone(), source)
    }

    /// Records an operation: its name, its inputs, its value, and its
    /// *pullback*, the rule that takes the gradient `dy` of the value to the
    /// gradients of the inputs. All operations of this crate are made with
    /// this function, and so are yours.
    ///
    /// The pullback is told, by one `bool` for each input, which gradients are
    /// wanted: those of constants are not. It returns an array with a gradient
    /// for each input, of the input's shape, either as `[Tensor; N]` or,
    /// where an unwanted one costs something, as `[Option<Tensor>; N]`.
    ///
    /// ```
    /// use tensor::{Tape, Tensor, Var};
    ///
    /// fn cube<'t>(x: Var<'t, f64>) -> Var<'t, f64> {
    ///     let v = x.value();
    ///     x.tape().record("cube", [x], v.map(|v| v * v * v), move |dy, _| {
    ///         [dy.zip(&v, |dy, v| dy * 3.0 * v * v)]
    ///     })
    /// }
    /// let tape = Tape::new();
    /// let x = tape.var(Tensor::from(2.0));
    /// assert_eq!(cube(x).backward().wrt(x).item(), 12.0);
    /// ```
    ///
    /// A pullback with the wrong number of gradients does not compile:
    ///
    /// ```compile_fail,E0308
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::new();
    /// # let x = tape.var(Tensor::from(2.0));
    /// tape.record("oops", [x], x.value(), |dy, _| [dy.clone(), dy.clone()]);
    /// ```
    ///
    /// # Panics
    /// If an input is on another tape; and, in the backward pass, if a
    /// gradient does not have its input's shape.
    #[track_caller]
    pub fn record<'t, const N: usize, G: Into<Option<Tensor<T>>>>(
        &'t self,
        op: &'static str,
        inputs: [Var<'t, T>; N],
        value: Tensor<T>,
        pullback: impl Fn(&Tensor<T>, [bool; N]) -> [G; N] + 'static,
    ) -> Var<'t, T> {
        let wanted = inputs.map(|input| self.needs_gradient(input));
        let ids = inputs.map(|input| input.id);
        self.record_any(op, &inputs, value, move |dy, gradients| {
            gradients.accumulate_all(op, ids, wanted, pullback(dy, wanted));
        })
    }

    /// Records an operation with two values. The pullback gets the gradients of both,
    /// which are zeros where nothing depends on one of them.
    ///
    /// ```
    /// use tensor::{Tape, Tensor, Var};
    ///
    /// fn sum_and_product<'t>(a: Var<'t, f64>, b: Var<'t, f64>) -> [Var<'t, f64>; 2] {
    ///     let (av, bv) = (a.value().item(), b.value().item());
    ///     let values = [av + bv, av * bv].map(Tensor::from);
    ///     a.tape().record_two("sum_and_product", [a, b], values, move |[ds, dp], _| {
    ///         let (ds, dp) = (ds.item(), dp.item());
    ///         [ds + dp * bv, ds + dp * av].map(Tensor::from)
    ///     })
    /// }
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var(Tensor::from(2.0)), tape.var(Tensor::from(5.0)));
    /// let [sum, product] = sum_and_product(a, b);
    /// assert_eq!(product.backward().wrt(a).item(), 5.0);
    /// assert_eq!((sum * product).backward().wrt(a).item(), 10.0 + 7.0 * 5.0);
    /// ```
    ///
    /// # Panics
    /// As [`record`](Tape::record).
    #[track_caller]
    pub fn record_two<'t, const N: usize, G: Into<Option<Tensor<T>>>>(
        &'t self,
        op: &'static str,
        inputs: [Var<'t, T>; N],
        [first, second]: [Tensor<T>; 2],
        pullback: impl Fn([&Tensor<T>; 2], [bool; N]) -> [G; N] + 'static,
    ) -> [Var<'t, T>; 2] {
        let wanted = inputs.map(|input| self.needs_gradient(input));
        let ids = inputs.map(|input| input.id);
        let (id, shape) = (self.len(), second.shape());
        let first = self.record_any(op, &inputs, first, move |dy, gradients| {
            let second = gradients.at(id + 1).unwrap_or_else(|| Tensor::zeros(shape));
            gradients.accumulate_all(op, ids, wanted, pullback([dy, &second], wanted));
        });
        // The second's gradient stays where it is, for the first's pullback, which comes
        // after it and is called even if nothing else depends on the first.
        let second = self.record_any(op, &[first], second, move |_, gradients| gradients.touch(id));
        [first, second]
    }

    /// As [`record`](Tape::record), for operations that take any number of inputs, or
    /// whose gradients are those of a part of an input. The pullback accumulates them
    /// itself.
    #[track_caller]
    pub(crate) fn record_any<'t>(
        &'t self,
        op: &'static str,
        inputs: &[Var<'t, T>],
        value: Tensor<T>,
        pullback: impl Fn(&Tensor<T>, &mut Gradients<T>) + 'static,
    ) -> Var<'t, T> {
        for input in inputs {
            assert!(std::ptr::eq(self, input.tape), "{op}: an input is on another tape");
        }
        let source = if inputs.iter().any(|&input| self.needs_gradient(input)) {
            Source::Op(self.boxed(Some(pullback)))
        } else {
            Source::Constant
        };
        self.push(op, inputs.iter().map(|input| input.id).collect(), value, source)
    }

    /// The pullback in the box that the same node had in the pass before, if it was of
    /// the same kind.
    fn boxed(&self, pullback: impl Pullback<T>) -> Box<dyn Pullback<T>> {
        let before = self.boxes.borrow_mut().get_mut(self.len()).and_then(Option::take);
        if let Some(mut before) = before
            && let Some(place) = (before.as_mut() as &mut dyn Any).downcast_mut()
        {
            *place = pullback;
            return before;
        }
        Box::new(pullback)
    }

    /// Forgets the computation and keeps the tape's memory for the next one.
    pub fn reset(&mut self) {
        let boxes = self.nodes.get_mut().drain(..).map(|node| match node.source {
            Source::Op(mut pullback) => {
                pullback.empty();
                Some(pullback)
            }
            _ => None,
        });
        self.boxes.get_mut().clear();
        self.boxes.get_mut().extend(boxes);
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.borrow().len()
    }

    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn with_nodes<R>(&self, read: impl FnOnce(&[Node<T>]) -> R) -> R {
        read(&self.nodes.borrow())
    }

    fn push(
        &self,
        op: &'static str,
        inputs: SmallVec<[usize; 8]>,
        value: Tensor<T>,
        source: Source<T>,
    ) -> Var<'_, T> {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { op, inputs, value, source });
        Var { tape: self, id: nodes.len() - 1 }
    }

    fn needs_gradient(&self, input: Var<'_, T>) -> bool {
        self.nodes
            .borrow()
            .get(input.id)
            .is_some_and(|node| !matches!(node.source, Source::Constant))
    }
}

impl<T: Scalar> Default for Tape<T> {
    fn default() -> Self {
        Tape::new()
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// The tape that this variable is on.
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    /// The value; cheap, for it is shared with the tape.
    pub fn value(self) -> Tensor<T> {
        self.tape.with_nodes(|nodes| nodes[self.id].value.clone())
    }

    /// The shape of the value.
    pub fn shape(self) -> crate::Shape {
        self.tape.with_nodes(|nodes| nodes[self.id].value.shape())
    }

    /// The gradients of this variable, which must be a single number, with
    /// respect to everything it was computed from.
    ///
    /// Each call returns fresh gradients; nothing accumulates between calls.
    ///
    /// # Panics
    /// If the value does not have exactly one element.
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
    /// If `u` does not have the shape of `y`.
    #[track_caller]
    pub fn vjp(self, u: Tensor<T>) -> Gradients<T> {
        let (found, expected) = (u.shape(), self.shape());
        assert!(found == expected, "vjp: u has shape {found} and the variable {expected}");
        self.tape.with_nodes(|nodes| {
            let mut gradients = Gradients::new(nodes, &self.tape.home);
            gradients.accumulate("vjp", self.id, u, None);
            for id in (0..=self.id).rev() {
                if let (Source::Op(pullback), Some(dy)) = (&nodes[id].source, gradients.at(id)) {
                    pullback.call(&dy, &mut gradients);
                }
            }
            gradients
        })
    }
}

impl<T: Scalar> fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}: {:?}", self.id, self.value())
    }
}
