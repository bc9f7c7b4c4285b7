//! Does `check_vjp` know what it says? Its three answers, over 24 powers of ten.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tensor::{Tensor, Var, VjpError, VjpErrorKind, check_vjp, check_vjp_fast};

/// A function of one number with the derivative that somebody believes it to have.
type Claim = (fn(f64) -> f64, fn(f64) -> f64);

fn record<'t>(x: Var<'t, f64>, (f, derivative): Claim) -> Var<'t, f64> {
    let value = x.value();
    x.tape().record("claim", [x], value.map(f), move |dy, _| {
        [dy.zip(&value, |dy, x| dy * derivative(x))]
    })
}

fn check(claim: Claim, x: &Tensor<f64>) -> Result<(), VjpError> {
    check_vjp(|[x]| record(x, claim), [x], &mut rand_mt::Mt::new(7))
}

const RIGHT: [(&str, f64, f64, Claim); 7] = [
    ("exp", 1e-12, 600.0, (f64::exp, f64::exp)),
    ("ln", 1e-12, 1e12, (f64::ln, |x| 1.0 / x)),
    ("square", 1e-12, 1e12, (|x| x * x, |x| 2.0 * x)),
    ("cube", 1e-12, 1e12, (|x| x * x * x, |x| 3.0 * x * x)),
    ("sqrt", 1e-12, 1e12, (f64::sqrt, |x| 0.5 / x.sqrt())),
    ("reciprocal", 1e-12, 1e12, (f64::recip, |x| -1.0 / (x * x))),
    ("sine", 1e-12, 10.0, (f64::sin, f64::cos)),
];

/// Five numbers spread over the powers of ten, a tiny one beside large ones.
fn spread(from: f64, to: f64) -> impl Strategy<Value = Tensor<f64>> {
    proptest::array::uniform5(from.log10()..to.log10())
        .prop_map(|powers| Tensor::from(powers.map(|power| 10_f64.powf(power))))
}

