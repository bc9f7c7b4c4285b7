//! The functions that move elements: values against their definition by
//! indices, and pullbacks against `⟨A x, y⟩ = ⟨x, Aᵀ y⟩`.

use proptest::collection::vec;
use proptest::prelude::*;
use tensor::{Tape, Tensor, Var};

type Inputs = Vec<Tensor<f64>>;

fn shape(min_rank: usize) -> impl Strategy<Value = Vec<usize>> {
    vec(1..=4_usize, min_rank..=3)
}

fn of_shapes(shapes: Vec<Vec<usize>>) -> impl Strategy<Value = Inputs> {
    let of_shape = |shape: Vec<usize>| {
        let numbers = vec(-2.0..2.0_f64, shape.iter().product::<usize>());
        numbers.prop_map(move |data| Tensor::new(shape.as_slice(), data)).boxed()
    };
    shapes.into_iter().map(of_shape).collect::<Vec<_>>()
}

fn rank(min: usize) -> impl Strategy<Value = Inputs> {
    shape(min).prop_flat_map(|shape| of_shapes(vec![shape]))
}

/// Two shapes, of which the first broadcasts to the second.
fn broadcasting() -> impl Strategy<Value = Inputs> {
    (shape(0), vec(any::<bool>(), 3), 0..=3_usize).prop_flat_map(|(large, ones, skip)| {
        let sizes = large.iter().zip(ones).map(|(&size, one)| if one { 1 } else { size });
        of_shapes(vec![sizes.skip(skip).collect(), large.clone()])
    })
}

fn matrices() -> impl Strategy<Value = Inputs> {
    [1..=4_usize, 1..=4, 1..=4].prop_flat_map(|[m, k, n]| of_shapes(vec![vec![m, k], vec![k, n]]))
}

fn rows_of_four() -> impl Strategy<Value = Inputs> {
    shape(1).prop_flat_map(|mut shape| {
        *shape.last_mut().unwrap() *= 4;
        of_shapes(vec![shape])
    })
}

/// All indices of a shape, in row-major order.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for &size in shape {
        let extend = |index: Vec<usize>| (0..size).map(move |i| [&index[..], &[i]].concat());
        all = all.into_iter().flat_map(extend).collect();
    }
    all
}

/// Where the element with this index is; where the tensor is broadcast, the one repeated.
fn offset(shape: &[usize], index: &[usize]) -> usize {
    let index = &index[index.len() - shape.len()..];
    shape.iter().zip(index).fold(0, |o, (&size, &i)| o * size + i.min(size - 1))
}

fn at(x: &Tensor<f64>, index: &[usize]) -> f64 {
    x.data()[offset(&x.shape(), index)]
}

/// A tensor by its definition.
fn by_index(shape: &[usize], f: impl Fn(&[usize]) -> f64) -> Tensor<f64> {
    Tensor::new(shape, indices(shape).iter().map(|index| f(index)).collect())
}

