//! A model's weights in a file.

use std::path::Path;

use crate::Module;
use crate::error::FileError;
use crate::reader::{Reader, assign};
use crate::safetensors::{Stored, Writer};

/// Saves a model's parameters under their names. The file is whole or not there
/// (see [`write_whole`](crate::write_whole)).
///
/// In PyTorch, `model.load_state_dict(safetensors.torch.load_file(path))` reads
/// it.
///
/// # Errors
/// If the file cannot be written, or if [`load`] would not read it again because a parameter
/// holds something else than finite numbers. Then the file is as it was before.
///
/// ```
/// use nn::{Generator, Linear, load, save};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("linear.safetensors");
/// let mut model = Linear::<f32>::new(3, 2, &mut Generator::manual_seed(0));
/// save(&path, &model)?;
///
/// let mut other = Linear::<f32>::new(3, 2, &mut Generator::manual_seed(1));
/// load(&path, &mut other)?;
/// assert_eq!(model.weight.value(), other.weight.value());
///
/// model.weight.value_mut().data_mut()[4] = f32::NAN;
/// let error = save(&path, &model).unwrap_err().to_string();
/// assert!(error.contains("weight holds NaN (element 4)"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn save<T: Stored>(path: impl AsRef<Path>, model: &impl Module<T>) -> Result<(), FileError> {
    let mut writer = Writer::default();
    for (name, parameter) in model.named_parameters() {
        writer.tensor(name, parameter.value());
    }
    writer.write(path.as_ref())
}

/// Loads a model's parameters from a file that [`save`] wrote, or
/// `safetensors.torch.save_file(model.state_dict(), path)` in PyTorch: all of the file, and
/// as it is. [`load_with`] reads a part, and converts numbers.
///
/// # Errors
/// If the file cannot be read, or if it does not hold just this model's
/// parameters: the error lists everything that is missing, unexpected, of another
/// shape or type, or else not a finite number. Then the model is as it was before.
///
/// ```
/// use nn::{Generator, Linear, load, save};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("linear.safetensors");
/// save(&path, &Linear::<f32>::new(3, 2, &mut Generator::manual_seed(0)))?;
///
/// let mut larger = Linear::<f32>::new(3, 4, &mut Generator::manual_seed(0));
/// let error = load(&path, &mut larger).unwrap_err().to_string();
/// assert!(error.ends_with(
///     "weight should have shape [4, 3], not [2, 3]; bias should have shape [4], not [2]"
/// ));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load<T: Stored>(
    path: impl AsRef<Path>,
    model: &mut impl Module<T>,
) -> Result<(), FileError> {
    load_with(path, model, LoadOptions::default())
}

/// What [`load_with`] makes of a file that is not just the model's state dict; an example is
/// there.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadOptions<'a> {
    /// Only what has a name that begins so is read, and the rest of the file is left alone; the
    /// model's names follow after it. `"module."` is what `DataParallel` writes, `"lstm."` the
    /// LSTM of a larger model, `"model."` the model of a [checkpoint](crate::save_checkpoint).
    pub prefix: &'a str,
    /// Whether f16, bf16, f32 and f64 are converted to the model's type. A number that is too
    /// large for it is an error.
    pub convert: bool,
}

/// Loads a model's parameters as [`load`] does, from a part of a file or from numbers of
/// another type.
///
/// # Errors
/// As [`load`].
///
/// ```
/// use nn::{Generator, Linear, LoadOptions, Module, load_with, module, save};
///
/// struct Network {
///     body: Linear<f64>,
///     head: Linear<f64>,
/// }
/// module! { impl Module<f64> for Network { body, head } }
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("network.safetensors");
/// let generator = &mut Generator::manual_seed(0);
/// let network = Network { body: Linear::new(3, 2, generator), head: Linear::new(2, 1, generator) };
/// save(&path, &network)?;
///
/// let mut head = Linear::<f32>::new(2, 1, generator);
/// load_with(&path, &mut head, LoadOptions { prefix: "head.", convert: true })?;
/// assert_eq!(head.bias.unwrap().value().item(), network.head.bias.unwrap().value().item() as f32);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load_with<T: Stored>(
    path: impl AsRef<Path>,
    model: &mut impl Module<T>,
    options: LoadOptions<'_>,
) -> Result<(), FileError> {
    let mut reader = Reader::open(path.as_ref(), options, model.named_parameters().len())?;
    reader.expect_parameters("", model);
    reader.fits("")?;
    let values = reader.parameters("", model)?;
    reader.finish()?;
    assign(model, values);
    Ok(())
}
