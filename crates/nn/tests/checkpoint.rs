//! Training that goes on from a file.

mod network;

use std::fs;

use network::Model;
use nn::{
    Adam, AdamConfig, FileError, ForwardOptions, Generator, Linear, LoadOptions, LstmConfig,
    Module, Stored, Uniform, load_checkpoint, load_with, mse_loss, save, save_checkpoint,
};
use proptest::prelude::*;
use safetensors::SafeTensors;
use tensor::{Scalar, Tape, Tensor};

fn model<T: Uniform>(seed: u64) -> Model<T> {
    let config = LstmConfig { num_layers: 2, dropout: 0.25, ..LstmConfig::new(2, 3) };
    Model::new(config, seed)
}

fn bits<T: Stored>(model: &impl Module<T>) -> Vec<u8> {
    let mut bytes = Vec::new();
    model.state_dict().iter().for_each(|(_, x)| x.data().iter().for_each(|x| x.write(&mut bytes)));
    bytes
}

/// Training that stops and goes on from its file computes the same bits as one
/// that never stopped: weights, Adam's moments, dropout's random numbers.
#[test]
fn a_checkpoint_resumes_bit_for_bit() {
    fn epoch<T: Stored + Uniform>(
        model: &mut Model<T>,
        adam: &mut Adam<T>,
        generator: &mut Generator,
    ) -> T {
        let tape = Tape::new();
        let x = tape.constant(Tensor::from_fn([4, 5, 2], || T::unit(generator)));
        let options = ForwardOptions { training: Some(generator), ..Default::default() };
        let (output, _) = model.lstm.forward_with(x, options);
        let y = model.head.forward(output);
        let loss = mse_loss(y, tape.constant(Tensor::full(y.shape(), T::one())));
        let (value, gradients) = (loss.value().item(), loss.backward());
        drop(tape);
        adam.step(model, &gradients);
        value
    }
    fn check<T: Stored + Uniform>(amsgrad: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        let config = AdamConfig { lr: 0.01, amsgrad, weight_decay: 0.01, ..Default::default() };
        let start = || (model::<T>(3), Adam::new(config), Generator::manual_seed(4));

        let (mut m, mut adam, mut generator) = start();
        let mut losses = Vec::new();
        for k in 0..20 {
            adam.config.lr = 0.01 / (k + 1) as f64;
            losses.push(epoch(&mut m, &mut adam, &mut generator));
            if k == 7 {
                save_checkpoint(&path, &m, &adam, &generator, 8).unwrap();
            }
        }

        // A process that knows nothing but the file.
        let (mut m2, mut adam2) = (model::<T>(99), Adam::new(AdamConfig::default()));
        let mut generator2 = Generator::manual_seed(99);
        let done = load_checkpoint(&path, &mut m2, &mut adam2, &mut generator2).unwrap();
        assert_eq!(done, 8);
        assert_eq!(adam2.config.lr, 0.01 / 8.0);
        for (k, expected) in losses.iter().enumerate().skip(done as usize) {
            adam2.config.lr = 0.01 / (k + 1) as f64;
            assert_eq!(epoch(&mut m2, &mut adam2, &mut generator2), *expected, "epoch {k}");
        }
        assert_eq!(bits(&m), bits(&m2));
    }
    check::<f32>(false);
    check::<f64>(true);
}

/// A checkpoint with a broken part is refused as a whole.
#[test]
fn a_damaged_checkpoint_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let mut generator = Generator::manual_seed(4);
    let mut m = Linear::<f32>::new(2, 1, &mut generator);
    // A plain state dict is no checkpoint, and says what it lacks.
    save(&path, &m).unwrap();
    let mut adam = Adam::new(AdamConfig::default());
    let before = (bits(&m), generator.state());
    let error = load_checkpoint(&path, &mut m, &mut adam, &mut generator).unwrap_err();
    let text = error.to_string();
    for part in [
        "model.weight [1, 2] is missing",
        "adam.config",
        "generator",
        "epochs",
        "weight is not expected",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(before, (bits(&m), generator.state()));
}

