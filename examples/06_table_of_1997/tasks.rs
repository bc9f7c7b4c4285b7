//! Three tasks of the paper of 1997, with its data and its criteria of success.

use std::fmt;

use nn::{Generator, Uniform};

/// What a network has to learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Experiment 1, embedded Reber grammar: to predict the next symbol at every step.
    Reber,
    /// Experiment 6a, temporal order: which of four orders, at the end of some 100 steps.
    TemporalOrder,
    /// Experiment 4, adding: the sum of two marked numbers among at least so many.
    Adding(usize),
}

/// A sequence, and what should be said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// [`Task::input_size`] numbers for each step.
    pub x: Vec<f32>,
    /// [`Task::output_size`] numbers for each step, or for the last one alone.
    pub y: Vec<f32>,
}

impl Task {
    pub fn input_size(self) -> usize {
        match self {
            Task::Reber => SYMBOLS.len(),
            Task::TemporalOrder => 8,
            Task::Adding(_) => 2,
        }
    }

    pub fn output_size(self) -> usize {
        match self {
            Task::Reber => SYMBOLS.len(),
            Task::TemporalOrder => 4,
            Task::Adding(_) => 1,
        }
    }

    /// Whether there is a target at every step, and not only at the last one.
    pub fn has_target_at_every_step(self) -> bool {
        self == Task::Reber
    }

    /// For how many steps chrono biases are drawn.
    pub fn max_time(self) -> Option<usize> {
        match self {
            Task::Reber => None,
            Task::TemporalOrder => Some(100),
            Task::Adding(t) => Some(t),
        }
    }

    /// For adding and temporal order, the last 2,000 sequences should each be off by less
    /// than the first number, and on average by less than the second.
    pub fn limits(self) -> Option<(f32, f64)> {
        match self {
            Task::Reber => None,
            Task::TemporalOrder => Some((0.3, 0.1)),
            Task::Adding(_) => Some((0.04, 0.01)),
        }
    }

    /// Sequences; of adding and temporal order, all of one length.
    pub fn draw(self, count: usize, rng: &mut Generator) -> Vec<Sequence> {
        let length = match self {
            Task::Reber => 0,
            Task::TemporalOrder => 100 + below(11, rng),
            Task::Adding(t) => t + below(t / 10 + 1, rng),
        };
        let draw = |_| match self {
            Task::Reber => reber(rng),
            Task::TemporalOrder => temporal_order(length, rng),
            Task::Adding(t) => adding(t, length, rng),
        };
        (0..count).map(draw).collect()
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Task::Reber => f.pad("1 Reber"),
            Task::TemporalOrder => f.pad("6a order"),
            Task::Adding(t) => f.pad(&format!("4 adding {t}")),
        }
    }
}

/// A whole number below n.
pub fn below(n: usize, rng: &mut Generator) -> usize {
    (f64::unit(rng) * n as f64) as usize
}

/// Pairs of a number and a mark, of which two are marked by 1.
fn adding(t: usize, length: usize, rng: &mut Generator) -> Sequence {
    let mut x: Vec<f32> = (0..length).flat_map(|_| [2.0 * f32::unit(rng) - 1.0, 0.0]).collect();
    let first = below(10, rng);
    let second = below(t / 2 - 2, rng);
    let second = if second >= first { second + 1 } else { second };
    (x[1], x[2 * length - 1]) = (-1.0, -1.0);
    (x[2 * first + 1], x[2 * second + 1]) = (1.0, 1.0);
    if first == 0 || second == 0 {
        x[0] = 0.0;
    }
    let y = 0.5 + (x[2 * first] + x[2 * second]) / 4.0;
    Sequence { x, y: vec![y] }
}

