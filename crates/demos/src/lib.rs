//! Both demos of the notebook, replayed and compared with it number by number.
//!
//! | what | file |
//! |---|---|
//! | the notebook's data and every number it prints | `notebook.rs` |
//! | demo 1: the shapes of an LSTM's weights | `shapes.rs` |
//! | the network of demo 2 and its training | `forecaster.rs` |
//! | demo 2: losses, predictions, drift | `forecast.rs` |
//! | the pictures of demo 2 | `pictures.rs` |
//! | the figures of the book | `figures.rs` |
//! | the experiments of 1997, rerun: what came out | `table_of_1997.rs` |
//! | does it remember: what came out | `remember.rs` |
//! | a forecast of one's own CSV file | `own_data/` |
//! | a text, letter by letter: what came out | `letters.rs` |
//! | arrays as NumPy prints them | `numpy.rs` |
//! | arguments, the last line, exit codes | `program.rs` |
//! | the folder for the pictures | `files.rs` |
//! | work shared among all cores | `jobs.rs` |

pub mod figures;
pub mod files;
pub mod forecast;
pub mod forecaster;
pub mod jobs;
pub mod letters;
pub mod notebook;
pub mod numpy;
pub mod own_data;
pub mod pictures;
pub mod program;
pub mod remember;
pub mod shapes;
pub mod table_of_1997;

/// The outcome of a comparison with the notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The outcome in one sentence.
    pub summary: String,
    /// False if a single number differs.
    pub agrees: bool,
}

impl Verdict {
    fn nothing_to_compare(reason: &str) -> Self {
        let summary = format!("Nothing to compare with the notebook: {reason}.");
        Verdict { summary, agrees: true }
    }
}

/// The chapters of the book, as doctests.
#[cfg(doctest)]
mod book {
    include!(concat!(env!("OUT_DIR"), "/book.rs"));
}
