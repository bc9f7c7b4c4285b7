//! The data and the cell of 1997, as the program has them.

#[path = "../../../examples/06_table_of_1997/cell_1997.rs"]
mod cell_1997;
#[allow(dead_code)] // The program uses all of it.
#[path = "../../../examples/06_table_of_1997/tasks.rs"]
mod tasks;

use std::collections::BTreeSet;

use cell_1997::Cell1997;
use demos::table_of_1997::{RESULTS, from_csv, table, to_csv};
use nn::Generator;
use tasks::{Sequence, Task, error, is_predicted};

const TASKS: [Task; 3] = [Task::Reber, Task::TemporalOrder, Task::Adding(100)];

/// Where no unit hears of the others, the truncated gradient is the whole one: what is
/// learnt from a sequence is the learning rate times the derivative of half its squared error,
/// for every weight, those of the units that are not heard included.
#[test]
fn the_cell_learns_by_its_gradient() {
    for task in TASKS {
        let rng = &mut Generator::manual_seed(1);
        let mut cell = Cell1997::new(task, rng);
        let (inputs, sources) = (task.input_size(), cell.w_in[0].len() - 1);
        for rows in [&mut cell.w_in, &mut cell.w_out, &mut cell.w_c] {
            rows.iter_mut().for_each(|w| w[inputs..sources].fill(0.0));
            // Gates and states where their functions are not straight.
            rows.iter_mut().for_each(|w| w[0] += 0.7);
        }
        // One target, at the end: weights change after each.
        let mut sequence = task.draw(1, rng).remove(0);
        let targets = sequence.y.len() - task.output_size();
        sequence.y.drain(..targets);
        sequence.x.truncate(12 * inputs);

        let error = |cell: &mut Cell1997| -> f64 {
            let outputs = cell.run(&sequence, false);
            let squares = outputs.iter().zip(&sequence.y).map(|(x, y)| f64::from(x - y).powi(2));
            squares.sum::<f64>() / 2.0
        };
        // The outputs are f32, so the steps are large, and the learning rate is, too.
        cell.learning_rate = 1.0;
        let before = numbers(&mut cell);
        let mut learnt = Cell1997::new(task, &mut Generator::manual_seed(1));
        set(&mut learnt, &before);
        learnt.learning_rate = 1.0;
        learnt.run(&sequence, true);
        let after = numbers(&mut learnt);
        for k in 0..before.len() {
            let h = 0.02;
            let mut at = |x: f64| {
                let mut moved = before.clone();
                moved[k] = x;
                set(&mut cell, &moved);
                error(&mut cell)
            };
            // A difference of fourth order.
            let x = before[k];
            let near = at(x + h) - at(x - h);
            let far = at(x + 2.0 * h) - at(x - 2.0 * h);
            let expected = -(8.0 * near - far) / (12.0 * h);
            let found = after[k] - before[k];
            assert!((found - expected).abs() < 3e-5, "{task}, weight {k}: {found}, {expected}");
        }
    }
}

fn rows(cell: &mut Cell1997) -> impl Iterator<Item = &mut f64> {
    let Cell1997 { w_in, w_out, w_c, w_k, .. } = cell;
    [w_in, w_out, w_c, w_k].into_iter().flatten().flatten()
}

fn numbers(cell: &mut Cell1997) -> Vec<f64> {
    rows(cell).map(|w| *w).collect()
}

fn set(cell: &mut Cell1997, numbers: &[f64]) {
    rows(cell).zip(numbers).for_each(|(w, &x)| *w = x);
}

/// The paper's numbers of weights: 276, 156 and 93.
#[test]
fn the_networks_have_the_papers_sizes() {
    let weights = |task| numbers(&mut Cell1997::new(task, &mut Generator::manual_seed(0))).len();
    // With a bias, its weight of the last source counts; of the 1 that is not used, none.
    assert_eq!(TASKS.map(weights), [276, 156, 93]);
}

#[test]
fn adding_is_as_in_the_paper() {
    let rng = &mut Generator::manual_seed(0);
    for t in [100, 500] {
        let mut lengths = BTreeSet::new();
        for sequence in (0..500).flat_map(|_| Task::Adding(t).draw(2, rng)) {
            let pairs: Vec<(f32, f32)> = sequence.x.chunks(2).map(|p| (p[0], p[1])).collect();
            let n = pairs.len();
            lengths.insert(n);
            assert!(pairs.iter().all(|(value, _)| (-1.0..1.0).contains(value)));
            let marked: Vec<usize> = (0..n).filter(|&k| pairs[k].1 == 1.0).collect();
            assert_eq!(marked.len(), 2);
            assert!(marked[0] < 10.max(marked[1]) && marked[1] < t / 2 - 1);
            assert!(marked.iter().any(|&k| k < 10));
            assert_eq!(pairs[n - 1].1, -1.0);
            if marked[0] == 0 {
                assert_eq!(pairs[0], (0.0, 1.0));
            } else {
                assert_eq!(pairs[0].1, -1.0);
            }
            let zeros = pairs.iter().filter(|(_, mark)| *mark == 0.0).count();
            assert_eq!(zeros, n - if marked[0] == 0 { 3 } else { 4 });
            let sum: f32 = marked.iter().map(|&k| pairs[k].0).sum();
            assert_eq!(sequence.y, [0.5 + sum / 4.0]);
        }
        assert_eq!(lengths, (t..=t + t / 10).collect());
    }
}

