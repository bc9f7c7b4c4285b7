//! The [safetensors] format, which PyTorch reads and writes with `safetensors.torch`: named
//! tensors in a file.
//!
//! [safetensors]: https://huggingface.co/docs/safetensors

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use tensor::{Scalar, Shape, Tensor};

use crate::error::{FileError, Problems};
use crate::{Module, files};

/// Element types that a file can hold.
pub trait Stored: Scalar {
    /// The type's name in the file.
    const DTYPE: Dtype;
    /// Appends the number's bytes, lowest first.
    fn write(self, bytes: &mut Vec<u8>);
    /// The number of these bytes.
    fn read(bytes: &[u8]) -> Self;
}

macro_rules! stored {
    ($($float:ty = $dtype:ident),*) => {$(
        impl Stored for $float {
            const DTYPE: Dtype = Dtype::$dtype;

            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }

            fn read(bytes: &[u8]) -> Self {
                <$float>::from_le_bytes(bytes.try_into().expect("a number has its type's size"))
            }
        }
    )*};
}

stored!(f32 = F32, f64 = F64);

pub(crate) fn number<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("an entry has the bytes that its type and shape take")
}

/// The entries of a file that is being written.
#[derive(Default)]
pub(crate) struct Writer {
    entries: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
}

impl Writer {
    pub fn entry(&mut self, name: String, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) {
        self.entries.push((name, dtype, shape.to_vec(), bytes));
    }

    pub fn tensor<T: Stored>(&mut self, name: String, tensor: &Tensor<T>) {
        let mut bytes = Vec::with_capacity(size_of_val(tensor.data()));
        tensor.data().iter().for_each(|x| x.write(&mut bytes));
        self.entry(name, T::DTYPE, &tensor.shape(), bytes);
    }

    pub fn write(self, path: &Path) -> Result<(), FileError> {
        let views = self.entries.iter().map(|(name, dtype, shape, bytes)| {
            let view = TensorView::new(*dtype, shape.clone(), bytes);
            (name, view.expect("an entry has the bytes that its type and shape take"))
        });
        let bytes = safetensors::serialize(views, None).expect("all entries are valid");
        files::write_whole(path, &bytes)
            .map_err(|source| FileError::Write { path: path.into(), source })
    }
}

/// The entries of a file that is being read. Problems are collected, and nothing
/// outside changes before [`finish`](Reader::finish) has found none.
pub(crate) struct Reader<'a> {
    path: &'a Path,
    file: SafeTensors<'a>,
    asked: HashSet<String>,
    problems: Problems,
}

impl<'a> Reader<'a> {
    pub fn new(path: &'a Path, bytes: &'a [u8], expected: usize) -> Result<Self, FileError> {
        let format = |message| FileError::Format { path: path.into(), message };
        // The library's index of a header takes many times the header's size. So
        // a header that lists far more than is expected is not even parsed; each
        // tensor in it has two brackets.
        let most = 4 * expected + 256;
        let header = bytes.get(..8).map_or(0, |length| u64::from_le_bytes(number(length)));
        let header = bytes.iter().skip(8).take(usize::try_from(header).unwrap_or(usize::MAX));
        if header.filter(|byte| **byte == b'[').count() > 2 * most {
            return Err(format(format!(
                "it lists more than {most} tensors, and {expected} are expected"
            )));
        }
        let file = SafeTensors::deserialize(bytes).map_err(|error| format(error.to_string()))?;
        Ok(Reader { path, file, asked: HashSet::new(), problems: Problems::default() })
    }

    pub fn has(&self, name: &str) -> bool {
        self.file.tensor(name).is_ok()
    }

    /// The bytes of an entry, if it is there and has this type and shape.
    pub fn entry(&mut self, name: String, dtype: Dtype, shape: &[usize]) -> Option<&'a [u8]> {
        self.asked.insert(name.clone());
        let Ok(view) = self.file.tensor(&name) else {
            self.problems.missing(&name, shape);
            return None;
        };
        let (found, found_type) = (view.shape(), view.dtype());
        if found != shape {
            self.problems.shape(&name, shape, found);
        } else if found_type != dtype {
            self.problems.other(format!("{name} should be {dtype:?}, not {found_type:?}"));
        } else {
            return Some(view.data());
        }
        None
    }

    pub fn tensor<T: Stored>(&mut self, name: String, shape: Shape) -> Option<Tensor<T>> {
        let bytes = self.entry(name.clone(), T::DTYPE, &shape)?;
        let data: Vec<T> = bytes.chunks_exact(size_of::<T>()).map(T::read).collect();
        if let Some(element) = data.iter().position(|x| !x.is_finite()) {
            let found = data[element];
            let text = "which is no finite number";
            self.problems.other(format!("{name} holds {found} (element {element}), {text}"));
            return None;
        }
        Some(Tensor::new(shape, data))
    }

    pub fn parameters<T: Stored>(
        &mut self,
        prefix: &str,
        model: &impl Module<T>,
    ) -> Vec<Option<Tensor<T>>> {
        (model.named_parameters().into_iter())
            .map(|(name, p)| self.tensor(format!("{prefix}{name}"), p.value().shape()))
            .collect()
    }

    pub fn require<V>(
        &mut self,
        name: &str,
        value: Option<V>,
        expected: &'static str,
    ) -> Option<V> {
        if value.is_none() {
            self.problems.other(format!("{name} should be {expected}"));
        }
        value
    }

    pub fn finish(mut self) -> Result<(), FileError> {
        let names = self.file.names().into_iter();
        let mut unexpected: Vec<&str> = names.filter(|n| !self.asked.contains(*n)).collect();
        unexpected.sort_unstable();
        unexpected.iter().for_each(|name| self.problems.unexpected(name));
        self.problems.none_or(|problems| FileError::Contents { path: self.path.into(), problems })
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError::Read { path: path.into(), source })
}

/// Gives a model the values that were read.
pub(crate) fn assign<T: Stored>(model: &mut impl Module<T>, values: Vec<Option<Tensor<T>>>) {
    for ((_, parameter), value) in model.named_parameters_mut().into_iter().zip(values) {
        *parameter.value_mut() = value.expect("finish() has found every parameter");
    }
}
