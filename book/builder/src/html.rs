//! HTML that Markdown leaves alone.
//!
//! Whatever this program generates is one line of HTML. A block of HTML in
//! Markdown ends at a blank line, and in a list or a quotation each further line
//! would need the prefix of its container; one line has neither problem.

use std::fmt::Write;
use std::path::Path;

/// Text as the content of an element or of a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("&#10;"),
            c => html.push(c),
        }
    }
    html
}

/// HTML that may stand in the middle of a Markdown paragraph or table cell.
///
/// Between two tags Markdown is read as Markdown: `*` and `_` in a formula would
/// become emphasis, `|` would end a table cell. As character references they mean
/// nothing.
pub fn inline(html: &str) -> String {
    let mut out = String::with_capacity(html.len() * 2);
    let (mut in_tag, mut in_reference) = (false, false);
    for c in html.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                out.push(c);
                continue;
            }
            '&' => in_reference = true,
            _ => {}
        }
        let special = match c {
            '|' | '\n' => true,
            c => !in_tag && !in_reference && c.is_ascii_punctuation() && c != '<',
        };
        match special {
            true => write!(out, "&#{};", u32::from(c)).expect("a String takes all"),
            false => out.push(c),
        }
        in_reference &= c != ';';
    }
    out
}

/// The link from one chapter to a place in another, both relative to the book.
pub fn link(from: &Path, to: &Path, id: &str) -> String {
    let up = "../".repeat(from.components().count() - 1);
    let to = to.with_extension("html").to_string_lossy().replace('\\', "/");
    format!("{up}{to}#{id}")
}
