//! The loop over time, with cells that the crate does not have.

use nn::lstm::{State, Weights, step};
use nn::{Generator, LstmCell, module, scan};
use tensor::{Parameter, Scalar, Tape, Tensor, Var};

/// `torch.nn.GRUCell`: its equations and its list of parameters.
struct Gru<T: Scalar> {
    weight_ih: Parameter<T>,
    weight_hh: Parameter<T>,
    bias_ih: Parameter<T>,
    bias_hh: Parameter<T>,
}

module! { impl<T: Scalar> Module<T> for Gru<T> { weight_ih, weight_hh, bias_ih, bias_hh } }

impl<T: Scalar> Gru<T> {
    fn step<'t>(&'t self, x: Var<'t, T>, h: Var<'t, T>) -> Var<'t, T> {
        let watch = |p| x.tape().watch(p);
        let [x_r, x_z, x_n] = x.linear(watch(&self.weight_ih), watch(&self.bias_ih)).chunk();
        let [h_r, h_z, h_n] = h.linear(watch(&self.weight_hh), watch(&self.bias_hh)).chunk();
        let r = (x_r + h_r).sigmoid();
        let z = (x_z + h_z).sigmoid();
        let n = (x_n + r * h_n).tanh();
        (-z + T::one()) * n + z * h
    }
}

/// Numbers that look random, made without a generator here as in PyTorch.
fn pattern(shape: &[usize], f: impl Fn(usize) -> f64) -> Tensor<f64> {
    let mut k = 0..;
    Tensor::from_fn(shape, || f(k.next().unwrap()))
}

/// Two steps of a GRU and its gradients, as PyTorch 2.15 computed them in `f64`.
#[test]
fn a_gru_is_pytorchs() {
    let weight = |shape: &[usize], seed: usize| {
        Parameter::new(pattern(shape, |k| (((k * 7 + seed) % 11) as f64 - 5.0) / 10.0))
    };
    let gru = Gru {
        weight_ih: weight(&[6, 3], 0),
        weight_hh: weight(&[6, 2], 1),
        bias_ih: weight(&[6], 2),
        bias_hh: weight(&[6], 3),
    };
    let tape = Tape::new();
    let xs = tape.var(pattern(&[2, 2, 3], |k| (((k * 5 + 1) % 9) as f64 - 4.0) / 4.0));
    let h_0 = tape.constant(Tensor::zeros([2, 2]));
    let (_, hs) = scan(xs, false, h_0, |h, x| {
        let h = gru.step(x, h);
        (h, h)
    });
    let output = Var::stack(&hs, 0);
    let gradients = output.sum().backward();
    let cases = [
        (
            output.value(),
            vec![
                0.003748172963560401,
                -0.32442351789892754,
                0.3998958608193106,
                0.3042377762785284,
                0.2959332138910867,
                0.1500993957683284,
                0.2026019731344571,
                -0.21911172045423322,
            ],
        ),
        (
            gradients.get(&gru.weight_hh).unwrap().clone(),
            vec![
                0.01995329572852805,
                0.009545274905030241,
                -0.004945498912946437,
                -0.008902808390152572,
                0.03926030623986719,
                0.07924989723372258,
                0.07870962519950575,
                0.1095168557405078,
                0.0996724265576419,
                0.04592966614427339,
                0.11274317389148744,
                -0.04999050438139874,
            ],
        ),
        (
            gradients.wrt(xs),
            vec![
                0.20252038912495188,
                -0.32313772290671167,
                0.5161864776754972,
                -0.030525813294589393,
                -0.28612501174120225,
                0.6442172340623207,
                0.01293716406487043,
                -0.2165105700482251,
                0.5147525822176761,
                0.2113517974788301,
                -0.24254081610637668,
                0.27894700232946,
            ],
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found.data().len(), expected.len());
        for (f, e) in found.data().iter().zip(expected) {
            approx::assert_relative_eq!(*f, e, epsilon = 1e-14);
        }
    }
}

/// Forwards, step t sees the inputs up to t; in reverse, those from t on. What is kept is in
/// the order of time both ways.
#[test]
fn both_directions() {
    let tape = Tape::new();
    let xs = tape.constant(Tensor::from([1.0, 10.0, 100.0]));
    let sums = |reverse| {
        let (end, kept) = scan(xs, reverse, 0.0, |sum, x: Var<'_, f64>| {
            let sum = sum + x.value().item();
            (sum, sum)
        });
        (end, kept)
    };
    assert_eq!(sums(false), (111.0, vec![1.0, 11.0, 111.0]));
    assert_eq!(sums(true), (111.0, vec![111.0, 110.0, 100.0]));
}

/// An `LstmCell` in the loop is the LSTM of the same weights.
#[test]
fn a_cell_in_the_loop_is_the_layer() {
    let config = nn::LstmConfig::new(3, 4);
    let lstm = nn::Lstm::<f64>::new(config, &mut Generator::manual_seed(5));
    let cell = LstmCell::<f64>::new(3, 4, true, &mut Generator::manual_seed(5));
    let tape = Tape::new();
    let xs = tape.constant(pattern(&[6, 2, 3], |k| (k as f64).sin()));
    let (output, (h_n, c_n)) = lstm.forward(xs, None);
    let (end, hs) = scan(xs, false, None, |state: Option<State<'_, f64>>, x| {
        let (h, c) = cell.forward(x, state);
        (Some((h, c)), h)
    });
    let (h, c) = end.unwrap();
    let pairs = [(Var::stack(&hs, 0), output), (h, h_n.reshape([2, 4])), (c, c_n.reshape([2, 4]))];
    for (found, expected) in pairs {
        for (f, e) in found.value().data().iter().zip(expected.value().data()) {
            approx::assert_relative_eq!(*f, *e, epsilon = 1e-14);
        }
    }
}

/// Whoever reads the tape of the reference path is led to the line of the equation.
#[test]
fn the_tape_knows_the_line_of_an_equation() {
    let tape = Tape::<f64>::new();
    let zeros = |shape: &[usize]| tape.var(Tensor::zeros(shape));
    let w =
        Weights { ih: zeros(&[8, 3]), hh: zeros(&[8, 2]), bias_ih: None, bias_hh: None, hr: None };
    let step = step(zeros(&[1, 3]), (zeros(&[1, 2]), zeros(&[1, 2])), w);
    let source = include_str!("../src/lstm/equations.rs");
    for (var, name) in [
        (step.i, "(i)"),
        (step.f, "(f)"),
        (step.g, "(g)"),
        (step.o, "(o)"),
        (step.c, "(c)"),
        (step.h, "(h)"),
    ] {
        let location = var.node().location;
        assert!(location.file().ends_with("lstm/equations.rs"), "{location}");
        let line = source.lines().nth(location.line() as usize - 1).unwrap();
        assert!(line.contains(name), "{name} is not in the line {line}");
    }
}
