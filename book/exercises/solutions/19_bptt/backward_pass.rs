//! The backward pass of an LSTM, bar by bar. One input, one unit, so every value is one number, and
//! there are sixteen equations: sixteen blanks, each a line of its own.
//!
//! A bar is the derivative of the loss by a value, over all ways: `bar.c` is c_bar. The comment
//! behind each blank has the equation's name in the chapter and says who reads the value. The tests
//! compare every bar, by name, with the tape: first for one step, then for two, then for three. So
//! you can fill in one blank after the other.
//!
//! Chapter: Backpropagation through time (book/src/19-bptt.md); all of it, but try it before you
//! read the equations, and do not look at "The tape agrees", which has the whole loop.

/// A number for each of the four brackets, in the order i, f, g, o.
type Four = [f64; 4];

/// The weights, with one bias for the sum of PyTorch's two; and, of the same form, their bars.
#[derive(Clone, Copy, Default)]
struct Weights {
    ih: Four,
    hh: Four,
    b: Four,
}

/// What a step has read and computed on the way forward.
#[derive(Clone, Copy)]
struct Step {
    x: f64,
    h_prev: f64,
    c_prev: f64,
    i: f64,
    f: f64,
    g: f64,
    o: f64,
    c: f64,
    h: f64,
}

fn sigmoid(a: f64) -> f64 {
    1.0 / (1.0 + (-a).exp())
}

fn forward(xs: &[f64], (mut h, mut c): (f64, f64), w: &Weights) -> Vec<Step> {
    let mut steps = Vec::new();
    for &x in xs {
        let a: Four = std::array::from_fn(|k| w.ih[k] * x + w.hh[k] * h + w.b[k]);
        let (i, f, g, o) = (sigmoid(a[0]), sigmoid(a[1]), a[2].tanh(), sigmoid(a[3]));
        let (h_prev, c_prev) = (h, c);
        c = f * c_prev + i * g;
        h = o * c.tanh();
        steps.push(Step { x, h_prev, c_prev, i, f, g, o, c, h });
    }
    steps
}

/// The bars of one step. `c_prev` and `h_prev` are what this step sends to the one before: c̄← and
/// h̄← of the chapter.
#[derive(Clone, Copy, Default)]
struct Bars {
    h: f64,
    o: f64,
    c: f64,
    i: f64,
    f: f64,
    g: f64,
    c_prev: f64,
    a_i: f64,
    a_f: f64,
    a_g: f64,
    a_o: f64,
    x: f64,
    h_prev: f64,
}

/// The bars of all steps, and those of the weights. `y_bar[t]` is what the readers of the output
/// h_t send back.
fn backward(steps: &[Step], y_bar: &[f64], w: &Weights) -> (Vec<Bars>, Weights) {
    let mut bars = vec![Bars::default(); steps.len()];
    let mut w_bar = Weights::default();
    // What the later step sends to this one's h and c. Nobody reads the last state but the output.
    let (mut h_later, mut c_later) = (0.0, 0.0);
    for t in (0..steps.len()).rev() {
        let Step { x, h_prev, c_prev, i, f, g, o, c, .. } = steps[t];
        let bar = &mut bars[t];

        bar.h = y_bar[t] + h_later; // (bptt-h)
        bar.o = bar.h * c.tanh(); // (bptt-o)
        bar.c = c_later + bar.h * o * (1.0 - c.tanh() * c.tanh()); // (bptt-c)

        bar.i = bar.c * g; // (bptt-i)
        bar.f = bar.c * c_prev; // (bptt-f)
        bar.g = bar.c * i; // (bptt-g)
        bar.c_prev = bar.c * f; // (bptt-c-prev)

        bar.a_i = bar.i * i * (1.0 - i); // (bptt-ai)
        bar.a_f = bar.f * f * (1.0 - f); // (bptt-af)
        bar.a_g = bar.g * (1.0 - g * g); // (bptt-ag)
        bar.a_o = bar.o * o * (1.0 - o); // (bptt-ao)

        let a_bar = [bar.a_i, bar.a_f, bar.a_g, bar.a_o];
        bar.x = (0..4).map(|k| a_bar[k] * w.ih[k]).sum(); // (bptt-x)
        bar.h_prev = (0..4).map(|k| a_bar[k] * w.hh[k]).sum(); // (bptt-h-prev)
        for k in 0..4 {
            w_bar.ih[k] += a_bar[k] * x; // (bptt-w-ih)
            w_bar.hh[k] += a_bar[k] * h_prev; // (bptt-w-hh)
            w_bar.b[k] += a_bar[k]; // (bptt-b)
        }

        (h_later, c_later) = (bar.h_prev, bar.c_prev);
    }
    (bars, w_bar)
}

