//! Reading safetensors files that anybody may have written.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::{error, fmt, mem};

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tensor::{Shape, Tensor};

use crate::error::{FileError, Problems, printable};
use crate::files::regular;
use crate::foreign::looks_like;
use crate::safetensors::{FLOATS, Stored, float};
use crate::{LoadOptions, Module};

/// The entries of a file, read in three steps: [`open`](Reader::open) reads the header,
/// [`expect`](Reader::expect) and [`fits`](Reader::fits) compare it with what is wanted, and
/// only then are the numbers read. Problems are collected, and nothing outside changes before
/// [`finish`](Reader::finish) has found none.
pub(crate) struct Reader<'a> {
    path: &'a Path,
    options: LoadOptions<'a>,
    file: File,
    /// Where the numbers begin.
    start: u64,
    header: Metadata,
    expected: HashMap<String, (Dtype, Shape)>,
    pub problems: Problems,
}

impl<'a> Reader<'a> {
    pub fn open(
        path: &'a Path,
        options: LoadOptions<'a>,
        num_parameters: usize,
    ) -> Result<Self, FileError> {
        // A checkpoint has five entries for each, and a larger model may be around what is wanted.
        let most = 10_000 + 5 * num_parameters;
        let read_error = |source| FileError::Read { path: path.into(), source };
        regular(path).map_err(read_error)?;
        let mut file = File::open(path).map_err(read_error)?;
        let size = file.metadata().map_err(read_error)?.len();
        let (start, header) = read_header(&file, size, most).or_else(|error| {
            let mut first = Vec::new();
            let read = file.rewind().and_then(|()| (&file).take(512).read_to_end(&mut first));
            read.map_err(read_error)?;
            let message = looks_like(&first).map_or(printable(&error.to_string(), 300), Into::into);
            Err(FileError::Format { path: path.into(), message })
        })?;
        let (expected, problems) = Default::default();
        Ok(Reader { path, options, file, start, header, expected, problems })
    }

    /// The name in the file of what has this name for us.
    fn full(&self, name: &str) -> String {
        [self.options.prefix, name].concat()
    }

    pub fn has(&self, name: &str) -> bool {
        self.header.info(&self.full(name)).is_some()
    }

    /// An entry of this type and shape should be there.
    pub fn expect(&mut self, name: String, dtype: Dtype, shape: impl Into<Shape>) {
        let (full, shape) = (self.full(&name), shape.into());
        match self.header.info(&full) {
            None => self.problems.missing(&full, &shape),
            Some(info) if info.shape[..] != *shape => {
                self.problems.shape(&full, &shape, &info.shape);
            }
            Some(info) if info.dtype == dtype => {}
            Some(info) if self.options.convert && are_floats(dtype, info.dtype) => {}
            Some(info) => {
                self.problems.other(format!("{full} should be {dtype}, not {}", info.dtype));
            }
        }
        self.expected.insert(name, (dtype, shape));
    }

    /// The model's parameters should be there, under this prefix.
    pub fn expect_parameters<T: Stored>(&mut self, prefix: &str, model: &mut impl Module<T>) {
        for (name, parameter) in model.named_parameters_mut() {
            self.expect(format!("{prefix}{name}"), T::DTYPE, parameter.value().shape());
        }
    }

    /// `Ok` if just the expected entries are there. (The model's are those under `prefix`.)
    pub fn fits(&mut self, prefix: &str) -> Result<(), FileError> {
        let mut names = self.header.offset_keys();
        names.sort_unstable();
        let advice = self.advice(&names, &self.full(prefix));
        for name in names {
            let asked = name.strip_prefix(self.options.prefix);
            if asked.is_some_and(|name| !self.expected.contains_key(name)) {
                self.problems.unexpected(&name);
            }
        }
        self.stop_at_problems(advice)
    }

    /// How the file may be loaded nevertheless: with a prefix after which all names are there,
    /// or by a conversion of what is there under `prefix`.
    fn advice(&self, names: &[String], prefix: &str) -> Option<String> {
        // Whether shapes and types differ, if all names are there.
        let differences = |prefix: &str| {
            let mut each = self.expected.iter();
            each.try_fold((false, false), |(shapes, types), (name, (dtype, shape))| {
                let info = self.header.info(&[prefix, name].concat())?;
                Some((shapes || info.shape[..] != **shape, types || info.dtype != *dtype))
            })
        };
        let call = |prefix: &str, convert: bool| {
            let prefix = printable(&format!("{prefix:?}"), 60);
            let options = format!("LoadOptions {{ prefix: {prefix}, convert: {convert} }}");
            format!("try load_with(path, &mut model, {options})")
        };
        if differences(self.options.prefix).is_none() {
            let one = self.expected.keys().max()?;
            let prefixes = names.iter().filter_map(|name| name.strip_suffix(&**one));
            let mut prefixes: Vec<_> =
                prefixes.filter_map(|prefix| Some((differences(prefix)?, prefix))).collect();
            // Those that fit best come first.
            prefixes.sort_unstable();
            if let [((_, types), prefix), rest @ ..] = &prefixes[..] {
                let other = |(_, prefix): &(_, &str)| printable(&format!(" or {prefix:?}"), 60);
                let others: String = rest.iter().take(3).map(other).collect();
                return Some(call(prefix, *types) + &others);
            }
        }
        let is_other_float = |(name, (dtype, _)): (&String, &(Dtype, _))| {
            let info = self.header.info(&self.full(name));
            info.is_some_and(|info| info.dtype != *dtype && are_floats(info.dtype, *dtype))
        };
        let convert = !self.options.convert && self.expected.iter().any(is_other_float);
        convert.then(|| call(prefix, true))
    }

