//! Matrix products.

use smallvec::{SmallVec, smallvec};

use crate::{Scalar, Var};

impl<'t, T: Scalar> Var<'t, T> {
    /// The matrix product `Y = A B` (`torch.matmul`) of `[m, k]` and `[k, n]`, with
    /// `dA = dY Bᵀ` and `dB = Aᵀ dY`.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let a = tape.var(Tensor::from([[1.0, 2.0]]));
    /// let b = tape.var(Tensor::from([[3.0], [4.0]]));
    /// let y = a.matmul(b);
    /// assert_eq!(y.value(), Tensor::from([[11.0]]));
    /// assert_eq!(y.backward().wrt(b), Tensor::from([[1.0], [2.0]]));
    /// ```
    ///
    /// # Panics
    /// If the operands are not matrices whose inner sizes agree.
    #[track_caller]
    pub fn matmul(self, b: Self) -> Self {
        let (av, bv) = (self.value(), b.value());
        let y = av.matmul(&bv);
        self.tape.record("matmul", [self, b], y, move |dy, [da, db]| {
            let da = da.then(|| dy.matmul_nt(&bv)); // (dmatmul-a)
            let db = db.then(|| av.matmul_tn(dy)); // (dmatmul-b)
            [da, db]
        })
    }

    /// `Y = X Wᵀ + b`, [`torch.nn.functional.linear`][1]: features `[…, in]`,
    /// weight `[out, in]` and, if there is one, bias `[out]` give `[…, out]`.
    /// The gradients are `dX = dY W`, `dW = dYᵀ X` and `db`, the sum of `dY`'s
    /// rows.
    ///
    /// [1]: https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.constant(Tensor::from([[1.0, 2.0]]));
    /// let w = tape.var(Tensor::from([[3.0, 4.0], [5.0, 6.0]]));
    /// let b = tape.var(Tensor::from([0.5, -0.5]));
    /// assert_eq!(x.linear(w, b).value(), Tensor::from([[11.5, 16.5]]));
    /// assert_eq!(x.linear(w, None).value(), Tensor::from([[11.0, 17.0]]));
    /// ```
    ///
    /// # Panics
    /// If the features' last size is not the weight's, or the bias does not
    /// have shape `[out]`.
    #[track_caller]
    pub fn linear(self, weight: Self, bias: impl Into<Option<Self>>) -> Self {
        let (xv, w) = (self.value(), weight.value());
        let (x_shape, w_shape) = (xv.shape(), w.shape());
        assert!(
            w_shape.len() == 2 && x_shape.last() == w_shape.last(),
            "linear: features of shape {x_shape} need a weight of shape [out, {}], not {w_shape}",
            x_shape.last().map_or("in".into(), usize::to_string)
        );
        let out = w_shape[0];
        let x = xv.as_rows();
        let y_shape = x_shape.with_size(x_shape.len() - 1, out);
        let mut y = x.matmul_packed(&weight.packed_weight(x.shape()[0]), out);
        let bias = bias.into();
        if let Some(bias) = bias {
            let found = bias.shape();
            assert!(
                found == [out],
                "linear: weight {w_shape} needs a bias of shape [{out}], not {found}"
            );
            y = y.add_to_rows(&bias.value()); // (linear)
        }
        let inputs: SmallVec<[Self; 3]> = [self, weight].into_iter().chain(bias).collect();
        let [dx, dw] = [self, weight].map(Self::needs_gradient);
        let db = bias.is_some_and(Self::needs_gradient);
        let id = self.tape.record_any("linear", &inputs, [y.reshape(y_shape)], move |dy| {
            let [Some(dy)] = dy else { return smallvec![] };
            let dy = dy.as_rows();
            let dx = dx.then(|| dy.matmul(&w).reshape(x_shape));
            let dw = dw.then(|| dy.matmul_tn(&x));
            smallvec![dx, dw, db.then(|| dy.sum_to_size([out]))]
        });
        Var { tape: self.tape, id }
    }
}
