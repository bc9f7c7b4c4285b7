//! Figures that run: what a chapter asks for, the script, and the pages with them.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{BOOK, has, repository};
use crate::problem::Problem;
use crate::widgets::{self, Compile};
use crate::{check, make};

const SVG: (&str, &str) = ("book/src/p.svg", "<svg><text>x</text></svg>");
const CSS: (&str, &str) =
    ("book/widgets/widgets.css", "p::before { content: \"\\201C `${a}\"; }\n");
const JS: (&str, &str) = (
    "book/widgets/widgets.js",
    "const figure = () => {};\nfigure(\"cell\", () => {});\n  figure( \"v-curve\", 1);\nno figure(\"x\")",
);

fn wasm(_: &Path) -> Result<Option<Vec<u8>>, Problem> {
    Ok(Some(b"\0asm".to_vec()))
}

fn no_target(_: &Path) -> Result<Option<Vec<u8>>, Problem> {
    Ok(None)
}

/// A repository with figures, this one chapter, and these files.
fn with_figures(chapter: &str, files: &[(&str, &str)]) -> TempDir {
    repository(&[&[SVG, CSS, JS, ("book/src/one.md", chapter)], files].concat())
}

/// Builds a book that must be right.
#[track_caller]
fn build(folder: &TempDir, compile: Compile) -> make::Built {
    let built = make::build_with(&folder.path().join("book"), compile);
    built.unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The problems of a book that must not be right, a line each.
#[track_caller]
fn problems(folder: &TempDir, compile: Compile) -> String {
    let problems = make::build_with(&folder.path().join("book"), compile);
    let problems = problems.expect_err("the book is refused");
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

fn read(folder: &TempDir, file: &str) -> String {
    fs::read_to_string(folder.path().join(file)).unwrap()
}

#[test]
fn a_figure_and_its_script() {
    let two = "# Two\n\ntext\n{{#widget cell(forget_bias=1.0, x = -a&lt;) p.svg A *cell* | B *c*}}\n*goes on*\n\n\
               - {{#widget v-curve p.svg A curve | C}}\n  *goes on*\n";
    let summary = ("book/src/SUMMARY.md", "[One](one.md)\n[Two](two.md)\n");
    let folder = with_figures("# One\n", &[summary, ("book/src/two.md", two)]);
    let built = build(&folder, wasm);
    let page = read(&folder, "target/book/two.html");
    has(
        &page,
        &[
            "<p>text</p>\n<figure class=\"widget\"><tapestry-figure name=\"cell\" \
             data-forget_bias=\"1.0\" data-x=\"-a&amp;lt;\">\n<div class=\"picture\">\
             <svg role=\"img\" aria-label=\"A *cell*\"><text>x</text></svg></div>\n\
             </tapestry-figure><figcaption>B *c*</figcaption>\
             <script src=\"widgets.js\" defer=\"\"></script></figure>\n",
            "<tapestry-figure name=\"v-curve\">",
        ],
    );
    assert_eq!(page.matches("<em>goes on</em>").count(), 2);
    assert_eq!(page.matches("widgets.js").count(), 1, "a page loads the script once");
    assert!(!read(&folder, "target/book/one.html").contains("widgets.js"));

    // base64 -d | gzip -d gives the four bytes back.
    let script = "(() => {\n\"use strict\";\nconst WASM = \"H4sIAAAAAAAC/2NILM4FANtJQF8EAAAA\";\n\
                  const CSS = `p::before { content: \"\\\\201C \\`\\${a}\"; }`;\n";
    // Without indentation, which nobody needs to load.
    let script = format!("{script}{}\n}})();\n", JS.1.replace("\n  ", "\n"));
    assert_eq!(read(&folder, "target/book/widgets.js"), script);
    assert_eq!(built.contents.script, Some(script.len()));

    // The same once more: the file is not written again.
    let file = folder.path().join("book/src/widgets.js");
    let time = fs::metadata(&file).unwrap().modified().unwrap();
    assert_eq!(build(&folder, wasm).contents.script, Some(script.len()));
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), time);
    fs::write(&file, "stale").unwrap();
    build(&folder, wasm);
    assert_eq!(read(&folder, "target/book/widgets.js"), script);
}

#[test]
fn a_figure_in_a_folder() {
    let files = [
        ("book/book.toml", &format!("{BOOK}[output.html.print]\nenable = false\n")[..]),
        ("book/src/SUMMARY.md", "[One](one.md)\n[Two](part/two.md)\n"),
        ("book/src/part/two.md", "{{#widget cell ../p.svg A | B}}\n"),
    ];
    let folder = with_figures("# One\n", &files);
    build(&folder, wasm);
    let page = read(&folder, "target/book/part/two.html");
    has(&page, &["<script src=\"../widgets.js\" defer=\"\">"]);
}

