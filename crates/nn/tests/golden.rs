//! PyTorch's own numbers, written by `golden/generate.py`.
//!
//! All expected values were computed in float64 from inputs that are exact in
//! float32. Ours must agree to 1e-10 in `f64` and to 1e-5 in `f32`, relative to
//! the largest element of each tensor.

use std::fs;
use std::path::Path;

use nn::{
    Adam, AdamConfig, Embedding, ForwardOptions, Generator, Linear, Lstm, LstmCell, LstmConfig,
    Module, Reduction, Rng, Rnn, Stored, Uniform, clip_grad_norm, clip_grad_norm_if_finite,
    cross_entropy, mse_loss_with,
};
use safetensors::SafeTensors;
use serde_json::Value;
use tensor::{Gradients, Parameter, Scalar, Tape, Tensor, Var};

/// A file of expected numbers.
struct Golden {
    tensors: SafeTensors<'static>,
    /// The options of each case.
    cases: Vec<Value>,
}

impl Golden {
    fn open(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let bytes = fs::read(folder.join(name).with_extension("safetensors")).unwrap();
        let bytes: &'static [u8] = bytes.leak();
        let (_, metadata) = SafeTensors::read_metadata(bytes).unwrap();
        Golden {
            tensors: SafeTensors::deserialize(bytes).unwrap(),
            cases: serde_json::from_str(&metadata.metadata().as_ref().unwrap()["cases"]).unwrap(),
        }
    }

    fn find<T: Stored>(&self, name: &str) -> Option<Tensor<T>> {
        let view = self.tensors.tensor(name).ok()?;
        assert_eq!(view.dtype(), T::DTYPE, "{name}");
        let number = |bytes: &[u8]| match bytes.try_into() {
            Ok(four) => f32::from_le_bytes(four).into(),
            Err(_) => f64::from_le_bytes(bytes.try_into().unwrap()),
        };
        let numbers = view.data().chunks_exact(size_of::<T>()).map(number);
        Some(Tensor::new(view.shape(), numbers.map(T::from_f64).collect()))
    }

    fn get<T: Stored>(&self, name: &str) -> Tensor<T> {
        self.find(name).unwrap_or_else(|| panic!("{name} is not in the file"))
    }
}

fn size(case: &Value, key: &str) -> usize {
    case[key].as_u64().unwrap() as usize
}

fn flag(case: &Value, key: &str) -> bool {
    case[key].as_bool().unwrap()
}

/// Types in which the numbers are compared.
trait Compared: Stored + Uniform {
    const TOLERANCE: f64;
}

impl Compared for f64 {
    const TOLERANCE: f64 = 1e-10;
}

impl Compared for f32 {
    const TOLERANCE: f64 = 1e-5;
}

#[track_caller]
fn assert_close<T: Compared>(what: &str, found: &Tensor<T>, expected: &Tensor<f64>) {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    // Where all are zero, they have to be zero.
    let largest = expected.data().iter().fold(0.0, |max: f64, x| max.max(x.abs()));
    for (k, (f, e)) in found.data().iter().zip(expected.data()).enumerate() {
        let error = (f.as_f64() - e).abs();
        assert!(
            error <= T::TOLERANCE * largest,
            "{what}, element {k}: {f} should be {e}, the largest element being {largest}"
        );
    }
}

/// A module together with inputs whose gradients are wanted, too.
struct Case<'g, T: Compared> {
    golden: &'g Golden,
    name: String,
    inputs: Vec<(String, Parameter<T>)>,
}

impl<'g, T: Compared> Case<'g, T> {
    fn new(golden: &'g Golden, case: &Value, inputs: &[&str]) -> Self {
        let name = case["name"].as_str().unwrap().to_string();
        let find = |input: &&str| {
            let value = golden.find::<f64>(&format!("{name}.{input}"))?;
            Some((input.to_string(), Parameter::new(value.cast())))
        };
        Case { golden, inputs: inputs.iter().filter_map(find).collect(), name }
    }

    fn get(&self, key: &str) -> Tensor<f64> {
        self.golden.get(&format!("{}.{key}", self.name))
    }

