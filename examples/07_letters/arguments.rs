//! What the program can be told.

use std::path::PathBuf;

use clap::Parser;
use demos::program;

/// Learns a text letter by letter, and writes on
#[derive(Parser)]
pub struct Arguments {
    /// The folder for a map of the text in the colours of one cell
    pub folder: Option<PathBuf>,
    /// The text to learn, in UTF-8 [default: 96 sonnets]
    #[arg(long, value_name = "FILE")]
    pub text: Option<PathBuf>,
    /// The seed of the weights and of what is written
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true,
          value_parser = program::whole_number::<u64>(0, u64::MAX))]
    pub seed: u64,
    /// Below 1 it writes more carefully, above 1 more daringly
    #[arg(long, value_name = "X", default_value_t = 0.7, allow_negative_numbers = true, value_parser = temperature)]
    pub temperature: f32,
    /// Learn 100 steps long
    #[arg(long, conflicts_with = "folder")]
    pub first_100: bool,
}

fn temperature(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(t) if (0.01..=100.0).contains(&t) => Ok(t),
        _ => Err("it should be a number from 0.01 to 100".into()),
    }
}