/// E … B with an X or a Y at two of the steps, and a, b, c, d at all others.
fn temporal_order(length: usize, rng: &mut Generator) -> Sequence {
    let [e, b, x] = [0, 1, 2]; // Y is 3, a to d are 4 to 7.
    let mut symbols: Vec<usize> = (0..length).map(|_| 4 + below(4, rng)).collect();
    (symbols[0], symbols[length - 1]) = (e, b);
    let mut order = 0;
    for from in [10, 50] {
        let is_y = below(2, rng);
        symbols[from + below(11, rng)] = x + is_y;
        order = 2 * order + is_y;
    }
    Sequence { x: one_hot(&symbols, 8), y: one_hot(&[order], 4) }
}

/// The symbols of the Reber grammar.
const SYMBOLS: [char; 7] = ['B', 'T', 'P', 'S', 'X', 'V', 'E'];

/// The Reber grammar: from each state, two symbols and where they lead. From the last
/// state, E alone.
const GRAMMAR: [[(char, usize); 2]; 5] = [
    [('T', 1), ('P', 2)],
    [('S', 1), ('X', 3)],
    [('T', 2), ('V', 4)],
    [('X', 2), ('S', 5)],
    [('P', 3), ('V', 5)],
];

/// B, then T or P, a string of the Reber grammar, the same T or P, E.
fn reber(rng: &mut Generator) -> Sequence {
    let outer = if below(2, rng) == 0 { 'T' } else { 'P' };
    let mut string = vec!['B', outer, 'B'];
    let mut state = 0;
    while let Some(ways) = GRAMMAR.get(state) {
        let (symbol, next) = ways[below(2, rng)];
        string.push(symbol);
        state = next;
    }
    string.extend(['E', outer, 'E']);
    let number = |c: &char| SYMBOLS.iter().position(|s| s == c).expect("a symbol");
    let symbols: Vec<usize> = string.iter().map(number).collect();
    let (last, next) = (symbols.len() - 1, 1);
    Sequence { x: one_hot(&symbols[..last], 7), y: one_hot(&symbols[next..], 7) }
}

/// For each step of a string, the symbols that the grammar allows next.
fn possible(sequence: &Sequence) -> Vec<Vec<usize>> {
    let symbols: Vec<usize> = sequence.x.chunks(7).map(hot).collect();
    let number = |c: char| SYMBOLS.iter().position(|&s| s == c).expect("a symbol");
    let mut possible = vec![vec![number('T'), number('P')], vec![number('B')]];
    let mut state = 0;
    for &symbol in &symbols[3..] {
        let ways = GRAMMAR[state];
        possible.push(ways.map(|(symbol, _)| number(symbol)).to_vec());
        state = ways.iter().find(|(s, _)| number(*s) == symbol).map_or(state, |(_, next)| *next);
        if state == GRAMMAR.len() {
            break;
        }
    }
    possible.extend([vec![number('E')], vec![symbols[1]], vec![number('E')]]);
    possible
}

fn hot(numbers: &[f32]) -> usize {
    numbers.iter().position(|&x| x == 1.0).expect("one of them is 1")
}

fn one_hot(symbols: &[usize], size: usize) -> Vec<f32> {
    symbols.iter().flat_map(|&s| (0..size).map(move |k| f32::from(u8::from(k == s)))).collect()
}

/// Whether at every step the possible next symbols are the most active outputs.
pub fn is_predicted(sequence: &Sequence, outputs: &[f32]) -> bool {
    possible(sequence).iter().zip(outputs.chunks(7)).all(|(possible, outputs)| {
        let is_least = |k: usize| possible.iter().all(|&p| outputs[k] < outputs[p]);
        (0..7).all(|k| possible.contains(&k) || is_least(k))
    })
}

/// By how much the worst output is off. A NaN is worse than any number.
pub fn error(sequence: &Sequence, outputs: &[f32]) -> f32 {
    let errors = sequence.y.iter().zip(outputs).map(|(y, output)| (y - output).abs());
    errors.max_by(f32::total_cmp).expect("a sequence has outputs")
}
