//! What the tests of `gradients.rs` need: an operation as a case, and what is asked of it.

pub mod inputs;
pub mod mutants;

use inputs::{Case, Domain, Shapes};
use proptest::test_runner::{TestCaseError, TestError, TestRunner};
use tensor::{Scalar, Tape, Tensor, Var, VjpError, check_vjp};

/// An operation of the table.
#[derive(Clone, Copy)]
pub struct Operation {
    pub name: &'static str,
    /// Its arguments, each with the numbers it may be.
    pub arguments: &'static [(&'static str, Domain)],
    pub shapes: Shapes,
    /// The formula as it is written, with its numbers in the place of their names.
    pub text: fn(&Case) -> String,
    pub f64: Formula<f64>,
    pub f32: Formula<f32>,
}

/// An operation's result, from its arguments and the case's choices.
pub type Formula<T> = for<'t> fn(&[Var<'t, T>], &Case) -> Var<'t, T>;

impl Operation {
    /// Draws cases. If one fails, makes it as simple as it can, and panics at the caller's
    /// line.
    #[track_caller]
    pub fn for_all(
        &self,
        numbers: fn(Domain) -> Domain,
        property: impl Fn(&Case) -> Result<(), String>,
    ) {
        let cases = inputs::cases(self.shapes, self.arguments, numbers);
        let result =
            TestRunner::default().run(&cases, |case| property(&case).map_err(TestCaseError::fail));
        match result {
            Ok(()) => (),
            Err(TestError::Fail(why, case)) => panic!("{}", self.failure(&case, &why.to_string())),
            Err(error) => panic!("{}: {error}", self.name),
        }
    }

    fn failure(&self, case: &Case, why: &str) -> String {
        let arguments =
            self.arguments.iter().zip(&case.inputs).map(|((name, _), x)| {
                format!("\n  {name} = {:?}, of shape {}", x.data(), x.shape())
            });
        let arguments: String = arguments.collect();
        let text = (self.text)(case);
        format!("{text}\n{why}\nThe simplest input that was found to fail:{arguments}\n")
    }

    /// The tape against central differences, every element of every argument.
    pub fn check(&self, case: &Case) -> Result<(), VjpError> {
        check_over_list(|v| self.apply(v, case), case)
    }

    /// The operation on variables of a tape. In a case of repetition all are the last one.
    pub fn apply<'t>(&self, v: &[Var<'t, f64>], case: &Case) -> Var<'t, f64> {
        (self.f64)(&case.repeated(v), case)
    }

    /// `Jᵀu`, by the tape.
    pub fn gradients(&self, case: &Case, u: &Tensor<f64>) -> Vec<Tensor<f64>> {
        let tape = Tape::new();
        let v: Vec<_> = case.inputs.iter().map(|x| tape.var(x.clone())).collect();
        let gradients = self.apply(&v, case).vjp(u.clone());
        v.iter().map(|&x| gradients.wrt(x)).collect()
    }

    pub fn value(&self, case: &Case) -> Tensor<f64> {
        let tape = Tape::no_grad();
        let v: Vec<_> = case.inputs.iter().map(|x| tape.var(x.clone())).collect();
        self.apply(&v, case).value()
    }
}

/// `check_vjp` for a formula over a list of one to three inputs.
pub fn check_over_list(
    f: impl for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64>,
    case: &Case,
) -> Result<(), VjpError> {
    let rng = &mut rand_mt::Mt::new(case.seed);
    match &case.inputs[..] {
        [a] => check_vjp(|v: [_; 1]| f(&v), [a], rng),
        [a, b] => check_vjp(|v: [_; 2]| f(&v), [a, b], rng),
        [a, b, c] => check_vjp(|v: [_; 3]| f(&v), [a, b, c], rng),
        _ => unreachable!("the operations have one to three arguments"),
    }
}

/// What an operation gives: its value, and the gradients of the value's sum.
pub fn outputs<T: Scalar>(formula: Formula<T>, case: &Case) -> Vec<Tensor<f64>> {
    let tape = Tape::new();
    let v: Vec<_> = case.inputs.iter().map(|x| tape.var(x.cast())).collect();
    let y = formula(&v, case);
    let gradients = y.vjp(Tensor::full(y.shape(), T::one()));
    let results = v.iter().map(|&x| gradients.wrt(x));
    std::iter::once(y.value()).chain(results).map(|t| t.cast()).collect()
}
