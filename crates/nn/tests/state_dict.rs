//! Weights in files.

mod network;

use std::path::Path;
use std::{fs, io};

use network::Model;
use nn::{
    FileError, Generator, Linear, Lstm, LstmConfig, Module, Stored, Uniform, Visitor, VisitorMut,
    load, module, save,
};
use proptest::prelude::*;
use safetensors::SafeTensors;
use tensor::{Parameter, Scalar, Tensor};

fn model<T: Uniform>(seed: u64) -> Model<T> {
    let config = LstmConfig {
        num_layers: 2,
        bidirectional: true,
        proj_size: 2,
        dropout: 0.25,
        ..LstmConfig::new(2, 3)
    };
    Model::new(config, seed)
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
        let (_, header) = SafeTensors::read_metadata(&first).unwrap();
        assert_eq!(header.metadata().as_ref().unwrap()["format"], "pt");
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

    // Another architecture: one layer, one direction, larger.
    let generator = &mut Generator::manual_seed(0);
    let other = Model {
        lstm: Lstm::<f32>::new(LstmConfig::new(2, 4), generator),
        head: Linear::without_bias(4, 1, generator),
    };
    save(&path, &other).unwrap();
    case("another architecture", contents_error(load(&path, &mut loaded)));

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
            // A new file, for some systems wait for the disk when an old one is cut.
            drop(fs::remove_file(&path));
            fs::write(&path, &bytes).unwrap();
            let mut loaded = model.clone();
            let before = bits(&loaded);
            match load(&path, &mut loaded) {
                Ok(()) => {
                    let finite = |(_, value): &(String, Tensor<f32>)| {
                        value.data().iter().all(|x| x.is_finite())
                    };
                    prop_assert!(loaded.state_dict().iter().all(finite));
                    prop_assert!(SafeTensors::deserialize(&bytes).is_ok());
                }
                Err(_) => prop_assert_eq!(before, bits(&loaded)),
            }
            Ok(())
        })?;
    }
}

/// A model whose parameters have just these names, in this order.
#[derive(Clone, Debug)]
struct Named<T: Scalar>(Vec<(String, Parameter<T>)>);

module! {
    impl<T: Scalar> Module<T> for Named<T> {
        fn visit(Self { 0: list }, v) {
            for (name, parameter) in list {
                v.item(&**name, parameter);
            }
        }
    }
}

fn round_trip<T: Stored, M: Module<T> + Clone>(model: &M) -> Result<(), FileError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save(&path, model)?;
    let mut loaded = model.clone();
    for (_, parameter) in loaded.named_parameters_mut() {
        parameter.value_mut().data_mut().fill(T::from_f64(-1.0));
    }
    load(&path, &mut loaded)?;
    assert_eq!(bits(model), bits(&loaded));
    Ok(())
}

/// Models at the edges of what a model can be.
#[test]
fn whatever_can_be_saved_can_be_loaded() {
    let linear = |_| Linear::<f64>::new(1, 1, &mut Generator::manual_seed(0));
    round_trip(&Vec::<Linear<f32>>::new()).unwrap();
    round_trip(&Parameter::new(Tensor::<f32>::full([], 2.5))).unwrap();
    round_trip(&vec![Parameter::new(Tensor::<f64>::zeros([2, 0, 3])); 3]).unwrap();
    round_trip(&(0..1000).map(linear).collect::<Vec<_>>()).unwrap();
    let named = |name: &str| Named(vec![(name.into(), Parameter::new(Tensor::full([2], 1.5_f32)))]);
    round_trip(&named(&"long".repeat(100_000))).unwrap();
    let text = round_trip(&named("__metadata__")).unwrap_err().to_string();
    assert!(text.ends_with("is not written: the name __metadata__ is already taken"), "{text}");
}

/// A module of one's own may list two parameters without a name. No file could hold both.
#[test]
fn two_parameters_of_one_name_are_refused() {
    #[derive(Clone)]
    struct Two(Parameter<f32>, Parameter<f32>);
    impl Module<f32> for Two {
        fn visit<'a>(&'a self, visitor: &mut Visitor<'_, 'a, f32>) {
            self.0.visit(visitor);
            self.1.visit(visitor);
        }

        fn visit_mut<'a>(&'a mut self, visitor: &mut VisitorMut<'_, 'a, f32>) {
            self.0.visit_mut(visitor);
            self.1.visit_mut(visitor);
        }
    }
    let parameter = || Parameter::new(Tensor::zeros([2]));
    assert!(matches!(round_trip(&Two(parameter(), parameter())), Err(FileError::Refused { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn any_names_and_shapes_make_the_round_trip(
        parts in prop::collection::btree_map(
            prop_oneof!["[^.]{1,8}", "(__metadata__|dtype|shape|module|config|step|\"|\\\\|\u{0})"],
            prop::collection::vec(0_usize..4, 0..5),
            0..8,
        ),
        seed: u64,
    ) {
        fn check<T: Uniform + Stored>(parts: &[(String, Vec<usize>)], seed: u64) {
            let mut generator = Generator::manual_seed(seed);
            let parameter = |shape: &[usize]| {
                Parameter::new(generator.uniform::<T>(shape, -1.0, 1.0))
            };
            let parameters: Vec<_> = parts.iter().map(|(_, shape)| &shape[..]).map(parameter).collect();
            let names = parts.iter().map(|(name, _)| name.clone());
            let result = round_trip(&Named(names.zip(parameters).collect()));
            let is_taken = parts.iter().any(|(name, _)| name == "__metadata__");
            assert_eq!(result.is_err(), is_taken, "{result:?}");
        }
        let parts: Vec<_> = parts.into_iter().collect();
        check::<f32>(&parts, seed);
        check::<f64>(&parts, seed);
    }

    /// A model that has diverged does not replace a good file.
    #[test]
    fn what_is_not_finite_is_not_saved(
        which: prop::sample::Index,
        place: prop::sample::Index,
        value in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ) {
        fn check<T: Uniform + Stored>(
            which: prop::sample::Index, place: prop::sample::Index, value: f64,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("model.safetensors");
            let mut model = model::<T>(1);
            save(&path, &model).unwrap();
            let before = fs::read(&path).unwrap();
            let mut parameters = model.named_parameters_mut();
            let which = which.index(parameters.len());
            let (name, parameter) = &mut parameters[which];
            let data = parameter.value_mut().data_mut();
            let element = place.index(data.len());
            data[element] = T::from_f64(value);
            let expected = format!("{name} holds {value} (element {element}), which is no finite");
            let text = save(&path, &model).unwrap_err().to_string();
            assert!(text.contains(&expected), "{text}");
            assert!(before == fs::read(&path).unwrap());
        }
        check::<f32>(which, place, value);
        check::<f64>(which, place, value);
    }
}
