//! Operations with several values: one pullback waits for the gradients of all.

mod counted;

use counted::Calls;
use tensor::{Shape, Tape, Tensor, Var, check_vjp};

/// The sum, the double and the square of `x`, a pair: three values of three shapes.
fn three<'t>(x: Var<'t, f64>, calls: &Calls) -> [Var<'t, f64>; 3] {
    let (v, calls) = (x.value(), calls.clone());
    let square = v.map(|x| x * x).reshape([2, 1]);
    let values = [v.sum_to_size([]), v.map(|x| 2.0 * x), square];
    x.tape().record_many("three", [x], values, move |[sum, double, square], _| {
        calls.add_one();
        let mut dx = sum.broadcast_to([2]);
        dx.add_assign(&double.map(|dy| 2.0 * dy));
        dx.add_assign(&square.reshape([2]).zip(&v, |dy, x| dy * 2.0 * x));
        [dx]
    })
}

const X: [f64; 2] = [3.0, -5.0];

/// A pass from `y(z, three(z))`, where z is computed from x and equal to it: ∂y/∂x, ∂y/∂ each
/// value, and how often the pullback is called.
fn pass(
    y: impl for<'t> Fn(Var<'t, f64>, [Var<'t, f64>; 3]) -> Var<'t, f64>,
) -> (Vec<f64>, [Vec<f64>; 3], usize) {
    let calls = Calls::default();
    let tape = Tape::new();
    let x = tape.var(Tensor::from(X));
    let z = -(-x);
    let values = three(z, &calls);
    let gradients = y(z, values).backward();
    let wrt = |x| gradients.wrt(x).data().to_vec();
    (wrt(x), values.map(wrt), calls.count())
}

/// Where nothing depends on a value, its gradient is zeros of its shape.
#[test]
fn from_the_first_value() {
    let zeros = vec![0.0, 0.0];
    let found = pass(|_, [sum, _, _]| 7.0 * sum);
    assert_eq!(found, (vec![7.0, 7.0], [vec![7.0], zeros.clone(), zeros], 1));
}

#[test]
fn from_the_last_value() {
    let found = pass(|_, [_, _, square]| square.sum());
    assert_eq!(found, (vec![6.0, -10.0], [vec![0.0], vec![0.0, 0.0], vec![1.0, 1.0]], 1));
}

#[test]
fn from_all_values() {
    let found = pass(|_, [sum, double, square]| (sum + double + square.reshape([2])).sum());
    let dx = vec![2.0 + 2.0 + 6.0, 2.0 + 2.0 - 10.0];
    assert_eq!(found, (dx, [vec![2.0], vec![1.0, 1.0], vec![1.0, 1.0]], 1));
}

/// The operation lies between z and what is computed from z alone, and its pullback is not
/// called.
#[test]
fn from_none_of_the_values() {
    let zeros = vec![0.0, 0.0];
    let found = pass(|z, _| (2.0 * z).sum());
    assert_eq!(found, (vec![2.0, 2.0], [vec![0.0], zeros.clone(), zeros], 0));
}

/// A pass may begin at any of the values, be others of them before it or behind it.
#[test]
fn a_value_may_be_the_root() {
    for (root, dx) in [(0, [1.0, 1.0]), (1, [2.0, 2.0]), (2, [6.0, -10.0])] {
        let calls = Calls::default();
        let tape = Tape::new();
        let x = tape.var(Tensor::from(X));
        let y = three(x, &calls)[root];
        three(x, &calls);
        let gradients = y.vjp(Tensor::full(y.shape(), 1.0));
        assert_eq!(gradients.wrt(x).data(), dx);
        assert_eq!(calls.count(), 1);
    }
}

/// One such operation on the values of another, against central differences.
#[test]
fn one_after_the_other() {
    fn formula<'t>([x]: [Var<'t, f64>; 1]) -> Var<'t, f64> {
        let [sum, double, square] = three(x, &Calls::default());
        let [_, twice, again] = three(square.reshape([2]) * sum, &Calls::default());
        twice * double + again.reshape([2])
    }
    check_vjp(formula, [&Tensor::from([0.5, -1.5])], &mut rand_mt::Mt::new(1)).unwrap();
}

#[test]
fn of_constants_they_are_constants() {
    let calls = Calls::default();
    let tape = Tape::new();
    let values = three(tape.constant(Tensor::from(X)), &calls);
    assert_eq!(calls.pullbacks(), 0);
    let shapes = [Shape::from([]), Shape::from([2]), Shape::from([2, 1])];
    for ((k, value), shape) in values.into_iter().enumerate().zip(shapes) {
        let node = value.node();
        assert_eq!((node.id, node.op, node.part), (k + 1, "three", Some(k)));
        assert_eq!((node.shape(), node.needs_gradient), (shape, false));
    }
}

/// To differentiate a list of parts makes one gradient of the whole, not one for each part.
#[test]
fn unbind_is_one_operation() {
    let tape = Tape::<f64>::new();
    let x = tape.var(Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]));
    let rows = x.unbind(0);
    let labels: Vec<_> = rows.iter().map(|row| (row.node().op, row.node().part)).collect();
    assert_eq!(labels, [("unbind", Some(0)), ("unbind", Some(1)), ("unbind", Some(2))]);
    let gradients = (rows[0] * rows[2]).sum().backward();
    assert_eq!(gradients.wrt(x), Tensor::from([[5.0, 6.0], [0.0, 0.0], [1.0, 2.0]]));
    assert!(tape.constant(Tensor::<f64>::zeros([0, 2])).unbind(0).is_empty());
}
