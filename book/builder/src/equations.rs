//! Equations with a name, and their lines of code.
//!
//! `\tag{c}` in a formula that stands alone makes it equation (c). A line of the
//! crates with `// (c)` behind its code is the line of that equation. Each needs
//! the other, and the table `{{#equations}}` shows them side by side.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::html;
use crate::problem::Problem;

/// A formula with a name.
pub struct Equation {
    /// The name, as in `\tag{name}`.
    pub name: String,
    /// The formula without its tag.
    pub tex: String,
    /// The chapter, relative to the book.
    pub page: PathBuf,
    /// The chapter's file, for problems.
    pub file: String,
    /// The line in it.
    pub line: usize,
}

/// A line of code with an equation's name behind it.
pub struct CodeLine {
    /// The name.
    pub name: String,
    /// The file, seen from the root of the repository.
    pub file: String,
    /// The line in it.
    pub line: usize,
    /// The code, without its comment.
    pub code: String,
}

pattern!(TAG, r"\\tag(\*?)\s*\{([^}]*)\}");

// Code, then `// (name)`: what is before the comment, the signs, the name, and the rest.
pattern!(MARKED, r"^(\s*([^\s/].*?)\s*)(//\s*)(\(([A-Za-z0-9.-]+)\))(.*)$");

/// The name of a formula, if it has one, and the formula without it.
pub fn split_tag(tex: &str) -> Result<Option<(String, String)>, String> {
    let tags: Vec<_> = TAG.captures_iter(tex).collect();
    let [tag] = &tags[..] else {
        return match tags.len() {
            0 => Ok(None),
            _ => Err("more than one \\tag in one formula".into()),
        };
    };
    let name = &tag[2];
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    if !tag[1].is_empty() || name.is_empty() || !name.chars().all(allowed) {
        return Err(format!("{}: a name has letters, digits, . and -, as in \\tag{{c}}", &tag[0]));
    }
    Ok(Some((name.into(), TAG.replace(tex, "").trim().into())))
}

/// All lines of the crates' sources that have an equation's name behind them.
pub fn code_lines(root: &Path) -> Vec<CodeLine> {
    let mut files = Vec::new();
    for member in entries(&root.join("crates")) {
        rust_files(&member.join("src"), &mut files);
    }
    let mut found = Vec::new();
    for path in files {
        let file = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        for (line, text) in (1..).zip(fs::read_to_string(&path).unwrap_or_default().lines()) {
            if let Some(marked) = MARKED.captures(text) {
                let (name, code) = (marked[5].into(), marked[2].into());
                found.push(CodeLine { name, file: file.clone(), line, code });
            }
        }
    }
    found
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        match path.is_dir() {
            true => rust_files(&path, files),
            false if path.extension().is_some_and(|end| end == "rs") => files.push(path),
            false => {}
        }
    }
}

/// What is in a folder, in order.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Reports equations without code, code without an equation, and names used twice.
pub fn check(equations: &[Equation], code: &[CodeLine], problems: &mut Vec<Problem>) {
    let mut names = BTreeSet::new();
    for Equation { name, file, line, .. } in equations {
        if !names.insert(name) {
            problems.push(Problem::at(file, *line, format!("equation ({name}) is there twice")));
        }
        if !code.iter().any(|code| code.name == *name) {
            let what = format!("equation ({name}) has no line of code with // ({name})");
            problems.push(Problem::at(file, *line, what));
        }
    }
    // A book that is only begun has no equations yet.
    let code = code.iter().filter(|_| !equations.is_empty());
    for CodeLine { name, file, line, .. } in code.filter(|code| !names.contains(&code.name)) {
        problems.push(Problem::at(file, *line, format!("no equation of the book is ({name})")));
    }
}

/// The HTML of a line of included code, its equation's name a link from `page`. A comment that says
/// more has the line's indentation with it: in a narrow window it is shown below.
pub fn link_code(line: &str, page: &Path, equations: &[Equation]) -> String {
    let marked = MARKED.captures(line);
    let equation = marked.as_ref().and_then(|m| equations.iter().find(|e| e.name == m[5]));
    let (Some(marked), Some(equation)) = (marked, equation) else { return html::escape(line) };
    let link = html::link(page, &equation.page, &format!("eq-{}", equation.name));
    let [code, signs, name, rest] = [1, 3, 4, 6].map(|i| html::escape(&marked[i]));
    let comment = format!(r#"{signs}<a href="{link}">{name}</a>{rest}"#);
    if rest.is_empty() {
        return format!(r#"{code}<span class="name">{comment}</span>"#);
    }
    let indent = &line[..line.len() - line.trim_start().len()];
    format!(r#"{code}<span class="comment" data-indent="{indent}">{comment}</span>"#)
}

/// The HTML of an equation's line of code; `place` says where it is.
fn line(code: &str, place: &str) -> String {
    let code = html::escape(code);
    format!(
        r#"<div class="line"><code class="language-rust noplayground">{code}</code>{place}</div>"#
    )
}

/// What stands beside an equation in its chapter: the line of code, whose place leads to the table
/// in the chapter `table`. Of several lines it is the first, which is the readable one.
pub fn beside(name: &str, page: &Path, table: &Path, code: &[CodeLine]) -> Option<String> {
    let found = code.iter().find(|code| code.name == name)?;
    let link = html::link(page, table, &format!("line-{name}"));
    let CodeLine { file, line: number, code, .. } = found;
    Some(line(code, &format!(r#"<a class="where" href="{link}">{file}:{number}</a>"#)))
}

/// The table of all equations and their code, for the chapter `page`. `formulas`
/// are their HTML.
pub fn table(
    page: &Path,
    equations: &[Equation],
    formulas: &[String],
    code: &[CodeLine],
) -> String {
    let mut rows = String::new();
    for (Equation { name, page: chapter, .. }, formula) in equations.iter().zip(formulas) {
        let link = html::link(page, chapter, &format!("eq-{name}"));
        let row = write!(
            rows,
            r#"<tr id="line-{name}"><th scope="row"><a href="{link}">({name})</a></th><td><div class="formula">{formula}</div>"#
        );
        row.expect("a String takes all");
        let lines = code.iter().filter(|code| code.name == *name);
        rows.extend(lines.map(|CodeLine { file, line: number, code, .. }| {
            line(code, &format!(r#"<span class="where">{file}:{number}</span>"#))
        }));
        rows.push_str("</td></tr>");
    }
    let head = r#"<thead><tr><th scope="col"></th><th scope="col">Equation, and its line of code</th></tr></thead>"#;
    format!(
        r#"<div class="table-wrapper"><table class="equations">{head}<tbody>{rows}</tbody></table></div>"#
    )
}
