//! What every program here does: it reads its arguments, prints, and ends with an
//! exit code.

use std::env;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Result;
use clap::Parser;

/// Runs a program that prints to `out`. It ends with 0, also if nobody reads on
/// (`demos | head`), or with one line on stderr and 1, or 2 if the arguments are wrong.
pub fn run(program: impl FnOnce(&mut dyn Write) -> Result<()>) -> ExitCode {
    let out = &mut io::stdout();
    let ended = program(out).or_else(|error| match error.downcast_ref::<clap::Error>() {
        Some(help) if !help.use_stderr() => Ok(help.print()?),
        _ => Err(error),
    });
    let Err(error) = ended.and_then(|()| Ok(out.flush()?)) else { return ExitCode::SUCCESS };

    let (mut text, mut code) = (format!("error: {error:#}"), ExitCode::FAILURE);
    if let Some(error) = error.downcast_ref::<clap::Error>() {
        // Its first paragraph; what follows is advice.
        let whole = error.to_string();
        let lines = whole.lines().take_while(|line| !line.is_empty()).map(str::trim);
        (text, code) = (lines.collect::<Vec<_>>().join(" "), ExitCode::from(2));
    // Errors of files have a context that says which; a bare one is of `out`.
    } else if let Some(bare) = error.chain().next().and_then(|e| e.downcast_ref::<io::Error>()) {
        if bare.kind() == ErrorKind::BrokenPipe {
            return ExitCode::SUCCESS;
        }
        text = format!("error: cannot write to the standard output: {bare}");
    }
    // If this cannot be written either, the exit code has to do.
    let _ = io::stderr().write_all((printable(&text) + "\n").as_bytes());
    code
}

/// The program's arguments.
///
/// # Errors
/// If they are wrong, or ask for help: [`run`] knows what to do.
pub fn arguments<A: Parser>() -> Result<A> {
    A::try_parse().map_err(|error| {
        // Once more as they may be shown, for the message quotes them.
        let shown = env::args_os().map(|argument| printable(&argument.to_string_lossy()));
        A::try_parse_from(shown).err().unwrap_or(error).into()
    })
}

/// Reads an argument that is a whole number.
///
/// # Errors
/// If it is another one or none.
pub fn whole_number<N>(min: N, max: N) -> impl Fn(&str) -> Result<N, String> + Clone
where
    N: FromStr + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    move |text| match text.parse() {
        Ok(n) if min <= n && n <= max => Ok(n),
        _ => Err(format!("it should be a whole number from {min} to {max}")),
    }
}

/// A text in which nothing moves the cursor, ends the line, or turns it around.
///
/// ```
/// let name = "\u{1b}[31mred\nétage\u{202e}";
/// assert_eq!(demos::program::printable(name), r"\u{1b}[31mred\nétage\u{202e}");
/// ```
pub fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            c.escape_unicode().to_string()
        }
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(shown).collect()
}
