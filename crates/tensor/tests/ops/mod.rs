//! Every operation of the crate, once, with the inputs it is tested on.

#![allow(dead_code)] // each test file uses its own part of this one

use proptest::collection::vec;
use proptest::prelude::*;
use tensor::{Scalar, Tensor, Var, VjpMismatch, check_vjp};

pub type Inputs = Vec<Tensor<f64>>;

/// Calls `$test!` with the name, the inputs and the formula of each operation.
/// `pick` is any number, to choose among what the shapes allow.
macro_rules! for_each_op {
    ($test:ident) => {
        $test!(add, ops::broadcasting(), |v, _pick| v[0] + v[1]);
        $test!(sub, ops::broadcasting(), |v, _pick| v[0] - v[1]);
        $test!(mul, ops::broadcasting(), |v, _pick| v[0] * v[1]);
        $test!(div, ops::broadcasting(), |v, _pick| v[0] / v[1]);
        $test!(neg, ops::any_shape(), |v, _pick| -v[0]);
        $test!(assign, ops::broadcasting(), |v, _pick| {
            let mut y = v[0];
            y += v[1];
            y *= v[1];
            y -= v[0];
            y /= v[1];
            y
        });
        $test!(add_scalar, ops::any_shape(), |v, _pick| v[0] + T::from_f64(1.5));
        $test!(sub_scalar, ops::any_shape(), |v, _pick| v[0] - T::from_f64(1.5));
        $test!(mul_scalar, ops::any_shape(), |v, _pick| v[0] * T::from_f64(1.5));
        $test!(div_scalar, ops::any_shape(), |v, _pick| v[0] / T::from_f64(1.5));
        $test!(sigmoid, ops::any_shape(), |v, _pick| v[0].sigmoid());
        $test!(tanh, ops::any_shape(), |v, _pick| v[0].tanh());
        $test!(exp, ops::any_shape(), |v, _pick| v[0].exp());
        $test!(ln, ops::positive(), |v, _pick| v[0].ln());
        $test!(square, ops::any_shape(), |v, _pick| v[0].square());
        $test!(sum, ops::any_shape(), |v, _pick| v[0].sum());
        $test!(mean, ops::any_shape(), |v, _pick| v[0].mean());
        $test!(broadcast_to, ops::broadcasting(), |v, _pick| {
            v[0].broadcast_to(v[0].shape().broadcast(&v[1].shape()).unwrap()) + v[1]
        });
        $test!(sum_to_size, ops::broadcasting(), |v, _pick| {
            (v[0] * v[1]).sum_to_size(v[1].shape())
        });
        $test!(matmul, ops::matrices(), |v, _pick| v[0].matmul(v[1]));
        $test!(linear, ops::features_weight_bias(), |v, _pick| v[0].linear(v[1], v[2]));
        $test!(linear_no_bias, ops::features_weight_bias(), |v, _pick| {
            v[0].linear(v[1], None) + v[2]
        });
        $test!(reshape, ops::any_shape(), |v, pick| {
            let n = v[0].shape().num_elements();
            let k = if n.is_multiple_of(2) { 2 } else { 1 };
            v[0].reshape([[1, k, n / k], [n / k, k, 1], [k, 1, n / k]][pick % 3])
        });
        $test!(transpose, ops::rank(1), |v, pick| {
            let rank = v[0].shape().len();
            v[0].transpose(pick % rank, pick / rank % rank)
        });
        $test!(narrow, ops::rank(1), |v, pick| {
            let shape = v[0].shape();
            let dim = pick % shape.len();
            let start = pick / 3 % shape[dim];
            v[0].narrow(dim, start, 1 + pick / 15 % (shape[dim] - start))
        });
        $test!(chunk, ops::rows_of_four(), |v, _pick| {
            let [i, f, g, o] = v[0].chunk();
            f * g + i.exp() * o
        });
        $test!(unbind, ops::rank(1), |v, pick| {
            let parts = v[0].unbind(pick % v[0].shape().len());
            let mut weighted = parts[0] * T::from_f64(0.5);
            for (part, weight) in parts.iter().zip([1.0, -2.0, 3.0, -4.0]).skip(1) {
                weighted += *part * T::from_f64(weight);
            }
            weighted
        });
        $test!(cat, ops::rank(1), |v, pick| {
            let dim = pick % v[0].shape().len();
            let part = v[0].narrow(dim, 0, 1);
            Var::cat(&[v[0], part, v[0].square()], dim)
        });
        $test!(stack, ops::any_shape(), |v, pick| {
            let dim = pick % (v[0].shape().len() + 1);
            Var::stack(&[v[0], v[0].square(), v[0]], dim)
        });
    };
}
pub(crate) use for_each_op;

