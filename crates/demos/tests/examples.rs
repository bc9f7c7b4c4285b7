//! The example programs run, and say what their comments promise.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use demos::own_data::model::Model;
use demos::{letters, remember, table_of_1997 as table};

const WEATHER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/seattle-weather.csv");

fn command(name: &str) -> Command {
    // Cargo puts the examples beside the folder of the tests.
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(name.to_string() + std::env::consts::EXE_SUFFIX);
    assert!(path.is_file(), "{} is built by `cargo test --workspace`", path.display());
    Command::new(path)
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn example(name: &str) -> String {
    output(&mut command(name))
}

/// What `examples/README.md` shows is printed, line by line. (What needs Python is not run.)
#[test]
fn the_ladder_shows_what_is_printed() {
    let readme = include_str!("../../../examples/README.md");
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("forecast.svg");
    let remembers = remember::runs_from_csv(remember::RESULTS).unwrap();
    let of_1997 = table::from_csv(table::RESULTS).unwrap();
    let mut rungs = 0;
    for section in readme.split("\n## ").skip(1) {
        let command_line = section.split("--example ").nth(1);
        let name = command_line.and_then(|rest| rest.split_whitespace().next());
        let printed = match name {
            Some("04_stop_and_resume") => {
                let file = folder.path().join("checkpoint.safetensors");
                output(command("04_stop_and_resume").arg(file).arg("4"))
            }
            Some("05_does_it_remember") => remember::table(&remembers),
            Some("06_table_of_1997") => table::table(&of_1997),
            Some("07_letters") => letters::OUTPUT.into(),
            Some("08_forecast_by_hand") => {
                output(command("08_forecast_by_hand").args([WEATHER, "temp_max"]).arg(&picture))
            }
            Some(name) => example(name),
            None => continue,
        };
        let shown = section.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
        let mut printed_lines = printed.lines();
        for line in shown.lines().filter(|line| *line != "…") {
            assert!(
                printed_lines.any(|printed| printed == line),
                "{name:?} does not print\n{line}"
            );
        }
        rungs += 1;
    }
    assert_eq!(rungs, 8);
}

#[test]
fn one_derivative() {
    insta::assert_snapshot!(example("01_one_derivative"));
}

#[test]
fn your_own_op() {
    let text = example("02_your_own_op");
    assert!(text.starts_with("softplus: the pullback agrees"), "{text}");
    assert!(text.contains("wrong_softplus: the gradient of argument 0"), "{text}");
}

#[test]
fn fit_a_line() {
    let text = example("03_fit_a_line");
    let last = text.lines().last().unwrap();
    let words: Vec<&str> = last.split_whitespace().collect();
    let [slope, intercept] = [6, 9].map(|k| words[k].parse::<f64>().unwrap());
    assert!((slope - 3.0).abs() < 0.05 && (intercept - 2.0).abs() < 0.05, "{last}");
}

/// A run that is killed, and then run again, prints the losses of a run that was
/// never stopped, to the last bit.
#[test]
fn stop_and_resume() {
    const NAME: &str = "04_stop_and_resume";
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let whole = output(command(NAME).arg(path("whole")).arg("150"));

    let mut killed = command(NAME);
    killed.arg(path("killed")).arg("1000000").stdout(Stdio::piped());
    let mut child = killed.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.map(Result::unwrap) {
        if line.starts_with("epoch 57 ") {
            child.kill().unwrap();
            break;
        }
    }
    child.wait().unwrap();

    let resumed = output(command(NAME).arg(path("killed")).arg("150"));
    let first = resumed.lines().next().expect("it was killed long before epoch 150");
    let from = whole.lines().position(|line| line == first);
    let from = from.expect("the first epoch after the stop is one of the whole run");
    assert!(from >= 50 && from % 10 == 0, "it goes on from a checkpoint, not from the start");
    assert_eq!(resumed.lines().collect::<Vec<_>>(), whole.lines().skip(from).collect::<Vec<_>>());
}

/// What cannot be trained or saved is known at once, and said in one line.
#[test]
fn stop_and_resume_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("text"), "no checkpoint\n\u{1b}[31m").unwrap();
    std::fs::write(path("empty"), "").unwrap();
    let cases: &[(i32, &[&str])] = &[
        (2, &[]),
        (2, &["new", "many"]),
        (2, &["new", "-1"]),
        (2, &["new", "1\n\u{202e}"]),
        (2, &["new", "10", "10"]),
        (1, &["missing/new", "10"]),
        (1, &["text/new", "10"]),
        (1, &["text", "10"]),
        (1, &["empty", "10"]),
        (1, &[".", "10"]),
    ];
    for (code, arguments) in cases {
        let mut command = command("04_stop_and_resume");
        let output = command.args(*arguments).current_dir(&folder).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("error: ") && output.stdout.is_empty(), "{stderr}");
        assert_eq!(stderr.find(char::is_control), Some(stderr.len() - 1), "{stderr:?}");
        assert!(stderr.matches("(os error").count() <= 1, "its cause once: {stderr}");
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 2, "nothing half-written");
}

