//! Is the gradient of every operation right?
//!
//! **What is checked.** Below is the table of all operations. For each, inputs are drawn, and
//! every element of every gradient that the tape computes is compared with a central
//! difference of the operation's values (`check_vjp`; chapter 9 of the book explains it). A
//! difference knows nothing of pullbacks, so the two hardly agree unless both are right.
//!
//! **Why that suffices.** A gradient can be right nearly everywhere and wrong where nobody looks.
//! So the inputs are drawn where functions are hard: zeros, numbers from 1e-8 to 1e3 of both signs
//! in one tensor, saturation, ties, one variable in the place of two, and shapes with sizes 0 and 1
//! that broadcast. Each operation is tried on 256 of them, and on others in every run. And so
//! that the check is not believed blindly, each operation is also given wrong pullbacks, 50 of each
//! kind: wrong everywhere, for large inputs, for small ones, in one element, where the input was
//! broadcast. Each must be noticed.
//!
//! **Where it does not suffice.** It asks whether the pullback is the derivative of the value, and
//! not whether the value is what its name says: for that, see `math.rs`, `product.rs` and
//! `sums.rs`, and PyTorch's numbers in the crate `nn`. Where a derivative is so small that the
//! rounding of the value hides it (σ above 30, say), a wrong one that is as small is not noticed.
//! Nothing is said of numbers beyond those drawn, and of `f32` only that it agrees with `f64` for
//! numbers near 1.
//!
//! A test that fails panics at its operation's line of the table, with the simplest input that it
//! could find. `PROPTEST_CASES=10000 cargo test -p tensor --test gradients` looks longer.

mod ops;

use ops::inputs::{Case, Domain, Shapes};
use ops::{Operation, outputs};
use tensor::{Parameter, Scalar, Tape, Tensor, Var};

/// A line of the table: `shapes => name(argument: its numbers) choices { formula }`. A choice
/// `dim < rank(x)` is drawn from 0 to below that.
macro_rules! operation {
    ($shapes:ident $(($rank:literal))? => $name:ident($($x:ident: $domain:expr),+)
        $($choice:ident < $count:expr),* ; $formula:expr) => {
        mod $name {
            use super::*;

            fn choices<T: Scalar>(v: &[Var<'_, T>], case: &Case) -> Vec<usize> {
                let [$($x),+] = v[..] else { panic!("as many as there are arguments") };
                _ = ($($x,)+);
                let numbers = &mut case.choices.iter();
                _ = &numbers;
                $(let $choice = numbers.next().unwrap() % $count;)*
                vec![$($choice),*]
            }

            fn formula<'t, T: Scalar>(v: &[Var<'t, T>], case: &Case) -> Var<'t, T> {
                let [$($x),+] = v[..] else { panic!("as many as there are arguments") };
                let [$($choice),*] = choices(v, case)[..] else { unreachable!() };
                $formula
            }

            fn text(case: &Case) -> String {
                let tape = Tape::no_grad();
                let v: Vec<_> = case.inputs.iter().map(|x| tape.var(x.clone())).collect();
                let [$($choice),*] = choices(&v, case)[..] else { unreachable!() };
                let text = stringify!($formula).to_string();
                text$(.replace(stringify!($choice), &$choice.to_string()))*
            }

            const OPERATION: Operation = Operation {
                name: stringify!($name),
                arguments: &[$((stringify!($x), $domain)),+],
                shapes: Shapes::$shapes $(($rank))?,
                text,
                f64: formula,
                f32: formula,
            };

            #[test]
            fn agrees_with_central_differences() {
                OPERATION.for_all(Domain::as_it_is, |case| {
                    OPERATION.check(case).map_err(|error| error.to_string())
                });
            }

            #[test]
            fn wrong_pullbacks_are_noticed() {
                OPERATION.assert_mutants_are_rejected();
            }

            #[test]
            fn is_the_same_in_f32() {
                OPERATION.for_all(Domain::tame, |case| same_in_f32(&OPERATION, case));
            }

            #[test]
            fn is_recorded_at_this_line() {
                OPERATION.for_all(Domain::as_it_is, |case| recorded_here(&OPERATION, case));
            }
        }
    };
}

const REAL: Domain = Domain::UpTo(1e3);
const NON_ZERO: Domain = Domain::NonZero;

operation!(Broadcast => add(a: REAL, b: REAL); a + b);
operation!(Broadcast => sub(a: REAL, b: REAL); a - b);
operation!(Broadcast => mul(a: REAL, b: REAL); a * b);
operation!(Broadcast => div(a: REAL, b: NON_ZERO); a / b);
operation!(Broadcast => assign(a: REAL, b: NON_ZERO); {
    let mut y = a;
    y += b;
    y *= b;
    y -= a;
    y /= b;
    y
});
operation!(Rank(0) => neg(x: REAL); -x);
operation!(Rank(0) => add_scalar(x: REAL); x + T::from_f64(1.5));
operation!(Rank(0) => sub_scalar(x: REAL); x - T::from_f64(1.5));
operation!(Rank(0) => mul_scalar(x: REAL); x * T::from_f64(1.5));
operation!(Rank(0) => div_scalar(x: REAL); x / T::from_f64(1.5));

