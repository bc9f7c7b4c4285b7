//! Operations that move elements and compute nothing.

use smallvec::{SmallVec, smallvec};

use crate::{Scalar, Shape, Tensor, Var};

impl<'t, T: Scalar> Var<'t, T> {
    /// The same elements in the same order under another shape.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([1.0, 2.0, 3.0, 4.0]));
    /// assert_eq!(x.reshape([2, 2]).value(), Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    /// ```
    ///
    /// # Panics
    /// If the number of elements changes.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Self {
        let x = self.value();
        let before = x.shape();
        self.tape.record("reshape", [self], x.reshape(shape), move |dy, _| [dy.reshape(before)])
    }

    /// Exchanges two dimensions.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([[1.0, 2.0, 3.0]]));
    /// assert_eq!(x.transpose(0, 1).shape(), [3, 1]);
    /// ```
    ///
    /// # Panics
    /// If there is no such dimension.
    #[track_caller]
    pub fn transpose(self, dim0: usize, dim1: usize) -> Self {
        let y = self.value().transpose(dim0, dim1);
        self.tape.record("transpose", [self], y, move |dy, _| [dy.transpose(dim0, dim1)])
    }

    /// The part of length `len` that begins at `start` of dimension `dim`. The
    /// elements outside get a gradient of zero. (To take all parts, one after the other,
    /// use [`unbind`](Var::unbind) or [`chunk`](Var::chunk): it makes one gradient
    /// for all of them together.)
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([1.0, 2.0, 3.0, 4.0]));
    /// let y = x.narrow(0, 1, 2);
    /// assert_eq!(y.value().data(), [2.0, 3.0]);
    /// assert_eq!(y.sum().backward().wrt(x).data(), [0.0, 1.0, 1.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// If the part reaches past the end, or there is no such dimension.
    #[track_caller]
    pub fn narrow(self, dim: usize, start: usize, len: usize) -> Self {
        let x = self.value();
        let shape = x.shape();
        self.tape.record("narrow", [self], x.narrow(dim, start, len), move |dy, _| {
            let mut dx = Tensor::zeros(shape);
            dx.add_part(dim, start, dy);
            [dx]
        })
    }

    /// The parts of size 1 at these places of dimension `dim`, in this order
    /// (`torch.index_select`). What was taken several times gets the sum of the gradients, and
    /// what was not taken a gradient of zero.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([10.0, 20.0, 30.0]));
    /// let y = x.index_select(0, &[2, 0, 2]);
    /// assert_eq!(y.value().data(), [30.0, 10.0, 30.0]);
    /// assert_eq!(y.sum().backward().wrt(x).data(), [1.0, 0.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such dimension, or no such place in it.
    #[track_caller]
    pub fn index_select(self, dim: usize, index: &[usize]) -> Self {
        let x = self.value();
        let (shape, y) = (x.shape(), x.index_select(dim, index));
        let index = index.to_vec();
        self.tape.record("index_select", [self], y, move |dy, _| {
            let mut dx = Tensor::zeros(shape);
            dx.index_add(dim, &index, dy);
            [dx]
        })
    }

    /// The last dimension cut into `N` equal parts: `torch.chunk(N, dim=-1)`.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([[1.0, 2.0, 3.0, 4.0]]));
    /// let [a, b] = x.chunk();
    /// assert_eq!(a.value(), Tensor::from([[1.0, 2.0]]));
    /// assert_eq!((a * b).sum().backward().wrt(x).data(), [3.0, 4.0, 1.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// If `N` does not divide the last size.
    #[track_caller]
    pub fn chunk<const N: usize>(self) -> [Self; N] {
        let x = self.value();
        let shape = x.shape();
        let (dim, len) = match shape.last() {
            Some(size) if size.checked_rem(N) == Some(0) => (shape.len() - 1, size / N),
            _ => panic!("chunk: the last dimension of shape {shape} is not {N} equal parts"),
        };
        let parts = std::array::from_fn(|part| x.narrow(dim, part * len, len));
        self.tape.record_many("chunk", [self], parts, move |dys, _| [Tensor::cat(&dys, dim)])
    }

    /// The parts of size 1 along dimension `dim`, without that dimension, such as the time
    /// steps of a sequence.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    /// let rows = x.unbind(0);
    /// assert_eq!(rows[1].value().data(), [3.0, 4.0]);
    /// assert_eq!(rows[1].sum().backward().wrt(x).data(), [0.0, 0.0, 1.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such dimension.
    #[track_caller]
    pub fn unbind(self, dim: usize) -> Vec<Self> {
        let parts = self.value().unbind(dim);
        let count = parts.len();
        let Some(shape) = parts.first().map(Tensor::shape) else { return Vec::new() };
        let first = self.tape.record_any("unbind", &[self], parts, move |dys| {
            let dy = |dy: &Option<Tensor<T>>| dy.clone().unwrap_or_else(|| Tensor::zeros(shape));
            let dys: Vec<Tensor<T>> = dys.iter().map(dy).collect();
            smallvec![Some(Tensor::stack(&dys, dim))]
        });
        (first..first + count).map(|id| Var { tape: self.tape, id }).collect()
    }

    /// Variables laid end to end along the existing dimension `dim` (`torch.cat`). One alone
    /// is that variable, and nothing is recorded.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor, Var};
    /// # let tape = Tape::<f64>::new();
    /// let (a, b) = (tape.var(Tensor::from([1.0])), tape.var(Tensor::from([2.0, 3.0])));
    /// assert_eq!(Var::cat(&[a, b], 0).value().data(), [1.0, 2.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If there are none, or if they differ in any other dimension.
    #[track_caller]
    pub fn cat(parts: &[Self], dim: usize) -> Self {
        if let [part] = parts
            && dim < part.shape().len()
        {
            return *part;
        }
        let values: SmallVec<[Tensor<T>; 8]> = parts.iter().map(|part| part.value()).collect();
        let y = Tensor::cat(&values, dim);
        let sizes: SmallVec<[usize; 8]> = values.iter().map(|value| value.shape()[dim]).collect();
        let tape = parts[0].tape;
        let id = tape.record_any("cat", parts, [y], move |dy| {
            let [Some(dy)] = dy else { return smallvec![] };
            let ends = sizes.iter().scan(0, |end, &size| {
                *end += size;
                Some(*end)
            });
            let part = |(end, &size)| Some(dy.narrow(dim, end - size, size));
            ends.zip(&sizes).map(part).collect()
        });
        Var { tape, id }
    }

    /// Variables of one shape laid along a new dimension `dim` (`torch.stack`).
    ///
    /// ```
    /// # use tensor::{Tape, Tensor, Var};
    /// # let tape = Tape::<f64>::new();
    /// let (a, b) = (tape.var(Tensor::from([1.0, 2.0])), tape.var(Tensor::from([3.0, 4.0])));
    /// assert_eq!(Var::stack(&[a, b], 1).value(), Tensor::from([[1.0, 3.0], [2.0, 4.0]]));
    /// ```
    ///
    /// # Panics
    /// If there are none, or if their shapes differ.
    #[track_caller]
    pub fn stack(parts: &[Self], dim: usize) -> Self {
        let values: SmallVec<[Tensor<T>; 8]> = parts.iter().map(|part| part.value()).collect();
        let y = Tensor::stack(&values, dim);
        let tape = parts[0].tape;
        let id = tape.record_any("stack", parts, [y], move |dy| match dy {
            [Some(dy)] => dy.unbind(dim).into_iter().map(Some).collect(),
            _ => smallvec![],
        });
        Var { tape, id }
    }
}
