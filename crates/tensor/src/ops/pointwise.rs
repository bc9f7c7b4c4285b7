//! Functions of one number, applied to each element. Where a derivative can be
//! had from the output `y`, the pullback keeps `y` and nothing else.

use crate::kernel::math;
use crate::{Scalar, Var};

impl<'t, T: Scalar> Var<'t, T> {
    /// The logistic function `y = 1 / (1 + e⁻ˣ)`, whose derivative is
    /// `y (1 − y)`.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([0.0, 100.0]));
    /// let y = x.sigmoid();
    /// assert_eq!(y.value().data(), [0.5, 1.0]);
    /// assert_eq!(y.sum().backward().wrt(x).data(), [0.25, 0.0]);
    /// ```
    #[track_caller]
    pub fn sigmoid(self) -> Self {
        let y = self.value().map(math::sigmoid);
        self.tape.record("sigmoid", [self], y.clone(), move |dy, _| {
            [dy.zip(&y, |dy, y| dy * y * (T::one() - y))] // (dsigmoid)
        })
    }

    /// The hyperbolic tangent, whose derivative is `1 − y²`.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([0.0, 100.0]));
    /// let y = x.tanh();
    /// assert_eq!(y.value().data(), [0.0, 1.0]);
    /// assert_eq!(y.sum().backward().wrt(x).data(), [1.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn tanh(self) -> Self {
        let y = self.value().map(math::tanh);
        self.tape.record("tanh", [self], y.clone(), move |dy, _| {
            [dy.zip(&y, |dy, y| dy * (T::one() - y * y))] // (dtanh)
        })
    }

    /// The exponential function, which is its own derivative.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from(1.0));
    /// let y = x.exp();
    /// assert_eq!(y.backward().wrt(x), y.value());
    /// ```
    #[track_caller]
    pub fn exp(self) -> Self {
        let y = self.value().map(math::exp);
        self.tape.record("exp", [self], y.clone(), move |dy, _| [dy.zip(&y, |dy, y| dy * y)])
    }

    /// The natural logarithm (`torch.log`), whose derivative is `1 / x`.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([1.0, 4.0]));
    /// assert_eq!(x.ln().value().data()[0], 0.0);
    /// assert_eq!(x.ln().sum().backward().wrt(x).data(), [1.0, 0.25]);
    /// ```
    #[track_caller]
    pub fn ln(self) -> Self {
        let x = self.value();
        self.tape.record("ln", [self], x.map(math::ln), move |dy, _| [dy.zip(&x, |dy, x| dy / x)])
    }

    /// The square, whose derivative is `2x`.
    ///
    /// ```
    /// # use tensor::{Tape, Tensor};
    /// # let tape = Tape::<f64>::new();
    /// let x = tape.var(Tensor::from([3.0, -1.0]));
    /// assert_eq!(x.square().value().data(), [9.0, 1.0]);
    /// assert_eq!(x.square().sum().backward().wrt(x).data(), [6.0, -2.0]);
    /// ```
    #[track_caller]
    pub fn square(self) -> Self {
        let x = self.value();
        self.tape.record("square", [self], x.map(|x| x * x), move |dy, _| {
            [dy.zip(&x, |dy, x| dy * (x + x))]
        })
    }
}
