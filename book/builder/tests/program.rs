//! The program from outside: what it prints, how it ends, and mdBook's protocol.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// Runs the program in a folder.
fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_book"));
    // Cargo's variable is how it finds the real book from anywhere else.
    command.current_dir(folder).args(arguments).env_remove("CARGO_MANIFEST_DIR");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that reads nothing may be gone by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn builds_the_book_above() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir_all(folder.path().join("book/src")).unwrap();
    fs::create_dir_all(folder.path().join("below/it")).unwrap();
    write(
        "book/book.toml",
        "[build]\nbuild-dir = \"../target/book\"\n[output.html]\ninput-404 = \"\"\n",
    );
    write("book/src/SUMMARY.md", "[One](one.md)\n");
    write("book/src/one.md", "# One\n\n$`x`$ and $`y`$\n");

    let built = run(&folder.path().join("below/it"), &[], "");
    assert!(built.status.success() && built.stderr.is_empty(), "{built:?}");
    let said = String::from_utf8(built.stdout).unwrap();
    assert!(said.starts_with("4 pages, 0 equations, 0 code inclusions, 2 formulas in "), "{said}");

    write("book/src/one.md", "# One\n\n$`\\x`$\n\n[no](no.md)\n\n{{#number a}}\n");
    let failed = run(folder.path(), &["build"], "");
    assert_eq!(failed.status.code(), Some(1));
    let said = String::from_utf8(failed.stderr).unwrap();
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.lines().all(|line| line.starts_with("book/src/one.md:")), "{said}");

    assert_eq!(run(Path::new("/"), &[], "").status.code(), Some(1));
    assert_eq!(run(folder.path(), &["wrong"], "").status.code(), Some(2));
}

/// Where Rust cannot compile for browsers, the pictures stay, and one line says so;
/// a machine that is to check the book must be able to.
#[test]
#[cfg(unix)]
fn says_how_figures_come_to_run() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "book/book.toml",
        "[build]\nbuild-dir = \"../target/book\"\n[output.html]\ninput-404 = \"\"\n",
    );
    write("book/src/SUMMARY.md", "[One](one.md)\n");
    write("book/src/one.md", "{{#widget cell p.svg A | B}}\n");
    write("book/src/p.svg", "<svg></svg>");
    write("book/widgets/widgets.js", "figure(\"cell\", 0)\n");
    // Instead of a compiler, what names no folder, and what leaves all as it is.
    let build = |rustc: &str, ci: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_book"));
        command.current_dir(folder.path()).env("RUSTC", rustc).env("CARGO", "true").env("CI", ci);
        let built = command.output().unwrap();
        let [said, warned] =
            [built.stdout, built.stderr].map(|out| String::from_utf8(out).unwrap());
        (built.status.success(), said, warned)
    };
    let hint =
        "the figures stay pictures until you run: rustup target add wasm32-unknown-unknown\n";
    let (built, said, warned) = build("echo", "");
    assert!(built && warned == hint && !said.contains("widgets.js"), "{said}{warned}");
    assert_eq!(build("echo", "true"), (false, String::new(), format!("book/widgets: {hint}")));

    write("book/widgets/widgets.css", "");
    write("target/widgets/wasm32-unknown-unknown/release/widgets.wasm", "");
    let (built, said, warned) = build("rustc", "");
    let installed =
        said.ends_with("/target/book/index.html, widgets.js 1 KB\n") && warned.is_empty();
    assert!(built && (installed || warned == hint), "{said}{warned}");
}

#[test]
fn speaks_the_protocol_of_mdbook() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("book");
    fs::create_dir(&book).unwrap();
    let input = |content: &str| {
        let context = json!({
            "root": book, "config": {}, "renderer": "html", "mdbook_version": "0.5.4"
        });
        let chapter = json!({
            "name": "One", "content": content, "number": null, "sub_items": [],
            "path": "one.md", "source_path": "one.md", "parent_names": []
        });
        json!([context, {"items": [{"Chapter": chapter}]}]).to_string()
    };
    let woven = run(folder.path(), &["preprocess"], &input("It is $`x`$."));
    assert!(woven.status.success(), "{woven:?}");
    let woven: Value = serde_json::from_slice(&woven.stdout).unwrap();
    let content = woven["items"][0]["Chapter"]["content"].as_str().unwrap();
    assert!(content.starts_with("It is <span class=\"katex\">"), "{content}");

    for input in [&input("{{#number a}}"), "no JSON"] {
        let failed = run(folder.path(), &["preprocess"], input);
        assert_eq!(failed.status.code(), Some(1));
        assert!(failed.stdout.is_empty() && !failed.stderr.is_empty());
    }
    let supports = |name: &str| run(folder.path(), &["preprocess", "supports", name], "").status;
    assert!(supports("html").success() && !supports("markdown").success());
}
