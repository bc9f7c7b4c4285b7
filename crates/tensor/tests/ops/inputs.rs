//! Where functions are hard: which numbers, and which shapes.

use proptest::collection::vec;
use proptest::prelude::*;
use tensor::{Tensor, Var};

/// The numbers that an argument may be. Those from 1e-8 on are spread over the powers of ten, so
/// that tiny ones are as frequent as large ones.
#[derive(Clone, Copy, Debug)]
pub enum Domain {
    /// 0, and from 1e-8 to this, of either sign.
    UpTo(f64),
    /// From 1e-8 to 1e3: for a logarithm.
    Positive,
    /// From 1e-8 to 1e3, of either sign: for a divisor.
    NonZero,
    /// From 0.25 to 2, of either sign: where `f32` can be compared with `f64`.
    Tame,
    /// From 0.25 to 2.
    TameAndPositive,
}

impl Domain {
    pub fn as_it_is(self) -> Self {
        self
    }

    pub fn tame(self) -> Self {
        if let Domain::Positive = self { Domain::TameAndPositive } else { Domain::Tame }
    }

    fn numbers(self) -> BoxedStrategy<f64> {
        // The power of the largest may miss it by a rounding.
        let sizes = |max: f64| {
            (-8.0..=max.log10()).prop_map(move |power| 10_f64.powf(power).clamp(1e-8, max))
        };
        let signed = |size: BoxedStrategy<f64>| {
            (size, any::<bool>()).prop_map(|(size, negative)| if negative { -size } else { size })
        };
        match self {
            Domain::UpTo(max) => {
                prop_oneof![1 => Just(0.0), 9 => signed(sizes(max).boxed())].boxed()
            }
            Domain::Positive => sizes(1e3).boxed(),
            Domain::NonZero => signed(sizes(1e3).boxed()).boxed(),
            Domain::Tame => signed((0.25..2.0).boxed()).boxed(),
            Domain::TameAndPositive => (0.25..2.0).boxed(),
        }
    }
}

/// How the shapes of an operation's arguments belong together. Sizes may be 0 or 1.
#[derive(Clone, Copy, Debug)]
pub enum Shapes {
    /// One argument, of this many dimensions up to 3.
    Rank(usize),
    /// Two, cut out of one shape: some sizes become 1, some leading ones vanish.
    Broadcast,
    /// `[m, k]` and `[k, n]`.
    Matrices,
    /// Features `[…, n]`, a weight `[m, n]` and a bias `[m]`.
    FeaturesWeightBias,
    /// One argument with four parts in its last dimension.
    RowsOfFour,
}

impl Shapes {
    fn draw(self) -> BoxedStrategy<Vec<Vec<usize>>> {
        let size = || prop_oneof![1 => Just(0_usize), 12 => 1..=4_usize];
        let shape = move |min: usize| vec(size(), min..=3);
        match self {
            Shapes::Rank(min) => shape(min).prop_map(|x| vec![x]).boxed(),
            Shapes::Broadcast => shape(0)
                .prop_flat_map(|full| {
                    let part = |full: Vec<usize>| {
                        let rank = full.len();
                        (vec(any::<bool>(), rank), 0..=rank).prop_map(move |(ones, skip)| {
                            let sizes =
                                full.iter().zip(ones).map(|(&s, one)| if one { 1 } else { s });
                            sizes.skip(skip).collect::<Vec<_>>()
                        })
                    };
                    (part(full.clone()), part(full)).prop_map(|(a, b)| vec![a, b])
                })
                .boxed(),
            Shapes::Matrices => {
                (size(), size(), size()).prop_map(|(m, k, n)| vec![vec![m, k], vec![k, n]]).boxed()
            }
            Shapes::FeaturesWeightBias => (shape(1), size())
                .prop_map(|(x, out)| {
                    let features = *x.last().unwrap();
                    vec![x, vec![out, features], vec![out]]
                })
                .boxed(),
            Shapes::RowsOfFour => shape(1)
                .prop_map(|mut x| {
                    *x.last_mut().unwrap() *= 4;
                    vec![x]
                })
                .boxed(),
        }
    }
}

/// An operation's arguments, and what else there is to choose.
#[derive(Clone, Debug)]
pub struct Case {
    pub inputs: Vec<Tensor<f64>>,
    /// Numbers for `dim`, `start` and the like: any, to be taken modulo what is allowed.
    pub choices: [usize; 3],
    /// Whether all arguments are to be one variable, if their shapes allow it.
    pub repeat: bool,
    /// Of the direction in the output's space.
    pub seed: u32,
}

impl Case {
    pub fn repeated<'t>(&self, v: &[Var<'t, f64>]) -> Vec<Var<'t, f64>> {
        let last = v[v.len() - 1];
        let repeat = self.repeat && v.iter().all(|x| x.shape() == last.shape());
        if repeat { vec![last; v.len()] } else { v.to_vec() }
    }
}

/// Cases of arguments with these shapes and numbers.
pub fn cases(
    shapes: Shapes,
    arguments: &'static [(&'static str, Domain)],
    numbers: fn(Domain) -> Domain,
) -> impl Strategy<Value = Case> {
    let inputs = shapes.draw().prop_flat_map(move |shapes| {
        let each = shapes.into_iter().zip(arguments);
        each.map(|(shape, (_, domain))| tensor(shape, numbers(*domain))).collect::<Vec<_>>()
    });
    let choices = [0..60_usize, 0..60, 0..60];
    (inputs, choices, prop::bool::weighted(0.1), any::<u32>())
        .prop_map(|(inputs, choices, repeat, seed)| Case { inputs, choices, repeat, seed })
}

/// One number in six is the one before it: a tie.
fn tensor(shape: Vec<usize>, domain: Domain) -> BoxedStrategy<Tensor<f64>> {
    let number = (domain.numbers(), prop::bool::weighted(1.0 / 6.0));
    let numbers = vec(number, shape.iter().product::<usize>());
    numbers
        .prop_map(move |numbers| {
            let mut before = None;
            let mut data = Vec::with_capacity(numbers.len());
            for (number, is_tie) in numbers {
                let number = before.filter(|_| is_tie).unwrap_or(number);
                before = Some(number);
                data.push(number);
            }
            Tensor::new(shape.as_slice(), data)
        })
        .boxed()
}