/// By hand, the same comes out as `forecast --data` prints.
#[test]
fn forecast_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("picture.svg");
    let by_hand = || command("08_forecast_by_hand");
    let text = output(by_hand().args([WEATHER, "temp_max"]).arg(&picture));
    assert!(text.starts_with("the next row: 6.009\n"), "{text}");
    assert!(text.contains("persistence  MAE 2.370\nLSTM         MAE 2.205\n"), "{text}");
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.trim_end().ends_with("</svg>") && svg.matches("<polyline").count() == 3);

    for arguments in [[WEATHER, "weather", "p"], ["missing", "y", "p"], [WEATHER, "temp_max", "."]]
    {
        let output = by_hand().args(arguments).current_dir(&folder).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
        assert!(stderr.contains(arguments[0]) || stderr.contains("error: .: "), "{stderr}");
    }
}

/// What PyTorch goes on from: a model that can be loaded, and the losses of two more epochs.
#[test]
fn past_one_machine() {
    let folder = tempfile::tempdir().unwrap();
    output(command("09_past_one_machine").arg(WEATHER).arg(folder.path()));
    let model = Model::load(&folder.path().join("model.safetensors")).unwrap();
    assert_eq!(model.task.columns, ["precipitation", "temp_max", "temp_min", "wind"]);
    let losses = std::fs::read_to_string(folder.path().join("losses.csv")).unwrap();
    assert_eq!(losses.lines().count(), 1 + 2 * 862_usize.div_ceil(32));
    let losses: Vec<f64> = losses
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(1).unwrap().parse().unwrap())
        .collect();
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    assert!(mean(&losses[27..]) < mean(&losses[..27]), "it goes on to learn: {losses:?}");
}

