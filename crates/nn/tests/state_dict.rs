//! Weights and training state in files.

use std::path::Path;
use std::{fs, io};

use nn::{
    Adam, AdamConfig, FileError, Generator, Linear, Lstm, LstmConfig, Module, Stored, Uniform,
    load, load_checkpoint, module, mse_loss, save, save_checkpoint,
};
use proptest::prelude::*;
use tensor::{Scalar, Tape, Tensor};

#[derive(Clone, Debug)]
struct Model<T: Scalar> {
    lstm: Lstm<T>,
    head: Linear<T>,
}

module! { impl<T: Scalar> Module<T> for Model<T> { lstm, head } }

fn model<T: Uniform>(seed: u64) -> Model<T> {
    let config = LstmConfig {
        num_layers: 2,
        bidirectional: true,
        proj_size: 2,
        dropout: 0.25,
        ..LstmConfig::new(2, 3)
    };
    let mut generator = Generator::manual_seed(seed);
    Model { lstm: Lstm::new(config, &mut generator), head: Linear::new(4, 1, &mut generator) }
}

fn bits<T: Stored>(model: &(impl Module<T> + Clone)) -> Vec<(String, Vec<u8>)> {
    let bytes = |value: &Tensor<T>| {
        let mut bytes = Vec::new();
        value.data().iter().for_each(|x| x.write(&mut bytes));
        bytes
    };
    model.state_dict().iter().map(|(name, value)| (name.clone(), bytes(value))).collect()
}

/// PyTorch's names, in its order.
#[test]
fn names() {
    let names: Vec<String> = model::<f32>(0).state_dict().into_iter().map(|(n, _)| n).collect();
    let expected = "weight_ih_l0 weight_hh_l0 bias_ih_l0 bias_hh_l0 weight_hr_l0 \
        weight_ih_l0_reverse weight_hh_l0_reverse bias_ih_l0_reverse bias_hh_l0_reverse \
        weight_hr_l0_reverse weight_ih_l1 weight_hh_l1 bias_ih_l1 bias_hh_l1 weight_hr_l1 \
        weight_ih_l1_reverse weight_hh_l1_reverse bias_ih_l1_reverse bias_hh_l1_reverse \
        weight_hr_l1_reverse";
    let expected = expected.split_whitespace().map(|name| format!("lstm.{name}"));
    let expected: Vec<String> =
        expected.chain(["head.weight".into(), "head.bias".into()]).collect();
    assert_eq!(names, expected);
}

#[test]
fn a_round_trip_keeps_every_bit() {
    fn check<T: Stored + Uniform>() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let (one, mut two) = (model::<T>(1), model::<T>(2));
        assert_ne!(bits(&one), bits(&two));
        save(&path, &one).unwrap();
        load(&path, &mut two).unwrap();
        assert_eq!(bits(&one), bits(&two));
        // The same model is the same file.
        let first = fs::read(&path).unwrap();
        save(&path, &two).unwrap();
        assert_eq!(first, fs::read(&path).unwrap());
    }
    check::<f32>();
    check::<f64>();
}

fn contents_error(result: Result<(), FileError>) -> String {
    match result {
        Err(FileError::Contents { problems, .. }) => problems.join("\n") + "\n",
        other => panic!("expected an error of the contents, not {other:?}"),
    }
}

/// Everything that is wrong, in one error, and an untouched model.
#[test]
fn files_that_do_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.safetensors");
    let mut loaded = model::<f32>(1);
    let before = bits(&loaded);
    let mut catalogue = String::new();
    let mut case = |name: &str, text: String| {
        catalogue += &format!("{name}:\n{text}\n");
    };

    // Another architecture: one layer, one direction, larger, and a NaN.
    let generator = &mut Generator::manual_seed(0);
    let mut other = Model {
        lstm: Lstm::<f32>::new(LstmConfig::new(2, 4), generator),
        head: Linear::without_bias(4, 1, generator),
    };
    other.head.weight.value_mut().data_mut()[2] = f32::NAN;
    save(&path, &other).unwrap();
    case("another architecture and a NaN", contents_error(load(&path, &mut loaded)));

    save(&path, &model::<f64>(1)).unwrap();
    let text = contents_error(load(&path, &mut loaded));
    case("another type (first line)", format!("{}\n", text.lines().next().unwrap()));

    let missing = folder.path().join("missing.safetensors");
    let text = load(&missing, &mut loaded).unwrap_err().to_string();
    assert!(text.starts_with(&format!("cannot read {}: ", missing.display())), "{text}");
    let no_folder = folder.path().join("no").join("model.safetensors");
    let text = save(&no_folder, &loaded).unwrap_err().to_string();
    assert!(text.starts_with(&format!("cannot write {}: ", no_folder.display())), "{text}");

    fs::write(&path, b"not a file of weights").unwrap();
    let text = load(&path, &mut loaded).unwrap_err().to_string();
    case("another format", text.replace(&path.display().to_string(), "FILE") + "\n");

    assert_eq!(before, bits(&loaded), "the model is as it was");
    insta::assert_snapshot!("files_that_do_not_fit", catalogue);
}

/// A file that cannot be replaced stays whole, and nothing else is left behind.
#[test]
fn a_failed_save_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    // A folder in the way: the temporary file is written, the rename fails.
    let path = folder.path().join("taken");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("inside"), "old").unwrap();
    assert!(matches!(save(&path, &model::<f32>(0)), Err(FileError::Write { .. })));
    let names = |path: &Path| -> io::Result<Vec<_>> {
        path.read_dir()?.map(|entry| entry.map(|entry| entry.file_name())).collect()
    };
    assert_eq!(names(folder.path()).unwrap(), ["taken"]);
    assert_eq!(names(&path).unwrap(), ["inside"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Whatever the bytes are, loading says yes or no; after a no, the model is
    /// as it was.
    #[test]
    fn damaged_files_are_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        thread_local! {
            static FILE: (tempfile::TempDir, Vec<u8>, Linear<f32>) = {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("model.safetensors");
                let model = Linear::<f32>::new(3, 2, &mut Generator::manual_seed(1));
                save(&path, &model).unwrap();
                (folder, fs::read(&path).unwrap(), model)
            };
        }
        FILE.with(|(folder, original, model)| {
            let mut bytes = original.clone();
            for (place, byte) in &changes {
                // Half of the changes go to the header, where they hurt most.
                let range = if byte % 2 == 0 { bytes.len() } else { 120 };
                bytes[place.index(range)] = *byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(original.len()));
            }
            let path = folder.path().join("damaged.safetensors");
            fs::write(&path, &bytes).unwrap();
            let mut loaded = model.clone();
            let before = bits(&loaded);
            match load(&path, &mut loaded) {
                Ok(()) => {
                    let finite = |(_, value): &(String, Tensor<f32>)| {
                        value.data().iter().all(|x| x.is_finite())
                    };
                    prop_assert!(loaded.state_dict().iter().all(finite));
                }
                Err(_) => prop_assert_eq!(before, bits(&loaded)),
            }
            Ok(())
        })?;
    }
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
        let options = nn::ForwardOptions { training: Some(generator), ..Default::default() };
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
