//! Every numbered equation of the book in plain `f64` arithmetic, against the line
//! of the crates that bears its name.
//!
//! A name is `\tag{name}` in the book and a comment `// (name)` behind the line.
//! The test also compares the three lists of names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use nn::lstm::{Weights, step as lstm_step};
use nn::{
    Adam, AdamConfig, Generator, Linear, Lstm, LstmConfig, Module, Rnn, cross_entropy, mse_loss,
};
use tensor::kernel::math;
use tensor::{Tape, Tensor};

/// For each name what the equation says, and what the code says.
type Pairs = BTreeMap<&'static str, (f64, f64)>;

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Derivatives, products, Linear, the losses.
fn foundations(pairs: &mut Pairs) {
    let x = 0.7;
    let (s, t) = (sigmoid(x), x.tanh());
    pairs.insert("sigmoid", (s, math::sigmoid(x)));
    let tape = Tape::<f64>::new();
    let v = tape.var(Tensor::from(x));
    pairs.insert("dsigmoid", (s * (1.0 - s), v.sigmoid().backward().wrt(v).item()));
    pairs.insert("dtanh", (1.0 - t * t, v.tanh().backward().wrt(v).item()));

    // Y = A B with A = [a1 a2], B = [b1; b2], so that Y is one number.
    let (a, b, dy) = ([0.3, -1.1], [0.8, 0.4], 1.7);
    let (va, vb) = (tape.var(Tensor::from([a])), tape.var(Tensor::from([[b[0]], [b[1]]])));
    let gradients = va.matmul(vb).vjp(Tensor::from([[dy]]));
    pairs.insert("dmatmul-a", (dy * b[1], gradients.wrt(va).data()[1]));
    pairs.insert("dmatmul-b", (a[1] * dy, gradients.wrt(vb).data()[1]));

    let w = tape.var(Tensor::from([[0.5, -0.25]]));
    let bias = tape.var(Tensor::from([0.125]));
    let y = va.linear(w, bias);
    pairs.insert("linear", (a[0] * 0.5 + a[1] * -0.25 + 0.125, y.value().item()));
    let target = tape.constant(Tensor::from([[1.0, 2.0]]));
    let expected = ((a[0] - 1.0).powi(2) + (a[1] - 2.0).powi(2)) / 2.0;
    pairs.insert("mse", (expected, mse_loss(va, target).value().item()));

    // Two scores and the target 0.
    let z = tape.var(Tensor::from([[0.3, -1.1]]));
    let sum = 0.3_f64.exp() + (-1.1_f64).exp();
    let y = z.log_softmax();
    pairs.insert("log-softmax", (-1.1 - sum.ln(), y.value().data()[1]));
    let p = (-1.1_f64).exp() / sum;
    let z_bar = y.vjp(Tensor::from([[0.8, 0.4]])).wrt(z);
    pairs.insert("dlog-softmax", (0.4 - p * (0.8 + 0.4), z_bar.data()[1]));
    let loss = cross_entropy(z, &[0]).value().item();
    pairs.insert("cross-entropy", (sum.ln() - 0.3, loss));

    let mut rnn = Rnn::<f64>::new(1, 1, &mut Generator::manual_seed(0));
    for ((_, p), value) in rnn.named_parameters_mut().into_iter().zip([0.6, -0.5, 0.1, 0.2]) {
        p.value_mut().data_mut()[0] = value;
    }
    let tape = Tape::new();
    let number = |x| tape.constant(Tensor::from([[[x]]]));
    let (_, h) = rnn.forward(number(X[0]), Some(number(H_0)));
    let expected = (0.6 * X[0] - 0.5 * H_0 + 0.1 + 0.2).tanh();
    pairs.insert("rnn", (expected, h.value().item()));
}

/// Weights of an LSTM with one input and one unit, for the gates i, f, g, o.
const W_IH: [f64; 4] = [0.6, -0.4, 0.9, 0.3];
const W_HH: [f64; 4] = [-0.5, 0.7, 0.2, -0.8];
const B: [f64; 4] = [0.1, 0.9, -0.2, 0.4];
const X: [f64; 2] = [0.8, -1.3];
const H_0: f64 = 0.35;
const C_0: f64 = -0.6;
/// The loss is u₁ h₁ + u₂ h₂ + v c₂.
const U: [f64; 2] = [0.9, -1.4];
const V: f64 = 0.65;

/// What one step computes.
#[derive(Clone, Copy)]
struct Step {
    x: f64,
    h_prev: f64,
    c_prev: f64,
    gates: [f64; 4],
    c: f64,
    h: f64,
}

fn step(x: f64, h_prev: f64, c_prev: f64) -> Step {
    let a = |k: usize| W_IH[k] * x + W_HH[k] * h_prev + B[k];
    let gates = [sigmoid(a(0)), sigmoid(a(1)), a(2).tanh(), sigmoid(a(3))];
    let [i, f, g, o] = gates;
    let c = f * c_prev + i * g;
    Step { x, h_prev, c_prev, gates, c, h: o * c.tanh() }
}

