//! `torch.nn.Embedding`.

use tensor::{Parameter, Scalar, Tape, Var};

use crate::{Generator, Uniform, module};

/// A vector for each of some symbols, to be learnt: [`torch.nn.Embedding`][1]. It is `Linear` without
/// a bias for an input that is one-hot, by looking up instead of multiplying.
///
/// [1]: https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
///
/// ```
/// use nn::{Embedding, Generator};
/// use tensor::Tape;
///
/// let embedding = Embedding::<f32>::new(27, 4, &mut Generator::manual_seed(0));
/// let tape = Tape::new();
/// let x = embedding.forward(&tape, &[2, 0, 2]);
/// assert_eq!(x.shape(), [3, 4]);
/// ```
#[derive(Clone, Debug)]
pub struct Embedding<T: Scalar> {
    /// The vectors, of shape `[num_embeddings, embedding_dim]`.
    pub weight: Parameter<T>,
}

impl<T: Uniform> Embedding<T> {
    /// Vectors from N(0, 1), PyTorch's default, by [`Generator::randn`].
    ///
    /// # Panics
    /// If `num_embeddings` or `embedding_dim` is 0, or if there is no memory for so many weights.
    #[track_caller]
    pub fn new(num_embeddings: usize, embedding_dim: usize, generator: &mut Generator) -> Self {
        assert!(num_embeddings > 0, "Embedding: num_embeddings should be at least 1, not 0");
        assert!(embedding_dim > 0, "Embedding: embedding_dim should be at least 1, not 0");
        Embedding { weight: Parameter::new(generator.randn([num_embeddings, embedding_dim])) }
    }
}

impl<T: Scalar> Embedding<T> {
    /// The vectors of these symbols, `[n, embedding_dim]`.
    ///
    /// # Panics
    /// If a symbol is not below `num_embeddings`, or if the weight was set to no matrix.
    #[track_caller]
    pub fn forward<'t>(&'t self, tape: &'t Tape<T>, symbols: &[usize]) -> Var<'t, T> {
        let weight = tape.watch(&self.weight);
        let shape = weight.shape();
        let &[count, _] = &*shape else {
            panic!(
                "Embedding: the weight should have shape [num_embeddings, embedding_dim], not {shape}"
            )
        };
        if let Some((k, symbol)) = symbols.iter().enumerate().find(|(_, symbol)| **symbol >= count)
        {
            panic!("Embedding: symbol {k} is {symbol}, and there are {count} vectors");
        }
        weight.index_select(0, symbols)
    }
}

module! { impl<T: Scalar> Module<T> for Embedding<T> { weight } }
