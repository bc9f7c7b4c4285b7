//! The preprocessor: puts formulas, code, numbers and pictures into the chapters.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use mdbook_preprocessor::book::Book;

use crate::code;
use crate::equations::{self, CodeLine, Equation};
use crate::html;
use crate::marks::{self, Kind, Mark};
use crate::math::Math;
use crate::numbers::Numbers;
use crate::problem::Problem;
use crate::svg;
use crate::titles;
use crate::widgets::{self, Compile};

/// What a book is made of.
#[derive(Debug, Default)]
pub struct Contents {
    /// Formulas, those with a name among them.
    pub formulas: usize,
    /// Formulas with a name.
    pub equations: usize,
    /// Items of code.
    pub code: usize,
    /// The names of the figures that run, by the pages on which they are.
    pub figures: BTreeMap<String, Vec<String>>,
    /// The bytes of their script, if there is one.
    pub script: Option<usize>,
}

/// A chapter on its way.
struct Page {
    /// Where it will be, relative to the book.
    path: PathBuf,
    /// The folder of its file.
    folder: PathBuf,
    /// Its file, for problems.
    file: String,
    text: String,
    marks: Vec<Mark>,
}

/// Replaces everything that is to be replaced, or reports all that is wrong.
/// `folder` is the book's, which is in the root of the repository.
pub fn weave(
    folder: &Path,
    source: &Path,
    book: &mut Book,
    compile: Compile,
) -> Result<Contents, Vec<Problem>> {
    let mut problems = Vec::new();
    let root = folder.parent().unwrap_or(folder);
    let name =
        |path: &Path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let numbers = folder.join("numbers.toml");
    let mut numbers = Numbers::read(&numbers, name(&numbers), &mut problems);

    // All chapters are read before one is changed: they refer to each other.
    let (mut pages, mut equations, mut table) = (Vec::new(), Vec::new(), None);
    for chapter in book.chapters() {
        let (Some(path), Some(source_path)) = (&chapter.path, &chapter.source_path) else {
            continue;
        };
        let source_path = source.join(source_path);
        let file = name(&source_path);
        problems.extend(titles::problem(chapter).map(|what| Problem::of(&file, what)));
        let text = numbers.fill(&chapter.content, &file, &mut problems);
        let (marks, wrong) = marks::find(&text);
        problems.extend(wrong.into_iter().map(|(line, what)| Problem::at(&file, line, what)));
        for Mark { line, kind, .. } in &marks {
            match kind {
                Kind::Display { tag: Some((name, tex)), .. } => {
                    let (name, tex, page) = (name.clone(), tex.clone(), path.clone());
                    equations.push(Equation { name, tex, page, file: file.clone(), line: *line });
                }
                Kind::Equations if table.replace(path.clone()).is_some() => {
                    let what = "{{#equations}} is in the book already";
                    problems.push(Problem::at(&file, *line, what));
                }
                _ => {}
            }
        }
        let folder = source_path.parent().unwrap_or(source).into();
        pages.push(Page { path: path.clone(), folder, file, text, marks });
    }
    numbers.report_unused(&mut problems);
    let code = equations::code_lines(root);
    equations::check(&equations, &code, &mut problems);
    if let (Some(equation), None) = (equations.first(), &table) {
        let what = "the first equation, and no chapter has {{#equations}}";
        problems.push(Problem::at(&equation.file, equation.line, what));
    }

    let mut contents = Contents { equations: equations.len(), ..Contents::default() };
    let mut widgets = Ok(BTreeSet::new());
    let marks = || pages.iter().flat_map(|page| &page.marks);
    if marks().any(|mark| matches!(mark.kind, Kind::Widget(_))) {
        widgets = widgets::names(root).map_err(|problem| problem.to_string());
        if widgets.is_ok() {
            let script = widgets::write(root, source, compile);
            contents.script = script.map_err(|problem| problems.push(problem)).unwrap_or_default();
        }
    }
    if contents.script.is_none() {
        widgets::remove(source);
    }
    let math = Math::new();
    let mut loom = Loom { root, math, equations, code, table, widgets, contents: &mut contents };
    let mut texts: HashMap<PathBuf, String> = HashMap::new();
    for page in &pages {
        let text = loom.weave(page, &mut problems);
        texts.insert(page.path.clone(), titles::in_heading(text, &page.path));
    }
    // By name, for mdBook goes through its chapters in another order here.
    book.for_each_chapter_mut(|chapter| {
        if let Some(text) = chapter.path.as_ref().and_then(|path| texts.remove(path)) {
            chapter.content = text;
            titles::in_name(chapter);
        }
    });
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    if problems.is_empty() { Ok(contents) } else { Err(problems) }
}

/// What is needed to weave one chapter, once the whole book is known.
struct Loom<'a> {
    root: &'a Path,
    math: Math,
    equations: Vec<Equation>,
    code: Vec<CodeLine>,
    /// The chapter with the table of equations.
    table: Option<PathBuf>,
    /// The names of the figures that run, or why they are not known.
    widgets: Result<BTreeSet<String>, String>,
    contents: &'a mut Contents,
}

