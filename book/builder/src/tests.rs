//! What the program makes of small books, and above all what it refuses.

mod widgets;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use tempfile::TempDir;

use crate::math::Math;
use crate::{code, html, make, serve};

const BOOK: &str = r#"
[book]
title = "Sample"
[build]
build-dir = "../target/book"
create-missing = false
[preprocessor.tapestry]
command = "no-such-program"
after = ["index"]
before = ["links"]
[output.html]
input-404 = ""
"#;

const CELL: &str = "\
/// One step.
pub fn step(f: f64, c: f64) -> f64 {
    // An ordinary comment.
    f * c //   (c)  c' = f <⊙> c
}
";

/// A repository with a book of one chapter and a crate of one file, in which
/// `files` are put or replaced.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let sample = [
        ("book/book.toml", BOOK),
        ("book/src/SUMMARY.md", "[One](one.md)\n"),
        ("book/src/one.md", "# One\n"),
        ("crates/nn/src/cell.rs", CELL),
    ];
    for (name, text) in sample.iter().chain(files) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The pages of a book that must be right.
fn pages(files: &[(&str, &str)]) -> impl Fn(&str) -> String + use<> {
    let folder = repository(files);
    let built = make::build(&folder.path().join("book"));
    built.unwrap_or_else(|problems| panic!("{problems:#?}"));
    move |page| fs::read_to_string(folder.path().join("target/book").join(page)).unwrap()
}

/// The problems of a book that must not be right, as they are printed.
fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let folder = repository(files);
    let problems = make::build(&folder.path().join("book")).expect_err("the book is refused");
    problems.iter().map(ToString::to_string).collect()
}

/// The problems of a book with this one chapter.
fn refused(chapter: &str) -> Vec<String> {
    problems(&[("book/src/one.md", chapter)])
}

/// The only problem of a book with this one chapter.
fn refusal(chapter: &str) -> String {
    let mut problems = refused(chapter);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.remove(0)
}

/// That each of the parts is in the text.
#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "there is no {part} in {text}");
    }
}

const EQUATION: &str = "```math\nc = f \\odot c \\tag{c}\n```\n";

