//! Can the checker fail? For every operation, its pullback is broken in several
//! ways, and each must be rejected.

mod ops;

use ops::{Inputs, check, for_each_op};
use proptest::prelude::*;
use tensor::{Scalar, Tape, Tensor, Var};

type Mutation = fn(&mut [f64]);

/// How a correct gradient is made wrong.
const MUTATIONS: [(&str, Mutation); 4] = [
    ("its sign is wrong", |g| g.iter_mut().for_each(|g| *g = -*g)),
    ("a factor is off by a thousandth", |g| g.iter_mut().for_each(|g| *g *= 1.001)),
    ("its last element is forgotten", |g| *g.last_mut().unwrap() = 0.0),
    ("it is NaN", |g| g[0] = f64::NAN),
];

/// The operation `f` with a wrong pullback for one argument.
fn mutant<'t>(
    f: fn(&[Var<'_, f64>], usize) -> Tensor<f64>,
    correct: impl Fn(&Inputs, &Tensor<f64>) -> Inputs + Send + 'static,
    v: &[Var<'t, f64>],
    pick: usize,
    argument: usize,
    mutate: Mutation,
) -> Var<'t, f64> {
    let values: Inputs = v.iter().map(|x| x.value()).collect();
    let y = f(v, pick);
    let pullback = move |dy: &Tensor<f64>| {
        let mut gradients = correct(&values, dy);
        mutate(gradients[argument].data_mut());
        gradients
    };
    let tape = v[0].tape();
    match *v {
        [a] => tape.record("mutant", [a], y, move |dy, _| one(pullback(dy))),
        [a, b] => tape.record("mutant", [a, b], y, move |dy, _| one(pullback(dy))),
        [a, b, c] => tape.record("mutant", [a, b, c], y, move |dy, _| one(pullback(dy))),
        _ => unreachable!("the operations have one to three inputs"),
    }
}

fn one<const N: usize>(gradients: Inputs) -> [Tensor<f64>; N] {
    gradients.try_into().expect("one gradient for each input")
}

macro_rules! mutant_test {
    ($name:ident, $inputs:expr, |$v:ident, $pick:ident| $formula:expr) => {
        mod $name {
            use super::*;

            #[allow(clippy::extra_unused_type_parameters)]
            fn formula<'t, T: Scalar>($v: &[Var<'t, T>], $pick: usize) -> Var<'t, T> {
                $formula
            }

            fn value(v: &[Var<'_, f64>], pick: usize) -> Tensor<f64> {
                formula(v, pick).value()
            }

            fn correct(inputs: &Inputs, dy: &Tensor<f64>, pick: usize) -> Inputs {
                let tape = Tape::new();
                let v: Vec<_> = inputs.iter().map(|x| tape.var(x.clone())).collect();
                let gradients = formula(&v, pick).vjp(dy.clone());
                v.iter().map(|&x| gradients.wrt(x)).collect()
            }

            proptest! {
                #![proptest_config(ProptestConfig::with_cases(64))]
                #[test]
                fn is_rejected(inputs in $inputs, pick in 0..60_usize, seed: u32) {
                    // Where the gradient's last element really is 0 (narrow), forgetting
                    // it is no mistake.
                    let forgotten_matters = |argument: usize| {
                        let tape = Tape::new();
                        let v: Vec<_> = inputs.iter().map(|x| tape.var(x.clone())).collect();
                        let ones = Tensor::full(formula(&v, pick).shape(), 1.0);
                        *correct(&inputs, &ones, pick)[argument].data().last().unwrap() != 0.0
                    };
                    for argument in 0..inputs.len() {
                        for (name, mutate) in MUTATIONS {
                            if name.contains("forgotten") && !forgotten_matters(argument) {
                                continue;
                            }
                            let result = check(
                                |v| mutant(
                                    value,
                                    move |x, dy| correct(x, dy, pick),
                                    v, pick, argument, mutate,
                                ),
                                &inputs,
                                seed,
                            );
                            let Err(mismatch) = result else {
                                return Err(TestCaseError::fail(format!(
                                    "argument {argument}: {name}, and the checker did not notice"
                                )));
                            };
                            prop_assert_eq!(mismatch.op, "mutant");
                            prop_assert_eq!(mismatch.argument, argument);
                        }
                    }
                }
            }
        }
    };
}

for_each_op!(mutant_test);
