//! `torch.optim.Adam`.

use tensor::kernel::simd::{Arch, Simd, WithSimd};
use tensor::{Gradients, Origin, Parameter, Scalar, Shape, Tensor};

use crate::visitor::{Path, Visitor, VisitorMut};
use crate::{AdamConfig, Module};

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
///
/// Its state belongs to the list of parameters of the first model it sees, and goes on with
/// that model or a clone of it. So a part of a model can be **frozen** by showing Adam only
/// the other part, and two parts can have **two rates** by an Adam for each:
///
/// ```
/// use nn::{Adam, AdamConfig, Generator, Linear};
/// use tensor::{Tape, Tensor};
///
/// let mut generator = Generator::manual_seed(0);
/// let mut body = Linear::<f32>::new(2, 3, &mut generator);
/// let mut head = Linear::<f32>::new(3, 1, &mut generator);
/// let mut slow = Adam::new(AdamConfig { lr: 1e-4, ..AdamConfig::default() });
/// let mut fast = Adam::new(AdamConfig { lr: 1e-2, ..AdamConfig::default() });
/// let before = body.weight.value().clone();
///
/// let mut tape = Tape::new();
/// let x = tape.constant(Tensor::from([[1.0, 2.0]]));
/// let gradients = head.forward(body.forward(x).tanh()).sum().backward();
/// tape.reset();
/// fast.step(&mut head, &gradients); // body is frozen …
/// assert_eq!(*body.weight.value(), before);
/// slow.step(&mut body, &gradients); // … and here it learns, more slowly
/// assert_ne!(*body.weight.value(), before);
///
/// // A frozen part below all others need not be differentiated either:
/// let x = tape.constant(Tensor::from([[1.0, 2.0]]));
/// let features = tape.constant(body.forward(x).tanh().value());
/// let gradients = head.forward(features).sum().backward();
/// assert!(gradients.get(&body.weight).is_none());
/// ```
///
/// Two clones of a model that both train need an Adam each: it would take them for one.
///
/// In a layer of one's own, a parameter is frozen by `tape.constant(p.value().clone())` in the
/// place of `tape.watch(&p)`.
#[derive(Clone, Debug)]
pub struct Adam<T: Scalar> {
    /// The settings; they may change between steps.
    pub config: AdamConfig,
    /// In the order of the model's list; empty before the first step.
    slots: Vec<Slot<T>>,
}

/// What Adam remembers of one parameter.
#[derive(Clone, Debug)]
pub(crate) struct Slot<T: Scalar> {
    pub name: String,
    pub shape: Shape,
    pub origin: Origin,
    /// `None` before the parameter's first gradient.
    pub moments: Option<Moments<T>>,
}

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
    fn new(shape: Shape) -> Self {
        let (exp_avg, exp_avg_sq) = (lasting_zeros(shape), lasting_zeros(shape));
        Moments { step: 0, exp_avg, exp_avg_sq, max_exp_avg_sq: None }
    }

    /// The tensors with PyTorch's names.
    pub fn tensors(&self) -> impl Iterator<Item = (&'static str, &Tensor<T>)> {
        let max = self.max_exp_avg_sq.iter().map(|max| ("max_exp_avg_sq", max));
        [("exp_avg", &self.exp_avg), ("exp_avg_sq", &self.exp_avg_sq)].into_iter().chain(max)
    }
}

/// Zeros that stay: no memory that was meant for a step is spent on them.
fn lasting_zeros<T: Scalar>(shape: Shape) -> Tensor<T> {
    Tensor::new(shape, vec![T::zero(); shape.num_elements()])
}

/// Slots for a model's list of parameters.
pub(crate) fn slots_of<T: Scalar>(model: &impl Module<T>) -> Vec<Slot<T>> {
    let list = model.named_parameters().into_iter();
    let slot = |(name, p): (String, &Parameter<T>)| Slot {
        name,
        shape: p.value().shape(),
        origin: p.origin(),
        moments: None,
    };
    list.map(slot).collect()
}

