//! Who is shown a model's parameters, and under which names.

use std::collections::HashSet;
use std::fmt;

use tensor::Parameter;

/// Is shown a model's parameters, one after the other.
pub type Visitor<'v, 'a, T> = Visit<'v, &'a Parameter<T>>;

/// Is shown a model's parameters to change them.
pub type VisitorMut<'v, 'a, T> = Visit<'v, &'a mut Parameter<T>>;

/// A [`Visitor`] or a [`VisitorMut`].
pub struct Visit<'v, P> {
    path: Path<'v>,
    each: &'v mut dyn FnMut(&Path<'_>, P),
    /// The names that were listed, if they are to be looked at: an optimizer's step does
    /// without, for it compares them with a list that was.
    names: Option<HashSet<String>>,
}

/// Where in a model something is: `encoder.lstm.weight_ih_l0`.
pub struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    name: Name<'p>,
}

/// The name of an item, whole or with a suffix of its own: `("weight_ih", "_l0")`.
#[derive(Clone, Copy)]
pub struct Name<'n>(&'n str, &'n str);

impl<'n> From<&'n str> for Name<'n> {
    fn from(name: &'n str) -> Self {
        Name(name, "")
    }
}

impl<'n> From<(&'n str, &'n str)> for Name<'n> {
    fn from((name, suffix): (&'n str, &'n str)) -> Self {
        Name(name, suffix)
    }
}

impl Path<'_> {
    /// Whether the path as a text is this one. (Nothing is allocated to find out.)
    pub(crate) fn is(&self, text: &str) -> bool {
        let rest = text.strip_suffix(self.name.1).and_then(|text| text.strip_suffix(self.name.0));
        match (rest, self.parent) {
            (Some(rest), Some(Path { parent: None, .. })) => rest.is_empty(),
            (Some(rest), Some(parent)) => {
                rest.strip_suffix('.').is_some_and(|rest| parent.is(rest))
            }
            (Some(rest), None) => rest.is_empty(),
            (None, _) => false,
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
            f.write_str(if parent.parent.is_some() { "." } else { "" })?;
        }
        write!(f, "{}{}", self.name.0, self.name.1)
    }
}

impl<'v, P> Visit<'v, P> {
    pub(crate) fn new(each: &'v mut dyn FnMut(&Path<'_>, P)) -> Self {
        Visit { path: Path { parent: None, name: Name("", "") }, each, names: None }
    }

    /// One that refuses two items of one name, and names with a dot.
    pub(crate) fn checking_names(each: &'v mut dyn FnMut(&Path<'_>, P)) -> Self {
        Visit { names: Some(HashSet::new()), ..Visit::new(each) }
    }

    /// This is a parameter, and not made of others.
    pub(crate) fn parameter(&mut self, parameter: P) {
        (self.each)(&self.path, parameter);
    }

    /// The visitor of an item.
    #[track_caller]
    pub(crate) fn inside<'s>(&'s mut self, name: Name<'s>) -> Visit<'s, P> {
        if let Some(names) = &mut self.names {
            let text = [name.0, name.1].concat();
            assert!(
                !text.is_empty() && !text.contains('.'),
                "visit: an item's name should not be empty and have no dot; this is {text:?}"
            );
            assert!(!names.contains(&text), "visit: two items have the name {text:?}");
            names.insert(text);
        }
        let names = self.names.as_ref().map(|_| HashSet::new());
        Visit { path: Path { parent: Some(&self.path), name }, each: &mut *self.each, names }
    }
}