proptest! {
    #[test]
    fn transpose(inputs in rank(1), a in 0..3_usize, b in 0..3_usize) {
        let x = &inputs[0];
        let (a, b) = (a % x.shape().len(), b % x.shape().len());
        let mut shape = x.shape().to_vec();
        shape.swap(a, b);
        let expected = by_index(&shape, |index| {
            let mut index = index.to_vec();
            index.swap(a, b);
            at(x, &index)
        });
        prop_assert_eq!(x.transpose(a, b), expected);
    }

    #[test]
    fn index_select_is_cat_of_narrows(inputs in rank(1), picks in vec(0..60_usize, 1..6)) {
        let x = &inputs[0];
        let dim = picks[0] % x.shape().len();
        let index: Vec<usize> = picks.iter().map(|pick| pick % x.shape()[dim]).collect();
        let parts: Vec<_> = index.iter().map(|&k| x.narrow(dim, k, 1)).collect();
        prop_assert_eq!(x.index_select(dim, &index), Tensor::cat(&parts, dim));
        prop_assert_eq!(x.index_select(dim, &[]).shape()[dim], 0);

        let parts = x.index_select(dim, &index);
        let (mut found, mut expected) = (x.clone(), x.clone());
        found.index_add(dim, &index, &parts);
        for (n, &k) in index.iter().enumerate() {
            expected.add_part(dim, k, &parts.narrow(dim, n, 1));
        }
        for (f, e) in found.data().iter().zip(expected.data()) {
            prop_assert!((f - e).abs() < 1e-14 * 16.0, "{f} {e}");
        }
    }

    #[test]
    fn narrow_pad_and_cat(inputs in rank(1), pick in 0..60_usize) {
        let x = &inputs[0];
        let dim = pick % x.shape().len();
        let size = x.shape()[dim];
        let cut = pick / 3 % (size + 1);
        let (head, tail) = (x.narrow(dim, 0, cut), x.narrow(dim, cut, size - cut));
        let mut shape = x.shape().to_vec();
        shape[dim] = size - cut;
        let expected = by_index(&shape, |index| {
            let mut index = index.to_vec();
            index[dim] += cut;
            at(x, &index)
        });
        prop_assert_eq!(&tail, &expected);
        prop_assert_eq!(&Tensor::cat(&[head.clone(), tail.clone()], dim), x);
        // A part may share the whole's memory, and is nevertheless a value of its own.
        let mut changed = tail.clone();
        changed.data_mut().fill(7.0);
        prop_assert_eq!(&tail, &expected);
        prop_assert_eq!(changed.data().len(), tail.data().len());
        prop_assert_eq!(&tail.reshape([tail.data().len()]).reshape(tail.shape()), &tail);
        let mut sum = Tensor::zeros(x.shape());
        sum.add_part(dim, 0, &head);
        sum.add_part(dim, cut, &tail);
        prop_assert_eq!(&sum, x);
    }

    #[test]
    fn stack_and_unbind(inputs in rank(1), pick in 0..60_usize) {
        let x = &inputs[0];
        let dim = pick % x.shape().len();
        let parts = x.unbind(dim);
        prop_assert_eq!(parts.len(), x.shape()[dim]);
        for (k, part) in parts.iter().enumerate() {
            let mut shape = x.shape().to_vec();
            shape.remove(dim);
            let expected = by_index(&shape, |index| {
                let mut index = index.to_vec();
                index.insert(dim, k);
                at(x, &index)
            });
            prop_assert_eq!(part, &expected);
        }
        prop_assert_eq!(&Tensor::stack(&parts, dim), x);
    }

    #[test]
    fn matrix_products(inputs in matrices()) {
        let (a, b) = (&inputs[0], &inputs[1]);
        let (m, k, n) = (a.shape()[0], a.shape()[1], b.shape()[1]);
        let expected = by_index(&[m, n], |ij| {
            (0..k).map(|l| at(a, &[ij[0], l]) * at(b, &[l, ij[1]])).sum()
        });
        for (name, found) in [
            ("nn", a.matmul(b)),
            ("nt", a.matmul_nt(&b.transpose(0, 1))),
            ("tn", a.transpose(0, 1).matmul_tn(b)),
        ] {
            for (e, f) in expected.data().iter().zip(found.data()) {
                prop_assert!((e - f).abs() < 1e-14 * 16.0, "{name}: {e} {f}");
            }
        }
    }
}

/// Pairs of shapes of which the first broadcasts to the second: every pattern of up to
/// four dimensions that are kept, repeated, of size 1, empty, or missing in the first.
fn patterns() -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut all = vec![(vec![], vec![])];
    let mut longest = all.clone();
    for size in 2..=5 {
        let extend = |(small, large): &(Vec<usize>, Vec<usize>)| {
            let of_both = [(1, 1), (size, size), (1, size), (0, 0), (1, 0)]
                .map(|(s, l)| ([&small[..], &[s]].concat(), [&large[..], &[l]].concat()));
            let missing = [1, size, 0].map(|l| (vec![], [&large[..], &[l]].concat()));
            of_both.into_iter().chain(missing.into_iter().filter(|_| small.is_empty())).collect()
        };
        longest = longest.iter().flat_map::<Vec<_>, _>(extend).collect();
        all.extend(longest.clone());
    }
    all
}

#[test]
fn broadcast_to_in_every_pattern() {
    for (small, large) in patterns() {
        let x = counting(&small);
        assert_eq!(x.broadcast_to(&large[..]), by_index(&large, |index| at(&x, index)));
    }
}

#[test]
fn sum_to_size_in_every_pattern() {
    for (small, large) in patterns() {
        let x = counting(&large);
        let mut expected = Tensor::zeros(&small[..]);
        for index in indices(&large) {
            expected.data_mut()[offset(&small, &index)] += at(&x, &index);
        }
        assert_eq!(x.sum_to_size(&small[..]), expected, "{large:?} to {small:?}");
    }
}

/// Whole numbers, whose sums are exact.
fn counting(shape: &[usize]) -> Tensor<f64> {
    let mut next = 0.0;
    Tensor::from_fn(shape, || {
        next += 1.0;
        next
    })
}

/// A size of 0 leaves no elements, however large the others are.
#[test]
fn nothing_can_be_moved_as_well() {
    let x = Tensor::<f64>::zeros([1 << 27, 0, 1 << 32]);
    assert_eq!(x.transpose(0, 1).shape(), [0, 1 << 27, 1 << 32]);
    assert_eq!(x.reshape([3, 0]), Tensor::zeros([3, 0]));
    assert_eq!(
        x.narrow(0, 1 << 26, 2).unbind(0),
        [Tensor::zeros([0, 1 << 32]), Tensor::zeros([0, 1 << 32])]
    );
    assert_eq!(x.unbind(1), []);
    let parts = x.index_select(0, &[1, 1, 5]);
    assert_eq!(parts.shape(), [3, 0, 1 << 32]);
    let mut sum = x.clone();
    sum.index_add(0, &[1, 1, 5], &parts);
    assert_eq!(sum, x);
    assert_eq!(Tensor::<f64>::zeros([2, 0]).matmul(&Tensor::zeros([0, 2])), Tensor::zeros([2, 2]));
    assert_eq!(x.sum_to_size([]).item(), 0.0);
}

