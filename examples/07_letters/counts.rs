//! What comes next, by counting: no network can be proud of less.

use std::collections::HashMap;
use std::f64::consts::LN_2;
use std::io::{self, Write};

use nn::Generator;
use tensor::kernel::math;

use crate::model::draw;

/// How often each letter came after the last few.
pub struct Counts {
    alphabet: usize,
    /// For each number of letters before, from none on: what came after them, how often.
    tables: Vec<HashMap<Vec<usize>, HashMap<usize, u32>>>,
}

impl Counts {
    /// Counts what comes after up to `longest` letters.
    pub fn new(learnt: &[usize], alphabet: usize, longest: usize) -> Self {
        let mut tables = vec![HashMap::<_, HashMap<_, _>>::new(); longest + 1];
        for (k, &letter) in learnt.iter().enumerate() {
            for (before, table) in tables.iter_mut().enumerate().take(k + 1) {
                let came = table.entry(learnt[k - before..k].to_vec()).or_default();
                *came.entry(letter).or_default() += 1;
            }
        }
        Counts { alphabet, tables }
    }

    /// The probability that a letter comes, of which the last `longest` before it are looked at.
    /// Where few were counted, fewer letters before have a say, too: as much as there were
    /// different letters (Witten and Bell, 1991).
    fn probability(&self, before: &[usize], longest: usize, letter: usize) -> f64 {
        let mut p = 1.0 / self.alphabet as f64;
        for (n, table) in self.tables.iter().enumerate().take(longest.min(before.len()) + 1) {
            let Some(came) = table.get(&before[before.len() - n..]) else { break };
            let all = f64::from(came.values().sum::<u32>());
            let different = came.len() as f64;
            let count = f64::from(came.get(&letter).copied().unwrap_or(0));
            p = (count + different * p) / (all + different);
        }
        p
    }

    /// How well a text is guessed from ever more letters before.
    pub fn print_bits(&self, out: &mut dyn Write, letters: &[usize]) -> io::Result<()> {
        writeln!(out, "Bits for each letter that was kept back")?;
        writeln!(out, "  all equally likely   {:.2}", math::ln(self.alphabet as f64) / LN_2)?;
        for n in 0..self.tables.len() {
            writeln!(out, "  after the last {n}     {:.2}", self.bits(letters, n))?;
        }
        Ok(())
    }

    /// Bits for each letter but the first.
    fn bits(&self, letters: &[usize], longest: usize) -> f64 {
        let bits =
            |k: usize| -math::ln(self.probability(&letters[..k], longest, letters[k])) / LN_2;
        (1..letters.len()).map(bits).sum::<f64>() / (letters.len() - 1) as f64
    }

    /// Goes on after a letter.
    pub fn write(
        &self,
        first: usize,
        count: usize,
        longest: usize,
        rng: &mut Generator,
    ) -> Vec<usize> {
        let mut letters = vec![first];
        for _ in 0..count {
            let p = |letter| self.probability(&letters, longest, letter) as f32;
            let p: Vec<f32> = (0..self.alphabet).map(p).collect();
            letters.push(draw(&p, rng));
        }
        letters
    }
}