fn for_all<S: Strategy>(cases: &S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    TestRunner::default().run(cases, property).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn what_is_right_is_accepted() {
    for (name, from, to, claim) in RIGHT {
        for_all(&spread(from, to), |x| {
            check(claim, &x).map_err(|error| TestCaseError::fail(format!("{name}: {error}")))
        });
    }
}

/// How often a function is computed for each element, as the documentation says: the improved
/// slope needs few steps, whatever the size of the element. Only where a function changes over a
/// length of 1, and the element is much larger or smaller, does it take a second ladder.
#[test]
fn about_twenty_evaluations() {
    for (name, from, to, claim) in RIGHT {
        for power in from.log10() as i32..=to.log10() as i32 {
            let count = Cell::new(0);
            let x = Tensor::from([10_f64.powi(power)]);
            let checked = check_vjp(
                |[x]| {
                    count.set(count.get() + 1);
                    record(x, claim)
                },
                [&x],
                &mut rand_mt::Mt::new(7),
            );
            assert_eq!(checked, Ok(()));
            let has_own_length = matches!(name, "exp" | "sine") && !(-6..=0).contains(&power);
            let most = if has_own_length { 90 } else { 28 };
            assert!(count.get() <= most, "{name} of 1e{power}: {}", count.get());
        }
    }
}

/// One element is wrong, by at least a thousandth, and it may be the tiny one.
#[test]
fn what_is_wrong_is_noticed() {
    for (name, from, to, claim) in RIGHT {
        let cases = (spread(from, to), 0..5_usize, 1.1e-3..1.0, any::<bool>());
        for_all(&cases, |(x, element, error, up)| {
            // A cosine that is nearly 0 is a small difference of large numbers.
            prop_assume!(name != "sine" || x.data()[element].cos().abs() > 1e-3);
            let factor = if up { 1.0 + error } else { 1.0 - error };
            let wrong = check_vjp(
                |[x]| {
                    let (value, (f, derivative)) = (x.value(), claim);
                    x.tape().record("claim", [x], value.map(f), move |dy, _| {
                        let mut gradient = dy.zip(&value, |dy, x| dy * derivative(x));
                        gradient.data_mut()[element] *= factor;
                        [gradient]
                    })
                },
                [&x],
                &mut rand_mt::Mt::new(7),
            );
            match wrong {
                Ok(()) => prop_assert!(false, "{name}: element {element} times {factor}"),
                Err(VjpError { kind, element: found, .. }) => {
                    prop_assert_eq!((kind, found), (VjpErrorKind::Disagrees, element), "{}", name);
                }
            }
            Ok(())
        });
    }
}

/// Wrong by the same factor, whatever the size.
#[test]
fn three_x_is_not_the_derivative_of_the_square() {
    for power in -150..150 {
        let x = Tensor::from([10_f64.powi(power)]);
        let error = check((|x| x * x, |x| 3.0 * x), &x).unwrap_err();
        assert_eq!(error.kind, VjpErrorKind::Disagrees, "1e{power}: {error}");
        assert!(check((|x| x * x, |x| 2.0 * x), &x).is_ok(), "1e{power}");
    }
}

#[test]
fn kinks_and_jumps() {
    let kind = |f, derivative, x: f64| {
        check((f, derivative), &Tensor::from([x])).map_err(|error| error.kind)
    };
    fn relu(x: f64) -> f64 {
        x.max(0.0)
    }
    let step = |x| if x > 0.0 { 1.0 } else { 0.0 };
    // A difference of the steps −h and h finds 0.5, whatever h is.
    for derivative in [step, |_| 0.5] {
        assert_eq!(kind(relu, derivative, 0.0), Err(VjpErrorKind::Kink));
    }
    assert_eq!(kind(f64::abs, f64::signum, 0.0), Err(VjpErrorKind::Kink));
    assert_eq!(kind(|x| 5.0 + (x - 2.0).abs(), |_| 1.0, 2.0), Err(VjpErrorKind::Kink));
    assert_eq!(kind(|x| x.abs().sqrt(), |_| 0.0, 0.0), Err(VjpErrorKind::Kink));
    // A staircase is flat, except where it jumps.
    assert_eq!(kind(f64::floor, |_| 0.0, 0.5), Ok(()));
    assert!(kind(f64::floor, |_| 0.0, 2.0).is_err());
    // Beside a kink there is none, however near.
    for x in [1e-12, -1e-12, 1e-3, -1e-3] {
        assert_eq!(kind(relu, step, x), Ok(()), "{x}");
        assert_eq!(kind(relu, |_| 0.5, x), Err(VjpErrorKind::Disagrees), "{x}");
    }
}

#[test]
fn values_that_are_too_coarse() {
    fn coarse(x: f64) -> f64 {
        (0.3 * x + 1e14) - 1e14
    }
    // A step that does not move the value does not make its slope 0, nor if the value is large.
    for f in [coarse, |x| coarse(x) + 1e6] {
        let error = check((f, |_| 0.3), &Tensor::from([2.3])).unwrap_err();
        assert_eq!(error.kind, VjpErrorKind::Noise, "{error}");
        assert!(error.to_string().contains("may be too coarse"), "{error}");
    }
    // So coarse that a slope as large as the value could hide, near 0 and far from it.
    for x in [0.01, 1.0, 1e4] {
        let shaken: Claim = (|x| 1.0 + 1e-7 * (1e9 * x).sin(), |_| 0.0);
        let error = check(shaken, &Tensor::from([x])).unwrap_err();
        assert_eq!(error.kind, VjpErrorKind::Noise, "{x}: {error}");
    }
    // A coarse function of which something can be told.
    let claim: Claim = (|x| (x + 1e10) - 1e10, |_| 1.0);
    assert_eq!(check(claim, &Tensor::from([1.0])), Ok(()));
    assert!(check((claim.0, |_| 1.01), &Tensor::from([1.0])).is_err());
}

#[test]
fn what_is_not_finite() {
    for (claim, x) in [
        ((f64::exp as fn(f64) -> f64, f64::exp as fn(f64) -> f64), 1000.0),
        ((f64::ln, f64::recip), 0.0),
        ((f64::ln, f64::recip), -1.0),
        ((|x| x * x, |x| 2.0 * x), 1e200),
        ((|x| x, |_| 1.0), f64::NAN),
    ] {
        let error = check(claim, &Tensor::from([1.0, x])).unwrap_err();
        assert_eq!((error.kind, error.element), (VjpErrorKind::NotFinite, 1), "{x}: {error}");
    }
    // Also if the tape says 0.
    for (f, x) in [(f64::exp as fn(f64) -> f64, 1000.0), (|x| x, f64::NAN)] {
        let error = check((f, |_| 0.0), &Tensor::from([x])).unwrap_err();
        assert_eq!(error.kind, VjpErrorKind::NotFinite);
    }
    // A point all alone.
    let lonely = |x| if x == 2.0 { 1.0 } else { f64::NAN };
    assert_eq!(
        check((lonely, |_| 0.0), &Tensor::from([2.0])).unwrap_err().kind,
        VjpErrorKind::NotFinite
    );
    // Just before it overflows.
    assert_eq!(check((f64::exp, f64::exp), &Tensor::from([709.0])), Ok(()));
    // The tape says NaN or infinity where a number is right.
    for wrong in [(|_| f64::NAN) as fn(f64) -> f64, |_| f64::INFINITY] {
        let error = check((f64::sin, wrong), &Tensor::from([1.0])).unwrap_err();
        assert_eq!(error.kind, VjpErrorKind::Disagrees);
    }
}

/// Where nothing moves, the gradient has to be 0; where rounding hides the movement, as small.
#[test]
fn flat_functions() {
    let x = Tensor::from([-80.0, 0.0, 80.0]);
    assert_eq!(check((|_| 3.0, |_| 0.0), &x), Ok(()));
    assert!(check((|_| 3.0, |_| 1e-13), &x).is_err());
    assert_eq!(check((f64::tanh, |x| 1.0 - x.tanh() * x.tanh()), &x), Ok(()));
    assert_eq!(check((f64::tanh, |x| 1.0 / x.cosh().powi(2)), &x), Ok(()));
    assert!(check((f64::tanh, |x| 1.0 - x.tanh() * x.tanh() + 1e-12), &x).is_err());
    // ln(1 + eˣ) is 0 far below 0, and its slope is not.
    let x = Tensor::from([-50.0, -100.0]);
    assert_eq!(check((|x| (1.0 + x.exp()).ln(), f64::exp), &x), Ok(()));
    assert!(check((|x| (1.0 + x.exp()).ln(), |x| x.exp() + 1e-13), &x).is_err());
}

/// A function looks like a line from afar. What counts is what it is near the input.
#[test]
fn what_is_near_counts() {
    let kind = |f, derivative, x: &[f64]| {
        check((f, derivative), &Tensor::new([x.len()], x.to_vec())).map_err(|error| error.kind)
    };
    fn bent(x: f64) -> f64 {
        x + x.tanh()
    }
    assert_eq!(kind(bent, |x| 1.0 + 1.0 / x.cosh().powi(2), &[0.0, 2e9]), Ok(()));
    assert_eq!(kind(bent, |_| 1.0, &[0.0, 2e9]), Err(VjpErrorKind::Disagrees));
    // A staircase of the same slope as a ramp.
    for stairs in [|x: f64| (16.0 * x).round() / 16.0, |x: f64| (256.0 * x).round() / 256.0] {
        for derivative in [|_: f64| 0.0, |_| 1.0] {
            assert_eq!(kind(stairs, derivative, &[1.0]), Err(VjpErrorKind::Noise));
        }
    }
    // Near 0 the steps are shorter, and the stairs may be.
    let stairs = |x: f64| (16e3 * x).round() / 16e3;
    assert_eq!(kind(stairs, |_| 1.0, &[1e-3]), Err(VjpErrorKind::Noise));
    // Also of a tiny one.
    let stairs = |x: f64| 1e-9 * (256.0 * x).round() / 256.0;
    assert_eq!(kind(stairs, |_| 1e-9, &[1.0]), Err(VjpErrorKind::Noise));
    // What changes within a millionth of the input cannot be told, however large its slope.
    let steep = |x: f64| (1e6 * (x - 1.0)).tanh();
    assert_eq!(kind(steep, |_| 1e6, &[1.0]), Err(VjpErrorKind::Noise));
    // A kink in a value that is otherwise large.
    for derivative in [|_: f64| 0.0, |_| 1.0, |_| 5.0] {
        assert_eq!(kind(|x| 1e9 + x.max(0.0), derivative, &[0.0]), Err(VjpErrorKind::Kink));
    }
}

/// What is wrong is reported before what cannot be told, and what is farther off before what is
/// less; a NaN is farther than any number.
#[test]
fn the_worst_element() {
    let worst = |claim, x: &[f64]| {
        let error = check(claim, &Tensor::new([x.len()], x.to_vec())).unwrap_err();
        (error.kind, error.element)
    };
    let kinked: Claim = (|x| x.max(0.0), |x| if x > 1.5 { 1.5 } else { 1.0 });
    assert_eq!(worst(kinked, &[0.0, 1.0, 2.0]), (VjpErrorKind::Disagrees, 2));
    // Of the slopes 2000, 200 and 0.1, by how much each is off, and a second time in another order.
    let off = |x: f64| 2.0 * x + if x > 500.0 { 5.0 } else { x.max(0.2) };
    let square: Claim = (|x| x * x, off);
    assert_eq!(worst(square, &[1000.0, 100.0, 0.05]), (VjpErrorKind::Disagrees, 1));
    assert_eq!(worst(square, &[0.05, 1000.0, 100.0]), (VjpErrorKind::Disagrees, 2));
    let nan: Claim = (f64::sin, |x| if x > 1.5 { f64::NAN } else { 100.0 });
    assert_eq!(worst(nan, &[1.0, 2.0, 3.0]), (VjpErrorKind::Disagrees, 1));
}

#[test]
fn three_directions() {
    let rng = &mut rand_mt::Mt::new(1);
    let x = Tensor::from_fn([10, 100], || 0.5);
    let runs = std::cell::Cell::new(0);
    let sine = |[x]: [Var<'_, f64>; 1]| {
        runs.set(runs.get() + 1);
        record(x, (f64::sin, f64::cos)).value()
    };
    fn wrong<'t>(x: Var<'t, f64>, element: usize) -> Var<'t, f64> {
        let value = x.value();
        x.tape().record("claim", [x], value.map(f64::sin), move |dy, _| {
            let mut gradient = dy.zip(&value, |dy, x| dy * x.cos());
            gradient.data_mut()[element] *= 1.01;
            [gradient]
        })
    }
    check_vjp_fast(
        |[x]| {
            sine([x]);
            record(x, (f64::sin, f64::cos))
        },
        [&x],
        rng,
    )
    .unwrap();
    assert!(runs.get() < 100, "{} runs for 1000 elements", runs.get());
    let error = check_vjp_fast(|[x]| wrong(x, 617), [&x], rng).unwrap_err();
    assert_eq!((error.kind, error.element), (VjpErrorKind::Disagrees, 617));
    assert!(error.to_string().contains("[6, 17]"), "{error}");
    // A kink is where a direction cannot tell, and every element is asked.
    let kinked = Tensor::from([1.0, 0.0]);
    let error = check_vjp_fast(|[x]| record(x, (f64::abs, f64::signum)), [&kinked], rng);
    assert_eq!(error.unwrap_err().kind, VjpErrorKind::Kink);
}
