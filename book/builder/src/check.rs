//! Checks the pages as they are in the end: what a reader's browser would miss.
//!
//! The pages are what mdBook writes: all text is escaped and all attributes that
//! matter are in quotes, so patterns are enough to read them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::predict;
use crate::problem::Problem;
use crate::widgets;

pattern!(SCRIPT, r"(?s)(<script\b[^>]*>).*?</script>|<!--.*?-->");
pattern!(STYLE, r"(?s)<style\b[^>]*>(.*?)</style>");
pattern!(TAG, r#"<([A-Za-z][\w:-]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>"#);
pattern!(ATTRIBUTE, r#"([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))"#);
pattern!(CSS_LINK, r#"(?:@import\s+(?:url\(\s*)?|url\(\s*)["']?([^"')\s;]+)"#);
pattern!(FIGURE, r#"(?s)<tapestry-figure\b((?:[^>"]|"[^"]*")*)>(.*?)</tapestry-figure>"#);
pattern!(NAMED_PICTURE, r#"<svg\b[^>]*\saria-label="\s*[^"\s]"#);
// In a script, an address that a browser might load; a namespace is only a name.
pattern!(ADDRESS, r#"["'`(](?:https?:)?//(\w[^"'`()\s]*)"#);
pattern!(SCHEME, r"^(?:[A-Za-z][A-Za-z0-9+.-]*:|//)");

/// What matters of one page, or of a style sheet.
#[derive(Default)]
struct Page {
    ids: BTreeSet<String>,
    /// Where it leads: `<a href>` and frames.
    links: Vec<String>,
    /// What a browser loads to show it.
    resources: Vec<String>,
    /// The names of the figures that run.
    figures: Vec<String>,
    problems: Vec<String>,
}

impl Page {
    fn html(html: &str) -> Self {
        let mut page = Page::default();
        let html = SCRIPT.replace_all(html, "$1");
        STYLE.captures_iter(&html).for_each(|style| page.css(&style[1]));
        let html = STYLE.replace_all(&html, "");
        for tag in TAG.captures_iter(&html) {
            page.tag(&tag[1].to_lowercase(), &tag[2]);
        }
        for figure in FIGURE.captures_iter(&html) {
            let mut attributes = ATTRIBUTE.captures_iter(&figure[1]);
            let name = attributes.find(|attribute| &attribute[1] == "name");
            let name = name.map_or(String::new(), |name| name[2].to_string());
            if !NAMED_PICTURE.is_match(&figure[2]) {
                page.problems.push(format!("the figure {name} has no picture with a text"));
            }
            page.figures.push(name);
        }
        page.problems.extend(predict::problems(&html));
        let text = TAG.replace_all(&html, "");
        for left in ["{{#", "$`"] {
            if text.contains(left) {
                page.problems.push(format!("{left} is left as it was written"));
            }
        }
        if html.contains("$<code>") {
            page.problems.push("a formula is left as it was written".into());
        }
        page
    }

    fn tag(&mut self, name: &str, attributes: &str) {
        let mut alt = String::new();
        for attribute in ATTRIBUTE.captures_iter(attributes) {
            let value = (2..=4).find_map(|i| attribute.get(i)).map_or("", |value| value.as_str());
            let value = value.replace("&quot;", "\"").replace("&amp;", "&");
            match (name, &attribute[1].to_lowercase()[..]) {
                (_, "id") if self.ids.contains(&value) => {
                    self.problems.push(format!("the id {value} is there twice"));
                }
                (_, "id") => drop(self.ids.insert(value)),
                ("a", "href") | ("iframe", "src") => self.links.push(value),
                ("a", _) => {}
                // A fragment is something in the same SVG.
                (_, "src" | "href" | "xlink:href" | "poster" | "data" | "action")
                    if !value.starts_with('#') =>
                {
                    self.resources.push(value);
                }
                (_, "srcset") => {
                    let files = value.split(',').filter_map(|file| file.split_whitespace().next());
                    self.resources.extend(files.map(String::from));
                }
                (_, "style") => self.css(&value),
                (_, "class") if value.contains("katex-error") => {
                    self.problems.push("a formula is shown as an error".into());
                }
                ("img", "alt") => alt = value,
                _ => {}
            }
        }
        if name == "img" && alt.trim().is_empty() {
            self.problems.push("an image has no text".into());
        }
    }

    fn script(script: &str) -> Self {
        let addresses = ADDRESS.captures_iter(script).map(|address| format!("//{}", &address[1]));
        let resources = addresses.filter(|address| !address.starts_with("//www.w3.org/")).collect();
        Page { resources, ..Page::default() }
    }

    fn css(&mut self, css: &str) {
        let links = CSS_LINK.captures_iter(css).map(|link| link[1].to_string());
        self.resources.extend(links.filter(|link| !link.starts_with('#')));
    }
}

/// Checks all pages below a folder and counts them. `figures` are those that the
/// chapters ask for, by page.
pub fn check(
    folder: &Path,
    figures: &BTreeMap<String, Vec<String>>,
) -> Result<usize, Vec<Problem>> {
    let mut files = BTreeSet::new();
    list(folder, "", &mut files);
    let mut pages = BTreeMap::new();
    for file in &files {
        let read = || fs::read_to_string(folder.join(file)).unwrap_or_default();
        if file.ends_with(".html") {
            pages.insert(file.clone(), Page::html(&read()));
        } else if file.ends_with(".css") {
            let mut sheet = Page::default();
            sheet.css(&read());
            pages.insert(file.clone(), sheet);
        } else if file == widgets::SCRIPT {
            pages.insert(file.clone(), Page::script(&read()));
        }
    }

    let mut problems = Vec::new();
    let reached = reachable(&pages);
    for (name, page) in &pages {
        let mut wrong = |what: String| problems.push(Problem::of(name, what));
        page.problems.iter().for_each(|what| wrong(what.clone()));
        for resource in page.resources.iter().filter(|resource| !resource.starts_with("data:")) {
            if SCHEME.is_match(resource) {
                wrong(format!("{resource} is loaded from outside"));
            } else if !resolve(name, resource).is_some_and(|(file, _)| files.contains(&file)) {
                wrong(format!("{resource} is loaded and does not exist"));
            }
        }
        let is_script = |file: &str| resolve(name, file).is_some_and(|to| to.0 == widgets::SCRIPT);
        let loads = page.resources.iter().any(|file| is_script(file));
        match (page.figures.is_empty(), loads) {
            (true, true) => wrong(format!("{} is loaded without a figure", widgets::SCRIPT)),
            (false, false) if files.contains(widgets::SCRIPT) => {
                wrong(format!("a figure is there and {} is not loaded", widgets::SCRIPT));
            }
            _ => {}
        }
        // mdBook makes the start page of the first chapter, and one page of them all.
        let wanted = figures.get(name).unwrap_or(const { &Vec::new() });
        if !["index.html", "print.html"].contains(&&name[..]) && page.figures != *wanted {
            let [found, wanted] = [&page.figures, wanted].map(|names| names.join(", "));
            wrong(format!("its figures are [{found}], and those of its chapter [{wanted}]"));
        }
        let outside = ["https:", "http:", "mailto:"];
        for link in page.links.iter().filter(|link| !outside.iter().any(|o| link.starts_with(o))) {
            match resolve(name, link) {
                None => wrong(format!("{link} is not a link within the book")),
                Some((file, _)) if !files.contains(&file) => wrong(format!("{link} leads nowhere")),
                Some((_, id)) if id.is_empty() => {}
                Some((file, id)) => {
                    if !pages.get(&file).is_some_and(|page| page.ids.contains(&id)) {
                        wrong(format!("{link} leads to no place on that page"));
                    }
                }
            }
        }
        if name.ends_with(".html") && !reached.contains(name) {
            wrong("no way leads here from the start page".into());
        }
    }
    // All chapters are on that page too, and each problem is reported once.
    if problems.iter().any(|problem| problem.file != "print.html") {
        problems.retain(|problem| problem.file != "print.html");
    }
    let count = pages.keys().filter(|name| name.ends_with(".html")).count();
    if problems.is_empty() { Ok(count) } else { Err(problems) }
}

/// All pages to which links lead from the start page, in however many steps.
fn reachable(pages: &BTreeMap<String, Page>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = vec!["index.html".to_string()];
    while let Some(name) = next.pop() {
        let Some(page) = pages.get(&name) else { continue };
        if reached.insert(name.clone()) {
            next.extend(page.links.iter().filter_map(|link| Some(resolve(&name, link)?.0)));
        }
    }
    reached
}

/// The file and the id to which a link on a page leads, if it stays in the book.
fn resolve(page: &str, link: &str) -> Option<(String, String)> {
    if SCHEME.is_match(link) || link.starts_with('/') {
        return None;
    }
    let (path, id) = link.split_once('#').unwrap_or((link, ""));
    let path = decode(path.split('?').next()?);
    if path.is_empty() {
        return Some((page.into(), decode(id)));
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some((parts.join("/"), decode(id)))
}

/// Undoes the `%20` of a link.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'%');
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// All files below a folder, with `/` between the parts of their names.
fn list(folder: &Path, prefix: &str, files: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name);
        }
    }
}
