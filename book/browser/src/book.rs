//! The book as `cargo book` builds it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder of the built book. Built once in a process.
///
/// # Panics
///
/// If it cannot be built.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = root.canonicalize().expect("the repository is here");
        let built = Command::new("cargo").arg("book").current_dir(&root).status();
        assert!(built.expect("cargo runs").success(), "cargo book fails, see above");
        root.join("target/book")
    })
}

/// Whether there is what it takes: Chromium, and a book whose figures run. If not, says once
/// what to install.
///
/// # Panics
///
/// Instead of saying so, where `CI=true`.
pub fn is_ready() -> bool {
    static MISSING: OnceLock<Option<&str>> = OnceLock::new();
    let missing = MISSING.get_or_init(|| {
        let missing = if crate::chromium::find().is_none() {
            "no Chromium: install it (`apt-get install chromium`) or say where it is (CHROMIUM=…)"
        } else if !folder().join("widgets.js").is_file() {
            "the book's figures do not run: rustup target add wasm32-unknown-unknown"
        } else {
            return None;
        };
        // Past the harness, which shows nothing of a test that passes.
        let _ = writeln!(io::stderr(), "not tried in a browser, {missing}");
        Some(missing)
    });
    let is_ci = env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!is_ci || missing.is_none(), "{}", missing.unwrap_or_default());
    missing.is_none()
}

/// The names of all pages but print.html, which has all of them again.
pub fn names() -> impl Iterator<Item = String> {
    let files = fs::read_dir(folder()).expect("the book is built");
    let names =
        files.filter_map(|file| file.expect("it can be read").file_name().into_string().ok());
    names.filter(|name| name.ends_with(".html") && name != "print.html")
}

/// The names of the figures of each page that has one, in the page's order.
pub fn pages() -> BTreeMap<String, Vec<String>> {
    let pages = names().filter_map(|name| {
        let page = fs::read_to_string(folder().join(&name)).expect("a page is text");
        let figures = page.split(r#"<tapestry-figure name=""#).skip(1);
        let figures: Vec<_> =
            figures.map(|rest| rest.split('"').next().unwrap_or_default().into()).collect();
        (!figures.is_empty()).then_some((name, figures))
    });
    pages.collect()
}

/// The page of a chapter with a figure, by its name without the number.
///
/// # Panics
///
/// If there is none.
#[track_caller]
pub fn chapter(name: &str) -> String {
    let end = format!("{name}.html");
    let is_it = |page: &String| page.split_once('-').is_some_and(|(_, rest)| rest == end);
    pages().into_keys().find(is_it).unwrap_or_else(|| panic!("no chapter {name} with a figure"))
}

/// The WebAssembly that the pages load: gzipped, in base64.
///
/// # Panics
///
/// If it is not in the book's script.
pub fn wasm() -> String {
    let script = fs::read_to_string(folder().join("widgets.js")).expect("the script is built");
    let after = script.split_once("const WASM = \"").expect("the script has the WebAssembly").1;
    after.split('"').next().unwrap_or_default().into()
}
