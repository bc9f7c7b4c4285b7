//! What is recorded knows the line that recorded it, which is one of the program and not one
//! of this crate. (For the operations of the table, `gradients.rs` tests it.)

use std::panic::{AssertUnwindSafe, catch_unwind};

use tensor::{Tape, Tensor, Var};

/// All nodes, those of broadcasting and of scalars included.
fn assert_recorded_here(tape: &Tape<f64>) {
    for node in tape.nodes() {
        assert_eq!(node.location.file(), file!(), "{node}");
    }
}

#[test]
fn leaves_and_scalars_on_the_left() {
    let weight = tensor::Parameter::new(Tensor::from(3.0));
    let tape = Tape::<f64>::new();
    let x = tape.constant(Tensor::from([1.0, 2.0])) * tape.watch(&weight);
    _ = 1.0 + x;
    _ = 1.0 - x;
    _ = 1.0 * x;
    _ = 1.0 / x;
    assert_recorded_here(&tape);
}

#[test]
fn scalars_that_are_assigned() {
    let tape = Tape::<f64>::new();
    let mut x = tape.var(Tensor::from([1.0, 2.0]));
    x += 1.0;
    x -= 1.0;
    x *= 1.0;
    x /= 1.0;
    assert_recorded_here(&tape);
}

/// Your own operation is where you call [`Tape::record`], or, if the function that does so
/// is `#[track_caller]`, where that is called.
#[test]
fn an_operation_of_your_own() {
    #[track_caller]
    fn twice<'t>(x: Var<'t, f64>) -> [Var<'t, f64>; 2] {
        x.tape().record_many("twice", [x], [x.value(), x.value()], |[a, b], _| {
            [a.zip(&b, |a, b| a + b)]
        })
    }
    let tape = Tape::new();
    let x = tape.var(Tensor::from(1.0));
    let line = line!() + 1;
    let parts = twice(x);
    for (k, part) in parts.into_iter().enumerate() {
        let node = part.node();
        assert_eq!((node.op, node.part, node.location.line()), ("twice", Some(k), line));
        let start = format!("%{} twice[{k}] [], recorded at {}:{line}:", k + 1, file!());
        assert!(node.to_string().starts_with(&start), "{node}");
    }
}

/// The panic is in the backward pass, the mistake where the operation was recorded.
#[test]
fn a_wrong_pullback() {
    let tape = Tape::new();
    let x = tape.var(Tensor::zeros([2]));
    let line = line!() + 1;
    let y = tape.record("mine", [x], Tensor::from(0.0), |dy, _| [dy.clone()]);
    let panic = catch_unwind(AssertUnwindSafe(|| y.square().backward())).err().unwrap();
    let message = panic.downcast::<String>().unwrap();
    assert!(message.contains(&format!("recorded at {}:{line}:", file!())), "{message}");
}
