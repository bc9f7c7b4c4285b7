//! The settings of Adam.

use std::any::type_name;

use tensor::Scalar;

/// The settings of [`Adam`](crate::Adam), with PyTorch's names and defaults.
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

    /// The inverse; if there is none, what is wrong.
    pub(crate) fn from_numbers<T: Scalar>(numbers: &[f64]) -> Result<Self, String> {
        let &[lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, decoupled] = numbers else {
            return Err(format!("there should be 8 numbers, not {}", numbers.len()));
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
        let bits = |numbers: &[f64]| -> Vec<u64> { numbers.iter().map(|x| x.to_bits()).collect() };
        if bits(&config.to_numbers()) != bits(numbers) {
            return Err("amsgrad, maximize and decoupled_weight_decay should be 0 or 1".into());
        }
        config.out_of_range::<T>().map_or(Ok(config), Err)
    }

    #[track_caller]
    pub(crate) fn assert_valid<T: Scalar>(&self) {
        if let Some(text) = self.out_of_range::<T>() {
            panic!("Adam: {text}");
        }
    }

    /// A number that is out of its range, in words. (Adam computes with `T`.)
    pub(crate) fn out_of_range<T: Scalar>(&self) -> Option<String> {
        let AdamConfig { lr, betas, eps, weight_decay, .. } = *self;
        let at_least_0 = [("lr", lr), ("eps", eps), ("weight_decay", weight_decay)];
        if let Some((name, value)) =
            at_least_0.into_iter().find(|(_, value)| !(0.0..f64::INFINITY).contains(value))
        {
            return Some(format!("{name} should be at least 0 and finite, not {value}"));
        }
        for (name, value) in at_least_0 {
            let (rounded, of) = (T::from_f64(value).as_f64(), type_name::<T>());
            if rounded.is_infinite() {
                return Some(format!("{name} = {value:?} is infinite as {of}"));
            } else if value > 0.0 && rounded == 0.0 {
                return Some(format!("{name} = {value:?} is 0 as {of}"));
            }
        }
        let beta = [betas.0, betas.1].into_iter().find(|beta| !(0.0..1.0).contains(beta))?;
        Some(format!("betas should be from 0 to below 1, not {beta}"))
    }
}
