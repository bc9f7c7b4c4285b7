//! `{{#widget name file text | caption}}`: a figure that computes in the page, with the
//! crates' own code as WebAssembly.
//!
//! The package `book/widgets` is compiled and put with its style sheet into one
//! script, beside the chapters, from where mdBook copies it. A picture is inside
//! each figure: that is what stays where no script runs.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::{Compression, GzBuilder};

use crate::problem::Problem;

/// The script of all figures: its name in the book's sources and in the built book.
pub const SCRIPT: &str = "widgets.js";
/// Gives the WebAssembly of the repository at a folder, or nothing if this machine
/// cannot compile it.
pub type Compile = fn(&Path) -> Result<Option<Vec<u8>>, Problem>;

const PACKAGE: &str = "book/widgets";
const TARGET: &str = "wasm32-unknown-unknown";
/// How long the script may be, in bytes: a page with a figure loads all of it.
const LIMIT: usize = 300_000;

// Where widgets.js says what draws a figure.
pattern!(FIGURE, r#"(?m)^\s*figure\(\s*"([a-z0-9-]+)""#);
// name(settings) and what follows.
pattern!(ARGUMENTS, r"^([^\s()]+)(?:\(([^)]*)\))?\s+(\S.*)$");
pattern!(SETTING, r#"^\s*([a-z_]+)\s*=\s*([^\s"'][^"']*?)\s*$"#);

/// The names of all figures.
pub fn names(root: &Path) -> Result<BTreeSet<String>, Problem> {
    let script = read(&root.join(PACKAGE), SCRIPT)?;
    Ok(FIGURE.captures_iter(&script).map(|figure| figure[1].into()).collect())
}

/// What a directive asks for: the figure's name, its start tag, and the arguments of
/// the picture in it.
pub fn parse<'a>(
    arguments: &'a str,
    names: &BTreeSet<String>,
) -> Result<(String, String, &'a str), String> {
    let parts = ARGUMENTS.captures(arguments);
    let parts =
        parts.ok_or("it is {{#widget name(key=value) file text | caption}}, settings if needed")?;
    let name = &parts[1];
    if !names.contains(name) {
        let known = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(format!("{PACKAGE}/{SCRIPT} has no figure {name}, but {known}"));
    }
    let (mut tag, mut keys) = (format!(r#"<tapestry-figure name="{name}""#), BTreeSet::new());
    for setting in parts.get(2).iter().flat_map(|settings| settings.as_str().split(',')) {
        let parts = SETTING.captures(setting);
        let parts = parts.ok_or_else(|| format!("{name}: {setting} is not key=value"))?;
        if !keys.insert(parts[1].to_string()) {
            return Err(format!("{name}: {} is set twice", &parts[1]));
        }
        tag += &format!(r#" data-{}="{}""#, &parts[1], crate::html::escape(&parts[2]));
    }
    let picture = parts.get(3).map_or("", |picture| picture.as_str());
    Ok((name.into(), tag + ">", picture))
}

/// The tag that loads the script from a chapter, which works from a file, too.
pub fn load(page: &Path) -> String {
    let up = "../".repeat(page.components().count() - 1);
    format!(r#"<script src="{up}{SCRIPT}" defer></script>"#)
}

/// Compiles the figures and writes their script into the book's sources, if it is not
/// there already; says how long it is.
pub fn write(root: &Path, source: &Path, compile: Compile) -> Result<Option<usize>, Problem> {
    let Some(wasm) = compile(root)? else { return Ok(None) };
    let package = root.join(PACKAGE);
    let wrong = |error: io::Error| Problem::of(SCRIPT, error.to_string());
    // Without a time and a file's name: the same bytes each time.
    let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    gzip.write_all(&wasm).map_err(wrong)?;
    let wasm = BASE64_STANDARD.encode(gzip.finish().map_err(wrong)?);
    let css = shorten(&read(&package, "widgets.css")?);
    let css = css.replace('\\', "\\\\").replace('`', "\\`").replace("${", "\\${");
    let js = shorten(&read(&package, SCRIPT)?);
    let script = format!(
        "(() => {{\n\"use strict\";\nconst WASM = \"{wasm}\";\nconst CSS = `{css}`;\n{js}\n}})();\n"
    );
    if script.len() > LIMIT {
        let what = format!("it has {} bytes, and {LIMIT} is the limit", script.len());
        return Err(Problem::of(SCRIPT, what));
    }
    // A file that is only touched would make `book serve` and rsync busy.
    let path = source.join(SCRIPT);
    if fs::read(&path).ok().as_deref() != Some(script.as_bytes()) {
        fs::write(&path, &script).map_err(wrong)?;
    }
    Ok(Some(script.len()))
}

/// A source without indentation and comments, which a reader's browser need not load.
fn shorten(source: &str) -> String {
    let lines = source.lines().map(str::trim_start);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).collect();
    lines.join("\n")
}

/// Removes the script of an earlier build, if there is one.
pub fn remove(source: &Path) {
    let _ = fs::remove_file(source.join(SCRIPT));
}

/// Compiles the package for browsers. If Rust's library for them is not installed,
/// says how to get it; where `CI=true`, that is a problem.
pub fn compile(root: &Path) -> Result<Option<Vec<u8>>, Problem> {
    compile_with(root, &rust(TARGET)?, env::var("CI").is_ok_and(|ci| ci == "true"))
}

/// Where Rust is.
pub struct Rust {
    sysroot: PathBuf,
    /// The folder of the target's standard library, which may not exist.
    library: PathBuf,
}

/// Asks rustc, for there may be no rustup.
pub fn rust(target: &str) -> Result<Rust, Problem> {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or("rustc".into()));
    rustc.args(["--print", "sysroot", "--print", "target-libdir", "--target", target]);
    let said = rustc.output().map_err(|error| Problem::of("rustc", error.to_string()))?;
    let said = String::from_utf8_lossy(&said.stdout);
    let mut lines = said.lines().map(PathBuf::from);
    let (sysroot, library) = (lines.next(), lines.next());
    Ok(Rust { sysroot: sysroot.unwrap_or_default(), library: library.unwrap_or_default() })
}

/// [`compile`] with this Rust.
pub fn compile_with(root: &Path, rust: &Rust, ci: bool) -> Result<Option<Vec<u8>>, Problem> {
    if !rust.library.is_dir() {
        let what = format!("the figures stay pictures until you run: rustup target add {TARGET}");
        if ci {
            return Err(Problem::of(PACKAGE, what));
        }
        eprintln!("{what}");
        return Ok(None);
    }
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
    // No path of this machine in the file: panics name their source.
    let remap = |from: &Path, to| format!("--remap-path-prefix={}={to}", from.display());
    // Every browser that can unpack the file has these vectors.
    let simd = "-Ctarget-feature=+simd128".to_string();
    let flags = [remap(root, "."), remap(&home, "cargo"), remap(&rust.sysroot, "rust"), simd];

    let target = root.join("target/widgets");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--quiet", "--release", "--locked", "--target", TARGET]);
    cargo.arg("--manifest-path").arg(root.join(PACKAGE).join("Cargo.toml"));
    cargo.arg("--target-dir").arg(&target);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")).current_dir(root);
    // The compiler's errors go to the screen; our output may be mdBook's input.
    let done = cargo.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let done = done.map_err(|error| Problem::of("cargo", error.to_string()))?;
    if !done.success() {
        return Err(Problem::of(PACKAGE, "it does not compile, see above"));
    }
    read_bytes(&target.join(TARGET).join("release"), "widgets.wasm").map(Some)
}

fn read(folder: &Path, name: &str) -> Result<String, Problem> {
    let bytes = read_bytes(folder, name)?;
    String::from_utf8(bytes)
        .map_err(|error| Problem::of(format!("{PACKAGE}/{name}"), error.to_string()))
}

fn read_bytes(folder: &Path, name: &str) -> Result<Vec<u8>, Problem> {
    let wrong = |error: io::Error| Problem::of(format!("{PACKAGE}/{name}"), error.to_string());
    fs::read(folder.join(name)).map_err(wrong)
}
