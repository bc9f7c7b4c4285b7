//! Finds in a chapter what is to be replaced: formulas and directives.
//!
//! Formulas are found by mdBook's own Markdown parser, so that what is code here
//! is code there. They are written as GitHub renders them: a code span between
//! dollar signs, or a fence with the language `math`.

use std::ops::Range;

use mdbook_markdown::pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

use crate::equations::split_tag;
use crate::problem::line_at;

/// Something to be replaced.
pub struct Mark {
    /// The bytes of the chapter it takes.
    pub range: Range<usize>,
    /// Its line, counted from 1.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
}

/// What is to be replaced.
pub enum Kind {
    /// A formula in a line of text.
    Inline(String),
    /// A formula on lines of its own; with a `\tag{name}`, also its name and the
    /// formula without the tag.
    Display { tex: String, tag: Option<(String, String)> },
    /// `{{#code …}}`.
    Code(String),
    /// `{{#svg …}}`.
    Svg(String),
    /// `{{#widget …}}`.
    Widget(String),
    /// `{{#equations}}`.
    Equations,
}

// A directive on its line, after the signs of a list or a quotation.
pattern!(
    DIRECTIVE,
    r"(?m)^(?:[ \t>]|[-*+] |\d+[.)] )*(\{\{#(code|equations|svg|widget)\b([^\n]*)\}\})[ \t]*$"
);
// Anything that looks like a directive.
pattern!(LIKE_DIRECTIVE, r"\{\{#(\w*)");

/// mdBook's own, which its `links` preprocessor expands after this program.
const OF_MDBOOK: [&str; 5] = ["include", "rustdoc_include", "playground", "title", "template"];

/// All marks of a chapter in order, and what is wrong on which line.
pub fn find(text: &str) -> (Vec<Mark>, Vec<(usize, String)>) {
    let (mut marks, mut wrong) = (Vec::new(), Vec::new());
    let mut code: Vec<Range<usize>> = Vec::new();
    // The text of the math fence that is open, if one is.
    let mut fence: Option<String> = None;
    let (mut bare_heading, mut in_image) = (false, false);

    for (event, range) in new_cmark_parser(text, &MarkdownOptions::default()).into_offset_iter() {
        let line = line_at(text, range.start);
        match event {
            Event::Start(Tag::Heading { id, .. }) => bare_heading = id.is_none(),
            Event::End(TagEnd::Heading(_)) => bare_heading = false,
            Event::Start(Tag::Image { .. }) => in_image = true,
            Event::End(TagEnd::Image) => in_image = false,
            Event::Start(Tag::CodeBlock(kind)) => {
                let math = matches!(&kind, CodeBlockKind::Fenced(info) if &**info == "math");
                fence = math.then(String::new);
                code.push(range);
            }
            Event::Text(tex) => fence.iter_mut().for_each(|fence| fence.push_str(&tex)),
            Event::End(TagEnd::CodeBlock) => {
                let Some(tex) = fence.take() else { continue };
                let source = text[range.clone()].trim_end();
                if !source.contains('\n') || !source.ends_with(['`', '~']) {
                    wrong.push((line, "this math fence is not closed".into()));
                }
                let range = range.start..range.start + source.len();
                let tex = tex.trim().to_string();
                let tag = split_tag(&tex).unwrap_or_else(|what| {
                    wrong.push((line, what));
                    None
                });
                marks.push(Mark { range, line, kind: Kind::Display { tex, tag } });
            }
            Event::Code(tex) => {
                code.push(range.clone());
                match (text[..range.start].ends_with('$'), text[range.end..].starts_with('$')) {
                    (false, false) => {}
                    // mdBook makes the id of the text, and of a formula's HTML a mess.
                    (true, true) if bare_heading => {
                        wrong.push((line, "a heading with a formula needs its own {#id}".into()));
                    }
                    (true, true) if in_image => {
                        wrong.push((line, "a formula cannot be in an image's text".into()));
                    }
                    (true, true) => {
                        let range = range.start - 1..range.end + 1;
                        marks.push(Mark { range, line, kind: Kind::Inline(tex.to_string()) });
                    }
                    _ => wrong.push((line, format!("only one $ beside `{tex}`"))),
                }
            }
            _ => {}
        }
    }

    for found in DIRECTIVE.captures_iter(text) {
        let range = found.get(1).map(|found| found.range()).unwrap_or_default();
        if code.iter().any(|code| code.contains(&range.start)) {
            continue;
        }
        let arguments = found[3].trim().to_string();
        let kind = match &found[2] {
            "code" => Kind::Code(arguments),
            "svg" => Kind::Svg(arguments),
            "widget" => Kind::Widget(arguments),
            _ => Kind::Equations,
        };
        marks.push(Mark { line: line_at(text, range.start), range, kind });
    }
    marks.sort_by_key(|mark| mark.range.start);
    marks.dedup_by(|inner, outer| {
        let inside = inner.range.start < outer.range.end;
        if inside {
            wrong.push((inner.line, "a formula cannot be in a directive".into()));
        }
        inside
    });

    // What is left must be mdBook's: a directive that nobody reads is a mistake.
    for found in LIKE_DIRECTIVE.captures_iter(text) {
        let start = found.get_match().start();
        let known = OF_MDBOOK.contains(&&found[1]);
        if !known && !marks.iter().any(|mark| mark.range.contains(&start)) {
            let what = "is no directive, or not alone on its line, or in code";
            wrong.push((line_at(text, start), format!("{}… {what}", &found[0])));
        }
    }
    (marks, wrong)
}

/// What must follow a block of one-line HTML, so that what comes after it is
/// Markdown again: a blank line in the same container.
pub fn blank_line(text: &str, start: usize) -> String {
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let signs = text[line_start..start].chars().map(|c| if c == '>' { '>' } else { ' ' });
    format!("\n{}", signs.collect::<String>().trim_end())
}
