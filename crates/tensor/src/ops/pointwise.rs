//! Functions of one number, applied to each element. Where a derivative can be
//! had from the output `y`, the pullback keeps `y` and nothing else.

use num_traits::Float;

use crate::{Elementary, Scalar, Var};

impl<'t, T: Scalar> Var<'t, T> {
    /// The logistic function `y = 1 / (1 + e⁻ˣ)`, whose derivative is
    /// `y (1 − y)`.
    pub fn sigmoid(self) -> Self {
        let y = self.value().map(Elementary::sigmoid);
        self.tape.record("sigmoid", [self], y.clone(), move |dy, _| {
            [dy.zip(&y, |dy, y| dy * y * (T::one() - y))] // (dsigmoid)
        })
    }

    /// The hyperbolic tangent, whose derivative is `1 − y²`.
    pub fn tanh(self) -> Self {
        let y = self.value().map(Elementary::tanh);
        self.tape.record("tanh", [self], y.clone(), move |dy, _| {
            [dy.zip(&y, |dy, y| dy * (T::one() - y * y))] // (dtanh)
        })
    }

    /// The exponential function, which is its own derivative.
    pub fn exp(self) -> Self {
        let y = self.value().map(Elementary::exp);
        self.tape.record("exp", [self], y.clone(), move |dy, _| [dy.zip(&y, |dy, y| dy * y)])
    }

    /// The natural logarithm, whose derivative is `1 / x`.
    pub fn ln(self) -> Self {
        let x = self.value();
        self.tape.record("ln", [self], x.map(Float::ln), move |dy, _| [dy.zip(&x, |dy, x| dy / x)])
    }

    /// The square, whose derivative is `2x`.
    pub fn square(self) -> Self {
        let x = self.value();
        self.tape.record("square", [self], x.map(|x| x * x), move |dy, _| {
            [dy.zip(&x, |dy, x| dy * (x + x))]
        })
    }
}