/// The gradients of one step by the equations of chapter 19.
struct Adjoints {
    h: f64,
    o: f64,
    c: f64,
    i: f64,
    f: f64,
    g: f64,
    c_prev: f64,
    a: [f64; 4],
    x: f64,
    h_prev: f64,
}

fn adjoints(s: Step, dy: f64, dh_later: f64, dc_later: f64) -> Adjoints {
    let [i, f, g, o] = s.gates;
    let dh = dy + dh_later;
    let tanh_c = s.c.tanh();
    let d_o = dh * tanh_c;
    let d_c = dc_later + dh * o * (1.0 - tanh_c * tanh_c);
    let (d_i, d_f, d_g) = (d_c * g, d_c * s.c_prev, d_c * i);
    let a = [d_i * i * (1.0 - i), d_f * f * (1.0 - f), d_g * (1.0 - g * g), d_o * o * (1.0 - o)];
    let through = |w: [f64; 4]| (0..4).map(|k| a[k] * w[k]).sum();
    Adjoints {
        h: dh,
        o: d_o,
        c: d_c,
        i: d_i,
        f: d_f,
        g: d_g,
        c_prev: d_c * f,
        a,
        x: through(W_IH),
        h_prev: through(W_HH),
    }
}

/// The gates and backpropagation through two steps.
fn lstm(pairs: &mut Pairs) {
    let s1 = step(X[0], H_0, C_0);
    let s2 = step(X[1], s1.h, s1.c);
    let d2 = adjoints(s2, U[1], 0.0, V);
    let d1 = adjoints(s1, U[0], d2.h_prev, d2.c_prev);

    // The readable reference, whose tape knows every adjoint.
    let tape = Tape::<f64>::new();
    let column = |w: [f64; 4]| tape.var(Tensor::new([4, 1], w.to_vec()));
    let one = |x: f64| tape.var(Tensor::from([[x]]));
    let (ih, hh) = (column(W_IH), column(W_HH));
    let bias_ih = tape.var(Tensor::from(B));
    let weights = Weights { ih, hh, bias_ih: Some(bias_ih), bias_hh: None, hr: None };
    let (x1, x2, h_0, c_0) = (one(X[0]), one(X[1]), one(H_0), one(C_0));
    let t1 = lstm_step(x1, (h_0, c_0), weights);
    let t2 = lstm_step(x2, (t1.h, t1.c), weights);
    let scale = |u: f64| tape.constant(Tensor::from([[u]]));
    let loss = scale(U[0]) * t1.h + scale(U[1]) * t2.h + scale(V) * t2.c;
    let gradients = loss.backward();
    let value = |v: tensor::Var<'_, f64>| v.value().item();
    let [i, f, g, o] = s2.gates;
    pairs.insert("i", (i, value(t2.i)));
    pairs.insert("f", (f, value(t2.f)));
    pairs.insert("g", (g, value(t2.g)));
    pairs.insert("o", (o, value(t2.o)));
    pairs.insert("c", (s2.c, value(t2.c)));
    pairs.insert("h", (s2.h, value(t2.h)));
    for (equation, variable) in
        [(d1.h, t1.h), (d1.o, t1.o), (d1.c, t1.c), (d1.i, t1.i), (d1.f, t1.f), (d1.g, t1.g)]
    {
        let by_tape = gradients.wrt(variable).item();
        assert!((equation - by_tape).abs() < 1e-14, "{equation} {by_tape}");
    }

    // The fused lines, through what they lead to. After one step, b̄ is ā.
    let mut lstm = Lstm::<f64>::new(LstmConfig::new(1, 1), &mut Generator::manual_seed(0));
    let values = [W_IH.to_vec(), W_HH.to_vec(), B.to_vec(), vec![0.0; 4]];
    for ((_, p), value) in lstm.named_parameters_mut().into_iter().zip(values) {
        p.value_mut().data_mut().copy_from_slice(&value);
    }
    let run = |lstm: &mut Lstm<f64>, xs: &[f64], us: &[f64]| {
        let tape = Tape::new();
        let n = xs.len();
        let x = tape.var(Tensor::new([n, 1, 1], xs.to_vec()));
        let [h_0, c_0] = [H_0, C_0].map(|s| tape.var(Tensor::from([[[s]]])));
        let (output, (_, c_n)) = lstm.forward(x, Some((h_0, c_0)));
        let u = tape.constant(Tensor::new([n, 1, 1], us.to_vec()));
        let gradients = ((output * u).sum() + (c_n * V).sum()).backward();
        let inputs = [x, h_0, c_0].map(|v| gradients.wrt(v).data().to_vec());
        drop(tape);
        let parameters = lstm.named_parameters().into_iter();
        let weights = parameters.map(|(_, p)| gradients.get(p).unwrap().data().to_vec());
        (inputs, weights.collect::<Vec<_>>())
    };
    let ([..], once) = run(&mut lstm, &X[..1], &U[..1]);
    let e = adjoints(s1, U[0], 0.0, V);
    let b_once = &once[2];
    for (k, name) in ["bptt-ai", "bptt-af", "bptt-ag", "bptt-ao"].into_iter().enumerate() {
        pairs.insert(name, (e.a[k], b_once[k]));
    }
    // What stands before the activation can be read off ā.
    let [i, f, g, o] = s1.gates;
    pairs.insert("bptt-i", (e.i, b_once[0] / (i * (1.0 - i))));
    pairs.insert("bptt-f", (e.f, b_once[1] / (f * (1.0 - f))));
    pairs.insert("bptt-g", (e.g, b_once[2] / (1.0 - g * g)));
    pairs.insert("bptt-o", (e.o, b_once[3] / (o * (1.0 - o))));
    pairs.insert("bptt-c", (e.c, b_once[2] / (1.0 - g * g) / i));

    let ([dx, dh_0, dc_0], twice) = run(&mut lstm, &X, &U);
    pairs.insert("bptt-x", (d1.x, dx[0]));
    pairs.insert("bptt-h-prev", (d1.h_prev, dh_0[0]));
    // The first step's bias gradient is what is left of the sum, and its o shows h̄.
    let o_bar_of_step_1 = (twice[2][3] - d2.a[3]) / (s1.gates[3] * (1.0 - s1.gates[3]));
    pairs.insert("bptt-h", (d1.h, o_bar_of_step_1 / s1.c.tanh()));
    pairs.insert("bptt-c-prev", (d1.c_prev, dc_0[0]));
    let over_time = |f: fn(&Step) -> f64| d1.a[1] * f(&s1) + d2.a[1] * f(&s2);
    pairs.insert("bptt-w-ih", (over_time(|s| s.x), twice[0][1]));
    pairs.insert("bptt-w-hh", (over_time(|s| s.h_prev), twice[1][1]));
    pairs.insert("bptt-b", (over_time(|_| 1.0), twice[2][1]));
}

