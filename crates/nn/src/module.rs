//! One list of a model's parameters, read through `&` and through `&mut`.

use std::collections::HashMap;

use tensor::{Drawing, Parameter, Scalar, Tape, Tensor};

use crate::StateDictError;
use crate::error::Problems;
use crate::visitor::{Name, Path, Visitor, VisitorMut};

/// Something with parameters: a layer, or a model made of layers.
///
/// The list of parameters is written once, with [`module!`](crate::module). The optimizer,
/// the state dict and every printout read it. Parameters, and the arrays, vectors, tuples
/// and options of modules, are modules, too; the items of a list are named by their number,
/// as in PyTorch.
///
/// ```
/// use nn::{Generator, Linear, Module, module};
///
/// struct TwoLayers {
///     first: Linear<f32>,
///     second: Linear<f32>,
/// }
/// module! { impl Module<f32> for TwoLayers { first, second } }
///
/// let mut generator = Generator::manual_seed(0);
/// let model = TwoLayers {
///     first: Linear::new(3, 4, &mut generator),
///     second: Linear::new(4, 1, &mut generator),
/// };
/// let names: Vec<String> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["first.weight", "first.bias", "second.weight", "second.bias"]);
/// assert_eq!(model.num_parameters(), 3 * 4 + 4 + 4 * 1 + 1);
///
/// let list = vec![Linear::<f32>::new(1, 1, &mut generator)];
/// assert_eq!(list.state_dict()[1].0, "0.bias");
/// ```
///
/// A clone is another model, and its parameters are others: `.clone()` unties what was tied. To
/// tie two weights, let the model have one parameter and watch it in both places.
pub trait Module<T: Scalar> {
    /// Shows the visitor every parameter with its name, in PyTorch's order.
    fn visit<'a>(&'a self, visitor: &mut Visitor<'_, 'a, T>);

    /// The same, to change them.
    fn visit_mut<'a>(&'a mut self, visitor: &mut VisitorMut<'_, 'a, T>);

    /// Every parameter with its name: `torch.nn.Module.named_parameters`.
    ///
    /// # Panics
    /// If a module lists two items under one name, or one parameter twice.
    #[track_caller]
    fn named_parameters(&self) -> Vec<(String, &Parameter<T>)> {
        let mut list = Vec::new();
        let each = &mut |path: &Path<'_>, parameter| list.push((path.to_string(), parameter));
        self.visit(&mut Visitor::checking_names(each));
        let mut names = HashMap::new();
        for (name, parameter) in &list {
            if let Some(first) = names.insert(parameter.id(), name) {
                panic!("visit: one parameter is listed as {first:?} and as {name:?}");
            }
        }
        list
    }

    /// The same, to change them.
    ///
    /// # Panics
    /// If a module lists two items under one name.
    fn named_parameters_mut(&mut self) -> Vec<(String, &mut Parameter<T>)> {
        let mut list = Vec::new();
        let each = &mut |path: &Path<'_>, parameter| list.push((path.to_string(), parameter));
        self.visit_mut(&mut VisitorMut::checking_names(each));
        list
    }

    /// The names and values: `torch.nn.Module.state_dict`. Values are shared,
    /// not copied.
    #[track_caller]
    fn state_dict(&self) -> Vec<(String, Tensor<T>)> {
        let list = self.named_parameters().into_iter();
        list.map(|(name, parameter)| (name, parameter.value().clone())).collect()
    }

    /// Takes over the values of a state dict with just this model's names and shapes:
    /// `torch.nn.Module.load_state_dict`.
    ///
    /// # Errors
    /// Everything that is missing, unexpected, of another shape or there twice. Then the model
    /// is as it was before.
    ///
    /// ```
    /// use nn::{Generator, Linear, Module};
    ///
    /// let mut generator = Generator::manual_seed(0);
    /// let mut model = Linear::<f32>::new(3, 2, &mut generator);
    /// let best = model.state_dict();
    /// model.weight.value_mut().data_mut().fill(0.0);
    /// model.load_state_dict(&best)?;
    /// assert_eq!(*model.weight.value(), best[0].1);
    ///
    /// let error = Linear::new(2, 2, &mut generator).load_state_dict(&best).unwrap_err();
    /// assert_eq!(error.to_string(), "weight should have shape [2, 2], not [2, 3]");
    /// # Ok::<(), nn::StateDictError>(())
    /// ```
    fn load_state_dict(&mut self, state: &[(String, Tensor<T>)]) -> Result<(), StateDictError> {
        let mut problems = Problems::default();
        let mut parameters = self.named_parameters_mut();
        let mut values = Vec::new();
        for (name, parameter) in &parameters {
            let (shape, found) = (parameter.value().shape(), state.iter().find(|(n, _)| n == name));
            match found {
                None => problems.missing(name, &shape),
                Some((_, value)) if value.shape() != shape => {
                    problems.shape(name, &shape, &value.shape());
                }
                Some((_, value)) => values.push(value.clone()),
            }
        }
        for (k, (name, _)) in state.iter().enumerate() {
            if !parameters.iter().any(|(n, _)| n == name) {
                problems.unexpected(name);
            } else if state[..k].iter().any(|(n, _)| n == name) {
                problems.other(format!("{name} is there twice"));
            }
        }
        problems.none_or(StateDictError)?;
        for ((_, parameter), value) in parameters.iter_mut().zip(values) {
            *parameter.value_mut() = value;
        }
        Ok(())
    }

    /// How many numbers training can change.
    fn num_parameters(&self) -> usize {
        self.named_parameters().iter().map(|(_, p)| p.value().data().len()).sum()
    }

    /// The tape as it prints with this model's names for its parameters.
    ///
    /// ```
    /// use nn::{Generator, Linear, Module};
    /// use tensor::{Tape, Tensor};
    ///
    /// let model = Linear::<f32>::new(3, 2, &mut Generator::manual_seed(0));
    /// let tape = Tape::new();
    /// model.forward(tape.constant(Tensor::zeros([1, 3])));
    /// assert_eq!(model.drawing(&tape).to_string(), "\
    /// %0  constant              [1, 3]
    /// %1  weight                [2, 3]
    /// %2  bias                  [2]
    /// %3  linear    %0, %1, %2  [1, 2]
    /// ");
    /// ```
    fn drawing(&self, tape: &Tape<T>) -> Drawing<T> {
        let list = self.named_parameters();
        tape.drawing(|id| {
            list.iter().find(|(_, parameter)| parameter.id() == id).map(|(name, _)| name.clone())
        })
    }
}

