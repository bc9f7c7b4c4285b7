//! One list of a model's parameters.

use std::fmt::{Arguments, Display};

use tensor::{Parameter, Scalar, Tensor};

/// The parameters of a module with their names, in PyTorch's order.
pub type NamedParameters<'a, T> = Vec<(String, &'a mut Parameter<T>)>;

/// Something with parameters: a layer, or a model made of layers.
///
/// The list of parameters is written once, in [`visit`](Module::visit). The optimizer,
/// the state dict and every printout read it.
///
/// ```
/// use nn::{Generator, Linear, Module, Visitor};
///
/// #[derive(Clone)]
/// struct TwoLayers {
///     first: Linear<f32>,
///     second: Linear<f32>,
/// }
///
/// impl Module<f32> for TwoLayers {
///     fn visit<'a>(&'a mut self, visitor: &mut Visitor<'_, 'a, f32>) {
///         visitor.module("first", &mut self.first);
///         visitor.module("second", &mut self.second);
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
    /// Shows the visitor every parameter with its name, in PyTorch's order.
    fn visit<'a>(&'a mut self, visitor: &mut Visitor<'_, 'a, T>);

    /// Every parameter with its name, to be read or changed:
    /// `torch.nn.Module.named_parameters`.
    fn named_parameters(&mut self) -> NamedParameters<'_, T> {
        let mut list = Vec::new();
        for_each_parameter(self, |name, parameter| list.push((name.to_string(), parameter)));
        list
    }

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

/// Is shown a model's parameters, one after the other. Nothing is allocated for their
/// names, which a training step would do without.
pub struct Visitor<'v, 'a, T: Scalar> {
    prefix: Arguments<'v>,
    each: &'v mut dyn FnMut(Arguments<'_>, &'a mut Parameter<T>),
}

impl<'a, T: Scalar> Visitor<'_, 'a, T> {
    /// A parameter of the module.
    pub fn parameter(&mut self, name: impl Display, parameter: &'a mut Parameter<T>) {
        (self.each)(format_args!("{}{name}", self.prefix), parameter);
    }

    /// All parameters of the module's field `name`, as `name.…`.
    pub fn module(&mut self, name: &str, module: &'a mut impl Module<T>) {
        module.visit(&mut Visitor {
            prefix: format_args!("{}{name}.", self.prefix),
            each: &mut *self.each,
        });
    }
}

/// Calls `each` with all names and parameters.
pub(crate) fn for_each_parameter<'a, T: Scalar>(
    module: &'a mut (impl Module<T> + ?Sized),
    mut each: impl FnMut(Arguments<'_>, &'a mut Parameter<T>),
) {
    module.visit(&mut Visitor { prefix: format_args!(""), each: &mut each });
}