/// The parts of two files are found among others, and what the networks say is saved.
#[test]
fn published_networks() {
    use nn::{Embedding, Generator, Linear, Lstm, LstmCell, LstmConfig, module};
    use tensor::{Parameter, Tape, Tensor};

    struct VoiceDetector {
        conv1: Linear<f32>,
        lstm_cell: LstmCell<f32>,
    }
    module! { impl Module<f32> for VoiceDetector { conv1, lstm_cell } }
    struct SpeakerEncoder {
        similarity: Embedding<f32>,
        lstm: Lstm<f32>,
        linear: Linear<f32>,
    }
    module! { impl Module<f32> for SpeakerEncoder { similarity, lstm, linear } }
    struct Outputs {
        hidden: Parameter<f32>,
        voices: Parameter<f32>,
    }
    module! { impl Module<f32> for Outputs { hidden, voices } }

    let folder = tempfile::tempdir().unwrap();
    let file = |name| folder.path().join(name);
    let rng = &mut Generator::manual_seed(7);
    let detector = VoiceDetector {
        conv1: Linear::new(1, 1, rng),
        lstm_cell: LstmCell::new(128, 128, true, rng),
    };
    nn::save(file("silero_vad_16k.safetensors"), &detector).unwrap();
    let config = LstmConfig { num_layers: 3, ..LstmConfig::new(40, 256) };
    let encoder = SpeakerEncoder {
        similarity: Embedding::new(1, 1, rng),
        lstm: Lstm::new(config, rng),
        linear: Linear::new(256, 256, rng),
    };
    nn::save(file("resemblyzer.safetensors"), &encoder).unwrap();

    output(command("10_published_networks").arg(folder.path()));
    let mut outputs = Outputs {
        hidden: Parameter::new(Tensor::zeros([2000, 1, 128])),
        voices: Parameter::new(Tensor::zeros([1, 8, 256])),
    };
    nn::load(file("outputs.safetensors"), &mut outputs).unwrap();
    // The first step of the stream, by the cell that was saved.
    let rng = &mut Generator::manual_seed(1);
    let tape = Tape::no_grad();
    let x = Tensor::from_fn([1, 128], || nn::Uniform::unit(rng));
    let (h, _) = detector.lstm_cell.forward(tape.constant(x), None);
    assert_eq!(outputs.hidden.value().data()[..128], *h.value().data());
    // Directions have the length 1.
    for voice in outputs.voices.value().data().chunks(256) {
        let length = voice.iter().map(|y| y * y).sum::<f32>().sqrt();
        assert!((length - 1.0).abs() < 1e-6 && voice.iter().all(|&y| y >= 0.0), "{length}");
    }
}

/// Every example ends in order if what it prints cannot be read or not be written.
#[cfg(target_os = "linux")]
#[test]
fn surroundings() {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::os::unix::ffi::OsStrExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(OsStr::from_bytes(b"not utf-8 \xff"));
    let picture = folder.path().join("picture.svg");
    let cases: &[(&str, &[&OsStr])] = &[
        ("01_one_derivative", &[]),
        ("02_your_own_op", &[]),
        ("03_fit_a_line", &[]),
        ("04_stop_and_resume", &[path.as_ref()]),
        ("05_does_it_remember", &["--help".as_ref()]),
        ("08_forecast_by_hand", &[WEATHER.as_ref(), "temp_max".as_ref(), picture.as_ref()]),
        ("09_past_one_machine", &["--help".as_ref()]),
        ("10_published_networks", &["--help".as_ref()]),
        ("06_table_of_1997", &["--help".as_ref()]),
        ("07_letters", &["--help".as_ref()]),
    ];
    for (name, arguments) in cases {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command(name).args(*arguments).stdout(full).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.starts_with("error: cannot write to the standard output"), "{text}");
        assert!(output.status.code() == Some(1) && text.lines().count() == 1, "{text}");

        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(name).args(*arguments).stdout(writer).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{name}: {output:?}");
    }
    assert!(path.is_file(), "04 has made its checkpoint");
}

