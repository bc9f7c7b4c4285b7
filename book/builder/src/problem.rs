//! What is wrong with the book, where.

use std::{error, fmt};

/// One thing that is wrong, shown as one line.
#[derive(Debug)]
pub struct Problem {
    /// The file, seen from the root of the repository, or the page.
    pub file: String,
    /// The line in it, counted from 1, where that is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
}

impl Problem {
    /// A problem at a line of a file.
    pub fn at(file: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Problem { file: file.into(), line: Some(line), what: what.into() }
    }

    /// A problem with a whole file.
    pub fn of(file: impl Into<String>, what: impl Into<String>) -> Self {
        Problem { file: file.into(), line: None, what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Messages of other crates have line breaks; one problem is one line.
        let what = self.what.split_whitespace().collect::<Vec<_>>().join(" ");
        match self.line {
            Some(line) => write!(f, "{}:{line}: {what}", self.file),
            None => write!(f, "{}: {what}", self.file),
        }
    }
}

/// All that is wrong; an error that can pass through mdBook.
#[derive(Debug)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|problem| writeln!(f, "{problem}"))
    }
}

impl error::Error for Problems {}

/// The line, counted from 1, of a place in a text.
pub fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}
