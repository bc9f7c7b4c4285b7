//! Matrix products.

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
        let Some(bias) = bias.into() else {
            let y = x.matmul_nt(&w).reshape(y_shape);
            return self.tape.record("linear", [self, weight], y, move |dy, [dx, dw]| {
                let dy = dy.as_rows();
                [dx.then(|| dy.matmul(&w).reshape(x_shape)), dw.then(|| dy.matmul_tn(&x))]
            });
        };
        let found = bias.shape();
        assert!(
            found == [out],
            "linear: weight {w_shape} needs a bias of shape [{out}], not {found}"
        );
        let y = x.matmul_nt(&w).add_to_rows(&bias.value()).reshape(y_shape); // (linear)
        self.tape.record("linear", [self, weight, bias], y, move |dy, [dx, dw, db]| {
            let dy = dy.as_rows();
            let dx = dx.then(|| dy.matmul(&w).reshape(x_shape));
            let dw = dw.then(|| dy.matmul_tn(&x));
            [dx, dw, db.then(|| dy.sum_to_size([out]))]
        })
    }
}
