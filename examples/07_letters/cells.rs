//! Which cell has learnt something that one can see, and what.

use std::fmt;

use crate::model::Model;
use crate::text::Text;

/// So many letters show what a cell does.
const ENOUGH: usize = 6000;

/// Something that can be said of each letter of a text.
type Property = (&'static str, fn(&str) -> Vec<f64>);

const PROPERTIES: [Property; 3] = [
    ("place in the line", |text| count(text, |c| c != '\n')),
    ("place in the word", |text| count(text, char::is_alphanumeric)),
    ("inside quotation marks", inside_quotation_marks),
];

/// How many such characters came without another between them.
fn count(text: &str, is_one: fn(char) -> bool) -> Vec<f64> {
    let next = |n: &mut f64, c| {
        *n = if is_one(c) { *n + 1.0 } else { 0.0 };
        Some(*n)
    };
    text.chars().scan(0.0, next).collect()
}

fn inside_quotation_marks(text: &str) -> Vec<f64> {
    let next = |inside: &mut f64, c| {
        *inside = match c {
            '“' | '„' | '«' => 1.0,
            '”' | '»' => 0.0,
            '"' => 1.0 - *inside,
            _ => *inside,
        };
        Some(*inside)
    };
    text.chars().scan(0.0, next).collect()
}

/// Pearson's correlation; 0 if one of the two does not change.
fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len() as f64;
    let [mean_x, mean_y] = [x, y].map(|v| v.iter().sum::<f64>() / n);
    let [mut xx, mut yy, mut xy] = [0.0; 3];
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (x - mean_x, y - mean_y);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    if xx > 0.0 && yy > 0.0 { xy / (xx * yy).sqrt() } else { 0.0 }
}

/// The cell whose state is correlated best with a property in the text that was learnt.
pub struct Finding {
    pub property: &'static str,
    pub cell: usize,
    /// The correlation there, …
    pub learnt: f64,
    /// … and in the text that was kept back.
    pub kept_back: f64,
    /// Its states in the text that was kept back.
    pub states: Vec<f64>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { property, cell, learnt, kept_back, .. } = self;
        write!(f, "  {property:<24} cell {cell:>3}   {learnt:>16.2} {kept_back:>11.2}")
    }
}

/// One finding for each property that the text has, the best first.
pub fn findings(model: &Model, text: &Text) -> Vec<Finding> {
    let new = &text.kept_back()[..text.kept_back().len().min(ENOUGH)];
    let old = &text.learnt()[text.learnt().len() - new.len()..];
    let (cells, new_cells) = (model.cells(old), model.cells(new));
    let finding = |(property, of): Property| {
        let (values, new_values) = (of(&text.spell(old)), of(&text.spell(new)));
        let r = |cell: &usize| correlation(&cells[*cell], &values);
        let by_size = |a: &usize, b: &usize| r(a).abs().total_cmp(&r(b).abs());
        let cell = (0..cells.len()).max_by(by_size).unwrap_or(0);
        Finding {
            property,
            cell,
            learnt: r(&cell),
            kept_back: correlation(&new_cells[cell], &new_values),
            states: new_cells[cell].clone(),
        }
    };
    let mut findings: Vec<_> = PROPERTIES.into_iter().map(finding).collect();
    findings.retain(|finding| finding.learnt != 0.0);
    findings.sort_by(|a, b| b.learnt.abs().total_cmp(&a.learnt.abs()));
    findings
}
