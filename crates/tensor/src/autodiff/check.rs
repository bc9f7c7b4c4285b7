//! A gradient against central differences.

use std::fmt;

use rand::{Rng, RngExt};

use crate::{Shape, Tape, Tensor, Var};

/// The step of the central differences. Their truncation error grows with the
/// step's square and their round-off with its inverse; in `f64`, for values
/// near 1, the two are equal at about the cube root of the machine epsilon.
const STEP: f64 = 6e-6;
const RELATIVE_TOLERANCE: f64 = 1e-8;
const ABSOLUTE_TOLERANCE: f64 = 1e-9;
const DIRECTIONS: usize = 3;

/// Checks the vector-Jacobian products of `f` at `inputs`.
///
/// Two random directions are drawn: `v` in the inputs' space and `u` in the
/// output's. If `J` is the Jacobian, then `⟨u, J v⟩ = ⟨Jᵀu, v⟩`. The left side is
/// computed by central differences, which never look at a pullback, and the
/// right side by the tape. Because a direction can be blind to an error that is
/// orthogonal to it, this is done three times.
///
/// The differences cost two evaluations each, however many elements there are.
/// Only when the sides disagree is every element tried on its own, to say which.
///
/// # Errors
/// When they disagree: a [`VjpMismatch`] that names the operation, the argument
/// and the worst element, with both values.
///
/// ```
/// use tensor::{Tensor, check_vjp};
///
/// let mut rng = rand_mt::Mt::new(1);
/// let x = Tensor::from([[0.5, -1.0], [2.0, 0.0]]);
///
/// check_vjp(|[x]| x.tanh(), [&x], &mut rng).unwrap();
///
/// // A wrong rule: the derivative of tanh is not 1 − y.
/// let wrong = check_vjp(
///     |[x]| {
///         let y = x.value().map(f64::tanh);
///         x.tape().record("my_tanh", [x], y.clone(), move |dy, _| {
///             [dy.zip(&y, |dy, y| dy * (1.0 - y))]
///         })
///     },
///     [&x],
///     &mut rng,
/// );
/// assert!(wrong.unwrap_err().to_string().contains("my_tanh"));
/// ```
pub fn check_vjp<const N: usize>(
    f: impl for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
    inputs: [&Tensor<f64>; N],
    rng: &mut impl Rng,
) -> Result<(), VjpMismatch> {
    let inputs = inputs.map(Tensor::clone);
    let tape = Tape::new();
    let variables = inputs.each_ref().map(|x| tape.var(x.clone()));
    let y = f(variables);

    for _ in 0..DIRECTIONS {
        let mut direction = |shape: Shape| Tensor::from_fn(shape, || rng.random_range(-1.0..1.0));
        let v = inputs.each_ref().map(|x| direction(x.shape()));
        let u = direction(y.shape());
        let gradients = y.vjp(u.clone());
        let gradients = variables.map(|x| gradients.wrt(x));

        let slope = central_difference(&f, &inputs, &v);
        let expected = slope.dot(&u);
        let found: f64 = gradients.iter().zip(&v).map(|(gradient, v)| gradient.dot(v)).sum();
        // Rounding errors grow with the terms of the sums, not with the sums.
        let terms = |a: &Tensor<f64>, b: &Tensor<f64>| a.map(f64::abs).dot(&b.map(f64::abs));
        let size = terms(&slope, &u)
            + terms(&y.value(), &u)
            + gradients.iter().zip(&v).map(|(gradient, v)| terms(gradient, v)).sum::<f64>();
        let error = (expected - found).abs();
        if error.is_nan() || error > ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * size {
            let op = y.node().op;
            return Err(worst_element(&f, &inputs, &u, &gradients, op));
        }
    }
    Ok(())
}

/// `J d`, the slope of `f` at `inputs` in the direction `d`.
fn central_difference<const N: usize>(
    f: &impl for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
    inputs: &[Tensor<f64>; N],
    d: &[Tensor<f64>; N],
) -> Tensor<f64> {
    let at = |step: f64| {
        let tape = Tape::new();
        let moved: [Var<'_, f64>; N] =
            std::array::from_fn(|k| tape.var(inputs[k].zip(&d[k], |x, d| x + step * d)));
        f(moved).value()
    };
    at(STEP).zip(&at(-STEP), |plus, minus| (plus - minus) / (2.0 * STEP))
}

fn worst_element<const N: usize>(
    f: &impl for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
    inputs: &[Tensor<f64>; N],
    u: &Tensor<f64>,
    gradients: &[Tensor<f64>; N],
    op: &'static str,
) -> VjpMismatch {
    let mut worst: Option<VjpMismatch> = None;
    for (argument, gradient) in gradients.iter().enumerate() {
        for (element, &tape) in gradient.data().iter().enumerate() {
            let mut d = inputs.each_ref().map(|x| Tensor::zeros(x.shape()));
            d[argument].data_mut()[element] = 1.0;
            let difference = central_difference(f, inputs, &d).dot(u);
            let shape = gradient.shape();
            let mismatch = VjpMismatch { op, argument, shape, element, tape, difference };
            if worst.as_ref().is_none_or(|worst| mismatch.error() > worst.error()) {
                worst = Some(mismatch);
            }
        }
    }
    worst.expect("two sides can only differ where there is an element")
}

/// Where the tape and the central differences disagree most.
#[derive(Debug, Clone, PartialEq)]
pub struct VjpMismatch {
    /// The operation that made the output.
    pub op: &'static str,
    /// Which input, counted from 0.
    pub argument: usize,
    /// The input's shape.
    pub shape: Shape,
    /// Which element of the input, in row-major order.
    pub element: usize,
    /// `∂⟨u, y⟩/∂x` of that element, by the tape.
    pub tape: f64,
    /// The same by central differences.
    pub difference: f64,
}

impl VjpMismatch {
    /// A NaN is worse than any number.
    fn error(&self) -> f64 {
        let error = (self.tape - self.difference).abs();
        if error.is_nan() { f64::INFINITY } else { error }
    }
}

impl fmt::Display for VjpMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut index = vec![0; self.shape.len()];
        let mut rest = self.element;
        for (i, size) in index.iter_mut().zip(&*self.shape).rev() {
            *i = rest % size;
            rest /= size;
        }
        write!(
            f,
            "{}: the gradient of argument {}, of shape {}, is wrong.\n\
             The worst of its elements is {index:?}:\n  \
             the tape says           {:+.9e}\n  \
             central differences say {:+.9e}",
            self.op, self.argument, self.shape, self.tape, self.difference
        )
    }
}

impl std::error::Error for VjpMismatch {}
