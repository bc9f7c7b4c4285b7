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

/// Checks the vector-Jacobian products of `f` at `inputs`.
///
/// Two random directions are drawn: `v` in the inputs' space and `u` in the
/// output's. If `J` is the Jacobian, then `⟨u, J v⟩ = ⟨Jᵀu, v⟩`. The left side is
/// computed by central differences, which never look at a pullback, and the
/// right side by the tape.
///
/// The differences cost two evaluations, however many elements there are. Only
/// when the sides disagree is each element tried on its own, to say which.
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
    let mut direction = |shape: Shape| Tensor::from_fn(shape, || rng.random_range(-1.0..1.0));
    let inputs = inputs.map(Tensor::clone);
    let v = inputs.each_ref().map(|x| direction(x.shape()));

    let tape = Tape::new();
    let variables = inputs.each_ref().map(|x| tape.var(x.clone()));
    let y = f(variables);
    let u = direction(y.shape());
    let gradients = y.vjp(u.clone());
    let gradients = variables.map(|x| gradients.wrt(x));

    // ⟨u, J d⟩ for a direction d, and how large the terms of that sum are.
    let difference = |d: &[Tensor<f64>; N]| -> (f64, f64) {
        let at = |step: f64| -> Tensor<f64> {
            let tape = Tape::new();
            let moved: [Var<'_, f64>; N] =
                std::array::from_fn(|k| tape.var(inputs[k].zip(&d[k], |x, d| x + step * d)));
            f(moved).value()
        };
        let slope = at(STEP).zip(&at(-STEP), |plus, minus| (plus - minus) / (2.0 * STEP));
        let terms = slope.zip(&u, |s, u| (s * u).abs());
        (slope.dot(&u), terms.data().iter().sum())
    };
    let agree = |a: f64, b: f64, size: f64| {
        // Written so that a NaN on either side disagrees.
        (a - b).abs() <= ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * size
    };

    let (expected, mut size) = difference(&v);
    let mut found = 0.0;
    for (gradient, v) in gradients.iter().zip(&v) {
        found += gradient.dot(v);
        size += gradient.zip(v, |g, v| (g * v).abs()).data().iter().sum::<f64>();
    }
    // Round-off in y itself, divided by the step.
    size += y.value().zip(&u, |y, u| (y * u).abs()).data().iter().sum::<f64>();
    if agree(expected, found, size) {
        return Ok(());
    }

    let mut worst: Option<VjpMismatch> = None;
    for (argument, gradient) in gradients.iter().enumerate() {
        for element in 0..gradient.data().len() {
            let mut d = inputs.each_ref().map(|x| Tensor::zeros(x.shape()));
            d[argument].data_mut()[element] = 1.0;
            let mismatch = VjpMismatch {
                op: tape.with_nodes(|nodes| nodes[y.id].op),
                argument,
                shape: gradient.shape(),
                element,
                tape: gradient.data()[element],
                difference: difference(&d).0,
            };
            if worst.as_ref().is_none_or(|worst| mismatch.error() > worst.error()) {
                worst = Some(mismatch);
            }
        }
    }
    Err(worst.expect("two sides can only differ where there is an element"))
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
            "{}: the gradient of argument {} (shape {}) is wrong, most of all at {index:?}:\n  \
             the tape says           {:+.9e}\n  \
             central differences say {:+.9e}",
            self.op, self.argument, self.shape, self.tape, self.difference
        )
    }
}

impl std::error::Error for VjpMismatch {}