impl<T: Scalar> Adam<T> {
    /// An optimizer that has not taken a step yet.
    ///
    /// # Panics
    /// If a number is out of its range: `lr`, `eps` and `weight_decay` are at
    /// least 0 and finite, and not 0 or infinite only as `T`; both `betas` are at least 0 and
    /// smaller than 1.
    #[track_caller]
    pub fn new(config: AdamConfig) -> Self {
        config.assert_valid::<T>();
        Adam { config, slots: Vec::new() }
    }

    pub(crate) fn slots(&self) -> &[Slot<T>] {
        &self.slots
    }

    pub(crate) fn set_slots(&mut self, slots: Vec<Slot<T>>) {
        self.slots = slots;
    }

    /// Changes every parameter of the model that has a gradient. The others, and what is
    /// remembered of them, stay as they are.
    ///
    /// # Panics
    /// If a setting was changed to a number out of its range; if no parameter has a
    /// gradient, or one has a gradient of another shape; or if the model is not the one of the
    /// steps before nor a clone of it: if its list of parameters has another length, or in it
    /// another name, shape or origin. Then nothing is changed. And if a [`Module`] written by
    /// hand lists other parameters to change than to read.
    #[track_caller]
    pub fn step(&mut self, model: &mut impl Module<T>, gradients: &Gradients<T>) {
        self.config.assert_valid::<T>();
        self.assert_fits(model, gradients);
        if self.slots.is_empty() {
            self.slots = slots_of(model);
        }
        let mut slots = self.slots.iter_mut();
        let (config, mut last, mut differ) = (self.config, None, false);
        model.visit_mut(&mut VisitorMut::new(&mut |_, parameter| {
            let slot = slots.next().filter(|slot| slot.origin == parameter.origin());
            differ |= slot.is_none();
            let (Some(slot), Some(gradient)) = (slot, gradients.get(parameter)) else { return };
            let state = slot.moments.get_or_insert_with(|| Moments::new(slot.shape));
            state.step += 1;
            // All parameters are at the same step, as a rule.
            let factors = match last {
                Some((step, factors)) if step == state.step => factors,
                _ => Factors::at(state.step, config),
            };
            last = Some((state.step, factors));
            let v_max = config.amsgrad.then_some(&mut state.max_exp_avg_sq);
            let v_max = v_max.map(|max| max.get_or_insert_with(|| lasting_zeros(slot.shape)));
            Arch::new().dispatch(Update {
                p: parameter.value_mut().data_mut(),
                g: gradient.data(),
                m: state.exp_avg.data_mut(),
                v: state.exp_avg_sq.data_mut(),
                v_max: v_max.map(Tensor::data_mut),
                factors,
            });
        }));
        assert!(
            !differ && slots.next().is_none(),
            "Adam: visit and visit_mut of this model list other parameters"
        );
    }

    /// Before anything is changed.
    #[track_caller]
    fn assert_fits(&self, model: &impl Module<T>, gradients: &Gradients<T>) {
        let (mut count, mut with_gradient, mut problem) = (0, 0, None);
        model.visit(&mut Visitor::new(&mut |path: &Path<'_>, parameter| {
            let (slot, shape) = (self.slots.get(count), parameter.value().shape());
            let gradient = gradients.get(parameter).map(Tensor::shape);
            count += 1;
            with_gradient += usize::from(gradient.is_some());
            problem = problem.take().or_else(|| match (slot, gradient) {
                (Some(slot), _) if !path.is(&slot.name) || shape != slot.shape => Some(format!(
                    "parameter {path} of shape {shape} stands where {} of shape {} stood in the \
                     steps before",
                    slot.name, slot.shape
                )),
                (Some(slot), _) if parameter.origin() != slot.origin => Some(format!(
                    "{path} is neither the parameter of the steps before nor a clone of it; \
                     another model needs a new Adam"
                )),
                (_, Some(gradient)) if gradient != shape => Some(format!(
                    "{path} has shape {shape}, and its gradient {gradient}; was it set after the \
                     backward pass?"
                )),
                _ => None,
            });
        }));
        let before = self.slots.len();
        assert!(
            before == 0 || count == before,
            "Adam: the model has {count} parameters, and the one of the steps before had {before}; \
             a model that has {} needs a new Adam",
            if count > before { "grown" } else { "shrunk" }
        );
        if let Some(problem) = problem {
            panic!("Adam: {problem}");
        }
        assert_any_gradient("Adam", with_gradient, count);
    }
}

