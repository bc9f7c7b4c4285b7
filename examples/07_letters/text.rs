//! A text as a list of letters, the part to learn from and the part that is kept back.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use demos::program::printable;

/// What is read if no other text is given.
const SONNETS: &str = include_str!("sonnets.txt");

/// So many letters are enough for any text that is learnt in a minute.
const MOST: usize = 1_000_000;

/// A text over its own alphabet. A letter is any character of it, a space and a new line, too.
pub struct Text {
    /// Its characters in their order.
    pub alphabet: Vec<char>,
    /// For each letter its place in the alphabet.
    pub letters: Vec<usize>,
}

impl Text {
    /// The text of a file, or the sonnets; it has to have at least so many letters.
    pub fn open(path: Option<&Path>, least: usize) -> Result<Self> {
        let Some(path) = path else { return Text::new(SONNETS, least) };
        let read = || -> Result<Text> {
            let mut bytes = Vec::new();
            // Four bytes are the longest character; what is too long is not read to its end.
            File::open(path)?.take(4 * MOST as u64 + 1).read_to_end(&mut bytes)?;
            ensure!(bytes.len() <= 4 * MOST, "it has more than {MOST} letters");
            let text = match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => {
                    let (at, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
                    bail!("it is not UTF-8: byte {at} is {:#04x}", bytes[at])
                }
            };
            Text::new(&text, least)
        };
        read().with_context(|| format!("cannot learn {}", path.display()))
    }

    fn new(text: &str, least: usize) -> Result<Self> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        for (line, number) in text.split('\n').zip(1..) {
            let is_shown = |c: &char| {
                *c == '\t'
                    || printable(&c.to_string()) == c.to_string() && *c < '\u{fffe}'
                    || *c > '\u{ffff}'
            };
            if let Some(c) = line.chars().find(|c| !is_shown(c)) {
                bail!("line {number} has the character {}", c.escape_unicode());
            }
        }
        let count = text.chars().count();
        ensure!(count <= MOST, "it has more than {MOST} letters");
        ensure!(count >= least, "it has {count} letters and should have at least {least}");
        let mut alphabet: Vec<char> = text.chars().collect();
        alphabet.sort_unstable();
        alphabet.dedup();
        ensure!(alphabet.len() > 1, "it has one letter only, {count} times");
        let place = |c| alphabet.partition_point(|letter| *letter < c);
        let letters = text.chars().map(place).collect();
        Ok(Text { alphabet, letters })
    }

    /// The first nine tenths.
    pub fn learnt(&self) -> &[usize] {
        &self.letters[..self.letters.len() * 9 / 10]
    }

    /// The last tenth, on which everything is judged.
    pub fn kept_back(&self) -> &[usize] {
        &self.letters[self.letters.len() * 9 / 10..]
    }

    /// Letters as they are written.
    pub fn spell(&self, letters: &[usize]) -> String {
        letters.iter().map(|&letter| self.alphabet[letter]).collect()
    }

    /// The text of these letters, each line with a margin.
    pub fn indented(&self, letters: &[usize]) -> String {
        let text = self.spell(letters);
        text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
    }
}

/// Windows of a text that is cut into as many streams as there are samples in a batch: what a
/// sample reads in one window goes on in the next.
pub struct Windows<'a> {
    letters: &'a [usize],
    streams: usize,
    time: usize,
    start: usize,
}

impl<'a> Windows<'a> {
    pub fn new(letters: &'a [usize], streams: usize, time: usize) -> Self {
        Windows { letters, streams, time, start: 0 }
    }

    /// The letters to be read, step by step and in each step stream by stream; those that follow
    /// them; and whether the streams begin anew.
    pub fn advance(&mut self) -> (Vec<usize>, Vec<usize>, bool) {
        let length = (self.letters.len() - 1) / self.streams;
        if self.start + self.time > length {
            self.start = 0;
        }
        let start = self.start;
        self.start += self.time;
        let letters = |from: usize| -> Vec<usize> {
            let steps = from..from + self.time;
            let of_step = |t| (0..self.streams).map(move |stream| stream * length + t);
            steps.flat_map(of_step).map(|place| self.letters[place]).collect()
        };
        (letters(start), letters(start + 1), start == 0)
    }
}
