//! One list of a model's parameters.

use tensor::{Parameter, Scalar, Tensor};

/// The parameters of a module with their names, in PyTorch's order.
pub type NamedParameters<'a, T> = Vec<(String, &'a mut Parameter<T>)>;

/// Something with parameters: a layer, or a model made of layers.
///
/// The list of parameters is written once, here. The optimizer, the state dict
/// and every printout read it.
///
/// ```
/// use nn::{Generator, Linear, Module, NamedParameters, prefixed};
///
/// #[derive(Clone)]
/// struct TwoLayers {
///     first: Linear<f32>,
///     second: Linear<f32>,
/// }
///
/// impl Module<f32> for TwoLayers {
///     fn named_parameters(&mut self) -> NamedParameters<'_, f32> {
///         let mut list = prefixed("first", &mut self.first);
///         list.extend(prefixed("second", &mut self.second));
///         list
///     }
/// }
///
/// let mut generator = Generator::manual_seed(0);
/// let model = TwoLayers {
///     first: Linear::new(3, 4, &mut generator),
///     second: Linear::new(4, 1, &mut generator),
/// };
/// let names: Vec<String> = model.state_dict().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["first.weight", "first.bias", "second.weight", "second.bias"]);
/// assert_eq!(model.num_parameters(), 3 * 4 + 4 + 4 * 1 + 1);
/// ```
pub trait Module<T: Scalar> {
    /// Every parameter with its name, to be read or changed.
    fn named_parameters(&mut self) -> NamedParameters<'_, T>;

    /// The names and values: `torch.nn.Module.state_dict`. Values are shared,
    /// not copied.
    fn state_dict(&self) -> Vec<(String, Tensor<T>)>
    where
        Self: Clone,
    {
        let mut copy = self.clone();
        let list = copy.named_parameters().into_iter();
        list.map(|(name, parameter)| (name, parameter.value().clone())).collect()
    }

    /// How many numbers training can change.
    fn num_parameters(&self) -> usize
    where
        Self: Clone,
    {
        self.state_dict().iter().map(|(_, value)| value.data().len()).sum()
    }
}

/// The parameters of the field `name` of a model, as `name.…`.
pub fn prefixed<'a, T: Scalar>(
    name: &str,
    module: &'a mut impl Module<T>,
) -> NamedParameters<'a, T> {
    let mut list = module.named_parameters();
    for (parameter, _) in &mut list {
        *parameter = format!("{name}.{parameter}");
    }
    list
}