/// A training of one step: a model, Adam with moments, a generator, and the file of all that.
struct Training<T: Scalar> {
    folder: tempfile::TempDir,
    model: Linear<T>,
    adam: Adam<T>,
    generator: Generator,
}

impl<T: Stored + Uniform> Training<T> {
    fn new(amsgrad: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut generator = Generator::manual_seed(4);
        let model = Linear::<T>::new(2, 1, &mut generator);
        let adam = Adam::new(AdamConfig { amsgrad, ..AdamConfig::default() });
        let mut training = Training { folder, model, adam, generator };
        training.step(1.0);
        training
    }

    fn step(&mut self, factor: f64) {
        let tape = Tape::new();
        let x = tape.constant(Tensor::full([3, 2], T::from_f64(factor)));
        let gradients = self.model.forward(x).sum().backward();
        drop(tape);
        self.adam.step(&mut self.model, &gradients);
    }

    fn save(&self) -> Result<Vec<u8>, FileError> {
        let path = self.folder.path().join("checkpoint");
        save_checkpoint(&path, &self.model, &self.adam, &self.generator, 9)?;
        Ok(fs::read(path).unwrap())
    }

    fn load(&mut self, bytes: &[u8]) -> Result<u64, FileError> {
        let path = self.folder.path().join("other");
        // A new file, for some systems wait for the disk when an old one is cut.
        drop(fs::remove_file(&path));
        fs::write(&path, bytes).unwrap();
        load_checkpoint(path, &mut self.model, &mut self.adam, &mut self.generator)
    }
}

/// Where a checkpoint has an entry's numbers.
fn place(bytes: &[u8], name: &str) -> std::ops::Range<usize> {
    let (length, header) = SafeTensors::read_metadata(bytes).unwrap();
    let (from, to) = header.info(name).unwrap_or_else(|| panic!("{name}")).data_offsets;
    8 + length + from..8 + length + to
}

/// A number of a checkpoint, and what it cannot be.
#[test]
fn what_cannot_have_been_saved_is_refused() {
    fn check<T: Stored + Uniform>() {
        let mut training = Training::<T>::new(true);
        let good = training.save().unwrap();
        let mut refuse = |name: &str, offset: usize, number: &[u8], expected: &str| {
            let mut bytes = good.clone();
            let start = place(&bytes, name).start + offset;
            bytes[start..start + number.len()].copy_from_slice(number);
            assert_ne!(bytes, good);
            let text = training.load(&bytes).unwrap_err().to_string();
            assert!(text.contains(expected), "{text}");
            assert!(training.save().unwrap() == good, "{name}: something has changed");
        };
        let float = |x: f64| {
            let mut bytes = Vec::new();
            T::from_f64(x).write(&mut bytes);
            bytes
        };
        for step in [0, -1, i32::MIN, i32::MAX] {
            let expected = format!("should be from 1 to below 2147483647, not {step}");
            refuse("adam.bias.step", 0, &step.to_le_bytes(), &expected);
        }
        for part in ["exp_avg_sq", "max_exp_avg_sq"] {
            for x in [-1e-3, -0.0] {
                let expected = format!("adam.weight.{part} holds {x:?} (element 1), and should be");
                refuse(&format!("adam.weight.{part}"), size_of::<T>(), &float(x), &expected);
            }
        }
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for name in
                ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"].map(|n| format!("adam.weight.{n}"))
            {
                let expected = format!("{name} holds {x} (element 1), which is no finite number");
                refuse(&name, size_of::<T>(), &float(x), &expected);
            }
            refuse("model.bias", 0, &float(x), "model.bias holds");
        }
        let settings = ["lr", "betas", "betas", "eps", "weight_decay", "amsgrad", "maximize"];
        for (k, name) in settings.iter().chain(&["decoupled_weight_decay"]).enumerate() {
            for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e-9] {
                refuse("adam.config", 8 * k, &f64::to_le_bytes(x), name);
            }
            if k == 1 || k == 2 {
                refuse("adam.config", 8 * k, &1_f64.to_le_bytes(), name);
            }
            if k > 4 {
                refuse("adam.config", 8 * k, &0.5_f64.to_le_bytes(), name);
                refuse("adam.config", 8 * k, &2_f64.to_le_bytes(), name);
            }
        }
        refuse("generator", 0, &[0; 4 * 624], "generator should be a state of the generator");
        for used in [625_u32, u32::MAX] {
            refuse("generator", 4 * 624, &used.to_le_bytes(), "generator should be a state");
        }
    }
    check::<f32>();
    check::<f64>();
}