#[test]
fn a_book_with_everything() {
    let chapter = format!(
        "# One\n\n{EQUATION}\nThe loss is {{{{#number loss.last}}}}, see [(c)](#eq-c), $`a*b*c`$.\n\n\
         | a | b |\n|---|---|\n| $`p(a \\| b)`$ | $`x_1 + x_2`$ |\n\n\
         - in a list\n  {{{{#code crates/nn/src/cell.rs step}}}}\n  *goes on*\n\n\
         > ```math\n> \\begin{{aligned}}\n> x &= 1\n> \\end{{aligned}}\n> ```\n> *goes on*\n\n\
         {{{{#svg p.svg A | line | See it <there>.}}}}\n\n{{{{#svg p.svg The line again | B}}}}\n\n[Two](part/two.md)\n"
    );
    let svg =
        "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 9 9\">\n<g id=\"a\"/><use href=\"#a\"/></svg>";
    let page = pages(&[
        ("book/src/SUMMARY.md", "- [One](one.md)\n  - [Two](part/two.md)\n- [Draft]()\n"),
        ("book/src/one.md", &chapter),
        (
            "book/src/part/two.md",
            "# Two\n\n{{#equations}}\n\n{{#code crates/nn/src/cell.rs step docs}}\n",
        ),
        ("book/src/p.svg", svg),
        ("book/numbers.toml", "[loss]\nlast = \"0.10\"\n"),
    ]);
    let one = page("one.html");
    has(
        &one,
        &[
            "id=\"eq-c\"",
            "<div class=\"line\"><code class=\"language-rust noplayground\">f * c</code>\
             <a class=\"where\" href=\"part/two.html#line-c\">crates/nn/src/cell.rs:4</a></div>",
            "class=\"katex-tag\"",
            "<math ",
            "The loss is 0.10, ",
            "<code class=\"language-rust noplayground\">pub fn step(f: f64, c: f64) -&gt; f64 {\n    // An",
            "f * c <span class=\"comment\" data-indent=\"    \">//   <a href=\"one.html#eq-c\">(c)</a>  \
             c' = f &lt;⊙&gt; c</span>\n}</code>",
            "<figcaption>crates/nn/src/cell.rs:2</figcaption>",
            "<figure class=\"widget\">\n<div class=\"picture\">",
            "role=\"img\" aria-label=\"A | line\"",
            "<figcaption>See it &lt;there&gt;.</figcaption></figure>",
            "aria-label=\"The line again\"",
        ],
    );
    assert_eq!(one.matches("<em>goes on</em>").count(), 2);
    assert_eq!(one.matches("<td>").count(), 2, "the bar in a formula ends no cell");
    assert!(!one.contains("<em>b</em>") && !one.contains("One step"));
    // Two pictures from one file share no id.
    let ids: Vec<_> =
        one.split("<g id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1]);
    ids.iter().for_each(|id| has(&one, &[&format!("<use href=\"#{id}\"")]));
    has(
        &page("part/two.html"),
        &[
            "<tr id=\"line-c\">",
            "href=\"../one.html#eq-c\">(c)</a>",
            "<code class=\"language-rust noplayground\">f * c</code>",
            "crates/nn/src/cell.rs:4",
            "/// One step.\n",
            "<figcaption>crates/nn/src/cell.rs:1</figcaption>",
        ],
    );
}

#[test]
fn formulas_that_katex_refuses() {
    let broken = refusal("# One\n\nSo $`\\frac{a}{`$ is\n");
    has(&broken, &["book/src/one.md:3: ", "KaTeX parse error", "in the formula \\frac{a}{"]);
    has(&refused("# One\n\n```math\n\\begin{aligned}\nx\n```\n")[0], &["one.md:3: ", "KaTeX"]);
    has(&refusal("$`a \\\\ b`$"), &["one.md:1: a line break outside of aligned, in the formula a"]);
    let align = "```math\n\\begin{align}\na\n\\end{align}\n```";
    has(&refusal(align), &["one.md:1: numbers that are no \\tag: use aligned, in the formula"]);
    has(&refused("$`\\mathfrak{g}`$")[0], &["one.md:1: this font is not in book/theme/fonts"]);
}

#[test]
fn a_formula_is_the_same_each_time() {
    let math = Math::new();
    let render =
        || math.render("\\sqrt{\\frac{1}{\\left(x\\right)}} \\overbrace{a}", true).unwrap();
    let first = render();
    has(&first, &["<math display=\"block\" xmlns=", "<svg ", "viewBox="]);
    assert!((0..20).all(|_| render() == first));
}

#[test]
fn formulas_in_the_wrong_place() {
    has(&refusal("# The $`x`$\n"), &["one.md:1: a heading with a formula needs its own {#id}"]);
    let _ = pages(&[("book/src/one.md", "# The $`x`$ {#the-x}\n")]);
    has(&refusal("![the $`x`$](a.svg)"), &["one.md:1: a formula cannot be in an image's text"]);
    has(&refused("{{#svg a.svg The $`x`$}}")[0], &["one.md:1: a formula cannot be in a directive"]);
    has(&refusal("It is $`x` here"), &["one.md:1: only one $ beside `x`"]);
    has(&refusal("```math\nx"), &["one.md:1: this math fence is not closed"]);
    // Markdown does not look into a block of HTML.
    has(&refused("<p>\n$`x`$\n</p>")[0], &["index.html: $` is left as it was written"]);
}

#[test]
fn equations_and_their_code() {
    let table = format!("{EQUATION}\n{{{{#equations}}}}\n");
    let _ = pages(&[("book/src/one.md", &table)]);
    has(&refused(&format!("{table}\n{EQUATION}"))[0], &["one.md:7: equation (c) is there twice"]);
    has(
        &refused(&table.replace("{c}", "{d}")).join("\n"),
        &[
            "book/src/one.md:1: equation (d) has no line of code with // (d)",
            "crates/nn/src/cell.rs:4: no equation of the book is (c)",
        ],
    );
    has(&refusal(EQUATION), &["one.md:1: the first equation, and no chapter has {{#equations}}"]);
    has(&refusal("{{#equations}}\n\n{{#equations}}"), &["one.md:3: {{#equations}} is in the book"]);
    has(&refused("```math\nx \\tag{a} \\tag{b}\n```")[0], &["one.md:1: more than one \\tag"]);
    has(&refused("```math\nx \\tag{a b}\n```")[0], &["one.md:1: \\tag{a b}: a name has"]);
    has(&refused("```math\nx \\tag*{a}\n```")[0], &["one.md:1: \\tag*{a}: a name has"]);
}

#[test]
fn code_that_is_not_there() {
    has(
        &refusal("{{#code crates/nn/src/no.rs step}}"),
        &["one.md:1: there is no file crates/nn/src/no.rs"],
    );
    has(
        &refusal("\n{{#code crates/../crates/nn/src/cell.rs step}}"),
        &["one.md:2: there is no file"],
    );
    has(&refusal("{{#code crates/nn/src/cell.rs stop}}"), &["cell.rs: there is no item stop"]);
    has(&refusal("{{#code crates/nn/src/cell.rs}}"), &["one.md:1: it is {{#code path item}}"]);
    let broken = problems(&[
        ("crates/nn/src/bad.rs", "fn f() {\n  let = 3;\n}"),
        ("book/src/one.md", "{{#code crates/nn/src/bad.rs f}}"),
    ]);
    has(&broken[0], &["one.md:1: crates/nn/src/bad.rs: line 2: "]);
}

#[test]
fn a_chapter_has_the_number_of_its_file() {
    let files = [
        ("book/src/00-zero.md", "# Zero\n"),
        ("book/src/01-one.md", "# One\n"),
        ("book/src/b-more.md", "# More\n"),
    ];
    let in_order = "[Zero](00-zero.md)\n\n- [One](01-one.md)\n- [More](b-more.md)\n";
    let page = pages(&[&files[..], &[("book/src/SUMMARY.md", in_order)]].concat());
    has(&page("00-zero.html"), &[">Zero</a></h1>", "<title>Zero - Sample</title>"]);
    has(&page("01-one.html"), &[">1. One</a></h1>", "<title>1. One - Sample</title>"]);
    has(&page("b-more.html"), &[">B. More</a></h1>"]);
    let contents = page("toc.html");
    has(&contents, &["Zero", "1. One", "B. More"]);
    assert!(!contents.contains("2."), "{contents}");

    let later = "[Zero](00-zero.md)\n\n- [More](b-more.md)\n- [One](01-one.md)\n";
    let problems = problems(&[&files[..], &[("book/src/SUMMARY.md", later)]].concat());
    assert_eq!(problems, ["book/src/01-one.md: in SUMMARY.md it is chapter 2"]);
}

#[test]
fn numbers() {
    let with = |numbers: &str, chapter: &str| {
        problems(&[("book/numbers.toml", numbers), ("book/src/one.md", chapter)])
    };
    has(&refusal("\n{{#number a.b}}"), &["one.md:2: book/numbers.toml has no number a.b"]);
    has(&with("# Numbers\n\na.b = \"1\"", "")[0], &["book/numbers.toml:3: no chapter uses a.b"]);
    has(&with("a = 1.50", "")[0], &["book/numbers.toml:1: a is not a string"]);
    has(&with("a = \"1\\n2\"", "")[0], &["book/numbers.toml:1: a has a line break"]);
    has(&with("\n\"a.b\" = \"1\"\n[a]\nb = \"2\"", "{{#number a.b}}")[0], &["a.b is there twice"]);
    has(&with("\na = ", "")[0], &["book/numbers.toml:2: "]);
    let flat = [("book/numbers.toml", "\"a.b\" = \"1\""), ("book/src/one.md", "{{#number a.b}}")];
    has(&pages(&flat)("one.html"), &["<p>1</p>"]);
}

#[test]
fn directives_that_nobody_reads() {
    for chapter in
        ["{{#cod a b}}", "see {{#code a b}}", "```\n{{#code a b}}\n```", "`{{#equations}}`"]
    {
        has(
            &refusal(chapter),
            &["one.md:", "is no directive, or not alone on its line, or in code"],
        );
    }
    // mdBook's own still work, or fail as here.
    has(&refused("{{#include no.txt}}").join("\n"), &["mdbook: ", "no.txt"]);
}

#[test]
fn pictures() {
    let with = |svg: &str, chapter: &str| {
        problems(&[("book/src/p.svg", svg), ("book/src/one.md", chapter)]).join("\n")
    };
    has(&with("<svg></svg>", "{{#svg p.svg}}"), &["one.md:1: p.svg: the picture needs a text"]);
    for no_caption in ["A", "A |", "A | "] {
        let refused = with("<svg></svg>", &format!("{{{{#svg p.svg {no_caption}}}}}"));
        has(&refused, &["one.md:1: p.svg: the picture needs a caption"]);
    }
    has(&with("<svg></svg>", "{{#svg q.svg A | B}}"), &["one.md:1: q.svg: "]);
    has(&with("<html></html>", "{{#svg p.svg A | B}}"), &["p.svg: it is not from <svg to </svg>"]);
    has(&with("<svg><g>", "{{#svg p.svg A | B}}"), &["p.svg: it is not from <svg to </svg>"]);
    has(&with("<svg><script>x</script></svg>", "{{#svg p.svg A | B}}"), &["has a script"]);
    has(
        &with("<svg><image href=\"https://a.example/b.png\"/></svg>", "{{#svg p.svg A | B}}"),
        &["one.html: https://a.example/b.png is loaded from outside"],
    );
}

/// A chapter with a question, and an answer with these attributes.
fn predict(attributes: &str) -> String {
    let answer = format!("<div class=\"answer\" {attributes}>\n>\n> *Because* $`x`$.\n>\n> </div>");
    format!("> **Predict.** What?\n>\n> {answer}\n\nThe end.\n")
}

#[test]
fn questions_that_answer() {
    let number = "hidden data-number=\"0.40\" data-within=\"0.05\" data-hints=\"4: No. | -0.4: N\"";
    let choices =
        "hidden data-choices=\"a | b\n>   c | 4: 5\" data-right=\"b c\" data-hints=\"a: A.\"";
    for attributes in [number, choices] {
        let page = pages(&[("book/src/one.md", &predict(attributes))]);
        has(&page("one.html"), &["<p><em>Because</em> <span class=\"katex\">", "\n</blockquote>"]);
    }
    // In a text, the word alone is no question.
    let _ = pages(&[("book/src/one.md", "**Predict.** A question.\n\n> **Pre** dict.\n")]);
}

#[test]
fn questions_that_do_not_answer() {
    let changed = |from: &str, to: &str| {
        let right = "hidden data-choices=\"a | b\" data-right=\"b\" data-hints=\"a: A.\"";
        let chapter = predict(right);
        assert!(chapter.contains(from));
        refused(&chapter.replace(from, to)).join("\n")
    };
    let prefix = "index.html: predict: ";
    let two = "</div>\n>\n> <div class=\"answer\">\n>\n> B.\n>\n> </div>";
    has(&changed("class=\"answer\" ", ""), &[prefix, "a Predict has 0 answers, and not one"]);
    has(&changed("</div>", two), &["a Predict has 2 answers, and not one"]);
    has(&changed("> **Predict.** What?\n>\n", "> **Predict.** What?\n\n"), &["has 0 answers"]);
    has(&changed("**Predict.**", "Predict."), &["in no quotation that begins with **Predict.**"]);
    has(&changed("hidden ", ""), &["the answer is not hidden"]);
    has(&changed("> *Because* $`x`$.\n", ""), &["no blank line and no reason"]);
    has(&changed("\n>\n> *Because* $`x`$.", "\n> Because."), &["no blank line and no reason"]);
    has(&changed("\"a | b\"", "\"b\""), &["its choices are not two or more: b"]);
    has(&changed("a | b\"", "a | b | a\""), &["its choices are not two or more: a | b | a"]);
    has(&changed("a | b\"", "a | b |\""), &["its choices are not two or more: a | b |"]);
    has(&changed("\"b\"", "\"B\""), &["its right answer is none of its choices: B"]);
    has(&changed("a: A.", "b: B."), &["its hint is not for a wrong answer: b: B."]);
    has(&changed("a: A.", "c: C."), &["its hint is not for a wrong answer: c: C."]);
    has(&changed("data-choices", "data-choice"), &["it needs data-choices or data-number"]);
    has(&changed("data-right", "data-number=\"1\" data-right"), &["and one of them"]);

    let number = |attributes: &str| refused(&predict(&format!("hidden {attributes}"))).join("\n");
    let what = "no number and what it may be off: ";
    has(&number("data-number=\"four\" data-within=\"0\""), &[what, "four and 0"]);
    has(&number("data-number=\"inf\" data-within=\"0\""), &[what]);
    has(&number("data-number=\"4\""), &[what, "4 and"]);
    has(&number("data-number=\"4\" data-within=\"-1\""), &[what, "4 and -1"]);
    let near = "data-number=\"4\" data-within=\"1\" data-hints=\"3.5: No.\"";
    has(&number(near), &["its hint is not for a wrong answer: 3.5: No."]);
}

#[test]
fn pages_that_are_not_whole() {
    let refused = |chapter: &str| refused(chapter).join("\n");
    has(&refused("[a](no.md)"), &["one.html: no.html leads nowhere"]);
    has(&refused("[a](#no)"), &["one.html: #no leads to no place on that page"]);
    has(&refused("[a](/one.html)"), &["one.html: /one.html is not a link within the book"]);
    has(&refused("[a](../../one.html)"), &["is not a link within the book"]);
    has(
        &refused("<script src='https://a.example/a.js'></script>"),
        &["a.js is loaded from outside"],
    );
    has(
        &refused("<link rel='stylesheet' href='//a.example/a.css'>"),
        &["a.css is loaded from outside"],
    );
    has(
        &refused("<style>@import 'https://a.example/b.css';</style>"),
        &["b.css is loaded from outside"],
    );
    has(
        &refused("<p style='background: url(https://a.example/c)'>a</p>"),
        &["c is loaded from outside"],
    );
    has(&refused("<img alt='a' srcset='https://a.example/d 2x'>"), &["d is loaded from outside"]);
    has(&refused("![a](https://a.example/e.png)"), &["e.png is loaded from outside"]);
    has(&refused("![a](no.png)"), &["no.png is loaded and does not exist"]);
    has(&refused("![](favicon.png)"), &["one.html: an image has no text"]);
    has(&refused("<p id='a'>a</p>\n<p id='a'>b</p>"), &["one.html: the id a is there twice"]);
    has(&refused("<span class='katex-error'>a</span>"), &["a formula is shown as an error"]);
    has(&refused("<details>\n\nnot closed"), &["mdbook: unclosed HTML tag `<details>`"]);
    let lost = problems(&[("book/src/lost.html", "<p>lost</p>")]);
    assert_eq!(lost, ["lost.html: no way leads here from the start page"]);
    let _ =
        pages(&[("book/src/one.md", "[out](https://a.example/) and [mail](mailto:a@a.example)")]);
}

#[test]
fn all_problems_are_reported_at_once() {
    let refused = refused("$`\\x`$\n\n{{#number a}}\n\n{{#code b c}}\n\n{{#wrong}}");
    assert_eq!(refused.len(), 4, "{refused:#?}");
    has(&problems(&[("book/src/SUMMARY.md", "[One](no.md)")])[0], &["mdbook: ", "no.md"]);
    has(&problems(&[("book/book.toml", "[book")])[0], &["mdbook: "]);
}

const ITEMS: &str = r#"//! A file.
/// A tensor.
#[derive(Clone)]
pub struct Tensor<T> {
    /// Its data.
    pub data: Vec<T>, // by rows
}
mod inner {
    pub const SIZE: usize = 3;
    pub fn add() {}
}
impl<T: Copy> Tensor<T> {
    /// Adds.
    #[must_use]
    pub fn add(&self) -> &'static str {
        "/// no comment
"
    }

    fn len(&self) -> usize {
        self.data.len()
    }
}
impl<T> Mul for &Tensor<T> {
    type Output = T;
    fn mul(self) -> T { self.product() }
}
impl<T> From<u8> for Tensor<T> {}
impl<T> From<u16> for Tensor<T> {}
pub trait Scalar { fn sigmoid(self) -> Self; }
macro_rules! table { () => {} }
"#;

