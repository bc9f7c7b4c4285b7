//! What can be wrong with weights that come from outside.

use std::path::{Path, PathBuf};
use std::{error, fmt, io};

/// A text from outside as it can be printed: nothing that a terminal would obey, and if it is
/// longer than `most` characters, its two ends.
pub(crate) fn printable(text: &str, most: usize) -> String {
    let ends = |text: &str| match text.char_indices().nth(most) {
        None => text.to_string(),
        Some(_) => {
            let (start, end) = (most / 2, text.chars().count() - most / 2 + 1);
            text.chars().take(start).chain(['…']).chain(text.chars().skip(end)).collect()
        }
    };
    let escape = |c: char| match c {
        '\'' | '"' | '\\' => c.to_string(),
        c => c.escape_debug().to_string(),
    };
    ends(&ends(text).chars().map(escape).collect::<String>())
}

/// Everything that does not fit, collected before anything changes.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<String>);

impl Problems {
    pub fn missing(&mut self, name: &str, shape: &[usize]) {
        self.other(format!("{name} {shape:?} is missing"));
    }

    pub fn unexpected(&mut self, name: &str) {
        self.other(format!("{name} is not expected"));
    }

    pub fn shape(&mut self, name: &str, expected: &[usize], found: &[usize]) {
        self.other(format!("{name} should have shape {expected:?}, not {found:?}"));
    }

    pub fn number(&mut self, name: &str, element: usize, found: f64) {
        let why =
            if found.is_finite() { "too large for the model's type" } else { "no finite number" };
        self.other(format!("{name} holds {found:?} (element {element}), which is {why}"));
    }

    pub fn other(&mut self, text: String) {
        self.0.push(printable(&text, 120));
    }

    /// `Ok` if nothing is wrong, otherwise the error made of all that is.
    pub fn none_or<E>(self, error: impl FnOnce(Vec<String>) -> E) -> Result<(), E> {
        if self.0.is_empty() { Ok(()) } else { Err(error(self.0)) }
    }
}

/// Everything because of which a state dict does not fit a model.
#[derive(Debug, Clone, PartialEq)]
pub struct StateDictError(pub Vec<String>);

impl fmt::Display for StateDictError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&listed(&self.0))
    }
}

/// As many problems as a screen has room for.
fn listed(problems: &[String]) -> String {
    let (shown, rest) = problems.split_at(problems.len().min(8));
    let more =
        if rest.is_empty() { String::new() } else { format!("; … and {} more", rest.len()) };
    shown.join("; ") + &more
}

impl error::Error for StateDictError {}

/// Why a file of weights could not be written or read.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// The file cannot be read.
    Read {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file cannot be written.
    Write {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Nothing is written, because it could not be loaded again: the file is as it was before.
    Refused {
        /// Which file.
        path: PathBuf,
        /// Everything that is wrong: which tensor, which element, what is there.
        problems: Vec<String>,
    },
    /// The file is not in the safetensors format.
    Format {
        /// Which file.
        path: PathBuf,
        /// Why not, or what it looks like and what to do.
        message: String,
    },
    /// The file holds something else than what was asked for.
    Contents {
        /// Which file.
        path: PathBuf,
        /// Everything that is wrong: which tensor, what was expected, what found.
        problems: Vec<String>,
        /// How it can be loaded nevertheless, if it can.
        advice: Option<String>,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &Path| printable(&path.to_string_lossy(), 300);
        match self {
            FileError::Read { path, source } => {
                write!(f, "cannot read {}: {source}", shown(path))
            }
            FileError::Write { path, source } => {
                write!(f, "cannot write {}: {source}", shown(path))
            }
            FileError::Refused { path, problems } => {
                write!(f, "{} is not written: {}", shown(path), listed(problems))
            }
            FileError::Format { path, message } => {
                write!(f, "{} is not a valid safetensors file: {message}", shown(path))
            }
            FileError::Contents { path, problems, advice } => {
                write!(f, "{} does not fit: {}", shown(path), listed(problems))?;
                advice.iter().try_for_each(|advice| write!(f, "; {advice}"))
            }
        }
    }
}

// The cause is part of the text: as a source, too, it would be printed twice.
impl error::Error for FileError {}
