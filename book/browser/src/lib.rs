//! Opens the built book in Chromium and does what a reader does.
//!
//! The tests drive each figure; `cargo run` measures how fast they answer.

pub mod book;
pub mod chromium;
mod page;

pub use page::Page;
