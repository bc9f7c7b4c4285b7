//! The settings of an LSTM.

/// The settings of an [`Lstm`](crate::Lstm), with PyTorch's names and defaults.
///
/// ```
/// use nn::LstmConfig;
///
/// let config = LstmConfig { num_layers: 2, dropout: 0.1, ..LstmConfig::new(8, 64) };
/// assert!(config.bias && !config.bidirectional);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LstmConfig {
    /// The number of features of each time step.
    pub input_size: usize,
    /// The number of features of the hidden state.
    pub hidden_size: usize,
    /// How many layers are stacked, each reading the one below; 1 by default.
    pub num_layers: usize,
    /// Whether there are biases `b_ih` and `b_hh`; true by default.
    pub bias: bool,
    /// Whether input and output are `[batch, seq, …]` and not `[seq, batch, …]`;
    /// false by default. The states are not affected.
    pub batch_first: bool,
    /// The probability with which an element of each layer's output, but for the
    /// last layer, is dropped in training; 0 by default.
    pub dropout: f64,
    /// Whether each layer also reads the sequence from its end; false by default.
    pub bidirectional: bool,
    /// The size to which the hidden state is projected; 0, the default, is no
    /// projection ([Sak et al., 2014](https://arxiv.org/abs/1402.1128)).
    pub proj_size: usize,
}

impl LstmConfig {
    /// The two sizes, and PyTorch's default for everything else.
    pub fn new(input_size: usize, hidden_size: usize) -> Self {
        LstmConfig {
            input_size,
            hidden_size,
            num_layers: 1,
            bias: true,
            batch_first: false,
            dropout: 0.0,
            bidirectional: false,
            proj_size: 0,
        }
    }

    /// The number of directions, PyTorch's D.
    pub fn num_directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    /// The size of a direction's hidden state, PyTorch's H_out: `proj_size` if
    /// there is a projection, otherwise `hidden_size`.
    pub fn output_size(&self) -> usize {
        if self.proj_size > 0 { self.proj_size } else { self.hidden_size }
    }

    #[track_caller]
    pub(super) fn assert_valid(&self) {
        let LstmConfig { input_size, hidden_size, num_layers, dropout, proj_size, .. } = *self;
        let sizes =
            [("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)];
        for (name, size) in sizes {
            assert!(size > 0, "LSTM: {name} should be at least 1, not 0");
            assert!(size <= usize::MAX / 8, "LSTM: {name} = {size} is too large");
        }
        assert!(
            proj_size < hidden_size,
            "LSTM: proj_size should be smaller than hidden_size = {hidden_size}, not {proj_size}; \
             it projects the hidden state to fewer features, and 0 leaves it as it is"
        );
        assert!(
            (0.0..=1.0).contains(&dropout),
            "LSTM: dropout should be a probability from 0 to 1, not {dropout}"
        );
        assert!(
            dropout == 0.0 || num_layers > 1,
            "LSTM: dropout = {dropout} needs num_layers > 1: it acts between layers, \
             and there is only one"
        );
    }
}
