//! A whole model's gradients against central differences.

use rand::Rng;
use tensor::{Tape, Tensor, Var, VjpError, check_vjp_fast};

use crate::Module;

/// Checks the gradients of `loss`, a single number, with respect to all
/// parameters of `model`, with [`tensor::check_vjp_fast`].
///
/// For the check, the model is one operation, and its parameters, end to end,
/// are the operation's argument.
///
/// # Panics
/// If the loss is not a single number, or depends on nothing that is watched.
///
/// # Errors
/// If the tape and central differences disagree, or if it cannot be told. The error's element
/// counts through all parameters in the order of
/// [`named_parameters`](Module::named_parameters).
///
/// ```
/// use nn::{Generator, Linear, check_gradients};
/// use tensor::Tensor;
///
/// let mut rng = Generator::manual_seed(0);
/// let linear = Linear::<f64>::new(2, 3, &mut rng);
/// check_gradients(
///     &linear,
///     |linear, tape| linear.forward(tape.constant(Tensor::from([[0.5, -1.0]]))).tanh().sum(),
///     &mut rng,
/// )
/// .unwrap();
/// ```
#[track_caller]
pub fn check_gradients<M: Module<f64> + Clone>(
    model: &M,
    loss: impl for<'t> Fn(&'t M, &'t Tape<f64>) -> Var<'t, f64>,
    rng: &mut impl Rng,
) -> Result<(), VjpError> {
    // Once at the caller's line, which a closure hides.
    loss(model, &Tape::new()).backward();
    let flat = |parts: Vec<Tensor<f64>>| {
        let data: Vec<f64> = parts.iter().flat_map(|part| part.data().to_vec()).collect();
        Tensor::new([data.len()], data)
    };
    let parameters = flat(model.state_dict().into_iter().map(|(_, value)| value).collect());
    let model_as_op = |[p]: [Var<'_, f64>; 1]| {
        let mut model = model.clone();
        let values = p.value();
        let mut rest = values.data();
        for (_, parameter) in model.named_parameters_mut() {
            let data = parameter.value_mut().data_mut();
            let (value, after) = rest.split_at(data.len());
            data.copy_from_slice(value);
            rest = after;
        }
        let tape = Tape::new();
        let y = loss(&model, &tape);
        // For a difference, the value is enough.
        if p.tape().is_no_grad() {
            return (y.value(), None);
        }
        let (value, gradients) = (y.value(), y.backward());
        drop(tape);
        let gradient = flat(
            (model.named_parameters().into_iter())
                .map(|(_, parameter)| {
                    let shape = parameter.value().shape();
                    gradients.get(parameter).cloned().unwrap_or_else(|| Tensor::zeros(shape))
                })
                .collect(),
        );
        (value, Some(gradient))
    };
    check_vjp_fast(
        |[p]| {
            let (value, gradient) = model_as_op([p]);
            p.tape().record("loss", [p], value, move |dy, _| {
                let dy = dy.item();
                [gradient.as_ref().map(|gradient| gradient.map(|g| dy * g))]
            })
        },
        [&parameters],
        rng,
    )
}
