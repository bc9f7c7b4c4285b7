//! The figures of the book are the ones that the program draws.

use std::fs;
use std::path::Path;

/// `UPDATE_FIGURES=1 cargo test -p demos --test figures` draws them anew.
#[test]
fn figures_are_as_in_the_book() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src/images");
    for (name, drawn) in demos::figures::all().unwrap() {
        let path = folder.join(name);
        if std::env::var_os("UPDATE_FIGURES").is_some() {
            fs::write(&path, &drawn).unwrap();
        }
        let in_book = fs::read_to_string(&path).unwrap();
        assert!(drawn == in_book, "{name} has changed; see this test's comment");
    }
}
