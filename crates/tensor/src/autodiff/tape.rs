//! The tape: every operation writes its values at its end, and the backward pass reads
//! them from last to first.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::node::Node;
use super::parameter::ParameterId;
use crate::Scalar;

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
/// A training step ends with [`reset`](Tape::reset), which empties the tape for the next
/// one. A tape that is never reset keeps every value; the time of a backward pass does not
/// depend on what was recorded before the pass began. For inference, see
/// [`no_grad`](Tape::no_grad).
///
/// The compiler refuses to use a variable of the pass before:
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
///
/// So no loss can mix two values of one parameter:
///
/// ```compile_fail,E0502
/// # use tensor::{Parameter, Tape, Tensor};
/// let tape = Tape::new();
/// let mut weight = Parameter::new(Tensor::from(3.0));
/// let before = tape.watch(&weight).square();
/// weight.value_mut().data_mut()[0] = 4.0; // error: `weight` is borrowed by `before`
/// let loss = before + tape.watch(&weight).square();
/// ```
pub struct Tape<T: Scalar> {
    pub(super) nodes: RefCell<Vec<Node<T>>>,
    /// The last node of each parameter.
    pub(super) watched: RefCell<BTreeMap<ParameterId, usize>>,
    pub(super) pass: Pass,
    pub(super) is_no_grad: bool,
}

/// Tells one pass over one tape, from empty to reset, from all others of the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Pass(u64);

impl Pass {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Pass(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl<T: Scalar> Tape<T> {
    /// An empty tape.
    pub fn new() -> Self {
        Tape {
            nodes: RefCell::default(),
            watched: RefCell::default(),
            pass: Pass::new(),
            is_no_grad: false,
        }
    }

    /// An empty tape for inference, `torch.no_grad`: all that is on it is a constant, whatever
    /// it is made with, and operations leave their values and nothing else.
    ///
    /// The values stay until [`reset`](Tape::reset). To keep a stream of inputs from
    /// filling the memory, carry the state from one pass to the next as a value, which
    /// copies nothing:
    ///
    /// ```
    /// use tensor::{Parameter, Tape, Tensor};
    ///
    /// let decay = Parameter::new(Tensor::from(0.5));
    /// let mut tape = Tape::no_grad();
    /// let mut state = Tensor::from(0.0);
    /// for x in [1.0, 2.0, 3.0] {
    ///     let next = tape.watch(&decay) * tape.constant(state) + x;
    ///     state = next.value();
    ///     tape.reset();
    /// }
    /// assert_eq!(state.item(), 4.25);
    /// ```
    pub fn no_grad() -> Self {
        Tape { is_no_grad: true, ..Tape::new() }
    }

    /// Whether the tape is for inference: [`no_grad`](Tape::no_grad).
    pub fn is_no_grad(&self) -> bool {
        self.is_no_grad
    }

    /// Forgets the computation and keeps the tape's memory for the next one.
    pub fn reset(&mut self) {
        self.nodes.get_mut().clear();
        self.watched.get_mut().clear();
        self.pass = Pass::new();
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.borrow().len()
    }

    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn with_nodes<R>(&self, read: impl FnOnce(&[Node<T>]) -> R) -> R {
        read(&self.nodes.borrow())
    }

    /// Writes a node at the end, and returns its number.
    pub(super) fn push(&self, node: Node<T>) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(node);
        nodes.len() - 1
    }
}

impl<T: Scalar> Default for Tape<T> {
    fn default() -> Self {
        Tape::new()
    }
}
