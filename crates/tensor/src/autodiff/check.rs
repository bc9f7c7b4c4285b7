//! A gradient against central differences.

use std::fmt;

use rand::{Rng, RngExt};

use super::slope::{Doubt, Line};
use crate::{Shape, Tape, Tensor, Var};

const DIRECTIONS: usize = 3;

/// Checks the vector-Jacobian products of `f` at `inputs`, element by element.
///
/// A random direction `u` is drawn in the output's space. If `J` is the Jacobian of `f`, then
/// `⟨u, J v⟩ = ⟨Jᵀu, v⟩` for every direction `v` in the inputs' space. The right side is the
/// tape's. The left side is the slope of `⟨u, f⟩` along `v`, by central differences, which
/// never look at a pullback. Here `v` is each element of the inputs in turn.
///
/// No single step suits all functions and numbers. So there is a ladder of steps, from a quarter
/// of the element down to a hundred-millionth of it; if that does not settle the matter, another
/// one from a quarter of 1, and one from a quarter of the largest element. The differences are
/// believed as far as they agree among each other. About twenty evaluations of
/// `f` are usual for an element, and [`check_vjp_fast`] takes them for three directions and not
/// for every element.
///
/// # Errors
/// A [`VjpError`] that names the operation, the argument and the worst element, with both
/// values. It says whether they disagree or whether it [cannot be told](VjpErrorKind), and why.
/// Where a derivative is so small that the rounding of the values hides it, as that of a
/// saturated `tanh`, a tape's gradient that is equally small is right.
///
/// ```
/// use tensor::{Tensor, VjpErrorKind, check_vjp};
///
/// let mut rng = rand_mt::Mt::new(1);
/// let x = Tensor::from([[0.5, -1e-6], [1e3, 0.0]]);
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
/// let error = wrong.unwrap_err();
/// assert_eq!((error.kind, error.op), (VjpErrorKind::Disagrees, "my_tanh"));
/// ```
pub fn check_vjp<const N: usize>(
    f: impl for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
    inputs: [&Tensor<f64>; N],
    rng: &mut impl Rng,
) -> Result<(), VjpError> {
    let inputs = inputs.map(Tensor::clone);
    let Products { op, y, u, gradients } = products(&f, &inputs, rng);
    let sizes = inputs.iter().flat_map(|x| x.data()).map(|x| x.abs());
    let largest = sizes.filter(|size| size.is_finite()).fold(0.0, f64::max);

    let mut worst: Option<VjpError> = None;
    for (argument, gradient) in gradients.iter().enumerate() {
        for (element, &tape) in gradient.data().iter().enumerate() {
            let at = |step: f64| {
                let mut moved = inputs.clone();
                moved[argument].data_mut()[element] += step;
                value(&f, moved)
            };
            let size = inputs[argument].data()[element].abs();
            let line = Line::new(&at, &y, &u, &[size, 1.0, largest]);
            if let Err(Doubt { kind, slope, uncertainty }) = line.check(tape) {
                let (shape, difference) = (gradient.shape(), slope);
                let error =
                    VjpError { kind, op, argument, shape, element, tape, difference, uncertainty };
                if worst.as_ref().is_none_or(|worst| error.badness() > worst.badness()) {
                    worst = Some(error);
                }
            }
        }
    }
    worst.map_or(Ok(()), Err)
}

/// [`check_vjp`] along three random directions (`gradcheck`'s `fast_mode` in PyTorch), whatever
/// the number of elements: for a whole model. A wrong element changes the slope along a
/// direction unless it is far smaller than the others. Only when a direction disagrees, or
/// cannot tell, is every element tried, and that answer is the one returned.
///
/// # Errors
/// As [`check_vjp`].
///
/// ```
/// use tensor::{Tensor, check_vjp_fast};
///
/// let mut rng = rand_mt::Mt::new(1);
/// let x = Tensor::from_fn([1000], || 0.5);
/// check_vjp_fast(|[x]| x.tanh(), [&x], &mut rng).unwrap();
/// ```
pub fn check_vjp_fast<const N: usize>(
    f: impl for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
    inputs: [&Tensor<f64>; N],
    rng: &mut impl Rng,
) -> Result<(), VjpError> {
    for _ in 0..DIRECTIONS {
        let Products { y, u, gradients, .. } = products(&f, &inputs.map(Tensor::clone), rng);
        let v = inputs.map(|x| direction(x.shape(), rng));
        let at = |step: f64| {
            let moved = |k: usize| inputs[k].zip(&v[k], |x, v| x + step * v);
            value(&f, std::array::from_fn(moved))
        };
        let tape: f64 = gradients.iter().zip(&v).map(|(gradient, v)| gradient.dot(v)).sum();
        if Line::new(&at, &y, &u, &[1.0]).check(tape).is_err() {
            return check_vjp(f, inputs, rng);
        }
    }
    Ok(())
}

