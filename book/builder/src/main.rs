//! Builds, checks and serves the book.
//!
//! `book` or `book build` builds it and checks the pages, `book serve` shows it,
//! and `book preprocess` is what a stock `mdbook build` calls.

#[macro_use]
mod pattern;

mod check;
mod code;
mod equations;
mod html;
mod make;
mod marks;
mod math;
mod numbers;
mod predict;
mod problem;
mod serve;
mod svg;
#[cfg(test)]
mod tests;
mod titles;
mod weave;
mod widgets;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, io};

use mdbook_preprocessor::{Preprocessor, parse_input};

use crate::make::Weaver;
use crate::problem::Problem;

const USAGE: &str = "usage: book [build | serve [--port N] | preprocess [supports RENDERER]]";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] | ["build"] => book().and_then(|folder| build(&folder)),
        ["serve"] => book().and_then(|folder| serve(folder, 3000)),
        ["serve", "--port", port] => match port.parse() {
            Ok(port) => book().and_then(|folder| serve(folder, port)),
            Err(_) => return usage(),
        },
        ["preprocess"] => preprocess(),
        ["preprocess", "supports", renderer] => {
            let supported = Weaver::default().supports_renderer(renderer).unwrap_or(false);
            return ExitCode::from(u8::from(!supported));
        }
        _ => return usage(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// The folder of the book: that of the repository in which this runs, or else of
/// the one in which it was compiled, which `cargo run` says.
fn book() -> Result<PathBuf, Vec<Problem>> {
    let here = env::current_dir().unwrap_or_default();
    let above = here.ancestors().map(|folder| folder.join("book"));
    let compiled = env::var_os("CARGO_MANIFEST_DIR").map(|folder| PathBuf::from(folder).join(".."));
    let mut folders = above.chain(compiled);
    let found = folders.find(|folder| folder.join("book.toml").is_file());
    let found = found.and_then(|folder| folder.canonicalize().ok());
    found.ok_or_else(|| vec![Problem::of("book/book.toml", "is neither here nor above")])
}

fn build(folder: &Path) -> Result<(), Vec<Problem>> {
    let make::Built { folder, pages, contents } = make::build(folder)?;
    let script =
        contents.script.map(|bytes| format!(", {} {} KB", widgets::SCRIPT, bytes.div_ceil(1000)));
    println!(
        "{pages} pages, {} equations, {} code inclusions, {} formulas in {}{}",
        contents.equations,
        contents.code,
        contents.formulas,
        folder.join("index.html").display(),
        script.unwrap_or_default()
    );
    Ok(())
}

fn serve(folder: PathBuf, port: u16) -> Result<(), Vec<Problem>> {
    let pages = make::build(&folder)?.folder;
    let watched = [folder.clone(), folder.join("../crates"), folder.join("../examples")];
    let rebuild = || match build(&folder) {
        Ok(()) => {}
        Err(problems) => problems.iter().for_each(|problem| eprintln!("{problem}")),
    };
    serve::serve(pages, &watched, port, rebuild)
        .map_err(|error| vec![Problem::of(format!("127.0.0.1:{port}"), error.to_string())])
}

/// mdBook's protocol: a book comes in as JSON and goes out as JSON.
fn preprocess() -> Result<(), Vec<Problem>> {
    let woven = parse_input(io::stdin()).and_then(|(context, book)| {
        let book = Weaver::default().run(&context, book)?;
        Ok(serde_json::to_writer(io::stdout(), &book)?)
    });
    woven.map_err(make::problems_of)
}
