//! Who learns, and when a task is learnt.

use std::collections::VecDeque;
use std::time::Instant;

use demos::table_of_1997::{Course, Run};
use nn::Generator;

use crate::cell_1997::Cell1997;
use crate::network::{BATCH, Network};
use crate::tasks::{Sequence, Task, below, error, is_predicted};

/// What learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learner {
    /// The algorithm of the paper.
    Cell1997,
    /// `nn::Lstm` with PyTorch's initial values, …
    Default,
    /// … and with chrono ones.
    Chrono,
}

/// One sequence after the other, or some at once.
pub enum Student {
    One(Box<Cell1997>),
    Batch(Box<Network>),
}

impl Student {
    fn run(&mut self, batch: &[Sequence], learn: bool) -> Vec<Vec<f32>> {
        match self {
            Student::One(cell) => batch.iter().map(|s| cell.run(s, learn)).collect(),
            Student::Batch(network) => network.run(batch, learn),
        }
    }
}

/// The strings of a set of the Reber grammar.
const SET: usize = 256;
/// So many sequences are looked at for success.
const LAST: usize = 2000;

/// A whole run, and, if it is to be tested, how many of 2,560 fresh sequences are wrong.
pub fn run(task: Task, learner: Learner, seed: u64, limit: usize, is_tested: bool) -> Run {
    let start = Instant::now();
    let (mut student, course) = learn(task, learner, seed, limit);
    let rng = &mut Generator::manual_seed(1000 + seed);
    let batches = if is_tested { 2560 / BATCH } else { 0 };
    let fresh: Vec<Vec<Sequence>> = (0..batches).map(|_| task.draw(BATCH, rng)).collect();
    let wrong = fresh.iter().map(|batch| wrong(task, &mut student, batch)).sum();
    let (task, network) = (task.to_string(), format!("{learner:?}"));
    Run { task, network, seed, course, wrong, seconds: start.elapsed().as_secs_f64() }
}

/// Learns until success, or until `limit` sequences.
fn learn(task: Task, learner: Learner, seed: u64, limit: usize) -> (Student, Course) {
    let rng = &mut Generator::manual_seed(seed);
    let (mut student, batch) = match learner {
        Learner::Cell1997 => (Student::One(Cell1997::new(task, rng).into()), 1),
        Learner::Default => (Student::Batch(Network::new(task, false, rng).into()), BATCH),
        Learner::Chrono => (Student::Batch(Network::new(task, true, rng).into()), BATCH),
    };
    // Reber alone has a set of sequences that come again and again, and one that never comes.
    let (mut training, mut test) = (Vec::new(), Vec::new());
    if task == Task::Reber {
        training = task.draw(SET, rng);
        while test.len() < SET {
            test.extend(task.draw(1, rng).into_iter().filter(|s| !training.contains(s)));
        }
    }

    let mut course = Course { first_200: 0.0, all_right: None, success: None };
    let (mut count, mut right_in_a_row) = (0, 0);
    let mut last: VecDeque<f64> = VecDeque::from([0.0; LAST]);
    while count < limit && course.success.is_none() {
        let sequences: Vec<Sequence> = match task {
            Task::Reber => (0..batch).map(|_| training[below(SET, rng)].clone()).collect(),
            _ => task.draw(batch, rng),
        };
        let outputs = student.run(&sequences, true);
        for (sequence, outputs) in sequences.iter().zip(&outputs) {
            count += 1;
            if count <= 200 {
                let all = sequence.y.iter().zip(outputs);
                course.first_200 += all.map(|(y, x)| f64::from((y - x) * (y - x))).sum::<f64>();
            }
            let error = error(sequence, outputs);
            last.pop_front();
            last.push_back(f64::from(error));
            let is_right = task.limits().is_some_and(|(largest, _)| error < largest);
            right_in_a_row = if is_right { right_in_a_row + 1 } else { 0 };
        }
        let is_success = match task.limits() {
            Some((_, mean)) => {
                if right_in_a_row >= LAST {
                    course.all_right.get_or_insert(count);
                }
                right_in_a_row >= LAST && last.iter().sum::<f64>() / (LAST as f64) < mean
            }
            // After each time that as many came as there are in the set.
            None => {
                count % SET < batch
                    && [&training, &test].iter().all(|set| wrong(task, &mut student, set) == 0)
            }
        };
        if is_success {
            course.success = Some(count);
        }
    }
    (student, course)
}

/// How many sequences are wrong.
fn wrong(task: Task, student: &mut Student, sequences: &[Sequence]) -> usize {
    let is_right = |sequence: &Sequence, outputs: &[f32]| match task.limits() {
        Some((largest, _)) => error(sequence, outputs) < largest,
        None => is_predicted(sequence, outputs),
    };
    let batches = sequences.chunks(BATCH).map(|batch| {
        let outputs = student.run(batch, false);
        batch.iter().zip(&outputs).filter(|(s, outputs)| !is_right(s, outputs)).count()
    });
    batches.sum()
}
