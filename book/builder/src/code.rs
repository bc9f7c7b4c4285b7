//! `{{#code path item}}`: a whole item of a Rust file, found by its name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Item, ItemImpl, PathSegment, Type};

/// The lines of an item.
pub struct Excerpt {
    /// The line of the file with which it begins, counted from 1.
    pub line: usize,
    /// The lines, without the item's indentation.
    pub lines: Vec<String>,
}

/// Reads the item called `name` from a file below `root`.
pub fn excerpt(root: &Path, path: &str, name: &str, docs: bool) -> Result<Excerpt, String> {
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let source = fs::read_to_string(root.join(path)).ok().filter(|_| inside);
    let source = source.ok_or_else(|| format!("there is no file {path}"))?;
    let file = syn::parse_file(&source)
        .map_err(|error| format!("{path}: line {}: {error}", error.span().start().line))?;
    let wanted = Wanted::parse(name).ok_or_else(|| format!("{path}: {name} is not an impl"))?;
    let mut found = Vec::new();
    wanted.search(&file.items, &mut found);
    match &found[..] {
        [] => Err(format!("{path}: there is no item {name}")),
        [item] => Ok(cut(&source, item, docs)),
        _ => {
            let lines: Vec<_> = found.iter().map(|item| item.first.to_string()).collect();
            Err(format!("{path}: {name} is ambiguous, see lines {}", lines.join(", ")))
        }
    }
}

/// What a name asks for.
enum Wanted {
    /// `step`: a function, type, trait, constant or macro.
    Item(String),
    /// `Var::tanh`: something in any impl of a type, or in a trait.
    Member(String, String),
    /// `impl Mul for Var`: a whole impl.
    Impl(Box<ItemImpl>),
}

impl Wanted {
    fn parse(name: &str) -> Option<Self> {
        if name.starts_with("impl ") {
            return syn::parse_str(&format!("{name} {{}}")).map(Wanted::Impl).ok();
        }
        Some(match name.rsplit_once("::") {
            Some((owner, member)) => Wanted::Member(owner.into(), member.into()),
            None => Wanted::Item(name.into()),
        })
    }

    fn search(&self, items: &[Item], found: &mut Vec<Found>) {
        for item in items {
            match (self, item) {
                (_, Item::Mod(module)) => {
                    let items = module.content.as_ref().map_or(&[][..], |(_, items)| items);
                    self.search(items, found);
                }
                (Wanted::Item(name), item) => found.extend(Found::named(item, name)),
                (Wanted::Member(owner, name), Item::Impl(of))
                    if type_name(&of.self_ty).is_some_and(|ty| ty.ident == *owner) =>
                {
                    found.extend(of.items.iter().filter_map(|item| Found::named(item, name)));
                }
                (Wanted::Member(owner, name), Item::Trait(of)) if of.ident == *owner => {
                    found.extend(of.items.iter().filter_map(|item| Found::named(item, name)));
                }
                (Wanted::Impl(wanted), Item::Impl(of)) if same_impl(wanted, of) => {
                    found.push(Found::new(of));
                }
                _ => {}
            }
        }
    }
}

/// `Var<'t, T>` of `&crate::Var<'t, T>`.
fn type_name(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(ty) => ty.path.segments.last(),
        Type::Reference(ty) => type_name(&ty.elem),
        _ => None,
    }
}

/// Whether the trait and the type are those that are wanted; their generic
/// arguments count only where the wanted ones are given.
fn same_impl(wanted: &ItemImpl, found: &ItemImpl) -> bool {
    let same = |wanted: Option<&PathSegment>, found: Option<&PathSegment>| match (wanted, found) {
        (Some(wanted), Some(found)) if wanted.arguments.is_empty() => wanted.ident == found.ident,
        (wanted, found) => wanted == found,
    };
    fn of_trait(of: &ItemImpl) -> Option<&PathSegment> {
        of.trait_.as_ref().and_then(|(path, _)| path.segments.last())
    }
    same(of_trait(wanted), of_trait(found))
        && same(type_name(&wanted.self_ty), type_name(&found.self_ty))
}

/// Where an item is.
struct Found {
    /// Its first line, counted from 1.
    first: usize,
    /// Its last line.
    last: usize,
    /// The lines on which its doc comments begin, and those of what it contains.
    docs: BTreeSet<usize>,
}

impl Found {
    fn new(item: &impl ToTokens) -> Self {
        let span = item.span();
        let mut docs = BTreeSet::new();
        doc_lines(item.to_token_stream(), &mut docs);
        Found { first: span.start().line, last: span.end().line, docs }
    }

    /// The item, if it has this name: the identifier after the word that says what
    /// it is.
    fn named(item: &impl ToTokens, name: &str) -> Option<Self> {
        const KINDS: [&str; 9] =
            ["fn", "struct", "enum", "trait", "type", "const", "static", "mut", "macro_rules"];
        let words = item.to_token_stream().into_iter().filter_map(|token| match token {
            TokenTree::Ident(word) => Some(word.to_string()),
            _ => None,
        });
        let is_kind = |word: &String| KINDS.contains(&word.as_str());
        // `pub const fn` has two of these words.
        let own = words.skip_while(|word| !is_kind(word)).find(|word| !is_kind(word));
        (own? == name).then(|| Found::new(item))
    }
}

/// Collects the lines of `#[doc = …]`, which is what a doc comment is to Rust.
fn doc_lines(tokens: TokenStream, lines: &mut BTreeSet<usize>) {
    for token in tokens {
        if let TokenTree::Group(group) = token {
            let first = group.stream().into_iter().next();
            if matches!(first, Some(TokenTree::Ident(word)) if word == "doc") {
                lines.insert(group.span().start().line);
            }
            doc_lines(group.stream(), lines);
        }
    }
}

/// Cuts an item out of its file.
fn cut(source: &str, item: &Found, docs: bool) -> Excerpt {
    // A doc comment that shares its line with code is none of `///`, and is kept.
    let is_doc = |(number, line): &(usize, &str)| {
        item.docs.contains(number) && line.trim_start().starts_with("//")
    };
    let lines = (1..).zip(source.lines()).take(item.last).skip(item.first - 1);
    let lines: Vec<(usize, &str)> = lines.filter(|line| docs || !is_doc(line)).collect();
    // A line within a string may have less indentation than the item.
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = lines.first().map_or(0, |(_, line)| indent(line));
    Excerpt {
        line: lines.first().map_or(item.first, |(number, _)| *number),
        lines: lines.iter().map(|(_, line)| line[own.min(indent(line))..].into()).collect(),
    }
}
