//! A network that reads letters and says which comes next.

use std::f64::consts::LN_2;

use nn::{Embedding, Generator, Linear, Lstm, LstmConfig, Uniform, cross_entropy, dropout, module};
use tensor::{Tape, Tensor, Var};

const EMBEDDING: usize = 32;
const HIDDEN: usize = 128;
const DROPOUT: f64 = 0.5;

pub struct Model {
    embedding: Embedding<f32>,
    lstm: Lstm<f32>,
    head: Linear<f32>,
}

module! { impl Module<f32> for Model { embedding, lstm, head } }

/// The states h and c after the last letter, as values.
pub type State = Option<(Tensor<f32>, Tensor<f32>)>;

impl Model {
    pub fn new(alphabet: usize, rng: &mut Generator) -> Self {
        let embedding = Embedding::new(alphabet, EMBEDDING, rng);
        let mut lstm = Lstm::new(LstmConfig::new(EMBEDDING, HIDDEN), rng);
        lstm.set_forget_bias(2.0); // σ(2) = 0.88: half of a memory is left after five letters
        Model { embedding, lstm, head: Linear::new(HIDDEN, alphabet, rng) }
    }

    /// For each letter that is read, `[time · batch]`, a score for each that may come next,
    /// `[time · batch, alphabet]`; and the states after the last step.
    pub fn forward<'t>(
        &'t self,
        tape: &'t Tape<f32>,
        read: &[usize],
        batch: usize,
        state: &State,
        training: Option<&mut Generator>,
    ) -> (Var<'t, f32>, State) {
        let x = self.embedding.forward(tape, read);
        let x = x.reshape([read.len() / batch, batch, EMBEDDING]);
        // The states go on as constants: their values are carried, their history is cut.
        let constant = |value: &Tensor<f32>| tape.constant(value.clone());
        let state = state.as_ref().map(|(h, c)| (constant(h), constant(c)));
        let (mut h, (h_n, c_n)) = self.lstm.forward(x, state);
        if let Some(rng) = training {
            h = dropout(h, DROPOUT, rng);
        }
        let scores = self.head.forward(h.reshape([read.len(), HIDDEN]));
        (scores, Some((h_n.value(), c_n.value())))
    }

    /// How many bits it takes to say what really came, for each letter but the first.
    pub fn bits(&self, letters: &[usize]) -> f64 {
        let tape = Tape::no_grad();
        let (read, next) = (&letters[..letters.len() - 1], &letters[1..]);
        let (scores, _) = self.forward(&tape, read, 1, &None, None);
        f64::from(cross_entropy(scores, next).value().item()) / LN_2
    }

    /// Goes on after a letter: what it has written is what it reads.
    pub fn write(
        &self,
        first: usize,
        count: usize,
        temperature: f32,
        rng: &mut Generator,
    ) -> Vec<usize> {
        let (mut letters, mut state) = (vec![first], None);
        let mut tape = Tape::no_grad();
        for _ in 0..count {
            let last = &letters[letters.len() - 1..];
            let (scores, after) = self.forward(&tape, last, 1, &state, None);
            let p = (scores / temperature).log_softmax().exp().value();
            tape.reset();
            state = after;
            letters.push(draw(p.data(), rng));
        }
        letters
    }

    /// For each of its cells, tanh(c) after each letter.
    pub fn cells(&self, letters: &[usize]) -> Vec<Vec<f64>> {
        let tape = Tape::no_grad();
        let x = self.embedding.forward(&tape, letters).reshape([letters.len(), 1, EMBEDDING]);
        let steps = &self.lstm.steps(x, None)[0];
        let shown: Vec<Tensor<f32>> = steps.iter().map(|step| step.c.tanh().value()).collect();
        let cell = |k: usize| shown.iter().map(|c| f64::from(c.data()[k])).collect();
        (0..HIDDEN).map(cell).collect()
    }
}

/// A letter with these probabilities.
pub fn draw(p: &[f32], rng: &mut Generator) -> usize {
    let mut rest = f32::unit(rng);
    let is_it = |p: &f32| {
        rest -= p;
        rest < 0.0
    };
    // Rounding may leave a rest.
    p.iter().position(is_it).unwrap_or(p.len() - 1)
}
