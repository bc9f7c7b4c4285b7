//! The number of a chapter, which is that of its file and stands in its title:
//! `12-input-gate.md` is chapter 12, `b-symbols.md` is appendix B.

use std::path::Path;

use mdbook_preprocessor::book::Chapter;

use crate::problem::Problem;

pattern!(NUMBER, r"^0*([1-9][0-9]*|[a-z])-");

/// The number or letter of a chapter, if its file has one.
fn of(path: &Path) -> Option<String> {
    let file = path.file_name()?.to_str()?;
    Some(NUMBER.captures(file)?[1].to_uppercase())
}

/// The text of a chapter with the number in its heading.
pub fn number(text: String, path: &Path) -> String {
    match (of(path), text.strip_prefix("# ")) {
        (Some(number), Some(rest)) => format!("# {number}. {rest}"),
        _ => text,
    }
}

/// Puts the number into the name that the contents show, instead of mdBook's own, which is the
/// place in SUMMARY.md and has no letters. The two must agree.
pub fn name(chapter: &mut Chapter) -> Option<Problem> {
    let path = chapter.path.as_ref()?;
    let number = of(path)?;
    chapter.name = format!("{number}. {}", chapter.name);
    let place = chapter.number.take()?.to_string();
    let agree = place == format!("{number}.") || number.parse::<u32>().is_err();
    (!agree).then(|| Problem::of(path.to_string_lossy(), format!("it is chapter {place} in SUMMARY.md")))
}
