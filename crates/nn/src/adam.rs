//! `torch.optim.Adam`.

use std::collections::HashMap;

use tensor::simd::{Kernel, dispatch};
use tensor::{Gradients, ParameterId, Scalar, Tensor};

use crate::Module;
use crate::module::for_each_parameter;

/// The settings of [`Adam`], with PyTorch's names and defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamConfig {
    /// The learning rate; 1e-3 by default.
    pub lr: f64,
    /// The decay rates of the two moments; (0.9, 0.999) by default.
    pub betas: (f64, f64),
    /// Added to the denominator, after the root; 1e-8 by default.
    pub eps: f64,
    /// The factor of an L2 penalty; 0 by default.
    pub weight_decay: f64,
    /// Whether the denominator never shrinks ([Reddi et al., 2018][1]); false by
    /// default.
    ///
    /// [1]: https://openreview.net/forum?id=ryQu7f-RZ
    pub amsgrad: bool,
    /// Whether to go up the gradient and not down; false by default.
    pub maximize: bool,
    /// Whether weight decay shrinks the parameter itself and leaves the gradient
    /// alone; false by default. This is all that AdamW is
    /// ([Loshchilov and Hutter, 2019](https://arxiv.org/abs/1711.05101)).
    pub decoupled_weight_decay: bool,
}

impl Default for AdamConfig {
    fn default() -> Self {
        AdamConfig {
            lr: 1e-3,
            betas: (0.9, 0.999),
            eps: 1e-8,
            weight_decay: 0.0,
            amsgrad: false,
            maximize: false,
            decoupled_weight_decay: false,
        }
    }
}

impl AdamConfig {
    /// The settings as numbers, for a file.
    pub(crate) fn to_numbers(self) -> [f64; 8] {
        let flag = |on: bool| f64::from(u8::from(on));
        [
            self.lr,
            self.betas.0,
            self.betas.1,
            self.eps,
            self.weight_decay,
            flag(self.amsgrad),
            flag(self.maximize),
            flag(self.decoupled_weight_decay),
        ]
    }

    /// The inverse; `None` if a number is out of its range.
    pub(crate) fn from_numbers(numbers: &[f64]) -> Option<Self> {
        let &[lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, decoupled] = numbers else {
            return None;
        };
        let config = AdamConfig {
            lr,
            betas: (beta1, beta2),
            eps,
            weight_decay,
            amsgrad: amsgrad == 1.0,
            maximize: maximize == 1.0,
            decoupled_weight_decay: decoupled == 1.0,
        };
        let is_same = config.to_numbers() == numbers;
        (is_same && config.out_of_range().is_none()).then_some(config)
    }

    /// A number that is out of its range, in words.
    fn out_of_range(&self) -> Option<String> {
        let AdamConfig { lr, betas, eps, weight_decay, .. } = *self;
        let at_least_0 = [("lr", lr), ("eps", eps), ("weight_decay", weight_decay)];
        if let Some((name, value)) =
            at_least_0.into_iter().find(|(_, value)| *value < 0.0 || value.is_nan())
        {
            return Some(format!("{name} should be at least 0, not {value}"));
        }
        let beta = [betas.0, betas.1].into_iter().find(|beta| !(0.0..1.0).contains(beta))?;
        Some(format!("betas should be from 0 to below 1, not {beta}"))
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
/// for epoch in 0..1000 {
///     if epoch == 900 {
///         adam.config.lr = 0.01; // may change between steps
///     }
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
    /// The settings; they may change between steps.
    pub config: AdamConfig,
    pub(crate) state: HashMap<ParameterId, Moments<T>>,
}

/// What Adam remembers of one parameter.
#[derive(Clone, Debug)]
pub(crate) struct Moments<T: Scalar> {
    pub step: i32,
    /// The running mean of the gradient, `m`.
    pub exp_avg: Tensor<T>,
    /// The running mean of its square, `v`.
    pub exp_avg_sq: Tensor<T>,
    /// With `amsgrad`, the largest `v` so far.
    pub max_exp_avg_sq: Option<Tensor<T>>,
}

impl<T: Scalar> Moments<T> {
    /// The tensors with PyTorch's names.
    pub fn tensors(&self) -> impl Iterator<Item = (&'static str, &Tensor<T>)> {
        let max = self.max_exp_avg_sq.iter().map(|max| ("max_exp_avg_sq", max));
        [("exp_avg", &self.exp_avg), ("exp_avg_sq", &self.exp_avg_sq)].into_iter().chain(max)
    }
}

impl<T: Scalar> Adam<T> {
    /// An optimizer that has not taken a step yet.
    ///
    /// # Panics
    /// If a number is out of its range: `lr`, `eps` and `weight_decay` are at
    /// least 0, both `betas` at least 0 and smaller than 1.
    #[track_caller]
    pub fn new(config: AdamConfig) -> Self {
        if let Some(text) = config.out_of_range() {
            panic!("Adam: {text}");
        }
        Adam { config, state: HashMap::new() }
    }