/// Writes down the list of a struct's parameters, once for reading and for changing them:
/// implements [`Module`] for it.
///
/// Where the names are those of the fields, the fields are enough:
///
/// ```
/// use nn::{Linear, Lstm, Module, module};
///
/// struct Forecaster {
///     lstm: Lstm<f32>,
///     head: Linear<f32>,
/// }
/// module! { impl Module<f32> for Forecaster { lstm, head } }
/// ```
///
/// A field that is forgotten does not compile, for it would not be trained; what is left out
/// on purpose, `..` stands for:
///
/// ```compile_fail,E0027
/// # use nn::{Linear, Lstm, Module, module};
/// struct Forecaster {
///     lstm: Lstm<f32>,
///     head: Linear<f32>,
/// }
/// module! { impl Module<f32> for Forecaster { lstm } } // error: does not mention field `head`
/// ```
///
/// Otherwise a function says which item has which name:
///
/// ```
/// use nn::{Module, module};
/// use tensor::{Parameter, Scalar};
///
/// struct Gru<T: Scalar> {
///     w_ih: Parameter<T>,
///     w_hh: Parameter<T>,
/// }
/// module! {
///     impl<T: Scalar> Module<T> for Gru<T> {
///         fn visit(Self { w_ih, w_hh }, v) {
///             v.item("weight_ih", w_ih);
///             v.item("weight_hh", w_hh);
///         }
///     }
/// }
/// ```
#[macro_export]
macro_rules! module {
    (@item $v:ident ..) => {};
    (@item $v:ident $field:ident) => { $v.item(stringify!($field), $field) };
    ($(#[$doc:meta])* impl $(<$t:ident: $bound:path>)? Module<$e:ty> for $name:ty {
        $($field:tt),* $(,)?
    }) => {
        $crate::module! {
            $(#[$doc])*
            impl $(<$t: $bound>)? Module<$e> for $name {
                fn visit(Self { $($field),* }, v) {
                    $($crate::module!(@item v $field);)*
                }
            }
        }
    };
    ($(#[$doc:meta])* impl $(<$t:ident: $bound:path>)? Module<$e:ty> for $name:ty {
        fn visit($pattern:pat, $v:ident) $body:block
    }) => {
        $(#[$doc])*
        impl $(<$t: $bound>)? $crate::Module<$e> for $name {
            fn visit<'a>(&'a self, $v: &mut $crate::Visitor<'_, 'a, $e>) {
                let $pattern = self;
                $body
            }

            fn visit_mut<'a>(&'a mut self, $v: &mut $crate::VisitorMut<'_, 'a, $e>) {
                let $pattern = self;
                $body
            }
        }
    };
}