#[track_caller]
pub(crate) fn assert_any_gradient(what: &str, with_gradient: usize, count: usize) {
    assert!(
        with_gradient > 0,
        "{what}: none of the model's {count} parameters has a gradient; was another model \
         (a clone is one) differentiated, or does its list of parameters lack some?"
    );
}

/// What is the same for all numbers of a parameter in one step. PyTorch computes it in f64,
/// and rounds it once to the parameter's type.
#[derive(Clone, Copy)]
struct Factors<T> {
    /// −1 to go up.
    sign: T,
    /// What decoupled weight decay leaves of a parameter.
    shrink: T,
    /// The factor of the other one.
    decay: T,
    one_minus_beta1: T,
    beta2: T,
    one_minus_beta2: T,
    /// 1 / (1 − β₁ᵗ)
    unbias_m: T,
    /// 1 / (1 − β₂ᵗ)
    unbias_v: T,
    lr: T,
    eps: T,
}

impl<T: Scalar> Factors<T> {
    fn at(step: i32, config: AdamConfig) -> Self {
        let AdamConfig { lr, betas: (beta1, beta2), eps, weight_decay, .. } = config;
        let (decay, shrink) = match config.decoupled_weight_decay {
            true => (0.0, 1.0 - lr * weight_decay),
            false => (weight_decay, 1.0),
        };
        Factors {
            sign: T::from_f64(if config.maximize { -1.0 } else { 1.0 }),
            shrink: T::from_f64(shrink),
            decay: T::from_f64(decay),
            one_minus_beta1: T::from_f64(1.0 - beta1),
            beta2: T::from_f64(beta2),
            one_minus_beta2: T::from_f64(1.0 - beta2),
            unbias_m: T::from_f64(1.0 / (1.0 - power(beta1, step))),
            unbias_v: T::from_f64(1.0 / (1.0 - power(beta2, step))),
            lr: T::from_f64(lr),
            eps: T::from_f64(eps),
        }
    }
}

/// `baseⁿ` by multiplications alone. (The standard library's `powi` may round differently on
/// another machine.)
fn power(mut base: f64, mut n: i32) -> f64 {
    let mut power = 1.0;
    while n > 0 {
        if n % 2 == 1 {
            power *= base;
        }
        base *= base;
        n /= 2;
    }
    power
}

/// One step for the numbers of one parameter.
struct Update<'a, T> {
    p: &'a mut [T],
    g: &'a [T],
    m: &'a mut [T],
    v: &'a mut [T],
    v_max: Option<&'a mut [T]>,
    factors: Factors<T>,
}

impl<T: Scalar> WithSimd for Update<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Update { p, g, m, v, v_max, factors } = self;
        let Factors { sign, shrink, decay, one_minus_beta1, beta2, one_minus_beta2, .. } = factors;
        let Factors { unbias_m, unbias_v, lr, eps, .. } = factors;
        let each = p.iter_mut().zip(g).zip(m).zip(v);
        let update = |p: &mut T, g: T, m: &mut T, v: &mut T, v_max: Option<&mut T>| {
            *p *= shrink;
            let g = sign * g + decay * *p;
            *m += one_minus_beta1 * (g - *m); // (adam-m)
            *v = beta2 * *v + one_minus_beta2 * g * g; // (adam-v)
            let v = v_max.map_or(*v, |max| {
                *max = max.max(*v);
                *max
            });
            let m_hat = *m * unbias_m; // (adam-m-hat)
            let v_hat = v * unbias_v; // (adam-v-hat)
            *p -= lr * m_hat / (v_hat.sqrt() + eps); // (adam-p)
        };
        match v_max {
            None => each.for_each(|(((p, &g), m), v)| update(p, g, m, v, None)),
            Some(v_max) => {
                let each = each.zip(v_max);
                each.for_each(|((((p, &g), m), v), max)| update(p, g, m, v, Some(max)));
            }
        }
    }
}
