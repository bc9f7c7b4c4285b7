//! `torch.optim.Adam`.

use std::collections::HashMap;

use tensor::{Gradients, ParameterId, Scalar, Tensor};

use crate::Module;

/// The settings of [`Adam`], with PyTorch's names and defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamConfig {
    /// The learning rate; 1e-3 by default.
    pub lr: f64,
    /// The decay rates of the two moments; (0.9, 0.999) by default.
    pub betas: (f64, f64),
    /// Added to the denominator, after the root; 1e-8 by default.
    pub eps: f64,
}

impl Default for AdamConfig {
    fn default() -> Self {
        AdamConfig { lr: 1e-3, betas: (0.9, 0.999), eps: 1e-8 }
    }
}

/// Adam: [Kingma and Ba, 2015][1], as [`torch.optim.Adam`][2] computes it.
///
/// [1]: https://arxiv.org/abs/1412.6980
/// [2]: https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
///
/// ```
/// use nn::{Adam, AdamConfig, Generator, Linear, mse_loss};
/// use tensor::{Tape, Tensor};
///
/// let mut model = Linear::<f32>::new(1, 1, &mut Generator::manual_seed(0));
/// let mut adam = Adam::new(AdamConfig { lr: 0.1, ..AdamConfig::default() });
/// let mut tape = Tape::new();
/// for _ in 0..1000 {
///     let x = tape.constant(Tensor::from([[1.0], [2.0]]));
///     let y = tape.constant(Tensor::from([[5.0], [8.0]])); // y = 3x + 2
///     let gradients = mse_loss(model.forward(x), y).backward();
///     tape.reset();
///     adam.step(&mut model, &gradients);
/// }
/// assert!((model.weight.value().item() - 3.0).abs() < 0.01);
/// ```
#[derive(Clone, Debug)]
pub struct Adam<T: Scalar> {
    config: AdamConfig,
    state: HashMap<ParameterId, Moments<T>>,
}

/// What Adam remembers of one parameter.
#[derive(Clone, Debug)]
struct Moments<T: Scalar> {
    step: i32,
    /// The running mean of the gradient, `m`.
    exp_avg: Tensor<T>,
    /// The running mean of its square, `v`.
    exp_avg_sq: Tensor<T>,
}

impl<T: Scalar> Adam<T> {
    /// An optimizer that has not taken a step yet.
    pub fn new(config: AdamConfig) -> Self {
        Adam { config, state: HashMap::new() }
    }

    /// Changes every parameter of the model that has a gradient.
    pub fn step(&mut self, model: &mut impl Module<T>, gradients: &Gradients<T>) {
        let AdamConfig { lr, betas: (beta1, beta2), eps } = self.config;
        for (_, parameter) in model.named_parameters() {
            let Some(gradient) = gradients.get(parameter) else { continue };
            let Moments { step, exp_avg, exp_avg_sq } =
                self.state.entry(parameter.id()).or_insert_with(|| Moments {
                    step: 0,
                    exp_avg: Tensor::zeros(gradient.shape()),
                    exp_avg_sq: Tensor::zeros(gradient.shape()),
                });
            *step += 1;
            // PyTorch computes what is the same for all elements in f64 …
            let bias_correction1 = 1.0 - beta1.powi(*step);
            let bias_correction2 = 1.0 - beta2.powi(*step);
            let step_size = T::from_f64(lr / bias_correction1);
            let bias_correction2_sqrt = T::from_f64(bias_correction2.sqrt());
            // … and rounds it once to the parameter's type.
            let [gain1, beta2, gain2, eps] =
                [1.0 - beta1, beta2, 1.0 - beta2, eps].map(T::from_f64);
            let moments = exp_avg.data_mut().iter_mut().zip(exp_avg_sq.data_mut());
            let parameters = parameter.value_mut().data_mut().iter_mut();
            for ((p, (m, v)), &g) in parameters.zip(moments).zip(gradient.data()) {
                *m += gain1 * (g - *m);
                *v = beta2 * *v + gain2 * g * g;
                *p -= step_size * *m / (v.sqrt() / bias_correction2_sqrt + eps);
            }
        }
    }
}
