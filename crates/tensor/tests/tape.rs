//! What is on a tape, and what is not.

mod counted;

use counted::{Calls, counted};
use tensor::{Gradients, Parameter, Tape, Tensor, Var};

/// Watching a parameter again gives the node that is there, as long as that has its value.
#[test]
fn a_value_of_a_parameter_is_one_node() {
    let mut p = Parameter::new(Tensor::from(3.0));
    let twin = p.clone();
    let tape = Tape::<f64>::new();
    let watch = |p: &Parameter<f64>| tape.watch(p).node().id;
    assert_eq!([watch(&p), watch(&p)], [0, 0]);
    assert_eq!([watch(&twin), watch(&p), watch(&twin)], [1, 0, 1]);
    p.value_mut().data_mut()[0] = 5.0;
    assert_eq!([watch(&p), watch(&twin), watch(&p)], [2, 1, 2]);
    // Whatever was computed before the change still stands beside what it was computed from.
    let values: Vec<f64> = tape.nodes().iter().map(|node| node.value.item()).collect();
    assert_eq!(values, [3.0, 3.0, 5.0]);
}

/// The two are told apart by what holds the numbers: equal ones are not enough.
#[test]
fn a_parameter_that_was_set_to_equal_numbers_is_a_new_node() {
    let mut p = Parameter::new(Tensor::from(3.0));
    let tape = Tape::<f64>::new();
    tape.watch(&p);
    *p.value_mut() = Tensor::from(3.0);
    assert_eq!(tape.watch(&p).node().id, 1);
}

/// Nor is it enough that the same memory holds them.
#[test]
fn a_parameter_that_was_set_to_another_part_of_its_numbers_is_a_new_node() {
    let x = Tensor::from([3.0, 3.0]);
    let mut p = Parameter::new(x.clone());
    let tape = Tape::<f64>::new();
    for (id, part) in [x.narrow(0, 0, 1), x.narrow(0, 1, 1), x].into_iter().enumerate() {
        *p.value_mut() = part;
        assert_eq!([tape.watch(&p), tape.watch(&p)].map(|w| w.node().id), [id; 2]);
    }
}

/// So that code for several layers or directions costs nothing where there is one.
#[test]
fn cat_of_one_variable_is_that_variable() {
    let tape = Tape::<f64>::new();
    let x = tape.var(Tensor::zeros([2, 3]));
    for dim in 0..2 {
        assert_eq!(Var::cat(&[x], dim).node().id, x.node().id);
    }
    assert_eq!(tape.len(), 1);
}

#[test]
fn reset_empties_the_tape() {
    let p = Parameter::new(Tensor::from(3.0));
    let calls = Calls::default();
    let mut tape = Tape::new();
    counted(tape.watch(&p), &calls);
    assert_eq!((tape.len(), tape.is_empty(), calls.pullbacks()), (2, false, 1));
    tape.reset();
    assert_eq!((tape.len(), tape.is_empty(), calls.pullbacks()), (0, true, 0));
    // Nor does it remember where the parameter was.
    tape.var(Tensor::from(0.0));
    assert_eq!(tape.watch(&p).node().id, 1);
}

/// Without gradients, all is a constant, and a pullback is dropped when it is recorded.
#[test]
fn no_grad_keeps_values_and_nothing_else() {
    let p = Parameter::new(Tensor::from([3.0, 4.0]));
    let calls = Calls::default();
    let mut tape = Tape::no_grad();
    assert_eq!([tape.is_no_grad(), Tape::<f64>::new().is_no_grad()], [true, false]);
    let [x, y] = counted(tape.watch(&p) * tape.var(Tensor::from(2.0)), &calls).chunk();
    assert_eq!((x + y).value().item(), 14.0);
    assert_eq!(calls.pullbacks(), 0);
    assert!(tape.nodes().iter().all(|node| !node.needs_gradient));
    tape.reset();
    assert!(tape.is_empty());
    assert!(!tape.watch(&p).node().needs_gradient, "a reset does not turn gradients on");
}

/// The same for operations on constants of any tape.
#[test]
fn operations_on_constants_keep_no_pullback() {
    let calls = Calls::default();
    let tape = Tape::new();
    let k = counted(tape.constant(Tensor::from(2.0)), &calls);
    assert_eq!(calls.pullbacks(), 0);
    counted(k * tape.var(Tensor::from(3.0)), &calls);
    assert_eq!(calls.pullbacks(), 1);
}

#[test]
fn the_first_value_that_is_not_finite() {
    let tape = Tape::<f64>::new();
    let first = || tape.first_non_finite().map(|node| (node.id, node.op));
    assert_eq!(first(), None);
    let x = tape.var(Tensor::from([1.0, 0.0]));
    let large = x * f64::MAX;
    assert_eq!(first(), None);
    let infinite = large + large; // ∞ and 0
    assert_eq!(first(), Some((infinite.node().id, "add")));
    _ = infinite - infinite; // NaN, but later
    assert_eq!(first(), Some((infinite.node().id, "add")));
}

#[test]
fn a_nan_and_a_negative_infinity_are_not_finite() {
    for (x, op) in [([1.0, -1.0], "ln"), ([1.0, 0.0], "ln"), ([1.0, f64::NAN], "var")] {
        let tape = Tape::<f64>::new();
        tape.var(Tensor::from(x)).ln().exp();
        assert_eq!(tape.first_non_finite().unwrap().op, op, "{x:?}");
    }
}

/// A tape may be handed to another thread, as it is; so may the gradients be handed back.
#[test]
fn a_tape_goes_to_another_thread() {
    fn pass(tape: &Tape<f64>, p: &Parameter<f64>) -> Gradients<f64> {
        let w = tape.watch(p);
        (w.tanh() * w.sigmoid()).sum().exp().backward()
    }
    fn assert_send<T: Send>(sent: T) -> T {
        sent
    }
    let p = Parameter::new(Tensor::from([0.5, -1.5, 3.0]));
    let tape = assert_send(Tape::new());
    let here = pass(&tape, &p);
    let there = std::thread::scope(|threads| {
        let handle = threads.spawn(|| {
            let tape = tape; // with all that is on it
            assert_eq!(tape.watch(&p).node().id, 0);
            pass(&tape, &p)
        });
        handle.join().unwrap()
    });
    assert_eq!(here.get(&p).unwrap(), there.get(&p).unwrap());
}