fn item(name: &str, docs: bool) -> Result<(usize, String), String> {
    let folder = repository(&[("a.rs", ITEMS)]);
    code::excerpt(folder.path(), "a.rs", name, docs)
        .map(|found| (found.line, found.lines.join("\n")))
}

#[test]
fn items_of_a_file() {
    let text = |name| item(name, false).unwrap().1;
    let tensor = "#[derive(Clone)]\npub struct Tensor<T> {\n    pub data: Vec<T>, // by rows\n}";
    assert_eq!(item("Tensor", false), Ok((3, tensor.into())));
    assert_eq!(item("Tensor", true).unwrap().0, 2);
    has(&item("Tensor", true).unwrap().1, &["/// A tensor.\n", "    /// Its data.\n"]);
    assert_eq!(item("SIZE", false), Ok((9, "pub const SIZE: usize = 3;".into())));
    // A string that looks like a doc comment is none.
    has(&text("Tensor::add"), &["#[must_use]\npub fn add", "\"/// no comment\n"]);
    assert_eq!(text("Tensor::len"), "fn len(&self) -> usize {\n    self.data.len()\n}");
    assert_eq!(text("Tensor::Output"), "type Output = T;");
    assert_eq!(text("Scalar::sigmoid"), "pub trait Scalar { fn sigmoid(self) -> Self; }");
    assert_eq!(text("table"), "macro_rules! table { () => {} }");
    has(&text("impl Mul for Tensor"), &["impl<T> Mul for &Tensor<T> {\n    type Output"]);
    has(&text("impl Tensor"), &["impl<T: Copy> Tensor<T> {"]);
    assert_eq!(item("impl From<u16> for Tensor", false).unwrap().0, 29);
    let ambiguous = item("impl From for Tensor", false);
    assert_eq!(ambiguous, Err("a.rs: impl From for Tensor is ambiguous, see lines 28, 29".into()));
    assert_eq!(item("impl {", false), Err("a.rs: impl { is not an impl".into()));
    assert_eq!(item("Tensor::no", false), Err("a.rs: there is no item Tensor::no".into()));
}