    fn set_parameters(&self, module: &mut impl Module<T>) {
        for (name, parameter) in module.named_parameters_mut() {
            let value = self.get(&format!("param.{name}"));
            assert_eq!(value.shape(), parameter.value().shape(), "{} {name}", self.name);
            *parameter.value_mut() = value.cast();
        }
    }

    fn input<'t>(&'t self, tape: &'t Tape<T>, input: &str) -> Option<Var<'t, T>> {
        let (_, parameter) = self.inputs.iter().find(|(name, _)| name == input)?;
        Some(tape.watch(parameter))
    }

    /// Compares the outputs, and returns the gradients of `Σ ⟨u, output⟩`.
    fn compare_outputs(&self, outputs: &[(&str, Var<'_, T>)]) -> Gradients<T> {
        let terms = outputs.iter().map(|(key, output)| {
            assert_close(&format!("{}.{key}", self.name), &output.value(), &self.get(key));
            let u = output.tape().constant(self.get(&format!("u.{key}")).cast());
            (u * *output).sum()
        });
        terms.reduce(|a, b| a + b).unwrap().backward()
    }

    fn compare_gradients(&self, module: &impl Module<T>, gradients: &Gradients<T>) {
        let compare = |key: String, parameter: &Parameter<T>| {
            let zeros = || Tensor::zeros(parameter.value().shape());
            let found = gradients.get(parameter).cloned().unwrap_or_else(zeros);
            assert_close(&format!("{}.{key}", self.name), &found, &self.get(&key));
        };
        for (name, parameter) in module.named_parameters() {
            compare(format!("grad.param.{name}"), parameter);
        }
        for (name, parameter) in &self.inputs {
            compare(format!("grad.{name}"), parameter);
        }
    }
}

fn lstm_config(case: &Value) -> LstmConfig {
    LstmConfig {
        num_layers: size(case, "num_layers"),
        bias: flag(case, "bias"),
        batch_first: flag(case, "batch_first"),
        bidirectional: flag(case, "bidirectional"),
        proj_size: size(case, "proj_size"),
        ..LstmConfig::new(size(case, "input_size"), size(case, "hidden_size"))
    }
}

fn lengths(case: &Value) -> Option<Vec<usize>> {
    let list = case["lengths"].as_array()?;
    Some(list.iter().map(|length| length.as_u64().unwrap() as usize).collect())
}

fn lstm_cases<T: Compared>() {
    let golden = Golden::open("lstm");
    let cases = &golden.cases;
    assert!(cases.len() >= 60);
    for options in cases {
        let case = Case::<T>::new(&golden, options, &["x", "h_0", "c_0"]);
        let mut lstm = Lstm::new(lstm_config(options), &mut Generator::manual_seed(0));
        case.set_parameters(&mut lstm);
        let lengths = lengths(options);
        let tape = Tape::new();
        let x = case.input(&tape, "x").unwrap();
        let state = case.input(&tape, "h_0").zip(case.input(&tape, "c_0"));
        let options =
            ForwardOptions { state, lengths: lengths.as_deref(), ..ForwardOptions::default() };
        let (output, (h_n, c_n)) = lstm.forward_with(x, options);
        let gradients = case.compare_outputs(&[("output", output), ("h_n", h_n), ("c_n", c_n)]);
        drop(tape);
        case.compare_gradients(&lstm, &gradients);
    }
}

fn lstm_cell_cases<T: Compared>() {
    let golden = Golden::open("lstm_cell");
    for options in &golden.cases {
        let case = Case::<T>::new(&golden, options, &["x", "h_0", "c_0"]);
        let mut cell = LstmCell::new(
            size(options, "input_size"),
            size(options, "hidden_size"),
            flag(options, "bias"),
            &mut Generator::manual_seed(0),
        );
        case.set_parameters(&mut cell);
        let tape = Tape::new();
        let x = case.input(&tape, "x").unwrap();
        let state = case.input(&tape, "h_0").zip(case.input(&tape, "c_0"));
        let (h, c) = cell.forward(x, state);
        let gradients = case.compare_outputs(&[("h", h), ("c", c)]);
        drop(tape);
        case.compare_gradients(&cell, &gradients);
    }
}

fn rnn_cases<T: Compared>() {
    let golden = Golden::open("rnn");
    assert!(golden.cases.len() >= 6);
    for options in &golden.cases {
        let case = Case::<T>::new(&golden, options, &["x", "h_0"]);
        let generator = &mut Generator::manual_seed(0);
        let mut rnn =
            Rnn::new(size(options, "input_size"), size(options, "hidden_size"), generator);
        case.set_parameters(&mut rnn);
        let tape = Tape::new();
        let x = case.input(&tape, "x").unwrap();
        let (output, h_n) = rnn.forward(x, case.input(&tape, "h_0"));
        let gradients = case.compare_outputs(&[("output", output), ("h_n", h_n)]);
        drop(tape);
        case.compare_gradients(&rnn, &gradients);
    }
}

fn linear_cases<T: Compared>() {
    let golden = Golden::open("linear_mse");
    for options in golden.cases.iter().filter(|case| case["in_features"].is_u64()) {
        let case = Case::<T>::new(&golden, options, &["x"]);
        let generator = &mut Generator::manual_seed(0);
        let (inputs, outputs) = (size(options, "in_features"), size(options, "out_features"));
        let mut linear = if flag(options, "bias") {
            Linear::new(inputs, outputs, generator)
        } else {
            Linear::without_bias(inputs, outputs, generator)
        };
        case.set_parameters(&mut linear);
        let tape = Tape::new();
        let output = linear.forward(case.input(&tape, "x").unwrap());
        let gradients = case.compare_outputs(&[("output", output)]);
        drop(tape);
        case.compare_gradients(&linear, &gradients);
    }
}

/// Gradients of some parameters that are just these numbers.
fn with_gradients<T: Scalar>(parameters: &[Parameter<T>], gradients: &[Tensor<T>]) -> Gradients<T> {
    let tape = Tape::new();
    let terms = parameters.iter().zip(gradients);
    let terms = terms.map(|(p, g)| (tape.watch(p) * tape.constant(g.clone())).sum());
    terms.reduce(|a, b| a + b).unwrap().backward()
}

fn mse_cases<T: Compared>() {
    let golden = Golden::open("linear_mse");
    for options in golden.cases.iter().filter(|case| case["reduction"].is_string()) {
        let case = Case::<T>::new(&golden, options, &["input", "target"]);
        let reduction = match options["reduction"].as_str().unwrap() {
            "mean" => Reduction::Mean,
            "sum" => Reduction::Sum,
            _ => Reduction::None,
        };
        let tape = Tape::new();
        let [input, target] = ["input", "target"].map(|name| case.input(&tape, name).unwrap());
        let loss = mse_loss_with(input, target, reduction);
        let gradients = case.compare_outputs(&[("output", loss)]);
        case.compare_gradients(&Vec::<Parameter<T>>::new(), &gradients);
    }
}

fn indices(case: &Value, key: &str) -> Vec<usize> {
    let list = case[key].as_array().unwrap().iter();
    list.map(|index| index.as_u64().unwrap() as usize).collect()
}

fn cross_entropy_cases<T: Compared>() {
    let golden = Golden::open("cross_entropy");
    assert!(golden.cases.len() >= 10);
    for options in &golden.cases {
        let case = Case::<T>::new(&golden, options, &["input"]);
        let tape = Tape::new();
        let input = case.input(&tape, "input").unwrap();
        let loss = cross_entropy(input, &indices(options, "target"));
        let gradients = case.compare_outputs(&[("loss", loss)]);
        case.compare_gradients(&Vec::<Parameter<T>>::new(), &gradients);
    }
}

fn embedding_cases<T: Compared>() {
    let golden = Golden::open("embedding");
    for options in golden.cases.iter().filter(|case| case["symbols"].is_array()) {
        let case = Case::<T>::new(&golden, options, &[]);
        let shape = indices(options, "shape");
        let mut embedding = Embedding::new(shape[0], shape[1], &mut Generator::manual_seed(0));
        case.set_parameters(&mut embedding);
        let tape = Tape::new();
        let output = embedding.forward(&tape, &indices(options, "symbols"));
        let gradients = case.compare_outputs(&[("output", output)]);
        drop(tape);
        case.compare_gradients(&embedding, &gradients);
    }
}

/// Initial values, up to rounding; and just as many random numbers are used for them.
fn embedding_init<T: Compared>() {
    let golden = Golden::open("embedding");
    let cases = golden.cases.iter().filter(|case| case["seed"].is_u64());
    let of_this_type = |case: &&Value| {
        let name = format!("{}.weight", case["name"].as_str().unwrap());
        golden.tensors.tensor(&name).unwrap().dtype() == T::DTYPE
    };
    let mut count = 0;
    for case in cases.filter(of_this_type) {
        let (name, shape) = (case["name"].as_str().unwrap(), indices(case, "shape"));
        let generator = &mut Generator::manual_seed(case["seed"].as_u64().unwrap());
        let embedding = Embedding::<T>::new(shape[0], shape[1], generator);
        let expected = golden.get::<T>(&format!("{name}.weight"));
        let errors = embedding.weight.value().zip(&expected, |a, b| (a - b).abs());
        // PyTorch rounds the angle 2πu, which we don't.
        let most = T::from_f64(16.0) * T::epsilon();
        assert!(errors.data().iter().all(|error| *error <= most), "{name}: {errors:?}");
        let next = golden.get::<f32>(&format!("{name}.next"));
        assert_eq!(generator.uniform::<f32>([3], 0.0, 1.0), next, "{name}");
        count += 1;
    }
    assert_eq!(count, 10);
}

fn adam_cases<T: Compared>() {
    let golden = Golden::open("adam");
    let cases = &golden.cases;
    assert!(cases.len() >= 20);
    for options in cases {
        let name = options["name"].as_str().unwrap();
        let get = |key: &str| golden.get::<f64>(&format!("{name}.{key}"));
        let number = |key: &str| options[key].as_f64().unwrap();
        let mut model = vec![Parameter::new(get("start").cast::<T>())];
        let mut adam = Adam::new(AdamConfig {
            lr: number("lr"),
            betas: (options["betas"][0].as_f64().unwrap(), options["betas"][1].as_f64().unwrap()),
            eps: number("eps"),
            weight_decay: number("weight_decay"),
            amsgrad: flag(options, "amsgrad"),
            maximize: flag(options, "maximize"),
            decoupled_weight_decay: options["optimizer"] == "AdamW",
        });
        let (gradients, trajectory) = (get("gradients"), get("trajectory"));
        for t in 0..gradients.shape()[0] {
            adam.config.lr = options["lr_at"][t].as_f64().unwrap();
            let row = |rows: &Tensor<f64>| rows.narrow(0, t, 1).reshape([rows.shape()[1]]);
            let gradients = with_gradients(&model, &[row(&gradients).cast()]);
            adam.step(&mut model, &gradients);
            assert_close(&format!("{name}, step {t}"), model[0].value(), &row(&trajectory));
        }
    }
}

fn clip_cases<T: Compared>() {
    let golden = Golden::open("clip_grad_norm");
    for options in &golden.cases {
        let name = options["name"].as_str().unwrap();
        let get = |key: String| golden.get::<f64>(&format!("{name}.{key}"));
        let count = size(options, "tensors");
        let given: Vec<Tensor<T>> = (0..count).map(|j| get(format!("grad.{j}")).cast()).collect();
        let zeros = given.iter().map(|g| Parameter::new(Tensor::zeros(g.shape())));
        let model: Vec<Parameter<T>> = zeros.collect();
        let mut gradients = with_gradients(&model, &given);
        let max_norm = options["max_norm"].as_f64().unwrap();
        let mut same = gradients.clone();
        let norm = clip_grad_norm(&model, &mut gradients, max_norm);
        assert_eq!(clip_grad_norm_if_finite(&model, &mut same, max_norm), Ok(norm));
        assert_close(&format!("{name}.norm"), &Tensor::from(norm), &get("norm".into()));
        for (j, parameter) in model.iter().enumerate() {
            let found = gradients.get(parameter).unwrap();
            assert_close(&format!("{name}.{j}"), found, &get(format!("clipped.{j}")));
            assert_eq!(same.get(parameter), Some(found));
        }
    }
}

macro_rules! in_both_precisions {
    ($($test:ident),*) => {$(
        mod $test {
            #[test]
            fn f32() {
                super::$test::<f32>();
            }

            #[test]
            fn f64() {
                super::$test::<f64>();
            }
        }
    )*};
}

in_both_precisions!(
    lstm_cases,
    lstm_cell_cases,
    rnn_cases,
    linear_cases,
    mse_cases,
    cross_entropy_cases,
    embedding_cases,
    embedding_init,
    adam_cases,
    clip_cases
);

/// `torch.manual_seed(7)`, then `torch.randperm` of 12, 3, 1 and 0.
#[test]
fn randperm() {
    let rng = &mut nn::Generator::manual_seed(7);
    assert_eq!(rng.randperm(12), [3, 4, 0, 5, 7, 9, 11, 6, 8, 1, 10, 2]);
    assert_eq!([3, 1, 0].map(|n| rng.randperm(n)), [vec![1, 0, 2], vec![0], vec![]]);
}

/// What the crate `rand` draws from: the ten thousandth word is in the C++ standard, for
/// `mt19937`, and the bytes are NumPy's, of `RandomState(5489).bytes(7)`.
#[test]
fn words_and_bytes() {
    let start = Generator::manual_seed(5489);
    let (mut words, mut bytes) = (start.clone(), [0; 7]);
    assert_eq!((0..10_000).map(|_| words.next_u32()).last(), Some(4_123_659_995));
    start.clone().fill_bytes(&mut bytes);
    assert_eq!(bytes, [92, 187, 145, 208, 246, 158, 174]);
}

/// The initial weights, bit for bit, for modules built one after the other from
/// one generator, first in `f32` and then in `f64`.
#[test]
fn manual_seed() {
    fn compare<T: Stored>(golden: &Golden, prefix: String, module: &(impl Module<T> + Clone)) {
        let parameters = module.state_dict();
        assert!(!parameters.is_empty());
        for (name, value) in parameters {
            let expected = golden.get::<T>(&format!("{prefix}.{name}"));
            assert_eq!(value.shape(), expected.shape(), "{prefix}.{name}");
            assert_eq!(value.data(), expected.data(), "{prefix}.{name}");
        }
    }
    let golden = Golden::open("manual_seed");
    let cases = &golden.cases;
    assert!(cases.len() >= 10);
    for case in cases {
        let seed = case["seed"].as_u64().unwrap();
        let name = case["name"].as_str().unwrap();
        let g = &mut Generator::manual_seed(seed);
        let lstm = |config, g: &mut Generator| Lstm::<f32>::new(config, g);
        compare(&golden, format!("{name}.0"), &lstm(LstmConfig::new(3, 2), g));
        let config = LstmConfig { num_layers: 2, bidirectional: true, ..LstmConfig::new(2, 5) };
        compare(&golden, format!("{name}.1"), &lstm(config, g));
        let config =
            LstmConfig { num_layers: 2, proj_size: 3, bias: false, ..LstmConfig::new(4, 6) };
        compare(&golden, format!("{name}.2"), &lstm(config, g));
        compare(&golden, format!("{name}.3"), &Linear::<f32>::new(7, 3, g));
        compare(&golden, format!("{name}.4"), &Linear::<f32>::without_bias(4, 2, g));
        compare(&golden, format!("{name}.5"), &LstmCell::<f32>::new(3, 4, true, g));
        compare(&golden, format!("{name}.6"), &Lstm::<f64>::new(LstmConfig::new(3, 2), g));
        compare(&golden, format!("{name}.7"), &Linear::<f64>::new(5, 2, g));
        compare(&golden, format!("{name}.8"), &Rnn::<f32>::new(3, 4, g));
        // The seed's high half does not count.
        let again =
            Lstm::<f32>::new(LstmConfig::new(3, 2), &mut Generator::manual_seed(seed + (7 << 32)));
        compare(&golden, format!("{name}.0"), &again);
    }
}