    /// Changes every parameter of the model that has a gradient.
    pub fn step(&mut self, model: &mut impl Module<T>, gradients: &Gradients<T>) {
        let AdamConfig { lr, betas: (beta1, beta2), eps, weight_decay, .. } = self.config;
        let (decay, shrink) = match self.config.decoupled_weight_decay {
            true => (0.0, 1.0 - lr * weight_decay),
            false => (weight_decay, 1.0),
        };
        // PyTorch computes what is the same for all elements in f64, and rounds it once to
        // the parameter's type.
        let at_step = |step| {
            let factors = [
                if self.config.maximize { -1.0 } else { 1.0 },
                shrink,
                decay,
                1.0 - beta1,
                beta2,
                1.0 - beta2,
                lr / (1.0 - beta1.powi(step)),
                (1.0 - beta2.powi(step)).sqrt(),
                eps,
            ];
            factors.map(T::from_f64)
        };
        let mut last = None;
        for_each_parameter(model, |_, parameter| {
            let Some(gradient) = gradients.get(parameter) else { return };
            // They stay: no memory that was meant for a step is spent on them.
            let zeros = || Tensor::new(gradient.shape(), vec![T::zero(); gradient.data().len()]);
            let state = self.state.entry(parameter.id()).or_insert_with(|| Moments {
                step: 0,
                exp_avg: zeros(),
                exp_avg_sq: zeros(),
                max_exp_avg_sq: None,
            });
            state.step += 1;
            // All parameters are at the same step, as a rule.
            let factors = match last {
                Some((step, factors)) if step == state.step => factors,
                _ => at_step(state.step),
            };
            last = Some((state.step, factors));
            let v_max = (self.config.amsgrad)
                .then(|| state.max_exp_avg_sq.get_or_insert_with(zeros).data_mut());
            dispatch(Update {
                p: parameter.value_mut().data_mut(),
                g: gradient.data(),
                m: state.exp_avg.data_mut(),
                v: state.exp_avg_sq.data_mut(),
                v_max,
                factors,
            });
        });
    }
}

/// One step for the numbers of one parameter.
struct Update<'a, T> {
    p: &'a mut [T],
    g: &'a [T],
    m: &'a mut [T],
    v: &'a mut [T],
    v_max: Option<&'a mut [T]>,
    /// ±1; what decoupled weight decay leaves of a parameter, and the factor of the other
    /// one; 1 − β₁, β₂ and 1 − β₂; lr / (1 − β₁ᵗ), √(1 − β₂ᵗ) and ε.
    factors: [T; 9],
}

impl<T: Scalar> Kernel for Update<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Update { p, g, m, v, v_max, factors } = self;
        let [sign, shrink, decay, gain1, beta2, gain2, step_size, root2, eps] = factors;
        for (((p, &g), m), v) in p.iter_mut().zip(g).zip(&mut *m).zip(&mut *v) {
            *p *= shrink;
            let g = sign * g + decay * *p;
            *m += gain1 * (g - *m); // (adam-m)
            *v = beta2 * *v + gain2 * g * g; // (adam-v)
        }
        let v = match v_max {
            Some(v_max) => {
                v_max.iter_mut().zip(v).for_each(|(max, v)| *max = max.max(*v));
                v_max
            }
            None => v,
        };
        for ((p, &m), &v) in p.iter_mut().zip(&*m).zip(&*v) {
            *p -= step_size * m / (v.sqrt() / root2 + eps); // (adam-p)
        }
    }
}
