//! `{{#number key}}`: the measured numbers, kept in one file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Captures;
use toml::de::{DeTable, DeValue};

use crate::problem::{Problem, line_at};

pattern!(NUMBER, r"\{\{#number +([^\s{}]+) *\}\}");

/// The numbers, and which of them the book has used.
pub struct Numbers {
    file: String,
    /// For each dotted key the text and the line.
    texts: BTreeMap<String, (String, usize)>,
    used: BTreeSet<String>,
}

impl Numbers {
    /// Reads the file, which need not exist; `file` is what problems call it.
    pub fn read(path: &Path, file: String, problems: &mut Vec<Problem>) -> Self {
        let mut numbers = Numbers { file, texts: BTreeMap::new(), used: BTreeSet::new() };
        let source = fs::read_to_string(path).unwrap_or_default();
        match DeTable::parse(&source) {
            Ok(table) => numbers.collect("", table.get_ref(), &source, problems),
            Err(error) => {
                let line = line_at(&source, error.span().map_or(0, |span| span.start));
                problems.push(Problem::at(&numbers.file, line, error.message()));
            }
        }
        numbers
    }

    fn collect(&mut self, prefix: &str, table: &DeTable, source: &str, out: &mut Vec<Problem>) {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            let line = line_at(source, name.span().start);
            let wrong = match value.get_ref() {
                DeValue::Table(inner) => {
                    self.collect(&format!("{key}."), inner, source, out);
                    continue;
                }
                DeValue::String(text) if text.contains('\n') => "has a line break",
                DeValue::String(text) => {
                    match self.texts.insert(key.clone(), (text.to_string(), line)) {
                        Some(_) => "is there twice",
                        None => continue,
                    }
                }
                // A bare 0.10 would be printed as 0.1.
                _ => "is not a string",
            };
            out.push(Problem::at(&self.file, line, format!("{key} {wrong}")));
        }
    }

    /// The text of a chapter with its numbers in place. No line moves.
    pub fn fill(&mut self, text: &str, file: &str, problems: &mut Vec<Problem>) -> String {
        let fill = |found: &Captures| {
            let key = &found[1];
            let Some((number, _)) = self.texts.get(key) else {
                let what = format!("{} has no number {key}", self.file);
                problems.push(Problem::at(file, line_at(text, found.get_match().start()), what));
                return String::new();
            };
            self.used.insert(key.into());
            number.clone()
        };
        NUMBER.replace_all(text, fill).into_owned()
    }

    /// Reports the numbers that no chapter has used.
    pub fn report_unused(&self, problems: &mut Vec<Problem>) {
        for (key, (_, line)) in self.texts.iter().filter(|(key, _)| !self.used.contains(*key)) {
            problems.push(Problem::at(&self.file, *line, format!("no chapter uses {key}")));
        }
    }
}
