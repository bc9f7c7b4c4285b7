//! Makes a doctest of every chapter of the book, so that `cargo test` runs every
//! Rust snippet in it.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src");
    println!("cargo::rerun-if-changed={}", book.display());
    let summary = fs::read_to_string(book.join("SUMMARY.md")).expect("book/src/SUMMARY.md");
    // `[Title](chapter.md)`, one a line.
    let links = summary.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let mut modules = String::new();
    for (number, chapter) in links.enumerate() {
        let path = book.join(chapter);
        assert!(path.is_file(), "SUMMARY.md names {chapter}, which is not there");
        writeln!(modules, "#[doc = include_str!({path:?})]\nmod chapter_{number:02} {{}}")
            .expect("writing to a String");
    }
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets OUT_DIR")).join("book.rs");
    fs::write(out, modules).expect("writing to OUT_DIR");
}