/// The weights of the chapter's example.
const WEIGHTS: Weights =
    Weights { ih: [0.5, 0.2, 0.8, 0.4], hh: [0.6, -0.4, 0.5, 0.3], b: [0.0, 1.0, 0.0, 0.0] };

fn main() {
    // The chapter's two steps, with L = h_1 + h_2.
    let steps = forward(&[1.0, 2.0], (0.0, 0.0), &WEIGHTS);
    let (bars, w_bar) = backward(&steps, &[1.0, 1.0], &WEIGHTS);
    println!("L = {:.4}", steps.iter().map(|step| step.h).sum::<f64>());
    for (t, bar) in bars.iter().enumerate().rev() {
        let Bars { h, o, c, i, f, g, .. } = bar;
        println!(
            "step {}: h_bar {h:.4}, o_bar {o:.4}, c_bar {c:.4}, i_bar {i:.4}, f_bar {f:.4}, g_bar \
             {g:.4}",
            t + 1
        );
    }
    println!(
        "the bars of w.ih: {:.4?}, of w.hh: {:.4?}, of b: {:.4?}",
        w_bar.ih, w_bar.hh, w_bar.b
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor::{Tape, Tensor, Var};

    /// The same from the tape: each value of the forward pass is a variable there, and so is what
    /// crosses from step to step.
    fn by_tape(xs: &[f64], (h, c): (f64, f64), y_bar: &[f64]) -> (Vec<Bars>, Weights) {
        let tape = Tape::<f64>::new();
        let var = |v: f64| tape.var(Tensor::from(v));
        let [ih, hh, b] = [WEIGHTS.ih, WEIGHTS.hh, WEIGHTS.b].map(|four| four.map(var));
        let (mut h, mut c, mut loss) = (var(h), var(c), var(0.0));
        let mut steps = Vec::new();
        for (x, y_bar) in xs.iter().zip(y_bar) {
            let (x, h_prev, c_prev) = (var(*x), h * 1.0, c * 1.0);
            let a: [Var<'_, f64>; 4] = std::array::from_fn(|k| ih[k] * x + hh[k] * h_prev + b[k]);
            let [i, f, g, o] = [a[0].sigmoid(), a[1].sigmoid(), a[2].tanh(), a[3].sigmoid()];
            c = f * c_prev + i * g;
            h = o * c.tanh();
            loss += *y_bar * h;
            steps.push([h, o, c, i, f, g, c_prev, a[0], a[1], a[2], a[3], x, h_prev]);
        }
        let gradients = loss.backward();
        let number = |v: Var<'_, f64>| gradients.wrt(v).item();
        let bars = steps.iter().map(|step| {
            let [h, o, c, i, f, g, c_prev, a_i, a_f, a_g, a_o, x, h_prev] = step.map(number);
            Bars { h, o, c, i, f, g, c_prev, a_i, a_f, a_g, a_o, x, h_prev }
        });
        (bars.collect(), Weights { ih: ih.map(number), hh: hh.map(number), b: b.map(number) })
    }

    /// Compares, and knows the usual mistakes.
    fn judge(steps: usize, what: &str, found: f64, expected: f64, usual: &[(f64, &str)]) {
        let near = |other: f64| (found - other).abs() < 1e-9;
        if near(expected) {
            return;
        }
        let why = usual.iter().find(|(other, _)| near(*other)).map_or("", |(_, why)| why);
        let why = match found {
            0.0 => {
                "It is 0: still open, or made of something that is 0. (At the last step, h_later \
                 and c_later are.)"
            }
            _ => why,
        };
        let with = match steps {
            1 => "With one step".to_string(),
            n => {
                format!("Right for {} step{}, wrong for {n}", n - 1, if n == 2 { "" } else { "s" })
            }
        };
        panic!("{with}: {what} should be {expected:.6} and is {found:.6}. {why}");
    }

    #[test]
    fn every_bar_against_the_tape() {
        let itself = "It is multiplied by itself, and should not be.";
        let (xs, start, y_bars) = ([0.9, -2.0, 0.5], (0.4, -0.6), [0.7, 1.2, -0.3]);
        for n in 1..=3 {
            let (steps, y_bar) = (forward(&xs[..n], start, &WEIGHTS), &y_bars[..n]);
            let (found, w_found) = backward(&steps, y_bar, &WEIGHTS);
            let (right, w_right) = by_tape(&xs[..n], start, y_bar);

            // In the order of the backward pass, so that the first complaint is about the first
            // mistake.
            for t in (0..n).rev() {
                let Step { x, h_prev, c_prev, i, f, g, o, c, h } = steps[t];
                let (bar, b) = (found[t], right[t]);
                let later = right.get(t + 1).copied().unwrap_or_default();
                let (f_later, f_before) =
                    (steps.get(t + 1).map_or(f, |s| s.f), if t > 0 { steps[t - 1].f } else { f });
                let slope = 1.0 - c.tanh() * c.tanh();
                let a_bar = [b.a_i, b.a_f, b.a_g, b.a_o];
                let through = |w: Four| -> f64 { a_bar.iter().zip(w).map(|(a, w)| a * w).sum() };
                let sum: f64 = a_bar.iter().sum();
                let judge = |name: &str, found: f64, expected: f64, usual: &[(f64, &str)]| {
                    judge(n, &format!("{name} of step {} of {n}", t + 1), found, expected, usual);
                };
                let slope_of_sigma = |y: f64| y * (1.0 - y);
                let slope_of_tanh = |y: f64| 1.0 - y * y;
                let own = |bar: &str| {
                    format!(
                        "This is the arrow's own derivative. It is multiplied by the bar of the \
                         reader: {bar}."
                    )
                };
                let reader_is_c = "The reader is c, so what comes back is bar.c.";
                let not_all = "All four brackets read it. One of them is missing.";
                let one = "All four brackets read it. This is one of them.";
                let sigma = "A σ has the slope y (1 − y), from its output.";
                let sigma_twice = "The gate is the output of σ already: its slope is y (1 − y), \
                    without another σ.";
                let gate_alone = "This is the gate's bar. Its bracket lies behind the activation: \
                    the slope is missing.";

                judge(
                    "bar.h",
                    bar.h,
                    b.h,
                    &[
                        (
                            y_bar[t],
                            "Only the output has a say. The brackets of the later step read h, \
                             too: h_later.",
                        ),
                        (
                            later.h_prev,
                            "Only the later step has a say. The output reads h, too: y_bar[t].",
                        ),
                        (b.h + later.c_prev, "c_later has nothing to do with h. It goes to c."),
                        (
                            y_bar[t] + later.c_prev,
                            "c_later goes to c. What the later step sends to h is h_later.",
                        ),
                    ],
                );
                judge(
                    "bar.o",
                    bar.o,
                    b.o,
                    &[
                        (b.h, "In h = o tanh(c), something stands beside o."),
                        (b.h * c, "Beside o stands tanh(c), not c."),
                        (
                            b.h * o * c.tanh(),
                            "It is multiplied by itself. What stands beside o is enough.",
                        ),
                        (
                            b.a_o,
                            "This is the bar of its bracket already. The slope of σ comes further \
                             down.",
                        ),
                        (c.tanh(), &own("bar.h")),
                    ],
                );
                judge(
                    "bar.c",
                    bar.c,
                    b.c,
                    &[
                        (
                            b.h * o * slope,
                            "The arrow from the later step's c is missing: the most important \
                             plus sign.",
                        ),
                        (
                            later.c_prev * f + b.h * o * slope,
                            "Which forget gate? c_later has met one already, that of the later \
                             step, which sent it. This step's \
                         gate stands on the way to the step before.",
                        ),
                        (
                            later.c_prev * f_later + b.h * o * slope,
                            "Which forget gate? c_later has met it already, in the step that sent \
                             it. It is multiplied twice.",
                        ),
                        (
                            later.c_prev + b.h * o,
                            "Between c and h stands a tanh, and its slope is missing.",
                        ),
                        (later.c_prev + b.h * slope, "Between c and h stands the output gate."),
                        (
                            later.c_prev + b.h * o * (1.0 - c * c),
                            "The slope of a tanh is had from its output: tanh(c), not c.",
                        ),
                        (
                            later.c_prev + b.h * o * (1.0 - h * h),
                            "The slope of a tanh is had from its output: tanh(c). h is that times \
                             o.",
                        ),
                        (
                            later.c_prev + y_bar[t] * o * slope,
                            "What h sends is h_bar, complete. This is only what the output said.",
                        ),
                        (later.c_prev, "Only the later step has a say. c is read by h, too."),
                        (
                            later.h_prev + b.h * o * slope,
                            "h_later goes to h. What the later step sends to c is c_later.",
                        ),
                        (
                            (later.c_prev + b.h) * o * slope,
                            "c_later does not come through h: there is no o and no tanh on its \
                             way.",
                        ),
                        (later.c_prev + o * slope, &own("bar.h")),
                        (
                            later.c_prev + b.h * o * (1.0 - c.tanh()),
                            "The slope of a tanh is 1 − tanh(c)², with a square.",
                        ),
                        (
                            later.c_prev * o + b.h * o * slope,
                            "c_later does not come through h: there is no o on its way.",
                        ),
                        (
                            later.c_prev + b.h,
                            "Between h and c stand the output gate and a tanh: h = o tanh(c).",
                        ),
                    ],
                );
                judge(
                    "bar.i",
                    bar.i,
                    b.i,
                    &[
                        (b.c, "Something stands beside i in c = f c_prev + i g."),
                        (b.c * i, "It is multiplied by itself. What stands beside it?"),
                        (b.c * c_prev, "c_prev stands beside f."),
                        (
                            b.a_i,
                            "This is the bar of its bracket already. The slope of σ comes further \
                             down.",
                        ),
                        (g, &own("bar.c")),
                        (b.h * g, reader_is_c),
                    ],
                );
                judge(
                    "bar.f",
                    bar.f,
                    b.f,
                    &[
                        (b.c, "Something stands beside f in c = f c_prev + i g."),
                        (b.c * f, "This is what c_prev gets. Each factor gets the other one."),
                        (b.c * c, "The gate multiplies the old memory, c_prev, not the new one."),
                        (b.c * g, "g stands beside i."),
                        (
                            b.a_f,
                            "This is the bar of its bracket already. The slope of σ comes further \
                             down.",
                        ),
                        (c_prev, &own("bar.c")),
                        (b.h * c_prev, reader_is_c),
                    ],
                );
                judge(
                    "bar.g",
                    bar.g,
                    b.g,
                    &[
                        (b.c, "Something stands beside g in c = f c_prev + i g."),
                        (b.c * g, "This is what i gets. Each factor gets the other one."),
                        (b.c * f, "f stands beside c_prev."),
                        (
                            b.a_g,
                            "This is the bar of its bracket already. The slope of tanh comes \
                             further down.",
                        ),
                        (i, &own("bar.c")),
                        (b.h * i, reader_is_c),
                    ],
                );
                judge(
                    "bar.c_prev",
                    bar.c_prev,
                    b.c_prev,
                    &[
                        (
                            b.c,
                            "Which forget gate? Between this memory and the one before stands \
                             one, and it is missing.",
                        ),
                        (
                            b.c * f_later,
                            "Which forget gate? From c of this step to the one before, the way \
                             leads through this step's f.",
                        ),
                        (
                            b.c * f_before,
                            "Which forget gate? From c of this step to the one before, the way \
                             leads through this step's f.",
                        ),
                        (
                            b.c * f * (1.0 - f),
                            "There is no σ on this way. The slope belongs to the gate's bracket.",
                        ),
                        (b.c * c_prev, "This is what f gets. Each factor gets the other one."),
                        (f, &own("bar.c")),
                        (b.h * f, reader_is_c),
                        (b.c * f + later.c_prev, "c_later is in bar.c already."),
                    ],
                );
                judge(
                    "bar.a_i",
                    bar.a_i,
                    b.a_i,
                    &[
                        (b.i, gate_alone),
                        (b.i * (1.0 - i * i), "This is the slope of a tanh. i is a σ."),
                        (b.i * i, sigma),
                        (b.i * (1.0 - i), sigma),
                        (slope_of_sigma(i), &own("bar.i")),
                        (b.i * slope_of_sigma(sigmoid(i)), sigma_twice),
                        (
                            b.c * slope_of_sigma(i),
                            "The reader of this bracket is i, so what comes back is bar.i.",
                        ),
                    ],
                );
                judge(
                    "bar.a_f",
                    bar.a_f,
                    b.a_f,
                    &[
                        (b.f, gate_alone),
                        (b.f * (1.0 - f * f), "This is the slope of a tanh. f is a σ."),
                        (b.f * f, sigma),
                        (b.f * (1.0 - f), sigma),
                        (slope_of_sigma(f), &own("bar.f")),
                        (b.f * slope_of_sigma(sigmoid(f)), sigma_twice),
                        (
                            b.c * slope_of_sigma(f),
                            "The reader of this bracket is f, so what comes back is bar.f.",
                        ),
                    ],
                );
                judge(
                    "bar.a_g",
                    bar.a_g,
                    b.a_g,
                    &[
                        (b.g, gate_alone),
                        (b.g * g * (1.0 - g), "This is the slope of a σ. g is a tanh."),
                        (b.g * (1.0 - g), "The slope of a tanh is 1 − y², with a square."),
                        (slope_of_tanh(g), &own("bar.g")),
                        (
                            b.g * slope_of_tanh(g.tanh()),
                            "g is the output of tanh already: its slope is 1 − g², without another tanh.",
                        ),
                        (
                            b.c * slope_of_tanh(g),
                            "The reader of this bracket is g, so what comes back is bar.g.",
                        ),
                    ],
                );
                judge(
                    "bar.a_o",
                    bar.a_o,
                    b.a_o,
                    &[
                        (b.o, gate_alone),
                        (b.o * (1.0 - o * o), "This is the slope of a tanh. o is a σ."),
                        (b.o * o, sigma),
                        (b.o * (1.0 - o), sigma),
                        (slope_of_sigma(o), &own("bar.o")),
                        (b.o * slope_of_sigma(sigmoid(o)), sigma_twice),
                        (
                            b.h * slope_of_sigma(o),
                            "The reader of this bracket is o, so what comes back is bar.o.",
                        ),
                    ],
                );
                judge(
                    "bar.x",
                    bar.x,
                    b.x,
                    &[
                        (sum, "Each bracket has its weight: a_bar[k] times w.ih[k], summed."),
                        (
                            through(WEIGHTS.hh),
                            "These are the weights of the hidden state. x is multiplied by w.ih.",
                        ),
                        (a_bar[0] * WEIGHTS.ih[0], one),
                        (a_bar[1] * WEIGHTS.ih[1], one),
                        (a_bar[2] * WEIGHTS.ih[2], one),
                        (a_bar[3] * WEIGHTS.ih[3], one),
                        (b.x - a_bar[0] * WEIGHTS.ih[0], not_all),
                        (b.x - a_bar[1] * WEIGHTS.ih[1], not_all),
                        (b.x - a_bar[2] * WEIGHTS.ih[2], not_all),
                        (b.x - a_bar[3] * WEIGHTS.ih[3], not_all),
                        (
                            WEIGHTS.ih.iter().sum(),
                            "This is of the weights alone. Each is multiplied by the bar of its bracket, a_bar[k].",
                        ),
                        (b.x * x, itself),
                    ],
                );
                judge(
                    "bar.h_prev",
                    bar.h_prev,
                    b.h_prev,
                    &[
                        (sum, "Each bracket has its weight: a_bar[k] times w.hh[k], summed."),
                        (
                            through(WEIGHTS.ih),
                            "These are the weights of the input. h_prev is multiplied by w.hh.",
                        ),
                        (h_prev, "This is its value."),
                        (a_bar[0] * WEIGHTS.hh[0], one),
                        (a_bar[1] * WEIGHTS.hh[1], one),
                        (a_bar[2] * WEIGHTS.hh[2], one),
                        (a_bar[3] * WEIGHTS.hh[3], one),
                        (b.h_prev - a_bar[0] * WEIGHTS.hh[0], not_all),
                        (b.h_prev - a_bar[1] * WEIGHTS.hh[1], not_all),
                        (b.h_prev - a_bar[2] * WEIGHTS.hh[2], not_all),
                        (b.h_prev - a_bar[3] * WEIGHTS.hh[3], not_all),
                        (
                            WEIGHTS.hh.iter().sum(),
                            "This is of the weights alone. Each is multiplied by the bar of its bracket, a_bar[k].",
                        ),
                        (b.h_prev * h_prev, itself),
                    ],
                );
            }

            let of = |bar: &Bars, k: usize| [bar.a_i, bar.a_f, bar.a_g, bar.a_o][k];
            for k in 0..4 {
                let over = |factor: fn(&Step) -> f64| -> f64 {
                    steps.iter().zip(&right).map(|(step, bar)| of(bar, k) * factor(step)).sum()
                };
                let first = of(&right[0], k);
                let total = |factor: fn(&Step) -> f64| steps.iter().map(factor).sum::<f64>();
                let alone = "The bias stands alone in the bracket, so nothing else is a factor.";
                let no_bar = "What comes back from bracket k, a_bar[k], is a factor.";
                let weight = "The weight itself is what x or h_prev gets. A weight gets a_bar[k] \
                    times what it was multiplied by.";
                let one_step = "Only one step is in it. A weight is read at every step, so it has \
                    an arrow from each: +=.";
                judge(
                    n,
                    &format!("w_bar.ih[{k}]"),
                    w_found.ih[k],
                    w_right.ih[k],
                    &[
                        (first * steps[0].x, one_step),
                        (over(|_| 1.0), "The weight was multiplied by x, and so is its bar."),
                        (
                            over(|s| s.h_prev),
                            "w.ih was multiplied by x; h_prev stands beside w.hh.",
                        ),
                        (total(|s| s.x), no_bar),
                        (over(|_| 1.0) * WEIGHTS.ih[k], weight),
                        (over(|s| s.x) * WEIGHTS.ih[k], itself),
                    ],
                );
                judge(
                    n,
                    &format!("w_bar.hh[{k}]"),
                    w_found.hh[k],
                    w_right.hh[k],
                    &[
                        (first * steps[0].h_prev, one_step),
                        (over(|_| 1.0), "The weight was multiplied by h_prev, and so is its bar."),
                        (
                            over(|s| s.h),
                            "In the bracket stood h of the step before, h_prev, not the new h.",
                        ),
                        (over(|s| s.x), "w.hh was multiplied by h_prev; x stands beside w.ih."),
                        (total(|s| s.h_prev), no_bar),
                        (over(|_| 1.0) * WEIGHTS.hh[k], weight),
                        (over(|s| s.h_prev) * WEIGHTS.hh[k], itself),
                    ],
                );
                judge(
                    n,
                    &format!("w_bar.b[{k}]"),
                    w_found.b[k],
                    w_right.b[k],
                    &[
                        (first, one_step),
                        (over(|s| s.x), alone),
                        (over(|s| s.h_prev), alone),
                        (over(|_| 1.0) * WEIGHTS.b[k], alone),
                        (total(|_| 1.0), no_bar),
                    ],
                );
            }
        }

        // Without the tape, too: the gradient of a weight is the slope of the loss.
        let (xs, start, y_bar) = ([1.0, 2.0], (0.0, 0.0), [1.0, 1.0]);
        let loss = |step: f64| {
            let mut w = WEIGHTS;
            w.ih[0] += step;
            forward(&xs, start, &w)
                .iter()
                .zip(y_bar)
                .map(|(step, y_bar)| y_bar * step.h)
                .sum::<f64>()
        };
        let slope = (loss(6e-6) - loss(-6e-6)) / 12e-6;
        let (_, w_bar) = backward(&forward(&xs, start, &WEIGHTS), &y_bar, &WEIGHTS);
        let found = w_bar.ih[0];
        let right = (found - slope).abs() < 1e-8;
        assert!(
            right,
            "for the chapter's two steps, w_bar.ih[0] should be {slope:.4} and is {found:.4}."
        );
    }
}
