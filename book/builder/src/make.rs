//! Builds the book: mdBook with this program's preprocessor in it, then the checker.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use mdbook_driver::MDBook;
use mdbook_preprocessor::book::Book;
use mdbook_preprocessor::errors::{Error, Result};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::check;
use crate::problem::{Problem, Problems};
use crate::weave::{self, Contents};
use crate::widgets::{self, Compile};

/// What was built.
#[derive(Debug)]
pub struct Built {
    /// The folder with the pages.
    pub folder: PathBuf,
    /// How many pages.
    pub pages: usize,
    /// What is in them.
    pub contents: Contents,
}

/// Builds the book in a folder and checks its pages.
pub fn build(folder: &Path) -> std::result::Result<Built, Vec<Problem>> {
    build_with(folder, widgets::compile)
}

/// [`build`] with another way to compile the figures.
pub fn build_with(folder: &Path, compile: Compile) -> std::result::Result<Built, Vec<Problem>> {
    let warnings = Warnings::default();
    let weaver = Weaver { compile, ..Weaver::default() };
    let contents = Rc::clone(&weaver.contents);
    let built = tracing::subscriber::with_default(warnings.clone(), || {
        let mut book = MDBook::load(folder)?;
        // The same name as in book.toml: this takes the place of the command there.
        book.with_preprocessor(weaver);
        book.build()?;
        Ok(book.build_dir_for("html"))
    });
    // mdBook warns of an HTML tag that is not closed or of a missing include, and
    // goes on; here that is a failure.
    let warnings = std::mem::take(&mut *warnings.0.lock().expect("nothing panics with the lock"));
    let warnings = warnings.into_iter().map(|warning| Problem::of("mdbook", warning));
    let folder: PathBuf = match built {
        Ok(_) if warnings.len() > 0 => return Err(warnings.collect()),
        Ok(folder) => folder.canonicalize().unwrap_or(folder),
        Err(error) => return Err(problems_of(error).into_iter().chain(warnings).collect()),
    };
    let contents = contents.take();
    let pages = check::check(&folder, &contents.figures)?;
    Ok(Built { folder, pages, contents })
}

/// What went wrong, whether here or in mdBook.
pub fn problems_of(error: Error) -> Vec<Problem> {
    match error.downcast::<Problems>() {
        Ok(problems) => problems.0,
        Err(error) => vec![Problem::of("mdbook", format!("{error:#}"))],
    }
}

/// This program as a preprocessor of mdBook, which leaves what the book is made of.
pub struct Weaver {
    contents: Rc<Cell<Contents>>,
    compile: Compile,
}

impl Default for Weaver {
    fn default() -> Self {
        Weaver { contents: Rc::default(), compile: widgets::compile }
    }
}

impl Preprocessor for Weaver {
    fn name(&self) -> &str {
        "tapestry"
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let folder = context.root.canonicalize()?;
        let source = folder.join(&context.config.book.src);
        let woven = weave::weave(&folder, &source, &mut book, self.compile);
        self.contents.set(woven.map_err(Problems)?);
        Ok(book)
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool> {
        Ok(renderer == "html")
    }
}

/// Collects mdBook's warnings and errors.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("mdbook") && *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().expect("nothing panics with the lock").push(message.0);
    }

    // Only events matter here.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
