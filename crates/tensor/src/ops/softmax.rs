//! Scores to the logarithms of probabilities.

use crate::kernel::{math, reduce};
use crate::{Scalar, Var};

impl<'t, T: Scalar> Var<'t, T> {
    /// The logarithm of the softmax along the last dimension, `yₖ = xₖ − ln Σⱼ exp(xⱼ)`:
    /// [`torch.log_softmax(dim=-1)`][1]. The `exp(yₖ)` of a row are positive and their sum is 1.
    /// Nothing overflows, for each row's largest element is subtracted first.
    ///
    /// [1]: https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([[1000.0, 1000.0], [0.0, f64::NEG_INFINITY]]));
    /// let p = x.log_softmax().exp();
    /// assert_eq!(p.value(), Tensor::from([[0.5, 0.5], [1.0, 0.0]]));
    /// ```
    ///
    /// # Panics
    /// If it is a scalar.
    #[track_caller]
    pub fn log_softmax(self) -> Self {
        let mut y = self.value();
        let (shape, Some(&size)) = (y.shape(), y.shape().last()) else {
            panic!("log_softmax: a scalar has no last dimension")
        };
        for x in y.data_mut().chunks_exact_mut(size.max(1)) {
            let max = x.iter().copied().fold(T::neg_infinity(), T::max);
            let ln_sum = math::ln(reduce::sum(x, |x| math::exp(x - max)));
            // Not x − (max + ln Σ): a large maximum would swallow the logarithm.
            x.iter_mut().for_each(|x| *x = (*x - max) - ln_sum); // (log-softmax)
        }
        self.tape.record("log_softmax", [self], y.clone(), move |dy, _| {
            let total = dy.sum_to_size(shape.with_size(shape.len() - 1, 1)).broadcast_to(shape);
            let p_total = total.zip(&y, |total, y| math::exp(y) * total);
            [dy.zip(&p_total, |dy, p_total| dy - p_total)] // (dlog-softmax)
        })
    }
}