/// `check_vjp` for a formula over a list of inputs.
pub fn check(
    f: impl for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64>,
    inputs: &Inputs,
    seed: u32,
) -> Result<(), VjpMismatch> {
    let rng = &mut rand_mt::Mt::new(seed);
    match &inputs[..] {
        [a] => check_vjp(|v: [_; 1]| f(&v), [a], rng),
        [a, b] => check_vjp(|v: [_; 2]| f(&v), [a, b], rng),
        [a, b, c] => check_vjp(|v: [_; 3]| f(&v), [a, b, c], rng),
        _ => unreachable!("the operations have one to three inputs"),
    }
}

fn shape(min_rank: usize, max_rank: usize) -> impl Strategy<Value = Vec<usize>> {
    vec(1..=4_usize, min_rank..=max_rank)
}

/// Elements between 0.25 and 2, so that a quotient stays tame, of either sign.
fn of_shape(shape: Vec<usize>) -> impl Strategy<Value = Tensor<f64>> {
    let number = prop_oneof![0.25..2.0_f64, -2.0..-0.25_f64];
    vec(number, shape.iter().product::<usize>())
        .prop_map(move |data| Tensor::new(shape.as_slice(), data))
}

fn of_shapes(shapes: Vec<Vec<usize>>) -> impl Strategy<Value = Inputs> {
    shapes.into_iter().map(|shape| of_shape(shape).boxed()).collect::<Vec<_>>()
}

pub fn rank(min: usize) -> impl Strategy<Value = Inputs> {
    shape(min, 3).prop_flat_map(|s| of_shapes(vec![s]))
}

pub fn any_shape() -> impl Strategy<Value = Inputs> {
    rank(0)
}

pub fn positive() -> impl Strategy<Value = Inputs> {
    any_shape().prop_map(|inputs| inputs.iter().map(|x| x.map(f64::abs)).collect())
}

/// Two shapes cut out of one: some sizes become 1, some leading ones vanish.
pub fn broadcasting() -> impl Strategy<Value = Inputs> {
    shape(0, 3)
        .prop_flat_map(|full| {
            let part = |full: Vec<usize>| {
                let rank = full.len();
                (vec(any::<bool>(), rank), 0..=rank).prop_map(move |(ones, skip)| {
                    let sizes = full.iter().zip(ones).map(|(&s, one)| if one { 1 } else { s });
                    sizes.skip(skip).collect::<Vec<_>>()
                })
            };
            (part(full.clone()), part(full))
        })
        .prop_flat_map(|(a, b)| of_shapes(vec![a, b]))
}

pub fn matrices() -> impl Strategy<Value = Inputs> {
    (1..=4_usize, 1..=4_usize, 1..=4_usize)
        .prop_flat_map(|(m, k, n)| of_shapes(vec![vec![m, k], vec![k, n]]))
}

pub fn features_weight_bias() -> impl Strategy<Value = Inputs> {
    (shape(1, 3), 1..=4_usize).prop_flat_map(|(x, out)| {
        let features = *x.last().unwrap();
        of_shapes(vec![x, vec![out, features], vec![out]])
    })
}

pub fn rows_of_four() -> impl Strategy<Value = Inputs> {
    shape(1, 3).prop_flat_map(|mut s| {
        *s.last_mut().unwrap() *= 4;
        of_shapes(vec![s])
    })
}

/// What an operation gives: its value, and the gradients of `⟨1, value⟩`.
pub fn value_and_gradients<T: Scalar>(
    f: impl for<'t> Fn(&[Var<'t, T>]) -> Var<'t, T>,
    inputs: &Inputs,
) -> Vec<Tensor<f64>> {
    let tape = tensor::Tape::new();
    let variables: Vec<_> = inputs.iter().map(|x| tape.var(x.cast())).collect();
    let y = f(&variables);
    let gradients = y.vjp(Tensor::full(y.shape(), T::one()));
    let results = variables.iter().map(|&x| gradients.wrt(x));
    std::iter::once(y.value()).chain(results).map(|t| t.cast()).collect()
}