/// What the tape says.
struct Products<const N: usize> {
    op: &'static str,
    y: Tensor<f64>,
    u: Tensor<f64>,
    /// `Jᵀu`, for each argument.
    gradients: [Tensor<f64>; N],
}

fn products<const N: usize>(
    f: &impl for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
    inputs: &[Tensor<f64>; N],
    rng: &mut impl Rng,
) -> Products<N> {
    let tape = Tape::new();
    let variables = inputs.each_ref().map(|x| tape.var(x.clone()));
    let y = f(variables);
    let u = direction(y.shape(), rng);
    let gradients = y.vjp(u.clone());
    Products { op: y.node().op, y: y.value(), u, gradients: variables.map(|x| gradients.wrt(x)) }
}

fn direction(shape: Shape, rng: &mut impl Rng) -> Tensor<f64> {
    Tensor::from_fn(shape, || rng.random_range(-1.0..1.0))
}

/// The value of `f`, on a tape that keeps no pullback.
fn value<const N: usize>(
    f: &impl for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
    inputs: [Tensor<f64>; N],
) -> Tensor<f64> {
    let tape = Tape::no_grad();
    f(inputs.map(|x| tape.var(x))).value()
}

/// Where the tape and the central differences disagree, or where the differences cannot tell.
#[derive(Debug, Clone, PartialEq)]
pub struct VjpError {
    /// Whether it is wrong, or why it cannot be told.
    pub kind: VjpErrorKind,
    /// The operation that made the output.
    pub op: &'static str,
    /// Which input, counted from 0.
    pub argument: usize,
    /// The input's shape.
    pub shape: Shape,
    /// Which element of the input, in row-major order. Of several, a wrong one before one that
    /// cannot be told, and then the one where the two are farthest apart.
    pub element: usize,
    /// `∂⟨u, y⟩/∂x` of that element, by the tape.
    pub tape: f64,
    /// The same by central differences.
    pub difference: f64,
    /// How far off the central differences may be, by their own estimate.
    pub uncertainty: f64,
}

/// What a [`VjpError`] says of a gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VjpErrorKind {
    /// It is wrong: the tape and the central differences disagree.
    Disagrees,
    /// It cannot be told: there seems to be a kink or a jump, where no derivative is.
    Kink,
    /// It cannot be told: no two differences agree. The values are rounded too coarsely to show
    /// a slope, or the function changes within a hundred-millionth of the input.
    Noise,
    /// It cannot be told: the values there, or everywhere around, are infinite or NaN.
    NotFinite,
}

impl VjpError {
    /// What is wrong is worse than what cannot be told, and a NaN worse than any number.
    fn badness(&self) -> (bool, f64) {
        let error = (self.tape - self.difference).abs();
        let error = if error.is_nan() { f64::INFINITY } else { error };
        (self.kind == VjpErrorKind::Disagrees, error)
    }
}

impl fmt::Display for VjpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let VjpError { op, argument, shape, tape, difference, uncertainty, .. } = self;
        let mut index = vec![0; shape.len()];
        let mut rest = self.element;
        for (i, size) in index.iter_mut().zip(&**shape).rev() {
            *i = rest % size;
            rest /= size;
        }
        let gradient = format!("{op}: the gradient of argument {argument}, of shape {shape},");
        let cannot = format!("{gradient} may be right or wrong.\nAt its element {index:?}");
        let why = match self.kind {
            VjpErrorKind::Disagrees => {
                format!("{gradient} is wrong.\nThe worst of its elements is {index:?}:")
            }
            VjpErrorKind::Kink => {
                format!(
                    "{cannot} the function seems to have a kink or a jump, and so no derivative:"
                )
            }
            VjpErrorKind::Noise => {
                format!("{cannot} no two differences agree; its values may be too coarse:")
            }
            VjpErrorKind::NotFinite => format!("{cannot} the function is not finite:"),
        };
        write!(
            f,
            "{why}\n  \
             the tape says           {tape:+.9e}\n  \
             central differences say {difference:+.9e} (± {uncertainty:.0e})"
        )
    }
}

impl std::error::Error for VjpError {}
