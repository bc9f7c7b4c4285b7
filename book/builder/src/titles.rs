//! The number of a chapter, which is that of its file and stands in its title:
//! `12-input-gate.md` is chapter 12, `b-symbols.md` is appendix B.

use std::path::Path;

use mdbook_preprocessor::book::Chapter;

pattern!(NUMBER, r"^0*([1-9][0-9]*|[a-z])-");

/// The number or letter of a chapter, if its file has one.
fn of(path: &Path) -> Option<String> {
    let file = path.file_name()?.to_str()?;
    Some(NUMBER.captures(file)?[1].to_uppercase())
}

/// What is wrong if the file's number is not the chapter's place in SUMMARY.md.
pub fn problem(chapter: &Chapter) -> Option<String> {
    let number = of(chapter.path.as_ref()?)?;
    let place = chapter.number.as_ref()?.to_string();
    let agree = place == format!("{number}.") || number.parse::<u32>().is_err();
    (!agree).then(|| format!("in SUMMARY.md it is chapter {}", place.trim_end_matches('.')))
}

/// The text of a chapter with the number in its heading.
pub fn in_heading(text: String, path: &Path) -> String {
    match (of(path), text.strip_prefix("# ")) {
        (Some(number), Some(rest)) => format!("# {number}. {rest}"),
        _ => text,
    }
}

/// Puts the number into the name that the contents show, instead of mdBook's own, which has no
/// letters.
pub fn in_name(chapter: &mut Chapter) {
    if let Some(number) = chapter.path.as_deref().and_then(of) {
        chapter.name = format!("{number}. {}", chapter.name);
        chapter.number = None;
    }
}