#[test]
fn temporal_order_is_as_in_the_paper() {
    let rng = &mut Generator::manual_seed(0);
    let (mut orders, mut lengths) = (BTreeSet::new(), BTreeSet::new());
    let (mut first, mut second) = (BTreeSet::new(), BTreeSet::new());
    for sequence in (0..2000).flat_map(|_| Task::TemporalOrder.draw(1, rng)) {
        let symbols: Vec<usize> =
            sequence.x.chunks(8).map(|x| x.iter().position(|&x| x == 1.0).unwrap()).collect();
        lengths.insert(symbols.len());
        assert_eq!((symbols[0], symbols[symbols.len() - 1]), (0, 1));
        let found: Vec<usize> =
            (0..symbols.len()).filter(|&t| (2..=3).contains(&symbols[t])).collect();
        assert_eq!(found.len(), 2);
        first.insert(found[0]);
        second.insert(found[1]);
        let order = 2 * (symbols[found[0]] - 2) + symbols[found[1]] - 2;
        let expected: Vec<f32> = (0..4).map(|k| if k == order { 1.0 } else { 0.0 }).collect();
        assert_eq!(sequence.y, expected);
        orders.insert(order);
    }
    assert_eq!(orders.len(), 4);
    assert_eq!(lengths, (100..=110).collect());
    assert_eq!((first, second), ((10..=20).collect(), (50..=60).collect()));
}

/// Outputs that know the grammar are right; those that prefer an impossible symbol at one
/// step are not.
#[test]
fn reber_knows_what_is_possible() {
    let rng = &mut Generator::manual_seed(0);
    for sequence in Task::Reber.draw(300, rng) {
        let symbols = text(&sequence);
        assert!(symbols.starts_with("BTB") || symbols.starts_with("BPB"), "{symbols}");
        let n = symbols.len();
        assert_eq!(symbols[1..2], symbols[n - 2..n - 1], "{symbols}");
        assert!(symbols.ends_with("E") && &symbols[n - 3..n - 2] == "E", "{symbols}");
        // What comes is always possible, so a network that says it is never quite wrong: with
        // the other possible symbol next, it is right.
        let inner: Vec<char> = symbols[2..n - 2].chars().collect();
        let outputs = knowing(&sequence, &inner);
        assert!(is_predicted(&sequence, &outputs), "{symbols}");
        for step in 0..n - 1 {
            let mut wrong = outputs.clone();
            let row = &mut wrong[7 * step..7 * step + 7];
            let impossible = (0..7).find(|&k| row[k] == 0.0).unwrap();
            row[impossible] = 2.0;
            assert!(!is_predicted(&sequence, &wrong), "{symbols}, step {step}");
        }
    }
}

/// A learner that has diverged is not right by chance.
#[test]
fn nan_is_wrong() {
    let rng = &mut Generator::manual_seed(0);
    for task in TASKS {
        let sequence = task.draw(1, rng).remove(0);
        assert_eq!(error(&sequence, &sequence.y), 0.0);
        for k in 0..sequence.y.len() {
            let mut outputs = sequence.y.clone();
            outputs[k] = f32::NAN;
            assert!(error(&sequence, &outputs).is_nan(), "{task}, output {k}");
            assert!(task != Task::Reber || !is_predicted(&sequence, &outputs), "output {k}");
        }
    }
}

fn text(sequence: &Sequence) -> String {
    let first = sequence.x.chunks(7).next().unwrap();
    let rows = [first].into_iter().chain(sequence.y.chunks(7));
    let symbol = |row: &[f32]| "BTPSXVE".chars().nth(row.iter().position(|&x| x == 1.0).unwrap());
    rows.map(|row| symbol(row).unwrap()).collect()
}

/// The grammar once more, as it is drawn in the paper: what may follow which state.
fn knowing(sequence: &Sequence, inner: &[char]) -> Vec<f32> {
    let may = |state: char, symbol: char| -> (char, &str) {
        match (state, symbol) {
            ('0', 'B') => ('1', "TP"),
            ('1', 'T') | ('2', 'S') => ('2', "SX"),
            ('1', 'P') | ('3', 'T') => ('3', "TV"),
            ('2', 'X') | ('5', 'P') => ('4', "XS"),
            ('4', 'X') => ('3', "TV"),
            ('3', 'V') => ('5', "PV"),
            ('4', 'S') | ('5', 'V') => ('6', "E"),
            _ => panic!("no {symbol} in state {state}"),
        }
    };
    let symbols: Vec<char> = text(sequence).chars().collect();
    let outer = symbols[1].to_string();
    let mut allowed = vec!["TP".to_string(), "B".to_string()];
    let mut state = '0';
    for &symbol in &inner[..inner.len() - 1] {
        let next;
        (state, next) = may(state, symbol);
        allowed.push(next.to_string());
    }
    allowed.extend([outer, "E".to_string()]);
    let row = |allowed: &String| -> Vec<f32> {
        "BTPSXVE".chars().map(|c| if allowed.contains(c) { 1.0 } else { 0.0 }).collect()
    };
    allowed.iter().flat_map(row).collect()
}

#[test]
fn the_file_is_read_as_it_was_written() {
    let runs = from_csv(RESULTS).unwrap();
    assert_eq!(to_csv(&runs), RESULTS);
    assert!(table(&runs).lines().all(|line| line.chars().count() <= 80));
    for wrong in
        ["", "task\n", &RESULTS.replacen(",0,", ",x,", 1), &RESULTS.replacen(",0,", ",", 1)]
    {
        assert!(from_csv(wrong).is_err());
    }
}
