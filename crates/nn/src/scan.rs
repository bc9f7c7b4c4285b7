//! The loop over time, for every recurrent cell.

use tensor::{Scalar, Var};

/// Carries a state through time: from `state` and the first step of `xs`, whose first
/// dimension is time, `step` makes the next state and what is kept of the step; and so on.
/// With `reverse`, it goes from the last step to the first. Returns the state after all
/// steps, and what was kept, in the order of time whatever the direction.
///
/// (JAX calls this `lax.scan`.)
///
/// A recurrent cell is its equations and its list of parameters; this is the rest. A
/// [`torch.nn.GRUCell`][1], for instance:
///
/// [1]: https://pytorch.org/docs/stable/generated/torch.nn.GRUCell.html
///
/// ```
/// use nn::{Generator, Module, module, scan};
/// use tensor::{Parameter, Tape, Tensor, Var};
///
/// struct Gru {
///     weight_ih: Parameter<f32>,
///     weight_hh: Parameter<f32>,
///     bias_ih: Parameter<f32>,
///     bias_hh: Parameter<f32>,
/// }
/// module! { impl Module<f32> for Gru { weight_ih, weight_hh, bias_ih, bias_hh } }
///
/// impl Gru {
///     fn step<'t>(&'t self, x: Var<'t, f32>, h: Var<'t, f32>) -> Var<'t, f32> {
///         let watch = |p| x.tape().watch(p);
///         let [x_r, x_z, x_n] = x.linear(watch(&self.weight_ih), watch(&self.bias_ih)).chunk();
///         let [h_r, h_z, h_n] = h.linear(watch(&self.weight_hh), watch(&self.bias_hh)).chunk();
///         let r = (x_r + h_r).sigmoid();
///         let z = (x_z + h_z).sigmoid();
///         let n = (x_n + r * h_n).tanh();
///         (1.0 - z) * n + z * h
///     }
/// }
///
/// let g = &mut Generator::manual_seed(0);
/// let mut parameter = |shape: &[usize]| Parameter::new(g.uniform(shape, -0.5, 0.5));
/// let gru = Gru {
///     weight_ih: parameter(&[12, 3]),
///     weight_hh: parameter(&[12, 4]),
///     bias_ih: parameter(&[12]),
///     bias_hh: parameter(&[12]),
/// };
/// let tape = Tape::new();
/// let xs = tape.constant(Tensor::full([5, 2, 3], 0.5)); // 5 steps of 2 samples
/// let h_0 = tape.constant(Tensor::zeros([2, 4]));
/// let (h_n, hs) = scan(xs, false, h_0, |h, x| {
///     let h = gru.step(x, h);
///     (h, h)
/// });
/// assert_eq!(hs.len(), 5);
/// assert_eq!(hs[4].value(), h_n.value());
/// assert_eq!(Var::stack(&hs, 0).shape(), [5, 2, 4]);
/// ```
///
/// # Panics
/// If `xs` has no dimensions.
#[track_caller]
pub fn scan<'t, T: Scalar, S, Y>(
    xs: Var<'t, T>,
    reverse: bool,
    state: S,
    mut step: impl FnMut(S, Var<'t, T>) -> (S, Y),
) -> (S, Vec<Y>) {
    let mut xs = xs.unbind(0);
    if reverse {
        xs.reverse();
    }
    let (mut state, mut ys) = (state, Vec::with_capacity(xs.len()));
    for x in xs {
        let y;
        (state, y) = step(state, x);
        ys.push(y);
    }
    if reverse {
        ys.reverse();
    }
    (state, ys)
}