macro_rules! adjoint {
    ($name:ident($inputs:expr), |$v:ident, $pick:ident| $formula:expr) => {
        mod $name {
            use super::*;

            fn formula<'t>($v: &[Var<'t, f64>], $pick: usize) -> Var<'t, f64> {
                $formula
            }

            proptest! {
                #[test]
                fn is_the_adjoint(inputs in $inputs, pick in 0..60_usize, seed: u32) {
                    assert_adjoint(|v| formula(v, pick), &inputs, seed)?;
                }
            }
        }
    };
}

adjoint!(add(broadcasting()), |v, _pick| v[0] + v[1]);
adjoint!(sub(broadcasting()), |v, _pick| v[0] - v[1]);
adjoint!(neg(rank(0)), |v, _pick| -v[0]);
adjoint!(sum(rank(0)), |v, _pick| v[0].sum());
adjoint!(mean(rank(0)), |v, _pick| v[0].mean());
adjoint!(broadcast_to(broadcasting()), |v, _pick| v[0].broadcast_to(v[1].shape()) + v[1]);
adjoint!(sum_to_size(broadcasting()), |v, _pick| v[1].sum_to_size(v[0].shape()) + v[0]);
adjoint!(reshape(rank(0)), |v, pick| {
    let n = v[0].shape().num_elements();
    let k = if n.is_multiple_of(2) { 2 } else { 1 };
    v[0].reshape([[1, k, n / k], [n / k, k, 1], [k, 1, n / k]][pick % 3])
});
adjoint!(transpose(rank(1)), |v, pick| {
    let rank = v[0].shape().len();
    v[0].transpose(pick % rank, pick / rank % rank)
});
adjoint!(narrow(rank(1)), |v, pick| {
    let shape = v[0].shape();
    let dim = pick % shape.len();
    let start = pick / 3 % shape[dim];
    v[0].narrow(dim, start, 1 + pick / 15 % (shape[dim] - start))
});
adjoint!(index_select(rank(1)), |v, pick| {
    let shape = v[0].shape();
    let dim = pick % shape.len();
    v[0].index_select(dim, &[pick / 3, pick / 12, pick / 3, 0].map(|k| k % shape[dim]))
});
adjoint!(unbind(rank(1)), |v, pick| {
    let parts = v[0].unbind(pick % v[0].shape().len());
    let weighted = parts.iter().zip([0.5, 1.0, -2.0, 3.0]).map(|(&part, weight)| part * weight);
    weighted.reduce(|sum, part| sum + part).unwrap()
});

proptest! {
    /// `chunk`, `cat` and `stack`, along the last dimension.
    #[test]
    fn the_others_are_adjoints(inputs in rows_of_four(), seed: u32) {
        let last = inputs[0].shape().len() - 1;
        let front = inputs[0].shape()[0];
        assert_adjoint(
            |v| {
                let [i, f, g, o] = v[0].chunk();
                i - f + g + o + o
            },
            &inputs, seed,
        )?;
        assert_adjoint(|v| Var::cat(&[v[0], v[0].narrow(last, 1, 2), v[0]], last), &inputs, seed)?;
        assert_adjoint(|v| Var::stack(&[v[0], v[0]], last), &inputs, seed)?;
        assert_adjoint(|v| v[0].narrow(0, front - 1, 1), &inputs, seed)?;
    }
}

/// For a linear `A`, `⟨A x, y⟩ = ⟨x, Aᵀ y⟩` exactly, up to rounding.
fn assert_adjoint(
    a: impl for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64>,
    inputs: &Inputs,
    seed: u32,
) -> Result<(), TestCaseError> {
    use rand::RngExt;
    let mut rng = rand_mt::Mt::new(seed);
    let tape = Tape::new();
    let x: Vec<_> = inputs.iter().map(|x| tape.var(x.clone())).collect();
    let ax = a(&x);
    let y = Tensor::from_fn(ax.shape(), || rng.random_range(-1.0..1.0));
    let gradients = ax.vjp(y.clone());
    let left = ax.value().dot(&y);
    let right: f64 = x.iter().map(|&x| x.value().dot(&gradients.wrt(x))).sum();
    prop_assert!((left - right).abs() < 1e-11, "⟨A x, y⟩ = {left}, ⟨x, Aᵀ y⟩ = {right}");
    Ok(())
}
