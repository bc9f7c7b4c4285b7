//! What can be wrong with weights that come from outside.

use std::path::PathBuf;
use std::{error, fmt, io};

/// Everything that does not fit, collected before anything changes.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<String>);

impl Problems {
    pub fn missing(&mut self, name: &str, shape: &[usize]) {
        self.0.push(format!("{name} {shape:?} is missing"));
    }

    pub fn unexpected(&mut self, name: &str) {
        self.0.push(format!("{name} is not expected"));
    }

    pub fn shape(&mut self, name: &str, expected: &[usize], found: &[usize]) {
        self.0.push(format!("{name} should have shape {expected:?}, not {found:?}"));
    }

    pub fn other(&mut self, text: String) {
        self.0.push(text);
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
        f.write_str(&self.0.join("; "))
    }
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
    /// The file is not in the safetensors format.
    Format {
        /// Which file.
        path: PathBuf,
        /// What the safetensors library says.
        message: String,
    },
    /// The file holds something else than what was asked for.
    Contents {
        /// Which file.
        path: PathBuf,
        /// Everything that is wrong: which tensor, what was expected, what found.
        problems: Vec<String>,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileError::Read { path, source } => {
                write!(f, "cannot read {}: {source}", path.display())
            }
            FileError::Write { path, source } => {
                write!(f, "cannot write {}: {source}", path.display())
            }
            FileError::Format { path, message } => {
                write!(f, "{} is not a valid safetensors file: {message}", path.display())
            }
            FileError::Contents { path, problems } => {
                write!(f, "{} does not fit: {}", path.display(), problems.join("; "))
            }
        }
    }
}

impl error::Error for FileError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            FileError::Read { source, .. } | FileError::Write { source, .. } => Some(source),
            _ => None,
        }
    }
}
