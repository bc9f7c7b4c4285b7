//! A text, letter by letter: what came out of the example `07_letters`.

use anyhow::{Context, Result, ensure};

/// What the example printed.
pub const OUTPUT: &str = include_str!("../../../examples/07_letters/output.txt");

/// What it drew: one cell over a part of the text that was kept back.
pub const MAP: &str = include_str!("../../../examples/07_letters/map.csv");

/// The bits at the end and the cell that follows the place in the line best, for five seeds.
pub const SEEDS: &str = include_str!("../../../examples/07_letters/seeds.txt");

const HEADER: &str = "letter;state";

/// A text, and for each letter what one cell can show after it, tanh(c).
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Which cell, and what it has learnt.
    pub title: String,
    /// The letters, each with the state after it.
    pub letters: Vec<(char, f64)>,
}

impl Map {
    /// The longest line, in letters; what is longer goes on in the next.
    pub const COLUMNS: usize = 60;

    /// The first 30 lines of a text in the colours of a cell.
    pub fn new(title: String, letters: Vec<(char, f64)>) -> Self {
        let mut map = Map { title, letters };
        let count = map.lines().take(30).map(<[_]>::len).sum();
        map.letters.truncate(count);
        map
    }

    /// The lines of the text.
    pub fn lines(&self) -> impl Iterator<Item = &[(char, f64)]> {
        let lines = self.letters.split_inclusive(|(letter, _)| *letter == '\n');
        lines.flat_map(|line| line.chunks(Map::COLUMNS))
    }

    /// As a file: the title, and a line for each letter, as Rust writes it.
    pub fn to_csv(&self) -> String {
        let line = |(letter, state): &(char, f64)| format!("{letter:?};{state:.4}\n");
        let lines: String = self.letters.iter().map(line).collect();
        format!("{}\n{HEADER}\n{lines}", self.title)
    }

    /// From a file.
    ///
    /// # Errors
    /// The first line that is none.
    pub fn from_csv(csv: &str) -> Result<Self> {
        let mut lines = csv.lines();
        let title = lines.next().unwrap_or_default().to_string();
        ensure!(lines.next() == Some(HEADER), "the second line should be {HEADER}");
        let letter = |line: &str| {
            let (letter, state) = line.rsplit_once(';')?;
            let mut inside = letter.strip_prefix('\'')?.strip_suffix('\'')?.chars();
            let letter = match (inside.next()?, inside.next()) {
                (c, None) => c,
                ('\\', Some('n')) => '\n',
                ('\\', Some('t')) => '\t',
                ('\\', Some(c)) => c,
                _ => return None,
            };
            Some((letter, state.parse().ok()?))
        };
        let letters = lines.map(|line| letter(line).with_context(|| format!("in the line {line}")));
        Ok(Map { title, letters: letters.collect::<Result<_>>()? })
    }
}
