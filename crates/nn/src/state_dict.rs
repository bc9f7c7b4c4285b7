//! Weights and training state as [safetensors] files, which PyTorch reads and
//! writes with `safetensors.torch`.
//!
//! [safetensors]: https://huggingface.co/docs/safetensors

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{error, fmt, fs, io};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use tensor::{Scalar, Shape, Tensor};

use crate::adam::Moments;
use crate::{Adam, AdamConfig, Generator, Module, files};

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

/// Saves a model's parameters under their names. The file is whole or not there.
///
/// In PyTorch, `model.load_state_dict(safetensors.torch.load_file(path))` reads
/// it.
///
/// # Errors
/// If the file cannot be written.
///
/// ```
/// use nn::{Generator, Linear, load, save};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("linear.safetensors");
/// let model = Linear::<f32>::new(3, 2, &mut Generator::manual_seed(0));
/// save(&path, &model)?;
///
/// let mut other = Linear::<f32>::new(3, 2, &mut Generator::manual_seed(1));
/// load(&path, &mut other)?;
/// assert_eq!(model.weight.value(), other.weight.value());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn save<T: Stored>(
    path: impl AsRef<Path>,
    model: &(impl Module<T> + Clone),
) -> Result<(), FileError> {
    let mut writer = Writer::default();
    for (name, value) in model.state_dict() {
        writer.tensor(name, &value);
    }
    writer.write(path.as_ref())
}

/// Loads a model's parameters from a file that [`save`] wrote, or
/// `safetensors.torch.save_file(model.state_dict(), path)` in PyTorch.
///
/// # Errors
/// If the file cannot be read, or if it does not hold just this model's
/// parameters: the error lists everything that is missing, unexpected, of another
/// shape or type, or not a finite number. Then the model is as it was before.
pub fn load<T: Stored>(
    path: impl AsRef<Path>,
    model: &mut impl Module<T>,
) -> Result<(), FileError> {
    let path = path.as_ref();
    let bytes = read(path)?;
    let mut reader = Reader::new(path, &bytes, model.named_parameters().len())?;
    let values = reader.parameters("", model);
    reader.finish()?;
    assign(model, values);
    Ok(())
}

/// Saves all that training needs to go on: the parameters, Adam's settings and
/// moments, the generator, and how many epochs are done.
///
/// (The model is borrowed mutably because its list of parameters is.)
///
/// # Errors
/// If the file cannot be written.
pub fn save_checkpoint<T: Stored>(
    path: impl AsRef<Path>,
    model: &mut impl Module<T>,
    adam: &Adam<T>,
    generator: &Generator,
    epochs: u64,
) -> Result<(), FileError> {
    let mut writer = Writer::default();
    for (name, parameter) in model.named_parameters() {
        writer.tensor(format!("model.{name}"), parameter.value());
        if let Some(moments) = adam.state.get(&parameter.id()) {
            for (part, tensor) in moments.tensors() {
                writer.tensor(format!("adam.{name}.{part}"), tensor);
            }
            let step = moments.step.to_le_bytes().to_vec();
            writer.entry(format!("adam.{name}.step"), Dtype::I32, &[], step);
        }
    }
    let config = adam.config.to_numbers();
    let bytes = config.iter().flat_map(|x| x.to_le_bytes()).collect();
    writer.entry("adam.config".into(), Dtype::F64, &[config.len()], bytes);
    let state = generator.state();
    let bytes = state.iter().flat_map(|word| word.to_le_bytes()).collect();
    writer.entry("generator".into(), Dtype::U32, &[state.len()], bytes);
    writer.entry("epochs".into(), Dtype::U64, &[], epochs.to_le_bytes().to_vec());
    writer.write(path.as_ref())
}

/// Loads what [`save_checkpoint`] saved, and returns how many epochs are done.
/// Training that goes on from there computes, bit for bit, what it would have
/// computed without the stop.
///
/// # Errors
/// As [`load`]; then the model, Adam and the generator are as they were before.
pub fn load_checkpoint<T: Stored>(
    path: impl AsRef<Path>,
    model: &mut impl Module<T>,
    adam: &mut Adam<T>,
    generator: &mut Generator,
) -> Result<u64, FileError> {
    let path = path.as_ref();
    let bytes = read(path)?;
    // Each parameter with its moments, and what there is once.
    let mut reader = Reader::new(path, &bytes, 5 * model.named_parameters().len() + 3)?;

    let values = reader.parameters("model.", model);
    let mut states = Vec::new();
    for (name, parameter) in model.named_parameters() {
        // A parameter that never had a gradient has no moments.
        if reader.has(&format!("adam.{name}.step")) {
            let shape = parameter.value().shape();
            let [exp_avg, exp_avg_sq] = ["exp_avg", "exp_avg_sq"]
                .map(|part| reader.tensor(format!("adam.{name}.{part}"), shape));
            let max = format!("adam.{name}.max_exp_avg_sq");
            let max_exp_avg_sq =
                reader.has(&max).then(|| reader.tensor(max, shape).unwrap_or(Tensor::zeros(shape)));
            let step = reader.entry(format!("adam.{name}.step"), Dtype::I32, &[]);
            if let (Some(exp_avg), Some(exp_avg_sq), Some(step)) = (exp_avg, exp_avg_sq, step) {
                let step = i32::from_le_bytes(number(step));
                let moments = Moments { step, exp_avg, exp_avg_sq, max_exp_avg_sq };
                states.push((parameter.id(), moments));
            }
        }
    }
    let count = adam.config.to_numbers().len();
    let config = reader.entry("adam.config".into(), Dtype::F64, &[count]).and_then(|bytes| {
        let numbers: Vec<f64> = bytes.chunks_exact(8).map(f64::read).collect();
        let config = AdamConfig::from_numbers(&numbers);
        reader.require("adam.config", config, "settings within Adam's ranges")
    });
    let state = reader.entry("generator".into(), Dtype::U32, &[generator.state().len()]);
    let state = state.and_then(|bytes| {
        let words: Vec<u32> =
            bytes.chunks_exact(4).map(|word| u32::from_le_bytes(number(word))).collect();
        reader.require("generator", Generator::from_state(&words), "a state of the generator")
    });
    let epochs = reader.entry("epochs".into(), Dtype::U64, &[]);
    reader.finish()?;

    let complete = "finish() has found every entry";
    assign(model, values);
    adam.state = states.into_iter().collect();
    adam.config = config.expect(complete);
    *generator = state.expect(complete);
    Ok(u64::from_le_bytes(number(epochs.expect(complete))))
}

