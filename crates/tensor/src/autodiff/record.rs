//! How values get onto the tape.

use std::panic::Location;

use smallvec::SmallVec;

use super::node::{InputGradients, Node, Source};
use super::parameter::Parameter;
use super::tape::Tape;
use super::var::Var;
use crate::{Scalar, Tensor};

impl<T: Scalar> Tape<T> {
    /// An independent variable, whose gradient can be asked for.
    #[track_caller]
    pub fn var(&self, value: Tensor<T>) -> Var<'_, T> {
        self.leaf("var", value, Source::Variable)
    }

    /// A constant (data, a target, a mask): its gradient is never computed.
    #[track_caller]
    pub fn constant(&self, value: Tensor<T>) -> Var<'_, T> {
        self.leaf("constant", value, Source::Constant)
    }

    /// The variable of a model's parameter. Watching the parameter again gives the
    /// variable that is there, as long as its value is the same; after a change, a new one.
    ///
    /// ```
    /// use tensor::{Parameter, Tape, Tensor};
    ///
    /// let weight = Parameter::new(Tensor::from(3.0));
    /// let tape = Tape::new();
    /// let y = tape.watch(&weight) * tape.watch(&weight);
    /// assert_eq!(tape.to_string(), "\
    /// %0  parameter          []
    /// %1  mul        %0, %0  []
    /// ");
    /// assert_eq!(y.backward().get(&weight).unwrap().item(), 6.0);
    /// ```
    #[track_caller]
    pub fn watch<'t>(&'t self, parameter: &'t Parameter<T>) -> Var<'t, T> {
        let (id, value) = (parameter.id(), parameter.value());
        let last = self.watched.borrow().get(&id).copied();
        if let Some(last) = last
            && self.with_nodes(|nodes| nodes[last].value.is_same(value))
        {
            return Var { tape: self, id: last };
        }
        let var = self.leaf("parameter", value.clone(), Source::Parameter(id));
        self.nodes.borrow_mut()[var.id].packed = Some(parameter.packed());
        self.watched.borrow_mut().insert(id, var.id);
        var
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
        pullback: impl Fn(&Tensor<T>, [bool; N]) -> [G; N] + Send + 'static,
    ) -> Var<'t, T> {
        let wanted = inputs.map(Var::needs_gradient);
        let id = self.record_any(op, &inputs, [value], move |dy| match dy {
            [Some(dy)] => pullback(dy, wanted).into_iter().map(Into::into).collect(),
            _ => InputGradients::new(),
        });
        Var { tape: self, id }
    }

    /// Records an operation with several values. The pullback gets the gradients of all,
    /// zeros where nothing depends on one of them.
    ///
    /// ```
    /// use tensor::{Tape, Tensor, Var};
    ///
    /// fn sum_and_product<'t>(a: Var<'t, f64>, b: Var<'t, f64>) -> [Var<'t, f64>; 2] {
    ///     let (av, bv) = (a.value().item(), b.value().item());
    ///     let values = [av + bv, av * bv].map(Tensor::from);
    ///     a.tape().record_many("sum_and_product", [a, b], values, move |[ds, dp], _| {
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
    pub fn record_many<'t, const N: usize, const M: usize, G: Into<Option<Tensor<T>>>>(
        &'t self,
        op: &'static str,
        inputs: [Var<'t, T>; N],
        values: [Tensor<T>; M],
        pullback: impl Fn([Tensor<T>; M], [bool; N]) -> [G; N] + Send + 'static,
    ) -> [Var<'t, T>; M] {
        let wanted = inputs.map(Var::needs_gradient);
        let shapes = values.each_ref().map(Tensor::shape);
        let first = self.record_any(op, &inputs, values, move |dys| {
            let dys =
                std::array::from_fn(|k| dys[k].clone().unwrap_or_else(|| Tensor::zeros(shapes[k])));
            pullback(dys, wanted).into_iter().map(Into::into).collect()
        });
        std::array::from_fn(|k| Var { tape: self, id: first + k })
    }

    /// As [`record_many`](Tape::record_many), with any number of inputs and values.
    /// Returns the number of the first value; the others follow it.
    #[track_caller]
    pub(crate) fn record_any<'t>(
        &'t self,
        op: &'static str,
        inputs: &[Var<'t, T>],
        values: impl IntoIterator<Item = Tensor<T>, IntoIter: ExactSizeIterator>,
        pullback: impl Fn(&[Option<Tensor<T>>]) -> InputGradients<T> + Send + 'static,
    ) -> usize {
        for (k, input) in inputs.iter().enumerate() {
            let other = if k == 0 { "this one" } else { "input 0" };
            assert!(
                std::ptr::eq(self, input.tape),
                "{op}: input {k} is on another tape than {other}"
            );
        }
        let values = values.into_iter();
        let (id, count) = (self.len(), values.len());
        let inputs: SmallVec<[usize; 8]> = inputs.iter().map(|input| input.id).collect();
        let (needs_gradient, first) = self.with_nodes(|nodes| {
            let inputs = || inputs.iter().map(|&input| &nodes[input]);
            let first = inputs().filter_map(|input| input.first).min();
            (inputs().any(Node::needs_gradient), first.or(Some(id)))
        });
        let mut pullback = Some(pullback);
        for (k, value) in values.enumerate() {
            let (source, first) = match pullback.take() {
                _ if !needs_gradient => (Source::Constant, None),
                Some(f) => (Source::Operation { values: count, pullback: Box::new(f) }, first),
                None => (Source::Further, first),
            };
            let part = (count > 1).then_some(k);
            let (inputs, location) = (inputs.clone(), Location::caller());
            let packed = None;
            self.push(Node { op, part, inputs, value, source, location, first, packed });
        }
        id
    }

    #[track_caller]
    fn leaf(&self, op: &'static str, value: Tensor<T>, source: Source<T>) -> Var<'_, T> {
        let source = if self.is_no_grad { Source::Constant } else { source };
        let (inputs, location) = (SmallVec::new(), Location::caller());
        let (part, first, packed) = (None, None, None);
        let id = self.push(Node { op, part, inputs, value, source, location, first, packed });
        Var { tape: self, id }
    }
}