#[test]
fn html_in_markdown() {
    let inline = html::inline("<b title=\"a*b|c\">x_1 &lt; *|\n&#x27;</b>");
    assert_eq!(inline, "<b title=\"a*b&#124;c\">x&#95;1 &lt; &#42;&#124;&#10;&#x27;</b>");
    assert_eq!(html::link(Path::new("a/b.md"), Path::new("c/d.md"), "e"), "../c/d.html#e");
}

#[test]
fn the_server_stays_in_its_folder() {
    let folder = repository(&[("index.html", "<p>start</p>"), ("a b.css", "p {}")]);
    let ask = |request: &str| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(request.as_bytes()).unwrap();
        serve::answer(listener.accept().unwrap().0, &folder.path().join(".")).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        answer
    };
    has(&ask("GET / HTTP/1.1\r\n\r\n"), &["200 OK", "text/html", "<p>start</p>"]);
    has(&ask("GET /a%20b.css?x HTTP/1.1\r\n\r\n"), &["200 OK", "text/css"]);
    for request in [
        "GET /../secret HTTP/1.1\r\n",
        "GET //etc/passwd HTTP/1.1\r\n",
        "PUT / HTTP/1.1\r\n",
        "\r\n",
    ] {
        assert!(!ask(request).contains("200 OK") || request.trim().is_empty(), "{request}");
    }
}
