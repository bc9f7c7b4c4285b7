//! A CSV file that anybody may have made, read as columns of numbers.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};
use tensor::Tensor;

use crate::program::printable;

/// What is written where a value is missing, besides nothing at all.
const MISSING: [&str; 6] = ["na", "n/a", "nan", "null", "none", "?"];

const MISSING_ADVICE: &str =
    "--fill-forward takes the one before, and --leave-out does without the column";

/// The columns of numbers of a CSV file, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The columns' names.
    pub columns: Vec<String>,
    /// Which of them is to be forecast.
    pub target: usize,
    /// The numbers, `[rows, columns]`.
    pub rows: Tensor<f64>,
    /// The line of the file in which each row begins.
    pub lines: Vec<u64>,
    /// The columns that are not there, and why.
    pub left_out: Vec<LeftOut>,
}

/// A column that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The column's name.
    pub name: String,
    /// Why it is not used.
    pub why: String,
}

/// Which columns are read.
#[derive(Clone, Copy, Debug)]
pub enum Columns<'a> {
    /// All that hold numbers, but for these.
    AllBut(&'a [String]),
    /// Just these, in this order.
    Only(&'a [String]),
}

/// Reads a CSV file with a header: commas between the columns, UTF-8, numbers with a point. A
/// column whose first value is no number (a date, a text) is left out, and so is an empty one.
/// `fill_forward` puts the value before in the place of a missing one.
///
/// # Errors
/// One line that names the file, and where there is one the line and the column, for whatever
/// is not as it should be: a column that is not there or there twice, a value that is missing,
/// no number or infinite, a line with more or fewer values, another separator or encoding.
///
/// ```
/// use demos::own_data::csv_file::{Columns, read};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("days.csv");
/// std::fs::write(&path, "day,\"wind, in m/s\",rain\nmonday,4.7,0\ntuesday,NA,10.9\n")?;
/// let table = read(&path, "rain", Columns::AllBut(&[]), true)?;
/// assert_eq!(table.columns, ["wind, in m/s", "rain"]);
/// assert_eq!(table.rows.data(), [4.7, 0.0, 4.7, 10.9]);
/// assert_eq!(table.left_out[0].name, "day");
///
/// let error = read(&path, "rain", Columns::AllBut(&[]), false).unwrap_err().to_string();
/// assert!(error.contains("days.csv, line 3, column \"wind, in m/s\": the value is missing"));
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn read(path: &Path, target: &str, which: Columns<'_>, fill_forward: bool) -> Result<Table> {
    let file = shown(&path.to_string_lossy(), 200);
    let table = read_from(path, &file, target, which, fill_forward);
    // One line, whatever the file holds.
    table.map_err(|error| anyhow!("{}", printable(&format!("{error:#}"))))
}

fn read_from(
    path: &Path,
    file: &str,
    target: &str,
    which: Columns<'_>,
    fill_forward: bool,
) -> Result<Table> {
    let cannot_read = || format!("cannot read {file}");
    // A pipe that is opened may wait for ever.
    if !fs::metadata(path).with_context(cannot_read)?.is_file() {
        bail!("{}: it is not a regular file", cannot_read());
    }
    let bytes = fs::read(path).with_context(cannot_read)?;
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(&bytes[..]);
    let mut place = Place { bytes: &bytes, at: 0, line: 1 };
    let header = reader.headers().map_err(|error| in_words(file, &mut place, error))?.clone();
    check_header(file, &header)?;
    let (target, mut columns) = chosen(file, &header, target, which)?;

    let (mut record, mut lines) = (StringRecord::new(), Vec::new());
    while reader.read_record(&mut record).map_err(|error| in_words(file, &mut place, error))? {
        let line = place.line_at(record.position());
        lines.push(line);
        for column in &mut columns {
            let cell = record.get(column.index).unwrap_or_default();
            let place = || format!("{file}, line {line}, column {}", quoted(&column.name));
            column.content.push(cell, line, fill_forward).with_context(place)?;
            // Of no use without the rest of the file.
            if let (true, Content::Text { sample, .. }) = (column.is_needed, &column.content) {
                bail!("{}: it should be a number, and is {}", place(), quoted(sample));
            }
        }
    }
    if lines.is_empty() {
        bail!("{file} has a header and no rows");
    }

    let (mut names, mut numbers, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let (mut at, rows) = (0, lines.len());
    for Column { index, name, content, is_needed } in columns {
        let why = match content {
            Content::Numbers(values) => {
                at = if index == target { names.len() } else { at };
                names.push(name);
                numbers.push(values);
                continue;
            }
            Content::Text { line, sample } => format!("line {line} has {}", quoted(&sample)),
            Content::Nothing { .. } if is_needed => {
                bail!("{file}: the column {} has no values", quoted(&name))
            }
            Content::Nothing { .. } => "it has no values".into(),
            Content::NotWanted => "as you asked".into(),
        };
        left_out.push(LeftOut { name, why });
    }
    let data = (0..rows).flat_map(|row| numbers.iter().map(move |column| column[row])).collect();
    let rows = Tensor::new([rows, numbers.len()], data);
    Ok(Table { columns: names, target: at, rows, lines, left_out })
}

/// A column that is being read.
struct Column {
    /// Where it stands in the file.
    index: usize,
    name: String,
    content: Content,
    /// Whether it is an error if there are no numbers.
    is_needed: bool,
}

/// What has been read of a column.
enum Content {
    /// No value so far; the first missing one is in this line.
    Nothing {
        missing: Option<u64>,
    },
    Numbers(Vec<f64>),
    /// A text, first in this line.
    Text {
        line: u64,
        sample: String,
    },
    NotWanted,
}

impl Content {
    fn push(&mut self, cell: &str, line: u64, fill_forward: bool) -> Result<()> {
        let is_missing = cell.is_empty() || MISSING.contains(&&*cell.to_lowercase());
        match self {
            Content::Text { .. } | Content::NotWanted => {}
            Content::Nothing { missing } if is_missing => {
                missing.get_or_insert(line);
            }
            Content::Nothing { missing } => match (cell.parse::<f64>(), *missing) {
                (Err(_), _) => *self = Content::Text { line, sample: cell.to_string() },
                (_, Some(first)) => {
                    bail!(
                        "this is the first value, and from line {first} on it is missing; there \
                         is none before to fill it with"
                    )
                }
                (Ok(number), None) => *self = Content::Numbers(vec![finite(number, cell)?]),
            },
            Content::Numbers(numbers) if is_missing => match numbers.last() {
                Some(&before) if fill_forward => numbers.push(before),
                _ if cell.is_empty() => bail!("the value is missing; {MISSING_ADVICE}"),
                _ => bail!("the value is missing, for {} is none; {MISSING_ADVICE}", quoted(cell)),
            },
            Content::Numbers(numbers) => match cell.parse() {
                Ok(number) => numbers.push(finite(number, cell)?),
                Err(_) => bail!(
                    "{} is no number, and the values before are; --leave-out does without the \
                     column",
                    quoted(cell)
                ),
            },
        }
        Ok(())
    }
}

fn finite(number: f64, cell: &str) -> Result<f64> {
    // What is larger has no square.
    if !(-1e100..=1e100).contains(&number) {
        bail!("{} is not a number from -1e100 to 1e100", quoted(cell));
    }
    Ok(number)
}

/// What is wrong with a header, if it is none.
fn check_header(file: &str, header: &StringRecord) -> Result<()> {
    if header.is_empty() {
        bail!("{file} is empty");
    }
    if let (1, Some(c)) = (header.len(), header[0].chars().find(|c| ";\t|".contains(*c))) {
        let name = if c == '\t' { "a tab".into() } else { format!("{c:?}") };
        bail!(
            "{file}: its first line has no comma, and it has {name}; the values should be \
             separated by commas"
        );
    }
    if header.iter().all(|name| name.parse::<f64>().is_ok()) {
        bail!("{file}: its first line should have the columns' names, and has only numbers");
    }
    if header.iter().any(|name| name.contains('\0')) {
        bail!("{file}: its first line holds zero bytes; it should be a text in UTF-8");
    }
    Ok(())
}

/// Where the target stands, and the columns to be read.
fn chosen(
    file: &str,
    header: &StringRecord,
    target: &str,
    which: Columns<'_>,
) -> Result<(usize, Vec<Column>)> {
    let find = |name: &str| -> Result<usize> {
        let mut found = header.iter().enumerate().filter(|(_, other)| *other == name);
        match (found.next(), found.next()) {
            (Some((index, _)), None) => Ok(index),
            (Some(_), Some(_)) => {
                bail!("{file} has the column {} more than once", quoted(name))
            }
            (None, _) => {
                let names: Vec<String> = header.iter().map(quoted).collect();
                let names = shown(&names.join(", "), 200);
                bail!("{file} has no column {}; it has {names}", quoted(name))
            }
        }
    };
    let column = |index: usize, is_needed| {
        let (name, content) = (header[index].to_string(), Content::Nothing { missing: None });
        Column { index, name, content, is_needed }
    };
    let target = find(target)?;
    let columns = match which {
        Columns::Only(names) => {
            names.iter().map(|name| Ok(column(find(name)?, true))).collect::<Result<_>>()?
        }
        Columns::AllBut(names) => {
            let mut columns: Vec<Column> =
                (0..header.len()).map(|index| column(index, index == target)).collect();
            for name in names {
                // All of them, if there are several of this name.
                if header.iter().all(|other| other != name) {
                    find(name)?;
                }
                for column in columns.iter_mut().filter(|column| column.name == *name) {
                    if column.index == target {
                        bail!("--leave-out {}: it is the target", quoted(name));
                    }
                    column.content = Content::NotWanted;
                }
            }
            for column in &columns {
                if !column.name.is_empty() && !matches!(column.content, Content::NotWanted) {
                    find(&column.name)?;
                }
            }
            columns
        }
    };
    Ok((target, columns))
}

/// A place in a file, and in which line it is. (The reader of CSV counts neither the line ends
/// of old Macs nor those before a record: it takes a record of a file from Windows to begin in
/// the line before.)
struct Place<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Place<'_> {
    /// Goes on to the record that begins here, and returns its line.
    fn line_at(&mut self, position: Option<&csv::Position>) -> u64 {
        let start = position.map_or(0, |position| position.byte() as usize);
        while let Some(&byte) = self.bytes.get(self.at)
            && (self.at < start || b"\r\n".contains(&byte))
        {
            self.at += 1;
            let ends = byte == b'\n' || byte == b'\r' && self.bytes.get(self.at) != Some(&b'\n');
            self.line += u64::from(ends);
        }
        self.line
    }
}

/// A mistake that the reader of CSV has found, in our words.
fn in_words(file: &str, place: &mut Place<'_>, error: csv::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::Utf8 { pos, .. } => {
            let line = place.line_at(pos.as_ref());
            anyhow!("{file}, line {line}: this is not UTF-8; save the file with that encoding")
        }
        ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = place.line_at(pos.as_ref());
            anyhow!("{file}, line {line}: the number of values is {len}, of columns {expected_len}")
        }
        _ => anyhow!("cannot read {file}: {error}"),
    }
}

/// A text of the file, as it can be shown: printable, in quotes, and not too long.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", shown(text, 40))
}

/// A text as it can be shown: printable, with at most so many of its characters.
pub fn shown(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", printable(&text[..end])),
        None => printable(text),
    }
}

/// Whether these are one file that is there, by whatever names.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let [one, other] = [one, other].map(fs::canonicalize);
    one.is_ok_and(|one| other.is_ok_and(|other| one == other))
}