#[test]
fn figures_that_are_refused() {
    let refused = |chapter: &str| problems(&with_figures(chapter, &[]), wasm);
    let known = "one.md:2: book/widgets/widgets.js has no figure cel, but cell, v-curve\n";
    has(&refused("\n{{#widget cel p.svg A | B}}"), &[known]);
    has(&refused("{{#widget cell p.svg}}"), &["one.md:1: p.svg: the picture needs a text"]);
    has(&refused("{{#widget cell q.svg A | B}}"), &["one.md:1: q.svg: "]);
    for what in ["cell", "", "cell(a=1)", "cell(a=1 p.svg A", "cell(a=(1)) p.svg A"] {
        let refused = refused(&format!("{{{{#widget {what}}}}}"));
        has(&refused, &["one.md:1: it is {{#widget name(key=value) file text | caption}}"]);
    }
    for settings in ["", "a", "a=", "A=1", "a=1,", "a='1'", "a=\"1", "a-b=1"] {
        let refused = refused(&format!("{{{{#widget cell({settings}) p.svg A | B}}}}"));
        has(&refused, &["one.md:1: cell: ", " is not key=value"]);
    }
    has(&refused("{{#widget cell(a=1, a=2) p.svg A | B}}"), &["one.md:1: cell: a is set twice"]);
    has(
        &refused("see {{#widget cell p.svg A | B}}"),
        &["is no directive, or not alone on its line"],
    );

    let package = repository(&[SVG, ("book/src/one.md", "\n{{#widget cell p.svg A | B}}")]);
    has(&problems(&package, wasm), &["one.md:2: book/widgets/widgets.js: "]);
    let folder = with_figures("{{#widget cell p.svg A | B}}", &[]);
    fs::remove_file(folder.path().join(CSS.0)).unwrap();
    has(&problems(&folder, wasm), &["book/widgets/widgets.css: "]);
}

#[test]
fn without_webassembly_the_picture_stays() {
    let stale = ("book/src/widgets.js", "stale");
    let folder = with_figures("{{#widget cell p.svg A | B}}", &[stale]);
    assert_eq!(build(&folder, no_target).contents.script, None);
    let page = read(&folder, "target/book/one.html");
    has(&page, &["<tapestry-figure name=\"cell\">", "aria-label=\"A\""]);
    assert!(!page.contains("widgets.js"));
    assert!(!folder.path().join(stale.0).exists());
    assert!(!folder.path().join("target/book/widgets.js").exists());

    // A book without figures compiles nothing.
    let folder = with_figures("# One\n", &[stale]);
    build(&folder, |_| panic!("there is nothing to compile"));
    assert!(!folder.path().join("target/book/widgets.js").exists());

    // What does not compile is no reason to be silent.
    let folder = with_figures("{{#widget cell p.svg A | B}}", &[stale]);
    let broken: Compile = |_| Err(Problem::of("book/widgets", "broken"));
    assert_eq!(problems(&folder, broken), "book/widgets: broken\n");
    assert!(!folder.path().join(stale.0).exists());
}

#[test]
fn a_script_that_is_too_long() {
    let chapter = "{{#widget cell p.svg A | B}}";
    let long = |bytes: usize| {
        let js = JS.1.to_string() + &" ".repeat(bytes);
        with_figures(chapter, &[(JS.0, &js)])
    };
    let least = build(&long(0), wasm).contents.script.unwrap();
    assert_eq!(build(&long(300_000 - least), wasm).contents.script, Some(300_000));
    has(
        &problems(&long(300_001 - least), wasm),
        &["widgets.js: it has 300001 bytes, and 300000 is the limit"],
    );
}

