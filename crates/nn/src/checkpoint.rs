//! All that training needs to go on, in a file.

use std::path::Path;

use safetensors::Dtype;
use tensor::Tensor;

use crate::adam::{Moments, Slot, slots_of};
use crate::error::FileError;
use crate::safetensors::{Reader, Stored, Writer, assign, number, read};
use crate::{Adam, AdamConfig, Generator, Module};

/// Saves all that training needs to go on: the parameters, Adam's settings and
/// moments, the generator, and how many epochs are done.
///
/// # Errors
/// If the file cannot be written.
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
    for Slot { name, moments, .. } in adam.slots() {
        // A parameter that never had a gradient has no moments.
        if let Some(moments) = moments {
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
/// As [`load`](crate::load); then the model, Adam and the generator are as they were before.
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
    let mut slots = slots_of(model);
    for Slot { name, shape, moments, .. } in &mut slots {
        if reader.has(&format!("adam.{name}.step")) {
            let shape = *shape;
            let [exp_avg, exp_avg_sq] = ["exp_avg", "exp_avg_sq"]
                .map(|part| reader.tensor(format!("adam.{name}.{part}"), shape));
            let max = format!("adam.{name}.max_exp_avg_sq");
            let max_exp_avg_sq =
                reader.has(&max).then(|| reader.tensor(max, shape).unwrap_or(Tensor::zeros(shape)));
            let step = reader.entry(format!("adam.{name}.step"), Dtype::I32, &[]);
            if let (Some(exp_avg), Some(exp_avg_sq), Some(step)) = (exp_avg, exp_avg_sq, step) {
                let step = i32::from_le_bytes(number(step));
                *moments = Some(Moments { step, exp_avg, exp_avg_sq, max_exp_avg_sq });
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
    adam.set_slots(slots);
    adam.config = config.expect(complete);
    *generator = state.expect(complete);
    Ok(u64::from_le_bytes(number(epochs.expect(complete))))
}