    /// Reads an entry that [`fits`](Reader::fits) has found.
    pub fn bytes(&mut self, name: &str) -> Result<(Dtype, Vec<u8>), FileError> {
        let info = self.header.info(&self.full(name)).expect("fits() has found every entry");
        let (from, to) = info.data_offsets;
        let mut bytes = vec![0; to - from];
        let from = SeekFrom::Start(self.start + from as u64);
        let read = self.file.seek(from).and_then(|_| self.file.read_exact(&mut bytes));
        read.map_err(|source| FileError::Read { path: self.path.into(), source })?;
        Ok((info.dtype, bytes))
    }

    /// The same as numbers of the model's type.
    pub fn tensor<T: Stored>(&mut self, name: &str) -> Result<Tensor<T>, FileError> {
        let (dtype, bytes) = self.bytes(name)?;
        let numbers = || bytes.chunks_exact(dtype.bitsize() / 8).map(|x| float(dtype, x));
        let data: Vec<T> = numbers().map(T::from_f64).collect();
        let infinite = numbers().zip(&data).enumerate().find(|(_, (_, x))| !x.is_finite());
        if let Some((element, (found, _))) = infinite {
            self.problems.number(&self.full(name), element, found);
        }
        Ok(Tensor::new(self.expected[name].1, data))
    }

    pub fn parameters<T: Stored>(
        &mut self,
        prefix: &str,
        model: &mut impl Module<T>,
    ) -> Result<Vec<Tensor<T>>, FileError> {
        let names = model.named_parameters_mut().into_iter();
        names.map(|(name, _)| self.tensor(&format!("{prefix}{name}"))).collect()
    }

    /// `Ok` if no number is wrong either.
    pub fn finish(mut self) -> Result<(), FileError> {
        self.stop_at_problems(None)
    }

    fn stop_at_problems(&mut self, advice: Option<String>) -> Result<(), FileError> {
        let (path, problems) = (self.path.into(), mem::take(&mut self.problems));
        problems.none_or(|problems| FileError::Contents { path, problems, advice })
    }
}

/// Whether these are types that can be converted into one another.
fn are_floats(one: Dtype, other: Dtype) -> bool {
    FLOATS.contains(&one) && FLOATS.contains(&other)
}

/// Where the numbers begin, and which there are.
fn read_header(
    file: &File,
    size: u64,
    most: usize,
) -> Result<(u64, Metadata), Box<dyn error::Error>> {
    let mut reader = BufReader::new(file);
    let mut length = [0; 8];
    reader.read_exact(&mut length).map_err(|_| format!("it has only {size} bytes"))?;
    let length = u64::from_le_bytes(length);
    // The format's own limit.
    if length > 100_000_000.min(size - 8) {
        return Err(format!("its header should have {length} bytes, and it has {size}").into());
    }
    let mut json = serde_json::Deserializer::from_reader(reader.take(length));
    let mut entries = json.deserialize_map(Entries { most })?;
    json.end()?;
    entries.sort_by_key(|(_, info)| info.data_offsets);
    let count = entries.len();
    let header = Metadata::new(None, entries)?;
    if header.offset_keys().len() < count {
        return Err("it has two tensors of one name".into());
    }
    let (start, numbers) = (8 + length, header.data_len() as u64);
    if numbers != size - start {
        let found = size - start;
        return Err(format!("its numbers should take {numbers} bytes, and take {found}").into());
    }
    Ok((start, header))
}

/// Reads the entries of a header, one after the other, and no more than could be meant. (The
/// library reads them all, and what it makes of them takes many times the header's size.)
struct Entries {
    most: usize,
}

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, TensorInfo)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<Texts>()?;
                continue;
            }
            if entries.len() == self.most {
                let text = format!("it lists more than {} tensors", self.most);
                return Err(A::Error::custom(text));
            }
            let entry = map.next_value::<Box<RawValue>>()?;
            // A shape of a million dimensions.
            if entry.get().len() > 1000 {
                return Err(A::Error::custom(format!(
                    "{}: its entry should take at most 1000 bytes, and takes {}",
                    printable(&name, 60),
                    entry.get().len()
                )));
            }
            let info = serde_json::from_str(entry.get())
                .map_err(|error| A::Error::custom(format!("{}: {error}", printable(&name, 60))))?;
            entries.push((name, info));
        }
        Ok(entries)
    }
}

/// `__metadata__`: texts by their names. They are read like all else, and not kept.
struct Texts;

struct Text;

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(Text).map(|Text| Texts)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_str(Text)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts by their names")
    }

    fn visit_str<E>(self, _: &str) -> Result<Text, E> {
        Ok(Text)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
        while map.next_entry::<Text, Text>()?.is_some() {}
        Ok(Text)
    }
}

/// Gives a model the values that were read.
pub(crate) fn assign<T: Stored>(model: &mut impl Module<T>, values: Vec<Tensor<T>>) {
    for ((_, parameter), value) in model.named_parameters_mut().into_iter().zip(values) {
        *parameter.value_mut() = value;
    }
}