impl<'a, T: Scalar> Visitor<'_, 'a, T> {
    /// Lists a parameter, or a module with all its own, under a name.
    ///
    /// # Panics
    /// If the name is empty or has a dot, or if there was another item of that name.
    #[track_caller]
    pub fn item<'n>(&mut self, name: impl Into<Name<'n>>, module: &'a impl Module<T>) {
        module.visit(&mut self.inside(name.into()));
    }

    pub(crate) fn same_item(&mut self, module: &'a impl Module<T>) {
        module.visit(self);
    }
}

impl<'a, T: Scalar> VisitorMut<'_, 'a, T> {
    /// Lists a parameter, or a module with all its own, under a name.
    ///
    /// # Panics
    /// If the name is empty or has a dot, or if there was another item of that name.
    #[track_caller]
    pub fn item<'n>(&mut self, name: impl Into<Name<'n>>, module: &'a mut impl Module<T>) {
        module.visit_mut(&mut self.inside(name.into()));
    }

    pub(crate) fn same_item(&mut self, module: &'a mut impl Module<T>) {
        module.visit_mut(self);
    }
}

impl<T: Scalar> Module<T> for Parameter<T> {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'_, 'a, T>) {
        visitor.parameter(self);
    }

    fn visit_mut<'a>(&'a mut self, visitor: &mut VisitorMut<'_, 'a, T>) {
        visitor.parameter(self);
    }
}

/// Implements [`Module`] for what is made of modules: `$body`, read both ways.
macro_rules! of_modules {
    ([$($generics:tt)*] $name:ty, |$s:ident, $v:ident| $body:expr) => {
        impl<T: Scalar, $($generics)*> Module<T> for $name {
            fn visit<'a>(&'a self, $v: &mut Visitor<'_, 'a, T>) {
                let $s = self;
                $body
            }

            fn visit_mut<'a>(&'a mut self, $v: &mut VisitorMut<'_, 'a, T>) {
                let $s = self;
                $body
            }
        }
    };
}

of_modules!([M: Module<T>] Option<M>, |option, v| {
    if let Some(module) = option {
        v.same_item(module);
    }
});
of_modules!([M: Module<T>] Vec<M>, |list, v| {
    for (k, module) in (0_usize..).zip(list) {
        v.item(&*k.to_string(), module);
    }
});
of_modules!([M: Module<T>, const N: usize] [M; N], |list, v| {
    for (k, module) in (0_usize..).zip(list) {
        v.item(&*k.to_string(), module);
    }
});
of_modules!([A: Module<T>, B: Module<T>] (A, B), |pair, v| {
    let (a, b) = pair;
    v.item("0", a);
    v.item("1", b);
});
of_modules!([A: Module<T>, B: Module<T>, C: Module<T>] (A, B, C), |triple, v| {
    let (a, b, c) = triple;
    v.item("0", a);
    v.item("1", b);
    v.item("2", c);
});
