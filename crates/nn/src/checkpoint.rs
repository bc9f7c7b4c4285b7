//! All that training needs to go on, in a file.

use std::path::Path;

use safetensors::Dtype;

use crate::adam::{Moments, Slot, slots_of};
use crate::error::{FileError, Problems};
use crate::reader::{Reader, assign};
use crate::safetensors::{Stored, Writer, number};
use crate::{Adam, AdamConfig, Generator, LoadOptions, Module};

/// Saves all that training needs to go on: the parameters, Adam's settings and
/// moments, the generator, and how many epochs are done. The file is whole or not there
/// (see [`write_whole`](crate::write_whole)).
///
/// # Errors
/// If the file cannot be written, or if [`load_checkpoint`] would not read it again: because a
/// number is not finite, a setting of Adam out of its range, or Adam that of another model. Then
/// the file is as it was before.
///
/// ```
/// use nn::{Adam, AdamConfig, Generator, Linear, load_checkpoint, save_checkpoint};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("checkpoint.safetensors");
/// let mut generator = Generator::manual_seed(0);
/// let mut model = Linear::<f32>::new(3, 2, &mut generator);
/// let mut adam = Adam::new(AdamConfig::default());
/// save_checkpoint(&path, &model, &adam, &generator, 7)?;
/// assert_eq!(load_checkpoint(&path, &mut model, &mut adam, &mut generator)?, 7);
///
/// adam.config.lr = f64::NAN;
/// let error = save_checkpoint(&path, &model, &adam, &generator, 8).unwrap_err().to_string();
/// assert!(error.ends_with("adam.config: lr should be at least 0 and finite, not NaN"));
/// assert_eq!(load_checkpoint(&path, &mut model, &mut adam, &mut generator)?, 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn save_checkpoint<T: Stored>(
    path: impl AsRef<Path>,
    model: &impl Module<T>,
    adam: &Adam<T>,
    generator: &Generator,
    epochs: u64,
) -> Result<(), FileError> {
    let mut writer = Writer::default();
    for (name, parameter) in model.named_parameters() {
        writer.tensor(format!("model.{name}"), parameter.value());
    }
    let key = |slot: &Slot<T>| (slot.name.clone(), slot.shape, slot.origin);
    let (ours, its) = (slots_of(model), adam.slots());
    if !its.is_empty() && !its.iter().map(key).eq(ours.iter().map(key)) {
        writer
            .problems
            .other("Adam's steps before were not with this model nor a clone of it".into());
    }
    for Slot { name, moments, .. } in adam.slots() {
        // A parameter that never had a gradient has no moments.
        if let Some(moments) = moments {
            for (part, tensor) in moments.tensors() {
                writer.tensor(format!("adam.{name}.{part}"), tensor);
            }
            let step = moments.step.to_le_bytes().to_vec();
            writer.entry(format!("adam.{name}.step"), Dtype::I32, &[], step);
            check(&mut writer.problems, name, moments);
        }
    }
    if let Some(text) = adam.config.out_of_range::<T>() {
        writer.problems.other(format!("adam.config: {text}"));
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

/// What no step of Adam leaves, or what no further step can start from. (`max_exp_avg_sq` may
/// well be there without `amsgrad`, or be smaller than `exp_avg_sq`, if `amsgrad` was changed
/// between two steps.)
fn check<T: Stored>(problems: &mut Problems, name: &str, moments: &Moments<T>) {
    let step = moments.step;
    if !(1..i32::MAX).contains(&step) {
        let text = format!("adam.{name}.step should be from 1 to below {}, not {step}", i32::MAX);
        problems.other(text);
    }
    for (part, squares) in moments.tensors().skip(1) {
        let negative = squares.data().iter().enumerate().find(|(_, x)| x.is_sign_negative());
        if let Some((element, found)) = negative {
            let text = format!("holds {found:?} (element {element}), and should be at least 0");
            problems.other(format!("adam.{name}.{part} {text}"));
        }
    }
}

/// Loads what [`save_checkpoint`] saved, and returns how many epochs are done.
/// Training that goes on from there computes, bit for bit, what it would have
/// computed without the stop.
///
/// # Errors
/// As [`load`](crate::load), and if there is anything that training cannot have left; then the
/// model, Adam and the generator are as they were before.
///
/// ```
/// use nn::{Adam, AdamConfig, Generator, Linear, load_checkpoint, save};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("weights.safetensors");
/// let mut generator = Generator::manual_seed(0);
/// let mut model = Linear::<f32>::without_bias(3, 2, &mut generator);
/// let mut adam = Adam::new(AdamConfig::default());
/// save(&path, &model)?; // the weights alone are no checkpoint
/// let error = load_checkpoint(&path, &mut model, &mut adam, &mut generator).unwrap_err();
/// assert!(error.to_string().contains("model.weight [2, 3] is missing"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load_checkpoint<T: Stored>(
    path: impl AsRef<Path>,
    model: &mut impl Module<T>,
    adam: &mut Adam<T>,
    generator: &mut Generator,
) -> Result<u64, FileError> {
    let mut slots = slots_of(model);
    let mut reader = Reader::open(path.as_ref(), LoadOptions::default(), slots.len())?;

    reader.expect_parameters("model.", model);
    let parts = ["exp_avg", "exp_avg_sq", "step", "max_exp_avg_sq"];
    for Slot { name, shape, .. } in &slots {
        let [avg, avg_sq, step, max] = parts.map(|part| format!("adam.{name}.{part}"));
        if [&avg, &avg_sq, &step, &max].iter().any(|name| reader.has(name)) {
            reader.expect(avg, T::DTYPE, *shape);
            reader.expect(avg_sq, T::DTYPE, *shape);
            reader.expect(step, Dtype::I32, []);
        }
        if reader.has(&max) {
            reader.expect(max, T::DTYPE, *shape);
        }
    }
    reader.expect("adam.config".into(), Dtype::F64, [adam.config.to_numbers().len()]);
    reader.expect("generator".into(), Dtype::U32, [generator.state().len()]);
    reader.expect("epochs".into(), Dtype::U64, []);
    reader.fits("model.")?;

    let values = reader.parameters("model.", model)?;
    for Slot { name, moments, .. } in &mut slots {
        let [avg, avg_sq, step, max] = parts.map(|part| format!("adam.{name}.{part}"));
        if reader.has(&step) {
            let found = Moments {
                step: i32::from_le_bytes(number(&reader.bytes(&step)?.1)),
                exp_avg: reader.tensor(&avg)?,
                exp_avg_sq: reader.tensor(&avg_sq)?,
                max_exp_avg_sq: reader.has(&max).then(|| reader.tensor(&max)).transpose()?,
            };
            check(&mut reader.problems, name, &found);
            *moments = Some(found);
        }
    }
    let numbers = reader.bytes("adam.config")?.1;
    let numbers: Vec<_> = numbers.chunks_exact(8).map(|x| f64::from_le_bytes(number(x))).collect();
    let config = AdamConfig::from_numbers::<T>(&numbers)
        .map_err(|text| reader.problems.other(format!("adam.config: {text}")));
    let state = reader.bytes("generator")?.1;
    let state: Vec<_> = state.chunks_exact(4).map(|x| u32::from_le_bytes(number(x))).collect();
    let state = Generator::from_state(&state).ok_or_else(|| {
        reader.problems.other("generator should be a state of the generator".into())
    });
    let epochs = u64::from_le_bytes(number(&reader.bytes("epochs")?.1));
    reader.finish()?;

    let right = "finish() has found no problem";
    assign(model, values);
    adam.set_slots(slots);
    adam.config = config.expect(right);
    *generator = state.expect(right);
    Ok(epochs)
}
