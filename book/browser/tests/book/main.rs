//! The book's figures and questions in Chromium, as a reader has them. Where there is none, all is
//! skipped with one line that says so; where `CI=true`, it fails.

mod bits;
mod everywhere;
mod figures;
mod predict;
mod telephone;

use browser::{Page, book};

/// Runs a test in a browser of its own, which must have nothing to complain about in the end.
fn in_browser(test: impl FnOnce(&mut Page)) {
    if book::is_ready() {
        let mut page = Page::new();
        test(&mut page);
        assert_eq!(page.complaints(), [""; 0]);
    }
}
