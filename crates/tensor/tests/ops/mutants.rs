//! Pullbacks that are wrong on purpose.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rand::RngExt;
use tensor::{Tensor, Var, VjpErrorKind};

use super::inputs::{self, Case, Domain, Shapes};
use super::{Operation, check_over_list};

/// How many mutants of each family an operation has to be tried with.
const MUTANTS: usize = 50;

/// Where a gradient is wrong.
#[derive(Clone, Copy, Debug)]
enum Family {
    Everywhere,
    /// Where the argument is larger than this.
    Above(f64),
    /// Where it is smaller than this.
    NearZero(f64),
    /// In one element, counted modulo their number.
    OneElement(usize),
    /// Where the argument was repeated to a larger shape.
    Broadcast,
}

/// By what it is multiplied there. NaN is one of them.
fn factor() -> impl Strategy<Value = f64> {
    let close = (0.0011..0.5, any::<bool>()).prop_map(|(d, up)| if up { 1.0 + d } else { 1.0 - d });
    prop_oneof![4 => close, 1 => Just(0.0), 1 => Just(-1.0), 1 => Just(2.0), 1 => Just(f64::NAN)]
}

fn families(shapes: Shapes) -> Vec<BoxedStrategy<Family>> {
    let size = || (-6.0..1.0).prop_map(|power| 10_f64.powf(power));
    let mut families = vec![
        Just(Family::Everywhere).boxed(),
        size().prop_map(Family::Above).boxed(),
        size().prop_map(Family::NearZero).boxed(),
        (0..60_usize).prop_map(Family::OneElement).boxed(),
    ];
    if let Shapes::Broadcast = shapes {
        families.push(Just(Family::Broadcast).boxed());
    }
    families
}

impl Family {
    fn spoil(self, factor: f64, case: &Case, argument: usize, gradient: &mut Tensor<f64>) {
        let x = &case.inputs[argument];
        let count = gradient.data().len();
        let other = case.inputs[case.inputs.len() - 1 - argument].shape();
        let is_broadcast = x.shape().broadcast(&other).is_some_and(|large| large != x.shape());
        for (k, (g, &x)) in gradient.data_mut().iter_mut().zip(x.data()).enumerate() {
            let is_wrong = match self {
                Family::Everywhere => true,
                Family::Above(size) => x.abs() > size,
                Family::NearZero(size) => x.abs() < size,
                Family::OneElement(pick) => k == pick % count,
                Family::Broadcast => is_broadcast,
            };
            if is_wrong {
                *g *= factor;
            }
        }
    }
}

impl Operation {
    /// Spoils the gradient of an argument, and panics at the caller's line if that is not
    /// noticed.
    #[track_caller]
    pub fn assert_mutants_are_rejected(&self) {
        let mut runner = TestRunner::default();
        // Where σ and tanh are saturated, no difference can show what their slope is.
        let numbers = |domain| match domain {
            Domain::UpTo(max) => Domain::UpTo(max.min(10.0)),
            other => other,
        };
        let cases = inputs::cases(self.shapes, self.arguments, numbers);
        for family in families(self.shapes) {
            let draw = (&cases, &family, factor(), 0..3_usize);
            let mut rejected = 0;
            for _ in 0..100 * MUTANTS {
                let (mut case, family, factor, pick) =
                    draw.new_tree(&mut runner).expect("nothing is filtered").current();
                case.repeat = false;
                let argument = pick % case.inputs.len();
                match self.is_rejected(&case, family, factor, argument) {
                    None => continue, // it is no mistake here
                    Some(true) => rejected += 1,
                    Some(false) => {
                        let name = self.arguments[argument].0;
                        let what = format!("the gradient of {name}, times {factor}, {family:?}");
                        panic!("{}", self.failure(&case, &format!("{what}: not noticed")));
                    }
                }
                if rejected == MUTANTS {
                    break;
                }
            }
            assert_eq!(rejected, MUTANTS, "{}: too few mutants of {family:?}", self.name);
        }
    }

    /// `None` if the gradient is not wrong at all, or by less than differences can see.
    fn is_rejected(
        &self,
        case: &Case,
        family: Family,
        factor: f64,
        argument: usize,
    ) -> Option<bool> {
        let y = self.value(case);
        // The direction that `check_vjp` is going to draw.
        let rng = &mut rand_mt::Mt::new(case.seed);
        let u = Tensor::from_fn(y.shape(), || rng.random_range(-1.0..1.0));
        let right = &self.gradients(case, &u)[argument];
        let mut wrong = right.clone();
        family.spoil(factor, case, argument, &mut wrong);
        let sizes = self.sizes_of_what_depends_on(case, argument, &y, &u);
        let is_seen = (0..right.data().len()).any(|k| {
            let [x, right, wrong] = [&case.inputs[argument], right, &wrong].map(|t| t.data()[k]);
            let error = (wrong - right).abs();
            let step = x.abs().max(1.0);
            error.is_nan() || error > 1e-3 * right.abs() && error * step > 1e-10 * sizes[k]
        });
        if !is_seen {
            return None;
        }
        let result = check_over_list(|v| self.mutant(v, case, family, factor, argument), case);
        Some(result.is_err_and(|error| {
            let is_it = (error.op, error.argument) == ("mutant", argument);
            is_it && error.kind == VjpErrorKind::Disagrees
        }))
    }

    /// For each element of an argument, how large the outputs are that it has a part in.
    fn sizes_of_what_depends_on(
        &self,
        case: &Case,
        argument: usize,
        y: &Tensor<f64>,
        u: &Tensor<f64>,
    ) -> Vec<f64> {
        let zeros = Tensor::zeros(y.shape());
        let mut sizes = vec![0.0; case.inputs[argument].data().len()];
        for (j, (&y, &u)) in y.data().iter().zip(u.data()).enumerate() {
            let mut unit = zeros.clone();
            unit.data_mut()[j] = 1.0;
            let row = &self.gradients(case, &unit)[argument];
            for (size, &slope) in sizes.iter_mut().zip(row.data()) {
                *size += if slope == 0.0 { 0.0 } else { (u * y).abs() };
            }
        }
        sizes
    }

    /// The operation with a wrong pullback for one argument.
    fn mutant<'t>(
        &self,
        v: &[Var<'t, f64>],
        case: &Case,
        family: Family,
        factor: f64,
        argument: usize,
    ) -> Var<'t, f64> {
        let (y, tape) = (self.apply(v, case).value(), v[0].tape());
        let mut case = case.clone();
        case.inputs = v.iter().map(|x| x.value()).collect();
        let operation = *self;
        let pullback = move |dy: &Tensor<f64>| {
            let mut gradients = operation.gradients(&case, dy);
            family.spoil(factor, &case, argument, &mut gradients[argument]);
            gradients
        };
        match *v {
            [a] => tape.record("mutant", [a], y, move |dy, _| array::<1>(pullback(dy))),
            [a, b] => tape.record("mutant", [a, b], y, move |dy, _| array::<2>(pullback(dy))),
            [a, b, c] => tape.record("mutant", [a, b, c], y, move |dy, _| array::<3>(pullback(dy))),
            _ => unreachable!("the operations have one to three arguments"),
        }
    }
}

fn array<const N: usize>(gradients: Vec<Tensor<f64>>) -> [Tensor<f64>; N] {
    gradients.try_into().expect("one gradient for each argument")
}
