//! `torch.nn.Linear`.

use tensor::{Parameter, Scalar, Var};

use crate::{Generator, Uniform, module};

/// `y = x Wᵀ + b`: [`torch.nn.Linear`][1].
///
/// [1]: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
///
/// ```
/// use nn::{Generator, Linear};
/// use tensor::{Tape, Tensor};
///
/// let linear = Linear::<f32>::new(60, 1, &mut Generator::manual_seed(0));
/// let tape = Tape::new();
/// let x = tape.constant(Tensor::zeros([8, 60]));
/// assert_eq!(linear.forward(x).shape(), [8, 1]);
/// ```
#[derive(Clone, Debug)]
pub struct Linear<T: Scalar> {
    /// `W`, of shape `[out_features, in_features]`.
    pub weight: Parameter<T>,
    /// `b`, of shape `[out_features]`.
    pub bias: Option<Parameter<T>>,
}

impl<T: Uniform> Linear<T> {
    /// A layer with weight and bias from U(±1/√`in_features`), PyTorch's
    /// default.
    ///
    /// # Panics
    /// If `in_features` is 0, or if there is no memory for so many weights.
    #[track_caller]
    pub fn new(in_features: usize, out_features: usize, generator: &mut Generator) -> Self {
        let mut linear = Linear::without_bias(in_features, out_features, generator);
        let bound = 1.0 / (in_features as f64).sqrt();
        linear.bias = Some(generator.parameter(&[out_features], bound));
        linear
    }

    /// The same without a bias: `bias=False`.
    ///
    /// # Panics
    /// If `in_features` is 0, or if there is no memory for so many weights.
    #[track_caller]
    pub fn without_bias(
        in_features: usize,
        out_features: usize,
        generator: &mut Generator,
    ) -> Self {
        assert!(in_features > 0, "Linear: in_features should be at least 1, not 0");
        // PyTorch comes to the bound by kaiming_uniform_(a = √5), which is
        // 1/√in_features but for rounding; its steps give the same bits.
        let a = 5_f64.sqrt();
        let gain = (2.0 / (1.0 + a * a)).sqrt();
        let bound = 3_f64.sqrt() * (gain / (in_features as f64).sqrt());
        Linear { weight: generator.parameter(&[out_features, in_features], bound), bias: None }
    }
}

impl<T: Scalar> Linear<T> {
    /// Features `[…, in_features]` to `[…, out_features]`, whatever the leading
    /// dimensions.
    ///
    /// # Panics
    /// If the last size of `x` is not `in_features`.
    #[track_caller]
    pub fn forward<'t>(&'t self, x: Var<'t, T>) -> Var<'t, T> {
        let tape = x.tape();
        x.linear(tape.watch(&self.weight), self.bias.as_ref().map(|bias| tape.watch(bias)))
    }
}

module! { impl<T: Scalar> Module<T> for Linear<T> { weight, bias } }
