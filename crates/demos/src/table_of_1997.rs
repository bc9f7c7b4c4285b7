//! What came out of the experiments of 1997, rerun by `examples/06_table_of_1997`.

use anyhow::{Context, Result, ensure};

/// The runs of the chapter, as the program wrote them.
pub const RESULTS: &str = include_str!("../../../examples/06_table_of_1997/results.csv");

/// What the paper reports: how many sequences its network needed, on average.
pub const PAPER: [(&str, f64); 5] = [
    ("1 Reber", 8440.0),
    ("6a order", 31390.0),
    ("4 adding 100", 74000.0),
    ("4 adding 500", 209000.0),
    ("4 adding 1000", 853000.0),
];

/// One run: a task, learnt by one network from one seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// A task of [`PAPER`].
    pub task: String,
    /// `Cell1997`, `Default` or `Chrono`.
    pub network: String,
    /// Of the initial values and of the data.
    pub seed: u64,
    /// How learning went.
    pub course: Course,
    /// How many of 2,560 fresh sequences were wrong at the end.
    pub wrong: usize,
    /// The time that it took.
    pub seconds: f64,
}

/// How learning went.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// The sum of all squared errors of the first 200 sequences.
    pub first_200: f64,
    /// After how many sequences the last 2,000 were all right.
    pub all_right: Option<usize>,
    /// After how many sequences it was a success; `None` is a failure.
    pub success: Option<usize>,
}

const HEADER: &str = "task,network,seed,first_200,all_right,success,wrong,seconds";

impl Run {
    /// What is known after 200 sequences, the first columns of a line of the file.
    pub fn beginning(&self) -> String {
        let Run { task, network, seed, course, .. } = self;
        format!("{task},{network},{seed},{:?}", course.first_200)
    }
}

/// The runs as a file.
pub fn to_csv(runs: &[Run]) -> String {
    let mut csv = format!("{HEADER}\n");
    for run in runs {
        let number = |n: Option<usize>| n.map_or_else(|| "-".to_string(), |n| n.to_string());
        let Course { all_right, success, .. } = run.course;
        let (all_right, success) = (number(all_right), number(success));
        let line = format!("{all_right},{success},{},{:.1}", run.wrong, run.seconds);
        csv += &format!("{},{line}\n", run.beginning());
    }
    csv
}

/// The runs of a file.
///
/// # Errors
/// The first line that is none.
pub fn from_csv(csv: &str) -> Result<Vec<Run>> {
    let mut lines = csv.lines();
    ensure!(lines.next() == Some(HEADER), "the first line should be {HEADER}");
    let number = |text: &str| -> Result<Option<usize>> {
        Ok(if text == "-" { None } else { Some(text.parse()?) })
    };
    let run = |line: &str| -> Result<Run> {
        let columns: Vec<&str> = line.split(',').collect();
        let &[task, network, seed, first_200, all_right, success, wrong, seconds] = &columns[..]
        else {
            anyhow::bail!("not 8 columns");
        };
        Ok(Run {
            task: task.into(),
            network: network.into(),
            seed: seed.parse()?,
            course: Course {
                first_200: first_200.parse()?,
                all_right: number(all_right)?,
                success: number(success)?,
            },
            wrong: wrong.parse()?,
            seconds: seconds.parse()?,
        })
    };
    lines.map(|line| run(line).with_context(|| format!("in the line {line}"))).collect()
}

/// The runs of one task by one network.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The task.
    pub task: &'a str,
    /// The network.
    pub network: &'a str,
    /// All of them, by seed.
    pub runs: Vec<&'a Run>,
}

impl Row<'_> {
    /// The sequences until success, of those that succeeded, the fewest first.
    pub fn successes(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.runs.iter().filter_map(|run| run.course.success).collect();
        all.sort_unstable();
        all
    }
}

/// The runs, row by row.
pub fn rows(runs: &[Run]) -> Vec<Row<'_>> {
    let is_same = |a: &Run, b: &Run| (&a.task, &a.network) == (&b.task, &b.network);
    runs.chunk_by(is_same)
        .map(|runs| Row {
            task: &runs[0].task,
            network: &runs[0].network,
            runs: runs.iter().collect(),
        })
        .collect()
}

/// What a network is called in the table and in the figure.
pub fn title(network: &str) -> &str {
    match network {
        "Cell1997" => "1997 cell, rerun",
        "Default" => "Lstm, default",
        "Chrono" => "Lstm, chrono",
        other => other,
    }
}

/// The table as text, at most 80 columns wide.
pub fn table(runs: &[Run]) -> String {
    let mut text = String::new();
    let mut line = |cells: [&str; 8]| {
        let [task, network, ok, mean, least, most, wrong, seconds] = cells;
        let counts = format!("{ok:>7}{mean:>9}{least:>9}{most:>9}{wrong:>7}{seconds:>7}");
        let line = format!("{task:<14}{network:<18}{counts}");
        text += line.trim_end();
        text.push('\n');
    };
    line(["task", "network", "success", "mean", "least", "most", "wrong", "s"]);
    let mut last = "";
    for row in rows(runs) {
        if row.task != last
            && let Some((task, mean)) = PAPER.iter().find(|(task, _)| *task == row.task)
        {
            line([task, "the paper", "", &format!("{mean}"), "", "", "", ""]);
        }
        last = row.task;
        let successes = row.successes();
        let (count, n) = (row.runs.len(), successes.len());
        let [mean, least, most] = match (successes.first(), successes.last()) {
            (Some(least), Some(most)) => {
                let mean = successes.iter().sum::<usize>() as f64 / n as f64;
                [format!("{mean:.0}"), least.to_string(), most.to_string()]
            }
            _ => ["-", "-", "-"].map(String::from),
        };
        let average = |f: &dyn Fn(&Run) -> f64| {
            format!("{:.1}", row.runs.iter().map(|run| f(run)).sum::<f64>() / count as f64)
        };
        let wrong = average(&|run| run.wrong as f64);
        let seconds = average(&|run| run.seconds);
        let ok = format!("{n}/{count}");
        line(["", title(row.network), &ok, &mean, &least, &most, &wrong, &seconds]);
    }
    text
}