/// What each network of the book's chapter has learnt after 20 steps, exactly.
#[test]
fn does_it_remember() {
    let text = output(command("05_does_it_remember").arg("--first-20"));
    let runs = remember::runs_from_csv(remember::RESULTS).unwrap();
    let expected: Vec<String> = runs.iter().map(remember::Run::beginning).collect();
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

/// The first 200 sequences of every run of the table, exactly.
#[test]
fn table_of_1997() {
    // Threads that the system refuses change nothing.
    let mut command = command("06_table_of_1997");
    let text = output(command.arg("--first-200").env("RUST_MIN_STACK", "1000000000000000"));
    let runs = table::from_csv(table::RESULTS).unwrap();
    let expected: Vec<String> = runs.iter().map(table::Run::beginning).collect();
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

/// The chapter of the book that shows an example's command.
fn chapter_about(example: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src");
    let files = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut texts = files.filter_map(|path| std::fs::read_to_string(path).ok());
    let command = format!("--example {example}");
    texts.find(|text| text.contains(&command)).expect("a chapter shows the command")
}

/// What is counted, and the first 100 steps of the book's chapter, to the last letter; and the
/// same of a file, whatever its ends of lines.
#[test]
fn letters() {
    let text = output(command("07_letters").arg("--first-100"));
    assert!(text.contains("\nStep 100: ") && letters::OUTPUT.starts_with(&text), "{text}");
    let chapter = chapter_about("07_letters");
    let blocks: Vec<&str> = chapter.split("```text\n").skip(1).collect();
    assert!(blocks.len() > 3);
    for block in blocks.iter().filter_map(|block| block.split("```").next()) {
        assert!(letters::OUTPUT.contains(block), "the book shows what is not printed:\n{block}");
    }

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text");
    let sonnets = include_str!("../../../examples/07_letters/sonnets.txt");
    std::fs::write(&file, format!("\u{feff}{}", sonnets.replace('\n', "\r\n"))).unwrap();
    assert_eq!(output(command("07_letters").arg("--first-100").arg("--text").arg(&file)), text);
}

/// A text of another kind, and what is drawn of it: letters that are markup elsewhere, no line
/// that ends, and a few of every script.
#[test]
fn letters_of_any_kind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text");
    std::fs::write(&file, "<b>&amp; \"ß語😀\"\t".repeat(80)).unwrap();
    let text = output(command("07_letters").args(["--first-100", "--text"]).arg(&file));
    assert!(text.contains("all equally likely") && text.contains("\nStep 100: "), "{text}");

    let letters = "<b>&\"ß語😀' \t\n\\".chars().zip((-6..7).map(|k| f64::from(k) / 6.0).cycle());
    let map = letters::Map::new("A cell".into(), letters.collect());
    let again = letters::Map::from_csv(&map.to_csv()).unwrap();
    assert_eq!(again.to_csv(), map.to_csv());
    assert!(again.letters.iter().map(|l| l.0).eq(map.letters.iter().map(|l| l.0)));
    let svg = demos::figures::letters(&map).unwrap();
    assert!(!svg.contains("<b>") && svg.contains("&lt;b&gt;"), "{svg}");
}

/// A text that cannot be learnt is known at once, and said in one line.
#[test]
fn letters_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let texts: &[(&str, &[u8])] = &[
        ("empty", b""),
        ("one-letter", &[b'a'; 5000]),
        ("short", &[b'a'; 1112]),
        ("latin-1", b"caf\xe9"),
        ("cut", b"caf\xc3"),
        ("control", b"\x1b[31m"),
        ("zero", &[0; 5000]),
        ("bidi", "a\u{202e}b".as_bytes()),
        ("not-xml", "a\u{ffff}b".as_bytes()),
        ("long", &[b'a'; 1_000_001]),
        ("longer", &[0xe8; 5_000_000]),
    ];
    let mut said = String::new();
    let mut run = |code: i32, arguments: &[&str]| {
        let mut command = command("07_letters");
        let output = command.args(arguments).current_dir(&folder).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("error: ") && output.stdout.is_empty(), "{stderr}");
        assert_eq!(stderr.find(char::is_control), Some(stderr.len() - 1), "{stderr:?}");
        if arguments[0] != "--text" || texts.iter().any(|(name, _)| *name == arguments[1]) {
            said += &stderr; // what the system says is another system's business
        }
    };
    for (name, text) in texts {
        std::fs::write(folder.path().join(name), text).unwrap();
        run(1, &["--text", name]);
    }
    run(1, &["--text", "missing"]);
    run(1, &["--text", "."]);
    run(2, &["--temperature", "0"]);
    run(2, &["--temperature", "NaN"]);
    run(2, &["--seed", "-1"]);
    run(2, &["--first-100", "folder"]);
    run(2, &["folder", "another"]);
    assert_eq!(folder.path().read_dir().unwrap().count(), texts.len(), "nothing half-written");
    insta::assert_snapshot!(said);
}