/// Chapter 20: two steps of Adam on one number.
fn adam(pairs: &mut Pairs) {
    let (lr, beta1, beta2, eps) = (0.1, 0.9, 0.999, 1e-8);
    let mut model = Linear::<f64>::without_bias(1, 1, &mut Generator::manual_seed(0));
    let mut optimizer = Adam::new(AdamConfig { lr, ..AdamConfig::default() });
    let mut p = model.weight.value().item();
    let (mut m, mut v): (f64, f64) = (0.0, 0.0);
    for (t, g) in [(1, 0.5_f64), (2, -0.2)] {
        m = beta1 * m + (1.0 - beta1) * g;
        v = beta2 * v + (1.0 - beta2) * g * g;
        let m_hat = m / (1.0 - beta1.powi(t));
        let v_hat = v / (1.0 - beta2.powi(t));
        p -= lr * m_hat / (v_hat.sqrt() + eps);
        let tape = Tape::new();
        let gradients = model.forward(tape.constant(Tensor::from([[g]]))).backward();
        drop(tape);
        optimizer.step(&mut model, &gradients);
    }
    let found = model.weight.value().item();
    for name in ["adam-m", "adam-v", "adam-m-hat", "adam-v-hat", "adam-p"] {
        pairs.insert(name, (p, found));
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Calls `f` with the text of every file below `folder` that ends in `ending`.
fn each_file(folder: &Path, ending: &str, f: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_file(&path, ending, f);
        } else if path.to_string_lossy().ends_with(ending) {
            f(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_equation_is_its_line_of_code() {
    let mut pairs = Pairs::new();
    foundations(&mut pairs);
    lstm(&mut pairs);
    adam(&mut pairs);
    for (name, (equation, code)) in &pairs {
        let error = (equation - code).abs();
        assert!(error < 1e-13, "({name}): the equation says {equation}, the code {code}");
    }

    let names: BTreeSet<String> = pairs.keys().map(|name| name.to_string()).collect();
    let mut in_book = BTreeSet::new();
    each_file(&root().join("book/src"), ".md", &mut |text| {
        let tags = text.split("\\tag{").skip(1).filter_map(|rest| rest.split('}').next());
        in_book.extend(tags.map(str::to_string));
    });
    assert_eq!(names, in_book, "tested here, tagged in the book");
    let mut in_code = BTreeSet::new();
    for folder in ["crates/tensor/src", "crates/nn/src"] {
        each_file(&root().join(folder), ".rs", &mut |text| {
            for (code, comment) in text.lines().filter_map(|line| line.split_once("//")) {
                let name = comment.trim_start().strip_prefix('(').and_then(|c| c.split(')').next());
                let is_name = |n: &&str| !n.contains(' ');
                if let (false, Some(name)) = (code.trim().is_empty(), name.filter(is_name)) {
                    in_code.insert(name.to_string());
                }
            }
        });
    }
    assert_eq!(names, in_code, "tested here, marked in the code");
}
