//! A model's weights in a file.

use std::path::Path;

use crate::Module;
use crate::error::FileError;
use crate::safetensors::{Reader, Stored, Writer, assign, read};

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
pub fn save<T: Stored>(path: impl AsRef<Path>, model: &impl Module<T>) -> Result<(), FileError> {
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