fn number<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("an entry has the bytes that its type and shape take")
}

fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError::Read { path: path.into(), source })
}

fn assign<T: Stored>(model: &mut impl Module<T>, values: Vec<Option<Tensor<T>>>) {
    for ((_, parameter), value) in model.named_parameters().into_iter().zip(values) {
        *parameter.value_mut() = value.expect("finish() has found every parameter");
    }
}

/// The entries of a file that is being written.
#[derive(Default)]
struct Writer {
    entries: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
}

impl Writer {
    fn entry(&mut self, name: String, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) {
        self.entries.push((name, dtype, shape.to_vec(), bytes));
    }

    fn tensor<T: Stored>(&mut self, name: String, tensor: &Tensor<T>) {
        let mut bytes = Vec::with_capacity(size_of_val(tensor.data()));
        tensor.data().iter().for_each(|x| x.write(&mut bytes));
        self.entry(name, T::DTYPE, &tensor.shape(), bytes);
    }

    fn write(self, path: &Path) -> Result<(), FileError> {
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
struct Reader<'a> {
    path: &'a Path,
    file: SafeTensors<'a>,
    asked: HashSet<String>,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(path: &'a Path, bytes: &'a [u8], expected: usize) -> Result<Self, FileError> {
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
        Ok(Reader { path, file, asked: HashSet::new(), problems: Vec::new() })
    }

    fn has(&self, name: &str) -> bool {
        self.file.tensor(name).is_ok()
    }

    /// The bytes of an entry, if it is there and has this type and shape.
    fn entry(&mut self, name: String, dtype: Dtype, shape: &[usize]) -> Option<&'a [u8]> {
        self.asked.insert(name.clone());
        let Ok(view) = self.file.tensor(&name) else {
            self.problems.push(format!("{name} {shape:?} is missing"));
            return None;
        };
        let (found, found_type) = (view.shape(), view.dtype());
        if found != shape {
            self.problems.push(format!("{name} should have shape {shape:?}, not {found:?}"));
        } else if found_type != dtype {
            self.problems.push(format!("{name} should be {dtype:?}, not {found_type:?}"));
        } else {
            return Some(view.data());
        }
        None
    }

    fn tensor<T: Stored>(&mut self, name: String, shape: Shape) -> Option<Tensor<T>> {
        let bytes = self.entry(name.clone(), T::DTYPE, &shape)?;
        let data: Vec<T> = bytes.chunks_exact(size_of::<T>()).map(T::read).collect();
        if let Some(element) = data.iter().position(|x| !x.is_finite()) {
            let found = data[element];
            let text = "which is no finite number";
            self.problems.push(format!("{name} holds {found} (element {element}), {text}"));
            return None;
        }
        Some(Tensor::new(shape, data))
    }

    fn parameters<T: Stored>(
        &mut self,
        prefix: &str,
        model: &mut impl Module<T>,
    ) -> Vec<Option<Tensor<T>>> {
        (model.named_parameters().into_iter())
            .map(|(name, p)| self.tensor(format!("{prefix}{name}"), p.value().shape()))
            .collect()
    }

    fn require<V>(&mut self, name: &str, value: Option<V>, expected: &'static str) -> Option<V> {
        if value.is_none() {
            self.problems.push(format!("{name} should be {expected}"));
        }
        value
    }

    fn finish(mut self) -> Result<(), FileError> {
        let names = self.file.names().into_iter();
        let mut unexpected: Vec<&str> = names.filter(|n| !self.asked.contains(*n)).collect();
        unexpected.sort_unstable();
        self.problems.extend(unexpected.iter().map(|name| format!("{name} is not expected")));
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(FileError::Contents { path: self.path.into(), problems: self.problems })
        }
    }
}

/// Why a file of weights could not be written or read.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// The file cannot be read.
    Read {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file cannot be written.
    Write {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is not in the safetensors format.
    Format {
        /// Which file.
        path: PathBuf,
        /// What the safetensors library says.
        message: String,
    },
    /// The file holds something else than what was asked for.
    Contents {
        /// Which file.
        path: PathBuf,
        /// Everything that is wrong: which tensor, what was expected, what found.
        problems: Vec<String>,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileError::Read { path, source } => {
                write!(f, "cannot read {}: {source}", path.display())
            }
            FileError::Write { path, source } => {
                write!(f, "cannot write {}: {source}", path.display())
            }
            FileError::Format { path, message } => {
                write!(f, "{} is not a valid safetensors file: {message}", path.display())
            }
            FileError::Contents { path, problems } => {
                write!(f, "{} does not fit: {}", path.display(), problems.join("; "))
            }
        }
    }
}

impl error::Error for FileError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            FileError::Read { source, .. } | FileError::Write { source, .. } => Some(source),
            _ => None,
        }
    }
}
