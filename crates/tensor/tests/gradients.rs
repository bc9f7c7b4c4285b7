//! Every pullback against central differences, over random shapes and values,
//! and in `f32` against `f64`.

mod ops;

use ops::{check, for_each_op, value_and_gradients};
use proptest::prelude::*;
use tensor::{Parameter, Scalar, Tape, Tensor, Var};

macro_rules! gradient_test {
    ($name:ident, $inputs:expr, |$v:ident, $pick:ident| $formula:expr) => {
        mod $name {
            use super::*;

            fn formula<'t, T: Scalar>($v: &[Var<'t, T>], $pick: usize) -> Var<'t, T> {
                $formula
            }

            proptest! {
                #[test]
                fn agrees_with_central_differences(
                    inputs in $inputs, pick in 0..60_usize, seed: u32,
                ) {
                    if let Err(mismatch) = check(|v| formula(v, pick), &inputs, seed) {
                        return Err(TestCaseError::fail(mismatch.to_string()));
                    }
                }

                #[test]
                fn is_the_same_in_f32(inputs in $inputs, pick in 0..60_usize) {
                    let expected = value_and_gradients::<f64>(|v| formula(v, pick), &inputs);
                    let found = value_and_gradients::<f32>(|v| formula(v, pick), &inputs);
                    for (expected, found) in expected.iter().zip(&found) {
                        let size = expected.data().iter().fold(1.0, |m: f64, x| m.max(x.abs()));
                        for (e, f) in expected.data().iter().zip(found.data()) {
                            prop_assert!((e - f).abs() <= 2e-5 * size, "f64: {e}, f32: {f}");
                        }
                    }
                }
            }
        }
    };
}

for_each_op!(gradient_test);

/// Variables used twice, on the left, on the right, and through a constant.
#[test]
fn fan_out_adds() {
    let tape = Tape::<f64>::new();
    let a = tape.var(Tensor::from(5.0));
    let b = a + a;
    let c = b + b;
    assert_eq!(c.backward().wrt(a).item(), 4.0);
    assert_eq!(c.backward().wrt(a).item(), 4.0, "a second pass starts afresh");
    let d = 2.0 * a - a / 4.0 + a * tape.constant(Tensor::from(3.0)) - 1.0 / a;
    assert_eq!(d.backward().wrt(a).item(), 2.0 - 0.25 + 3.0 + 1.0 / 25.0);
}

/// A variable is a handle: to assign to it changes no other that was a copy of it.
#[test]
fn operators_that_assign() {
    let tape = Tape::<f64>::new();
    let (a, b) = (tape.var(Tensor::from(6.0)), tape.var(Tensor::from(2.0)));
    let mut y = a;
    y += b;
    y *= b;
    y -= 4.0;
    y /= 4.0;
    assert_eq!((y.value().item(), a.value().item()), (3.0, 6.0));
    assert_eq!(y.backward().wrt(b).item(), (6.0 + 2.0 * 2.0) / 4.0);
}

#[test]
fn a_scalar_on_the_left() {
    macro_rules! check {
        ($float:ty) => {{
            let tape = Tape::<$float>::new();
            let x = tape.var(Tensor::from(2.0));
            let y = 2.0 - 8.0 / (6.0 + 5.0 * x);
            assert_eq!(y.value().item(), 1.5);
            assert_eq!(y.backward().wrt(x).item(), 8.0 * 5.0 / (16.0 * 16.0));
        }};
    }
    check!(f32);
    check!(f64);
}

/// In generic code, `1 − z` has to be written `-z + T::one()`. No bit is different.
#[test]
fn one_minus_z_generically() {
    fn minus<'t, T: Scalar>(z: Var<'t, T>) -> Var<'t, T> {
        -z + T::one()
    }
    let numbers = (0..=u32::MAX).step_by(65_521).map(f32::from_bits).filter(|x| !x.is_nan());
    let numbers: Vec<f32> = numbers.collect();
    let tape = Tape::new();
    let z = tape.var(Tensor::new([numbers.len()], numbers));
    let [plain, generic] = [1.0 - z, minus(z)].map(|y| [y.value(), y.sum().backward().wrt(z)]);
    for (plain, generic) in plain.iter().zip(&generic) {
        for (plain, generic) in plain.data().iter().zip(generic.data()) {
            assert_eq!(plain.to_bits(), generic.to_bits());
        }
    }
}

/// An input that the output does not depend on has a gradient of zeros, also
/// when it was recorded later.
#[test]
fn no_path_is_zero() {
    let tape = Tape::new();
    let a = tape.var(Tensor::from([1.0, 2.0]));
    let y = tape.var(Tensor::from(3.0)).square();
    let later = tape.var(Tensor::from([1.0, 2.0, 3.0]));
    let gradients = y.backward();
    assert_eq!(gradients.wrt(a).data(), [0.0, 0.0]);
    assert_eq!(gradients.wrt(later).data(), [0.0, 0.0, 0.0]);
}

/// A pullback is never asked for a constant's gradient, and an operation on
/// constants alone has no pullback.
#[test]
fn constants_cost_nothing() {
    let tape = Tape::<f64>::new();
    let x = tape.var(Tensor::from(2.0));
    let k = tape.constant(Tensor::from(3.0));
    let y = tape.record("probe", [x, k], x.value(), |dy, wanted| {
        assert_eq!(wanted, [true, false]);
        [Some(dy.clone()), None]
    });
    let never = tape.record("never", [k], k.value(), |_, _| -> [Tensor<f64>; 1] {
        panic!("nobody wants this gradient")
    });
    assert_eq!((y * never).backward().wrt(x).item(), 3.0);
}

/// A parameter watched in two places collects the gradients of both, and one
/// that was changed in between is read anew.
#[test]
fn a_parameter_watched_twice() {
    let mut p = Parameter::new(Tensor::from(3.0));
    let unused = Parameter::new(Tensor::from(3.0));
    let tape = Tape::new();
    let y = tape.watch(&p) * tape.watch(&p);
    let gradients = y.backward();
    assert_eq!(gradients.get(&p).unwrap().item(), 6.0);
    assert!(gradients.get(&unused).is_none());
    p.value_mut().data_mut()[0] = 5.0;
    let y = tape.watch(&p).square();
    assert_eq!(y.value().item(), 25.0);
    assert_eq!(y.backward().get(&p).unwrap().item(), 10.0);
}

/// 10⁶ nodes: no recursion in the backward pass, and none in dropping the tape.
#[test]
fn a_million_nodes() {
    let tape = Tape::<f64>::new();
    let x = tape.var(Tensor::from(1.0));
    let mut y = x;
    for _ in 0..1_000_000 {
        y = -y;
    }
    assert_eq!(y.backward().wrt(x).item(), 1.0);
}