#[test]
fn the_checker_knows_the_figures() {
    const FIGURE: &str = "<tapestry-figure name=\"cell\"><div class=\"picture\">\
                          <svg role=\"img\" aria-label=\"A\"></svg></div></tapestry-figure>";
    const LOAD: &str = "<script src=\"widgets.js\" defer=\"\">if (a<b) {}</script>";
    let checked = |page: &str, script: Option<&str>, figures: &[&str]| {
        let folder =
            repository(&[("pages/index.html", "<a href=\"a.html\">a</a>"), ("pages/a.html", page)]);
        let pages = folder.path().join("pages");
        script.iter().for_each(|script| fs::write(pages.join("widgets.js"), script).unwrap());
        let names = figures.iter().map(ToString::to_string).collect();
        match check::check(&pages, &BTreeMap::from([("a.html".to_string(), names)])) {
            Ok(_) => String::new(),
            Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
        }
    };
    let both = format!("{FIGURE}{LOAD}");
    let svg = "f(\"http://www.w3.org/2000/svg\", `url(#a)`) // https://a.example";
    assert_eq!(checked(&both, Some(svg), &["cell"]), "");
    assert_eq!(checked(FIGURE, None, &["cell"]), "");
    assert_eq!(checked("", Some(""), &[]), "");

    let empty = both.replace("aria-label=\"A\"", "aria-label=\" \"");
    let refused = [
        (
            checked(&empty, Some(""), &["cell"]),
            "a.html: the figure cell has no picture with a text",
        ),
        (
            checked(FIGURE, Some(""), &["cell"]),
            "a.html: a figure is there and widgets.js is not loaded",
        ),
        (checked(LOAD, Some(""), &[]), "a.html: widgets.js is loaded without a figure"),
        (checked(&both, None, &["cell"]), "a.html: widgets.js is loaded and does not exist"),
        (
            checked(&both, Some(""), &[]),
            "a.html: its figures are [cell], and those of its chapter []",
        ),
        (
            checked("", Some(""), &["cell", "v-curve"]),
            "a.html: its figures are [], and those of its chapter [cell, v-curve]",
        ),
    ];
    refused.iter().for_each(|(problems, wanted)| assert_eq!(problems, &format!("{wanted}\n")));
    for script in
        ["fetch(\"https://a.example/b\")", "`url(//a.example/b)`", "f('http://a.example/b')"]
    {
        has(
            &checked(&both, Some(script), &["cell"]),
            &["widgets.js: //a.example/b is loaded from outside"],
        );
    }
}

#[test]
fn figures_written_by_hand() {
    let by_hand =
        "<div><tapestry-figure name=\"cell\"><svg aria-label=\"A\"></svg></tapestry-figure></div>";
    has(
        &problems(&with_figures(by_hand, &[]), wasm),
        &["one.html: its figures are [cell], and those of its chapter []"],
    );
    // In a script nobody sees it.
    let lost = "<script>\n{{#widget cell p.svg A | B}}\n</script>";
    has(&problems(&with_figures(lost, &[]), no_target), &["those of its chapter [cell]"]);
}

/// A package with a panic that names its file, and with a crate of the repository.
const PACKAGE: [(&str, &str); 5] = [
    (
        "book/widgets/Cargo.toml",
        "[package]\nname = \"widgets\"\nedition = \"2024\"\n[workspace]\n\
         [lib]\ncrate-type = [\"cdylib\"]\n[dependencies]\nnn = { path = \"../../crates/nn\" }\n",
    ),
    (
        "book/widgets/Cargo.lock",
        "version = 4\n[[package]]\nname = \"nn\"\nversion = \"0.0.0\"\n[[package]]\n\
         name = \"widgets\"\nversion = \"0.0.0\"\ndependencies = [\"nn\"]\n",
    ),
    (
        "book/widgets/src/lib.rs",
        "#[unsafe(no_mangle)]\npub extern \"C\" fn f(n: usize) -> u8 { nn::at(n) }\n",
    ),
    ("crates/nn/Cargo.toml", "[package]\nname = \"nn\"\nedition = \"2024\"\n"),
    ("crates/nn/src/lib.rs", "pub fn at(n: usize) -> u8 { vec![1, 2][n] }\n"),
];

#[test]
fn compiles_for_browsers() {
    let installed = widgets::rust("wasm32-unknown-unknown").unwrap();
    let folder = repository(&PACKAGE);
    let root = folder.path().canonicalize().unwrap();

    // Where the target is not installed.
    let missing = widgets::rust("no-such-target").unwrap();
    assert!(matches!(widgets::compile_with(&root, &missing, false), Ok(None)));
    let refused = widgets::compile_with(&root, &missing, true).unwrap_err().to_string();
    has(&refused, &["book/widgets: ", "rustup target add wasm32-unknown-unknown"]);

    let Some(wasm) = widgets::compile_with(&root, &installed, false).unwrap() else {
        return eprintln!("the rest is skipped");
    };
    assert!(wasm.starts_with(b"\0asm"));
    let contains = |text: &str| wasm.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(contains("./crates/nn/src/lib.rs"), "a panic names its file");
    let home = env::home_dir().unwrap();
    for path in [&root, &home] {
        assert!(!contains(path.to_str().unwrap()), "{} is in the file", path.display());
    }
    assert_eq!(widgets::compile_with(&root, &installed, true).unwrap().unwrap(), wasm);

    fs::write(root.join("crates/nn/src/lib.rs"), "pub fn at() {}").unwrap();
    let broken = widgets::compile_with(&root, &installed, false).unwrap_err().to_string();
    assert_eq!(broken, "book/widgets: it does not compile, see above");
}
