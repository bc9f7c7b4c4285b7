//! `+ − * /` and negation. The rules are those for operands of one shape: where
//! shapes differ, an explicit broadcast comes before.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

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

    #[track_caller]
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
        // Not a closure, which would hide the caller's line.
        Some(shape) => [
            if a_shape == shape { a } else { a.broadcast_to(shape) },
            if b_shape == shape { b } else { b.broadcast_to(shape) },
        ],
        None => panic!("{op}: the shapes {a_shape} and {b_shape} do not broadcast"),
    }
}

/// A scalar operand is a constant of shape `[]`; `x += y` is `x = x + y`.
macro_rules! further_operands {
    ($($trait:ident :: $method:ident, $assign:ident :: $assign_method:ident;)*) => {$(
        impl<'t, T: Scalar> $trait<T> for Var<'t, T> {
            type Output = Self;

            #[track_caller]
            fn $method(self, rhs: T) -> Self {
                self.$method(self.tape.constant(Tensor::from(rhs)))
            }
        }

        further_operands!(@left f32, $trait::$method);
        further_operands!(@left f64, $trait::$method);

        impl<'t, T: Scalar, R> $assign<R> for Var<'t, T>
        where
            Self: $trait<R, Output = Self>,
        {
            #[track_caller]
            fn $assign_method(&mut self, rhs: R) {
                *self = (*self).$method(rhs);
            }
        }
    )*};
    (@left $float:ty, $trait:ident :: $method:ident) => {
        impl<'t> $trait<Var<'t, $float>> for $float {
            type Output = Var<'t, $float>;

            #[track_caller]
            fn $method(self, rhs: Var<'t, $float>) -> Self::Output {
                rhs.tape.constant(Tensor::from(self)).$method(rhs)
            }
        }
    };
}

further_operands! {
    Add::add, AddAssign::add_assign;
    Sub::sub, SubAssign::sub_assign;
    Mul::mul, MulAssign::mul_assign;
    Div::div, DivAssign::div_assign;
}