/// Not all zeros, but what is all zeros from the next word on.
#[test]
fn a_generator_that_has_run_dry_is_none() {
    let mut state = vec![0; 625];
    assert!(Generator::from_state(&state).is_none());
    // Only the highest bit of the state's first word counts, and a word of 1 does not set it.
    state[0] = 1;
    assert!(Generator::from_state(&state).is_none());
    state[1] = 1;
    assert!(Generator::from_state(&state).is_some());
}

/// Moments are there whole or not at all.
#[test]
fn parts_of_moments_are_refused() {
    let mut training = Training::<f32>::new(true);
    let good = training.save().unwrap();
    let parts = ["exp_avg", "exp_avg_sq", "step", "max_exp_avg_sq"];
    for kept in 1..15 {
        let file = SafeTensors::deserialize(&good).unwrap();
        let is_kept = |name: &str| {
            let part = name.strip_prefix("adam.bias.");
            part.is_none_or(|part| kept >> parts.iter().position(|p| *p == part).unwrap() & 1 == 1)
        };
        let entries = file.tensors().into_iter().filter(|(name, _)| is_kept(name));
        let bytes = safetensors::serialize(entries, None).unwrap();
        // All but the largest means are needed.
        let missing = (0..3).filter(|k| kept >> k & 1 == 0).map(|k| parts[k]);
        let missing: Vec<_> = missing.map(|part| format!("adam.bias.{part} ")).collect();
        match training.load(&bytes) {
            Ok(_) => {
                assert!(missing.is_empty(), "{missing:?}");
                training.load(&good).unwrap();
            }
            Err(error) => {
                let text = error.to_string();
                assert!(!missing.is_empty() && missing.iter().all(|m| text.contains(m)), "{text}");
                assert!(training.save().unwrap() == good);
            }
        }
    }
}

/// A training that has diverged, and settings that were changed to nonsense, leave the file.
#[test]
fn what_cannot_be_loaded_is_not_saved() {
    fn check<T: Stored + Uniform>() {
        let mut training = Training::<T>::new(false);
        let good = training.save().unwrap();
        let refused = |training: &Training<T>, expected: &str| {
            let error = training.save().unwrap_err();
            assert!(matches!(error, FileError::Refused { .. }));
            assert!(error.to_string().contains(expected), "{error}");
            assert!(fs::read(training.folder.path().join("checkpoint")).unwrap() == good);
        };
        for x in [f64::NAN, f64::INFINITY, -1.0] {
            let right = training.adam.config;
            for (name, config) in [
                ("lr", AdamConfig { lr: x, ..right }),
                ("betas", AdamConfig { betas: (x, 0.5), ..right }),
                ("betas", AdamConfig { betas: (0.5, x), ..right }),
                ("eps", AdamConfig { eps: x, ..right }),
                ("weight_decay", AdamConfig { weight_decay: x, ..right }),
            ] {
                training.adam.config = config;
                refused(&training, &format!("adam.config: {name} should be"));
            }
            training.adam.config = right;
        }
        if size_of::<T>() == 4 {
            let before = training.adam.config;
            training.adam.config.lr = 1e-300;
            refused(&training, "adam.config: lr = 1e-300 is 0 as f32");
            training.adam.config.lr = 1e300;
            refused(&training, "adam.config: lr = 1e300 is infinite as f32");
            training.adam.config = before;
        }
        // The last step that can be counted: no further one could start from it.
        let mut late = good.clone();
        let step = place(&late, "adam.weight.step");
        late[step].copy_from_slice(&(i32::MAX - 1).to_le_bytes());
        training.load(&late).unwrap();
        training.step(1.0);
        refused(&training, "adam.weight.step should be from 1 to below 2147483647");
        training.load(&good).unwrap();
        // The square of a gradient overflows, and the parameters are still finite.
        let huge = if size_of::<T>() == 4 { 1e25 } else { 1e200 };
        training.step(huge);
        assert!(training.model.weight.value().data().iter().all(|x| x.is_finite()));
        refused(&training, "adam.weight.exp_avg_sq holds inf (element 0), which is no finite");
        training.load(&good).unwrap();
        training.model.weight.value_mut().data_mut()[1] = T::from_f64(f64::NAN);
        refused(&training, "model.weight holds NaN (element 1), which is no finite number");
    }
    check::<f32>();
    check::<f64>();
}

