//! How far a training is: a bar on a terminal, a line now and then elsewhere.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

/// A training that shows how far it is, unless it is to be quiet.
pub struct Progress<'a> {
    bar: ProgressBar,
    /// Where lines go, if there are to be any.
    out: Option<&'a mut dyn Write>,
    written: io::Result<()>,
}

impl<'a> Progress<'a> {
    /// A training of at most so many epochs.
    pub fn new(out: &'a mut dyn Write, epochs: usize, is_quiet: bool) -> Result<Self> {
        let is_terminal = io::stdout().is_terminal();
        let bar = if is_terminal && !is_quiet {
            ProgressBar::new(epochs as u64)
        } else {
            ProgressBar::hidden()
        };
        bar.set_style(ProgressStyle::with_template("  {bar:40} epoch {pos} of {len}, {msg}")?);
        let out = (!is_terminal && !is_quiet).then_some(out);
        Ok(Progress { bar, out, written: Ok(()) })
    }

    /// Moves the bar; `epoch` is counted from 0.
    pub fn advance(&self, epoch: usize, message: String) {
        self.bar.set_message(message);
        self.bar.set_position(epoch as u64 + 1);
    }

    /// A line, where there is no bar.
    pub fn line(&mut self, line: fmt::Arguments<'_>) {
        if let (Some(out), Ok(())) = (&mut self.out, &self.written) {
            self.written = writeln!(out, "{line}");
        }
    }

    /// Clears the bar, or ends the lines with an empty one.
    ///
    /// # Errors
    /// If a line could not be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.bar.finish_and_clear();
        self.line(format_args!(""));
        self.written
    }
}
