//! `+ − * /` and negation. The rules are those for operands of one shape: where
//! shapes differ, an explicit broadcast comes before.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::{Scalar, Tensor, Var};

impl<'t, T: Scalar> Add for Var<'t, T> {
    type Output = Self;

    #[track_caller]
    fn add(self, rhs: Self) -> Self {
        let [a, b] = broadcast("add", self, rhs);
        let y = a.value().zip(&b.value(), |a, b| a + b);
        self.tape.record("add", [a, b], y, |dy, _| [dy.clone(), dy.clone()])
    }
}

impl<'t, T: Scalar> Sub for Var<'t, T> {
    type Output = Self;

    #[track_caller]
    fn sub(self, rhs: Self) -> Self {
        let [a, b] = broadcast("sub", self, rhs);
        let y = a.value().zip(&b.value(), |a, b| a - b);
        self.tape.record("sub", [a, b], y, |dy, [da, db]| {
            [da.then(|| dy.clone()), db.then(|| dy.map(|dy| -dy))]
        })
    }
}

impl<'t, T: Scalar> Mul for Var<'t, T> {
    type Output = Self;

    #[track_caller]
    fn mul(self, rhs: Self) -> Self {
        let [a, b] = broadcast("mul", self, rhs);
        let (av, bv) = (a.value(), b.value());
        let y = av.zip(&bv, |a, b| a * b);
        self.tape.record("mul", [a, b], y, move |dy, [da, db]| {
            [da.then(|| dy.zip(&bv, |dy, b| dy * b)), db.then(|| dy.zip(&av, |dy, a| dy * a))]
        })
    }
}

impl<'t, T: Scalar> Div for Var<'t, T> {
    type Output = Self;

    #[track_caller]
    fn div(self, rhs: Self) -> Self {
        let [a, b] = broadcast("div", self, rhs);
        let bv = b.value();
        let y = a.value().zip(&bv, |a, b| a / b);
        self.tape.record("div", [a, b], y.clone(), move |dy, [da, db]| {
            let dy_b = dy.zip(&bv, |dy, b| dy / b);
            [da.then(|| dy_b.clone()), db.then(|| dy_b.zip(&y, |dy_b, y| -dy_b * y))]
        })
    }
}

impl<'t, T: Scalar> Neg for Var<'t, T> {
    type Output = Self;

    fn neg(self) -> Self {
        let y = self.value().map(|x| -x);
        self.tape.record("neg", [self], y, |dy, _| [dy.map(|dy| -dy)])
    }
}

/// The operands, broadcast to the shape that both of them fit.
#[track_caller]
fn broadcast<'t, T: Scalar>(op: &str, a: Var<'t, T>, b: Var<'t, T>) -> [Var<'t, T>; 2] {
    let (a_shape, b_shape) = (a.shape(), b.shape());
    match a_shape.broadcast(&b_shape) {
        Some(shape) => [(a, a_shape), (b, b_shape)]
            .map(|(x, from)| if from == shape { x } else { x.broadcast_to(shape) }),
        None => panic!("{op}: the shapes {a_shape} and {b_shape} do not broadcast"),
    }
}

/// A scalar operand is a constant of shape `[]`.
macro_rules! scalar_operands {
    ($($trait:ident :: $method:ident),*) => {$(
        impl<'t, T: Scalar> $trait<T> for Var<'t, T> {
            type Output = Self;

            fn $method(self, rhs: T) -> Self {
                self.$method(self.tape.constant(Tensor::from(rhs)))
            }
        }

        scalar_operands!(@left f32, $trait::$method);
        scalar_operands!(@left f64, $trait::$method);
    )*};
    (@left $float:ty, $trait:ident :: $method:ident) => {
        impl<'t> $trait<Var<'t, $float>> for $float {
            type Output = Var<'t, $float>;

            fn $method(self, rhs: Var<'t, $float>) -> Self::Output {
                rhs.tape.constant(Tensor::from(self)).$method(rhs)
            }
        }
    };
}

scalar_operands!(Add::add, Sub::sub, Mul::mul, Div::div);
