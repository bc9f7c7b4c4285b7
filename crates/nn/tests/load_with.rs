//! Files that others wrote: parts, conversions, and what is said of files that do not fit.

use std::fs;
use std::path::Path;

use nn::{Generator, Linear, LoadOptions, Module, Stored, Uniform, load, load_with, module, save};
use proptest::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tensor::{Parameter, Scalar, Tensor};

type Entry = (String, Dtype, Vec<usize>, Vec<u8>);

fn write(path: &Path, entries: &[Entry]) {
    let views = entries.iter().map(|(name, dtype, shape, bytes)| {
        (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

fn linear<T: Uniform>(seed: u64) -> Linear<T> {
    Linear::new(3, 2, &mut Generator::manual_seed(seed))
}

/// The entries of `linear(1)` after a prefix.
fn entries(prefix: &str) -> Vec<Entry> {
    let bytes = |value: &Tensor<f32>| value.data().iter().flat_map(|x| x.to_le_bytes()).collect();
    let entry = |(name, value): (String, Tensor<f32>)| {
        (format!("{prefix}{name}"), Dtype::F32, value.shape().to_vec(), bytes(&value))
    };
    linear(1).state_dict().into_iter().map(entry).collect()
}

/// One parameter from these bytes.
fn converted<T: Stored>(dtype: Dtype, bytes: &[u8]) -> Result<Vec<T>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let size = 8 * bytes.len() / dtype.bitsize();
    write(&path, &[(String::new(), dtype, vec![size], bytes.to_vec())]);
    let mut loaded = Parameter::new(Tensor::<T>::full([size], T::from_f64(7.0)));
    let options = LoadOptions { convert: true, ..Default::default() };
    match load_with(&path, &mut loaded, options) {
        Ok(()) => Ok(loaded.value().data().to_vec()),
        Err(error) => {
            assert!(loaded.value().data().iter().all(|x| x.as_f64() == 7.0));
            Err(error.to_string())
        }
    }
}

/// What the bits of a binary number of this format say, by the definition.
fn by_definition(bits: u16, exponent_bits: i32) -> f64 {
    let fraction_bits = 15 - exponent_bits;
    let (sign, rest) = (bits >> 15, i32::from(bits & 0x7fff));
    let (exponent, fraction) = (rest >> fraction_bits, rest & ((1 << fraction_bits) - 1));
    let (bias, unit) = ((1 << (exponent_bits - 1)) - 1, 2_f64.powi(-fraction_bits));
    let magnitude = match exponent {
        0 => f64::from(fraction) * unit * 2_f64.powi(1 - bias),
        e if e == (1 << exponent_bits) - 1 && fraction == 0 => f64::INFINITY,
        e if e == (1 << exponent_bits) - 1 => f64::NAN,
        e => (1.0 + f64::from(fraction) * unit) * 2_f64.powi(e - bias),
    };
    if sign == 1 { -magnitude } else { magnitude }
}

/// All numbers of 16 bits, in both formats.
#[test]
fn every_f16_and_every_bf16() {
    fn check<T: Stored>() {
        for (dtype, exponent_bits) in [(Dtype::F16, 5), (Dtype::BF16, 8)] {
            let value = |bits: &u16| by_definition(*bits, exponent_bits);
            let all = || 0..=u16::MAX;
            let finite: Vec<u16> = all().filter(|bits| value(bits).is_finite()).collect();
            let bytes: Vec<u8> = finite.iter().flat_map(|bits| bits.to_le_bytes()).collect();
            for (bits, found) in finite.iter().zip(converted::<T>(dtype, &bytes).unwrap()) {
                let (found, value) = (found.as_f64(), value(bits));
                assert_eq!(found.to_bits(), value.to_bits(), "{bits:#x}: {found} {value}");
            }
            for bits in all().filter(|bits| !value(bits).is_finite()).step_by(37) {
                let text = converted::<T>(dtype, &bits.to_le_bytes()).unwrap_err();
                let expected =
                    format!("holds {} (element 0), which is no finite", value(&bits).abs());
                assert!(text.replace('-', "").contains(&expected), "{text}");
            }
        }
    }
    check::<f32>();
    check::<f64>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// f32 becomes f64 exactly, and f64 the nearest f32 if there is one.
    #[test]
    fn f32_and_f64(wide: u64, near in any::<f32>(), by in -3_i64..4) {
        let near = f64::from_bits((f64::from(near).to_bits() as i64).wrapping_add(by << 27) as u64);
        for wide in [f64::from_bits(wide), near] {
            let narrow = wide as f32;
            let found = converted::<f32>(Dtype::F64, &wide.to_le_bytes());
            if narrow.is_finite() {
                prop_assert_eq!(found.unwrap()[0].to_bits(), narrow.to_bits());
                let found = converted::<f64>(Dtype::F32, &narrow.to_le_bytes()).unwrap();
                prop_assert_eq!(found[0].to_bits(), f64::from(narrow).to_bits());
            } else {
                let why = if wide.is_finite() { "too large for the model's type" } else { "no finite number" };
                let expected = format!("holds {wide:?} (element 0), which is {why}");
                prop_assert!(found.unwrap_err().ends_with(&expected));
            }
        }
    }

    /// Under any prefix, among any other entries, with and without a conversion.
    #[test]
    fn any_prefix(
        prefix in "[^\u{0}]{0,10}",
        others in prop::collection::btree_set("[a-z._]{0,12}", 0..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut all = entries(&prefix);
        let is_under = |name: &String| name.starts_with(&prefix);
        let others: Vec<String> = others.into_iter().filter(|name| !is_under(name)).collect();
        all.extend(others.iter().map(|name| (name.clone(), Dtype::I64, vec![1], vec![1; 8])));
        write(&path, &all);
        let mut loaded = linear::<f64>(2);
        load_with(&path, &mut loaded, LoadOptions { prefix: &prefix, convert: true }).unwrap();
        let expected = linear::<f32>(1);
        for ((_, found), (_, expected)) in loaded.state_dict().iter().zip(expected.state_dict()) {
            let expected: Vec<_> = expected.data().iter().map(|x| f64::from(*x)).collect();
            prop_assert_eq!(found.data(), expected);
        }

        // Without it, the message says which, as it is written in a program.
        let mut loaded = linear::<f32>(2);
        match load(&path, &mut loaded) {
            Ok(()) => prop_assert!(prefix.is_empty() && others.is_empty()),
            Err(error) => {
                let call = format!("LoadOptions {{ prefix: {prefix:?}, convert: false }}");
                let text = error.to_string();
                prop_assert!(prefix.is_empty() || format!("{prefix:?}").len() > 50 || text.contains(&call), "{}", text);
                prop_assert!(!text.contains(char::is_control));
                load_with(&path, &mut loaded, LoadOptions { prefix: &prefix, convert: false }).unwrap();
            }
        }
        // What is under the prefix has to be the model, and nothing else.
        all.push((format!("{prefix}more"), Dtype::F32, vec![0], vec![]));
        write(&path, &all);
        let before = loaded.state_dict();
        let error = load_with(&path, &mut loaded, LoadOptions { prefix: &prefix, convert: true });
        prop_assert!(error.unwrap_err().to_string().contains("more is not expected"));
        prop_assert_eq!(before, loaded.state_dict());
    }

    /// No name and no text of a file reaches the terminal as it is, and every message fits on
    /// a screen of 80 columns and 24 lines.
    #[test]
    fn messages_are_printable_and_short(
        names in prop::collection::btree_set(".{0,30}|[\u{1b}\u{202e}\n\r]{1,99}|[a-z]{200,900}", 1..20),
        file in ".{0,100}",
    ) {
        let folder = tempfile::tempdir().unwrap();
        let file: String = file.chars().filter(|c| !"/\0".contains(*c)).take(60).collect();
        let path = folder.path().join(format!("file{file}"));
        let entry = |name: &String| (name.clone(), Dtype::F16, vec![1; 40], vec![0; 2]);
        write(&path, &names.iter().map(entry).collect::<Vec<_>>());
        let broken = format!("{{\"{}\":5}}", names.iter().next().unwrap().escape_default());
        let text = [
            load(&path, &mut linear::<f32>(1)).unwrap_err().to_string(),
            linear::<f32>(1).load_state_dict(&names.iter().map(|name| (name.clone(), Tensor::zeros([]))).collect::<Vec<_>>()).unwrap_err().to_string(),
            {
                fs::write(&path, [&(broken.len() as u64).to_le_bytes(), broken.as_bytes()].concat()).unwrap();
                load(&path, &mut linear::<f32>(1)).unwrap_err().to_string()
            },
        ];
        for text in text {
            prop_assert!(text.chars().count() <= 80 * 24, "{}", text);
            let obeyed = |c: char| {
                c.is_control() || "\u{200e}\u{200f}\u{2028}\u{2029}\u{61c}\u{feff}".contains(c)
                    || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
            };
            prop_assert!(!text.contains(obeyed), "{:?}", text);
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever the header says, what is loaded is what the library would load.
    #[test]
    fn hostile_headers(
        entries in prop::collection::vec(
            (
                "weight|bias|__metadata__|\u{e9}",
                "F32|F64|I64|F16|X9",
                prop::collection::vec(prop::sample::select(vec![0, 1, 2, 3, 5, u64::MAX, 1 << 62]), 0..3),
                prop::sample::select(vec![0, 8, 24, 32, u64::MAX]),
                prop::sample::select(vec![0, 8, 24, 32, 33, u64::MAX]),
            ),
            0..4,
        ),
        metadata in prop::sample::select(vec!["", "{}", "null", "5", r#"{"a":"b"}"#, r#"{"a":5}"#, r#"{"a":"[[[[{{{{"}"#]),
        size in prop::sample::select(vec![0, 24, 32, 33]),
        longer in -1_i64..2,
    ) {
        let quote = |(name, dtype, shape, from, to): &(String, String, Vec<u64>, u64, u64)| {
            format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{from},{to}]}}"#)
        };
        let mut parts: Vec<String> = entries.iter().map(quote).collect();
        if !metadata.is_empty() {
            parts.push(format!(r#""__metadata__":{metadata}"#));
        }
        let header = format!("{{{}}}", parts.join(","));
        let length = (header.len() as i64 + longer.min(0)) as u64;
        let bytes = [&length.to_le_bytes(), header.as_bytes(), &vec![0; size]].concat();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, &bytes).unwrap();
        let mut loaded = linear::<f32>(1);
        let before = loaded.state_dict();
        let is_loaded = load(&path, &mut loaded).is_ok();
        prop_assert!(is_loaded || before == loaded.state_dict());
        // Two entries of one name are an error here, and null for no metadata.
        let library = SafeTensors::deserialize(&bytes);
        let is_fit = library.is_ok_and(|file| {
            let has = |name: &str, shape: &[usize]| {
                file.tensor(name).is_ok_and(|t| t.shape() == shape && t.dtype() == Dtype::F32)
            };
            file.len() == 2 && has("weight", &[2, 3]) && has("bias", &[2])
        });
        prop_assert!(is_fit || !is_loaded);
        let names: Vec<_> = entries.iter().map(|entry| &entry.0).collect();
        if is_fit && names.len() == 2 && metadata != "null" {
            prop_assert!(is_loaded);
        }
    }
}

/// A text of very many brackets in the metadata is just a text.
#[test]
fn metadata_may_hold_anything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let text = serde_json::json!({ "history": vec![vec![0; 9]; 50_000] }).to_string();
    let views = entries("");
    let views = views.iter().map(|(name, dtype, shape, bytes)| {
        (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    let metadata = [("config".to_string(), text)].into();
    fs::write(&path, safetensors::serialize(views, Some(metadata)).unwrap()).unwrap();
    let mut loaded = linear::<f32>(2);
    load(&path, &mut loaded).unwrap();
    assert_eq!(loaded.state_dict(), linear(1).state_dict());
}

/// Three networks in one file, the first of them larger.
struct Network<T: Scalar> {
    biggest: Linear<T>,
    encoder: Linear<T>,
    decoder: Linear<T>,
}

module! { impl<T: Scalar> Module<T> for Network<T> { biggest, encoder, decoder } }

/// Files of other programs, and of the same but not as they should be: what is said of them.
#[test]
fn messages() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut catalogue = String::new();
    let mut case = |name: &str, options: LoadOptions<'_>| {
        let mut loaded = linear::<f32>(2);
        let text = load_with(&path, &mut loaded, options).unwrap_err().to_string();
        assert_eq!(loaded.state_dict(), linear(2).state_dict());
        let text = text.replace(&path.display().to_string(), "FILE");
        catalogue += &format!("{name}:\n    {text}\n");
    };

    let zip = |name: &str| {
        let length = (name.len() as u16).to_le_bytes();
        [b"PK\x03\x04", &[0; 22][..], &length, &[0; 2], name.as_bytes(), b"data"].concat()
    };
    save(&path, &linear::<f32>(1)).unwrap();
    let good = fs::read(&path).unwrap();
    let files: [(&str, &[u8]); 19] = [
        ("empty", b""),
        ("cut off in its length", &good[..5]),
        ("cut off in its header", &good[..40]),
        ("a byte less than its header", &good[..good.len() - 33]),
        ("cut off in its numbers", &good[..good.len() - 4]),
        ("a byte too many", &[&good[..], b"!"].concat()),
        (".pt", &zip("archive/data.pkl")),
        (".npz", &zip("weight.npy")),
        ("zip, cut off", b"PK\x03\x04\x14"),
        (".npy", b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}"),
        ("pickle", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."),
        ("HTML", b"\n<!DOCTYPE html>\n<html><title>Sign in</title></html>"),
        ("Git LFS", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
        ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"),
        ("HDF5", b"\x89HDF\r\n\x1a\n\x00\x00\x00\x00"),
        ("GGUF", b"GGUF\x03\x00\x00\x00\x00\x00\x00\x00"),
        ("JSON", b"{\"weight_map\": {\"a\": \"model-00001.safetensors\"}}"),
        ("zeros", &[0; 4096]),
        ("text", b"1.0, 2.0, 3.0\n"),
    ];
    for (name, bytes) in files {
        fs::write(&path, bytes).unwrap();
        case(name, LoadOptions::default());
    }
    let header = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    let entry = r#"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#;
    for (name, text) in [
        ("another type of entry", r#"{"weight":{"dtype":"F3","shape":[],"data_offsets":[0,0]}}"#),
        ("no entry", r#"{"weight":5}"#),
        ("overlapping", r#"{"weight":{"dtype":"F32","shape":[],"data_offsets":[1,5]}}"#),
        ("twice", &format!(r#"{{"weight":{entry},"weight":{entry}}}"#)),
        ("metadata that is no text", r#"{"__metadata__":{"epoch":5}}"#),
    ] {
        fs::write(&path, header(text)).unwrap();
        case(name, LoadOptions::default());
    }

    let convert = LoadOptions { convert: true, ..Default::default() };
    let of_type = |dtype: Dtype, prefix: &str| -> Vec<Entry> {
        let bytes = |size: usize| vec![0; size * dtype.bitsize() / 8];
        let entry = |(name, _, shape, _): Entry| {
            let bytes = bytes(shape.iter().product());
            (name, dtype, shape, bytes)
        };
        entries(prefix).into_iter().map(entry).collect()
    };
    for dtype in [Dtype::F16, Dtype::BF16, Dtype::F64, Dtype::I64] {
        write(&path, &of_type(dtype, ""));
        case(&format!("{dtype}"), LoadOptions::default());
    }
    case("I64, to be converted", convert);
    write(&path, &[("weight".into(), Dtype::F64, vec![2, 3], 1e300_f64.to_le_bytes().repeat(6))]);
    case("F64 and no bias", LoadOptions::default());
    write(&path, &of_type(Dtype::F16, "_orig_mod.")[..]);
    case("a prefix and a type", LoadOptions::default());
    write(&path, &entries("module."));
    case("a prefix", LoadOptions::default());
    case("another prefix", LoadOptions { prefix: "net.", ..Default::default() });
    write(&path, &entries(""));
    case("a prefix that is not there", LoadOptions { prefix: "module.", ..Default::default() });
    let other = |inputs| Linear::<f32>::new(inputs, 2, &mut Generator::manual_seed(3));
    save(&path, &Network { biggest: other(4), encoder: other(3), decoder: other(3) }).unwrap();
    case("several prefixes", LoadOptions::default());
    case("one of them", LoadOptions { prefix: "biggest.", ..Default::default() });
    let many: Vec<_> = (0..100).map(|_| other(1)).collect();
    save(&path, &many).unwrap();
    case("a hundred layers", LoadOptions::default());
    let forged = [("\u{1b}[2J\u{202e}\nweight".into(), Dtype::F32, vec![0], vec![])];
    write(&path, &forged);
    case("a name that a terminal would obey", LoadOptions::default());
    insta::assert_snapshot!("messages", catalogue);
}

/// Of a path that does not fit on a screen, both ends are shown: 300 characters in all.
#[test]
fn a_long_path() {
    let path = Path::new("begin").join("x".repeat(200)).join("y".repeat(200)).join("end.file");
    let text = load(&path, &mut linear::<f32>(0)).unwrap_err().to_string();
    let shown = text.strip_prefix("cannot read ").unwrap().split(": ").next().unwrap();
    assert_eq!(shown.chars().count(), 300);
    let (begin, end) = shown.split_once('…').unwrap();
    assert_eq!(begin, format!("begin{}{}", std::path::MAIN_SEPARATOR, "x".repeat(144)));
    assert!(path.to_str().unwrap().ends_with(end), "{end}");
}