operation!(Rank(0) => sigmoid(x: Domain::UpTo(100.0)); x.sigmoid());
operation!(Rank(0) => tanh(x: Domain::UpTo(100.0)); x.tanh());
operation!(Rank(0) => exp(x: Domain::UpTo(80.0)); x.exp());
operation!(Rank(0) => ln(x: Domain::Positive); x.ln());
operation!(Rank(0) => square(x: REAL); x.square());

operation!(Rank(0) => sum(x: REAL); x.sum());
operation!(Rank(0) => mean(x: REAL); x.mean());
operation!(Broadcast => broadcast_to(a: REAL, b: REAL);
    a.broadcast_to(a.shape().broadcast(&b.shape()).unwrap()) + b);
operation!(Broadcast => sum_to_size(a: REAL, b: REAL); (a * b).sum_to_size(b.shape()));

operation!(Rank(1) => log_softmax(x: REAL); x.log_softmax());

operation!(Matrices => matmul(a: REAL, b: REAL); a.matmul(b));
operation!(FeaturesWeightBias => linear(x: REAL, weight: REAL, bias: REAL);
    x.linear(weight, bias));
operation!(FeaturesWeightBias => linear_no_bias(x: REAL, weight: REAL, bias: REAL);
    x.linear(weight, None) + bias);

operation!(Rank(0) => reshape(x: REAL); x.reshape([1, x.shape().num_elements()]));
operation!(Rank(1) => transpose(x: REAL) dim0 < rank(x), dim1 < rank(x); x.transpose(dim0, dim1));
operation!(Rank(1) => narrow(x: REAL)
    dim < rank(x), start < x.shape()[dim] + 1, length < x.shape()[dim] - start + 1;
    x.narrow(dim, start, length));
operation!(Rank(1) => index_select(x: REAL)
    dim < rank(x), first < x.shape()[dim] + 1, second < x.shape()[dim] + 1; {
    let places: Vec<usize> = (0..first).rev().chain(0..second).collect(); // some twice, some not
    x.index_select(dim, &places)
});
operation!(RowsOfFour => chunk(x: Domain::UpTo(80.0)); {
    let [i, f, g, o] = x.chunk();
    f * g + i.exp() * o
});
operation!(Rank(1) => unbind(x: REAL) dim < rank(x); weighted_sum(x.unbind(dim), x.sum()));
operation!(Rank(1) => cat(x: REAL) dim < rank(x), length < x.shape()[dim] + 1;
    Var::cat(&[x, x.narrow(dim, 0, length), x.square()], dim));
operation!(Rank(0) => stack(x: REAL) dim < rank(x) + 1; Var::stack(&[x, x.square(), x], dim));

fn rank<T: Scalar>(x: Var<'_, T>) -> usize {
    x.shape().len()
}

/// Parts with a weight each, so that they cannot be confused.
fn weighted_sum<'t, T: Scalar>(parts: Vec<Var<'t, T>>, start: Var<'t, T>) -> Var<'t, T> {
    let weights = [0.5, -2.0, 3.0, -4.0];
    parts.into_iter().zip(weights).fold(start, |sum, (part, w)| sum + part * T::from_f64(w))
}

/// `f32` gives the same value, and the same gradients of the value's sum.
fn same_in_f32(operation: &Operation, case: &Case) -> Result<(), String> {
    let expected = outputs(operation.f64, case);
    let found = outputs(operation.f32, case);
    for (expected, found) in expected.iter().zip(&found) {
        let size = expected.data().iter().fold(1.0, |m: f64, x| m.max(x.abs()));
        for (e, f) in expected.data().iter().zip(found.data()) {
            let is_same = (e - f).abs() <= 2e-5 * size || e.is_nan() && f.is_nan();
            if !is_same {
                return Err(format!("f64 says {e}, and f32 {f}"));
            }
        }
    }
    Ok(())
}

/// All nodes are recorded at a line of this file, those of broadcasting and of numbers included.
fn recorded_here(operation: &Operation, case: &Case) -> Result<(), String> {
    let tape = Tape::new();
    let v: Vec<_> = case.inputs.iter().map(|x| tape.var(x.clone())).collect();
    operation.apply(&v, case);
    let nodes = tape.nodes().into_iter().skip(v.len()); // the arguments are made elsewhere
    let strange: Vec<_> = nodes.filter(|node| node.location.file() != file!()).collect();
    if strange.is_empty() { Ok(()) } else { Err(format!("recorded elsewhere: {strange:?}")) }
}

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
    assert_eq!(gradients.wrt(tape.watch(&p)).item(), 6.0);
    assert!(gradients.get(&unused).is_none());
    p.value_mut().data_mut()[0] = 5.0;
    assert_eq!(gradients.wrt(tape.watch(&p)).item(), 0.0, "y does not depend on the new value");
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
