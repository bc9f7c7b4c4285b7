//! What came out of `examples/05_does_it_remember`.

use anyhow::{Context, Result, ensure};

/// The runs of the chapter, as the program wrote them.
pub const RESULTS: &str = include_str!("../../../examples/05_does_it_remember/results.csv");

/// What reaches the loss from each step, of 50.
pub const REACH: &str = include_str!("../../../examples/05_does_it_remember/reach.csv");

/// A cell state over 100 steps.
pub const HELD: &str = include_str!("../../../examples/05_does_it_remember/held.csv");

/// The lengths of the sequences.
pub const TIMES: [usize; 3] = [20, 50, 100];

/// One network that learnt from one seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What read the numbers.
    pub network: String,
    /// The length of the sequences.
    pub time: usize,
    /// Of the initial values and of the data.
    pub seed: u64,
    /// The loss at the 20th step of training.
    pub loss_20: f32,
    /// How many of 2,000 fresh sequences had the right answer at the end.
    pub right: usize,
}

/// For each step, how strongly the loss depends on what is read there.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// What read the numbers.
    pub network: String,
    /// With the initial values.
    pub before: Vec<f64>,
    /// After training.
    pub after: Vec<f64>,
}

const RUNS_HEADER: &str = "network;time;seed;loss_20;right";
const REACH_HEADER: &str = "network;step;before;after";
const HELD_HEADER: &str = "network;step;plus;minus";

/// What one cell can show, tanh(c): the cell that tells two sequences apart best.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// What read the numbers.
    pub network: String,
    /// After each step of a sequence that begins with 1, …
    pub plus: Vec<f64>,
    /// … and of the one that begins with −1 and is the same otherwise.
    pub minus: Vec<f64>,
}

impl Run {
    /// What is known after 20 steps of training, the first columns of a line of the file.
    pub fn beginning(&self) -> String {
        let Run { network, time, seed, loss_20, .. } = self;
        format!("{network};{time};{seed};{loss_20:?}")
    }

    /// Whether at least 99 % of the answers are right.
    pub fn is_success(&self) -> bool {
        self.right >= 1980
    }
}

/// The runs as a file.
pub fn runs_to_csv(runs: &[Run]) -> String {
    let lines = runs.iter().map(|run| format!("{};{}\n", run.beginning(), run.right));
    format!("{RUNS_HEADER}\n{}", lines.collect::<String>())
}

/// What reaches the loss, as a file.
pub fn reaches_to_csv(reaches: &[Reach]) -> String {
    let pairs = |r: &Reach| pairs(&r.network, &r.before, &r.after);
    format!("{REACH_HEADER}\n{}", reaches.iter().map(pairs).collect::<String>())
}

/// Cell states, as a file.
pub fn held_to_csv(held: &[Held]) -> String {
    let pairs = |h: &Held| pairs(&h.network, &h.plus, &h.minus);
    format!("{HELD_HEADER}\n{}", held.iter().map(pairs).collect::<String>())
}

/// Two numbers for each step.
fn pairs(network: &str, first: &[f64], second: &[f64]) -> String {
    let steps = first.iter().zip(second).zip(1..);
    steps.map(|((a, b), t)| format!("{network};{t};{a:.4e};{b:.4e}\n")).collect()
}

/// The lines of a file, cut into their columns.
fn lines<'c, const N: usize>(csv: &'c str, header: &str) -> Result<Vec<[&'c str; N]>> {
    let mut lines = csv.lines();
    ensure!(lines.next() == Some(header), "the first line should be {header}");
    let columns = |line: &'c str| {
        let columns: Vec<&str> = line.split(';').collect();
        <[&str; N]>::try_from(columns).ok().with_context(|| format!("in the line {line}"))
    };
    lines.map(columns).collect()
}

/// The runs of a file.
///
/// # Errors
/// The first line that is none.
pub fn runs_from_csv(csv: &str) -> Result<Vec<Run>> {
    let run = |[network, time, seed, loss_20, right]: [&str; 5]| -> Result<Run> {
        Ok(Run {
            network: network.into(),
            time: time.parse()?,
            seed: seed.parse()?,
            loss_20: loss_20.parse()?,
            right: right.parse()?,
        })
    };
    lines(csv, RUNS_HEADER)?.into_iter().map(run).collect()
}

/// What reaches the loss, from a file.
///
/// # Errors
/// The first line that is none.
pub fn reaches_from_csv(csv: &str) -> Result<Vec<Reach>> {
    let reach = |(network, before, after)| Reach { network, before, after };
    Ok(lists(csv, REACH_HEADER)?.into_iter().map(reach).collect())
}

/// Cell states, from a file.
///
/// # Errors
/// The first line that is none.
pub fn held_from_csv(csv: &str) -> Result<Vec<Held>> {
    let held = |(network, plus, minus)| Held { network, plus, minus };
    Ok(lists(csv, HELD_HEADER)?.into_iter().map(held).collect())
}

/// A network, and two numbers a step.
type Lists = (String, Vec<f64>, Vec<f64>);

fn lists(csv: &str, header: &str) -> Result<Vec<Lists>> {
    let mut lists: Vec<Lists> = Vec::new();
    for [network, _, first, second] in lines(csv, header)? {
        if lists.last().is_none_or(|(name, ..)| name != network) {
            lists.push((network.into(), Vec::new(), Vec::new()));
        }
        if let Some((_, firsts, seconds)) = lists.last_mut() {
            firsts.push(first.parse()?);
            seconds.push(second.parse()?);
        }
    }
    Ok(lists)
}

/// The successes of one network, for each of [`TIMES`].
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What read the numbers.
    pub network: String,
    /// For each length, how many runs were a success, and how many there were.
    pub successes: [(usize, usize); TIMES.len()],
}

/// The runs, network by network.
pub fn rows(runs: &[Run]) -> Vec<Row> {
    let by_network = runs.chunk_by(|a, b| a.network == b.network);
    let row = |runs: &[Run]| Row {
        network: runs[0].network.clone(),
        successes: TIMES.map(|time| {
            let of_time = || runs.iter().filter(|run| run.time == time);
            (of_time().filter(|run| run.is_success()).count(), of_time().count())
        }),
    };
    by_network.map(row).collect()
}

/// The successes as text.
pub fn table(runs: &[Run]) -> String {
    let mut text = format!("{:<22}", "");
    for time in TIMES {
        text += &format!("{:>9}", format!("T = {time}"));
    }
    for Row { network, successes } in rows(runs) {
        text += &format!("\n{network:<22}");
        for (right, count) in successes {
            text += &format!("{:>9}", format!("{right}/{count}"));
        }
    }
    text + "\n"
}