/// An Adam of a part of the model, or of another model.
#[test]
fn an_adam_of_another_model_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let training = Training::<f32>::new(false);
    let (own, adam, generator) = (&training.model, &training.adam, &training.generator);
    let pair = (own.clone(), own.clone());
    let other = Linear::<f32>::new(2, 1, &mut Generator::manual_seed(0));
    for result in [
        save_checkpoint(&path, &pair, adam, generator, 1),
        save_checkpoint(&path, &other, adam, generator, 1),
    ] {
        let text = result.unwrap_err().to_string();
        assert!(text.contains("Adam's steps before were not with this model"), "{text}");
        assert!(!path.exists());
    }
    save_checkpoint(&path, &own.clone(), adam, generator, 1).unwrap();
    let new = Adam::new(AdamConfig::default());
    save_checkpoint(&path, &other, &new, generator, 1).unwrap();
}

/// `amsgrad` may be switched between steps; the largest means stay behind or are not there yet.
#[test]
fn amsgrad_may_change() {
    let mut training = Training::<f64>::new(true);
    training.adam.config.amsgrad = false;
    training.step(2.0);
    let bytes = training.save().unwrap();
    training.load(&bytes).unwrap();
    assert!(training.save().unwrap() == bytes);
    let mut training = Training::<f64>::new(false);
    training.adam.config.amsgrad = true;
    let bytes = training.save().unwrap();
    training.load(&bytes).unwrap();
    assert!(training.save().unwrap() == bytes);
}

/// The weights of a checkpoint, as another type.
#[test]
fn the_model_of_a_checkpoint() {
    let mut training = Training::<f64>::new(false);
    training.save().unwrap();
    let path = training.folder.path().join("checkpoint");
    let mut model = Linear::<f32>::new(2, 1, &mut Generator::manual_seed(1));
    let (mut adam, generator) = (Adam::new(AdamConfig::default()), &mut training.generator);
    let text = load_checkpoint(&path, &mut model, &mut adam, generator).unwrap_err().to_string();
    let call = "try load_with(path, &mut model, LoadOptions { prefix: \"model.\", convert: true })";
    assert!(text.ends_with(call), "{text}");
    load_with(&path, &mut model, LoadOptions { prefix: "model.", convert: true }).unwrap();
    let weight = training.model.weight.value();
    assert_eq!(model.weight.value().data()[1], weight.data()[1] as f32);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever the bytes are: after a no, all is as it was; after a yes, it can be saved, and
    /// training goes on.
    #[test]
    fn damaged_checkpoints_are_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        thread_local! {
            static GOOD: Vec<u8> = Training::<f32>::new(true).save().unwrap();
        }
        let mut bytes = GOOD.with(Clone::clone);
        let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let state = place(&bytes, "generator");
        for (place, byte) in changes {
            // Most of the file is the generator; it gets a part of the changes.
            match byte % 3 {
                0 => bytes[place.index(header)] = byte,
                1 => bytes[header + place.index(state.start - header)] = byte,
                _ => *place.get_mut(&mut bytes) = byte,
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let mut training = Training::<f32>::new(false);
        let before = format!("{:?} {:?} {:?}", training.model, training.adam, training.generator);
        match training.load(&bytes) {
            Ok(_) => {
                let saved = training.save().unwrap();
                training.load(&saved).unwrap();
                training.step(1.0);
            }
            Err(_) => {
                let after = format!("{:?} {:?} {:?}", training.model, training.adam, training.generator);
                prop_assert_eq!(before, after);
            }
        }
    }
}