impl Loom<'_> {
    /// The text of a chapter with all marks replaced.
    fn weave(&mut self, page: &Page, problems: &mut Vec<Problem>) -> String {
        let (mut text, mut done) = (String::new(), 0);
        for Mark { range, line, kind } in &page.marks {
            text.push_str(&page.text[done..range.start]);
            done = range.end;
            match self.replacement(kind, page, range.start) {
                Ok(html) => text.push_str(&html),
                Err(what) => problems.push(Problem::at(&page.file, *line, what)),
            }
            if !matches!(kind, Kind::Inline(_)) {
                text.push_str(&marks::blank_line(&page.text, range.start));
            }
        }
        text + &page.text[done..]
    }

    fn replacement(&mut self, kind: &Kind, page: &Page, offset: usize) -> Result<String, String> {
        match kind {
            Kind::Inline(tex) => {
                self.contents.formulas += 1;
                Ok(html::inline(&self.math.render(tex, false)?))
            }
            Kind::Display { tex, tag } => {
                self.contents.formulas += 1;
                self.display(tex, tag.as_ref().map(|(name, _)| name), page)
            }
            Kind::Code(arguments) => {
                self.contents.code += 1;
                self.listing(arguments, page)
            }
            Kind::Svg(arguments) => {
                let (picture, caption) = picture(arguments, page, offset)?;
                Ok(figure(&picture, &caption))
            }
            Kind::Widget(arguments) => self.widget(arguments, page, offset),
            Kind::Equations => {
                // A formula that does not parse is reported where it stands.
                let render = |equation: &Equation| self.math.render(&equation.tex, true);
                let formulas = self.equations.iter().map(|e| render(e).unwrap_or_default());
                let formulas: Vec<_> = formulas.collect();
                Ok(equations::table(&page.path, &self.equations, &formulas, &self.code))
            }
        }
    }

    /// A formula that stands alone.
    fn display(&self, tex: &str, name: Option<&String>, page: &Page) -> Result<String, String> {
        let formula = format!(r#"<div class="formula">{}</div>"#, self.math.render(tex, true)?);
        let (Some(name), Some(table)) = (name, &self.table) else { return Ok(formula) };
        // An equation without a line is reported where all are known.
        let line = equations::beside(name, &page.path, table, &self.code).unwrap_or_default();
        Ok(format!(r#"<div class="equation" id="eq-{name}">{formula}{line}</div>"#))
    }

    /// `{{#code path item}}` or `{{#code path item docs}}`.
    fn listing(&self, arguments: &str, page: &Page) -> Result<String, String> {
        let (path, item) = arguments.split_once(' ').ok_or("it is {{#code path item}}")?;
        let (item, docs) = match item.strip_suffix(" docs") {
            Some(item) => (item, true),
            None => (item, false),
        };
        let excerpt = code::excerpt(self.root, path, item.trim(), docs)?;
        let link = |line: &String| equations::link_code(line, &page.path, &self.equations);
        let code = excerpt.lines.iter().map(link).collect::<Vec<_>>().join("&#10;");
        // The classes are those that mdBook gives to a fence `rust,noplayground`.
        let code = format!(r#"<code class="language-rust noplayground">{code}</code>"#);
        let caption = format!("<figcaption>{path}:{}</figcaption>", excerpt.line);
        Ok(format!(r#"<figure class="listing"><pre>{code}</pre>{caption}</figure>"#))
    }

    /// `{{#widget name(key=value) file text | caption}}`; the first of a page loads the script.
    fn widget(&mut self, arguments: &str, page: &Page, offset: usize) -> Result<String, String> {
        let (name, tag, arguments) =
            widgets::parse(arguments, self.widgets.as_ref().map_err(String::clone)?)?;
        let (picture, caption) = picture(arguments, page, offset)?;
        let path = page.path.with_extension("html").to_string_lossy().replace('\\', "/");
        let figures = self.contents.figures.entry(path).or_default();
        let first = figures.is_empty() && self.contents.script.is_some();
        figures.push(name);
        let script = if first { widgets::load(&page.path) } else { String::new() };
        Ok(figure(&format!("{tag}{picture}</tapestry-figure>"), &format!("{caption}{script}")))
    }
}

/// A figure; to Markdown, only an element that it knows begins a block of HTML.
fn figure(content: &str, caption: &str) -> String {
    format!(r#"<figure class="widget">{content}{caption}</figure>"#)
}

/// The picture and the caption of `{{#svg file text | caption}}`; the file is relative to the
/// chapter, as in Markdown.
fn picture(arguments: &str, page: &Page, offset: usize) -> Result<(String, String), String> {
    let (file, texts) = arguments.split_once(' ').unwrap_or((arguments, ""));
    let (alt, caption) = texts.rsplit_once(" | ").unwrap_or((texts, ""));
    let source = fs::read_to_string(page.folder.join(file));
    let source = source.map_err(|error| format!("{file}: {error}"))?;
    let chapter = page.path.with_extension("").to_string_lossy().replace(['/', '\\', ' '], "-");
    let picture = svg::inline(&source, alt.trim(), &format!("{chapter}-{offset}-"));
    let picture = picture.map_err(|what| format!("{file}: {what}"))?;
    if caption.trim().is_empty() {
        return Err(format!("{file}: the picture needs a caption behind its text and a bar"));
    }
    let caption = html::escape(caption.trim());
    Ok((picture, format!("<figcaption>{caption}</figcaption>")))
}
