//! `forecast --data`: a forecast of one's own CSV file.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use demos::own_data::baselines::{Score, linear_regression, naive_error};
use demos::own_data::csv_file::{Columns, Table, read};
use demos::own_data::dataset::{Scaling, Windows, split};
use demos::own_data::model::Model;
use demos::own_data::network::Settings;
use demos::own_data::prepare::prepare;
use demos::own_data::{report, test_starts, train};
use demos::program::printable;
use insta::assert_snapshot;
use nn::{Generator, Module, Uniform};
use tensor::{Tape, Tensor};

const WEATHER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/seattle-weather.csv");

fn demos(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demos"));
    command.arg("forecast").args(arguments).current_dir(folder).output().unwrap()
}

fn stdout(folder: &Path, arguments: &[&str]) -> String {
    let output = demos(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn left_in(folder: &Path) -> Vec<String> {
    let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// What a training should cost in a test.
fn small() -> Settings {
    Settings { hidden: 4, window: 3, epochs: 3, ..Settings::default() }
}

/// A table of two columns, of which the second is to be forecast.
fn table(seed: u64, rows: usize) -> Table {
    let generator = &mut Generator::manual_seed(seed);
    let rows: Tensor<f64> = generator.uniform([rows, 2], -5.0, 20.0);
    let lines = (2..2 + rows.shape()[0] as u64).collect();
    Table { columns: vec!["a".into(), "b".into()], target: 1, rows, lines, left_out: vec![] }
}

/// The figures of the book: each seed's error on the test part, beside persistence's.
#[test]
fn it_beats_persistence() {
    let table = read(WEATHER.as_ref(), "temp_max", Columns::AllBut(&[]), false).unwrap();
    let default = Settings::default();
    let (table, scaling) = prepare(table, default.window, default.horizon).unwrap();
    let ratios = [0, 1, 2, 3, 4].map(|seed| {
        let settings = Settings { seed, ..default };
        let trained = train(&table, scaling.clone(), &settings, None, |_, _| ()).unwrap();
        let scores = report::test_scores(&trained.model, &table).unwrap();
        scores[0].1.mae / scores[2].1.mae
    });
    assert!(ratios.iter().all(|&ratio| ratio <= 0.95), "{ratios:?}");
    assert!(ratios.iter().sum::<f64>() / 5.0 <= 0.93, "{ratios:?}");
}

/// What is printed, at a width of 80 columns.
#[test]
fn printed() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--data", WEATHER, "--target", "temp_max", "--period", "365"];
    let saving = ["--save", "new/weather.safetensors"];
    let trained = stdout(folder.path(), &[&arguments[..], &saving].concat());
    let arguments = ["--data", WEATHER, "--load", "new/weather.safetensors", "--pictures", "p"];
    let loaded = stdout(folder.path(), &arguments);
    assert_eq!(left_in(folder.path()), ["new", "p", "pictures"]);
    // It is the chapter's picture.
    let drawn = fs::read_to_string(folder.path().join("pictures/forecast.svg")).unwrap();
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src/images/forecast.svg");
    if std::env::var_os("UPDATE_FIGURES").is_some() {
        fs::write(&book, &drawn).unwrap();
    }
    assert!(drawn == fs::read_to_string(book).unwrap(), "the book's picture; UPDATE_FIGURES=1");
    for (name, text) in [("trained", trained), ("loaded", loaded)] {
        let text = text.replace(WEATHER, "weather.csv");
        let widest = text.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(widest.chars().count() <= 80, "{widest}");
        assert_snapshot!(name, text);
    }
    assert_snapshot!("help", stdout(folder.path(), &["--help"]));
}

/// Several rows ahead, names as people write them, gaps that are filled, `--quiet`.
#[test]
fn a_file_as_people_have_them() {
    let folder = tempfile::tempdir().unwrap();
    let generator = &mut Generator::manual_seed(0);
    let mut text =
        "\u{feff},Datum,\"Höchstwert, in °C\",\"say \"\"hi\"\"\",const,empty,note\r\n".to_string();
    for row in 0..200 {
        let gap = if row % 7 == 3 {
            ["", "NA", "NaN", " null "][row / 7 % 4].into()
        } else {
            f64::unit(generator).to_string()
        };
        text += &format!(
            "{row},2024-01-01, {:.2} ,{gap},5,,\"two\nlines\"\r\n",
            10.0 * f64::unit(generator)
        );
    }
    fs::write(folder.path().join("a b.csv"), text).unwrap();
    let arguments = [
        "--data",
        "a b.csv",
        "--target",
        "Höchstwert, in °C",
        "--fill-forward",
        "--horizon",
        "4",
        "--window",
        "5",
        "--epochs",
        "2",
        "--hidden",
        "4",
        "--layers",
        "2",
        "--dropout",
        "0.3",
        "--period",
        "3",
    ];
    assert_snapshot!("people", stdout(folder.path(), &arguments));
    let quiet = stdout(folder.path(), &[&arguments[..], &["--quiet"]].concat());
    assert!(quiet.starts_with("                                  MAE "), "{quiet}");
    assert!(stdout(folder.path(), &arguments).contains(quiet.trim_end()));
    let svg = fs::read_to_string(folder.path().join("pictures/forecast.svg")).unwrap();
    assert!(
        svg.contains("<title>Höchstwert, in °C: ") && svg.contains("prefers-color-scheme: dark")
    );
}

/// Whatever is in the file: one line, the right exit code, no panic, and nothing written.
#[test]
fn hostile_files() {
    let folder = tempfile::tempdir().unwrap();
    let generator = &mut Generator::manual_seed(0);
    let lines: Vec<String> = (0..130)
        .map(|row| format!("{row}th,{:.3},{:.3}", f64::unit(generator), f64::unit(generator)))
        .collect();
    let good = ["day,x,y"].into_iter().chain(lines.iter().map(|line| &**line)).collect::<Vec<_>>();
    // A line exchanged for another one.
    let with = |line: usize, text: &str| {
        let mut lines = good.clone();
        lines[line - 1] = text;
        (lines.join("\n") + "\n").into_bytes()
    };
    let all = |map: &dyn Fn(&str) -> String| {
        (good.iter().map(|line| map(line)).collect::<Vec<_>>().join("\n") + "\n").into_bytes()
    };
    let bytes = |text: &str| text.as_bytes().to_vec();
    let text = good.join("\n");
    let utf_16 = |text: &str| -> Vec<u8> {
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let long = "x".repeat(100_000);
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("only line ends", bytes("\n\n\r\n")),
        ("a header alone", bytes("day,x,y\n")),
        ("one row", bytes("day,x,y\n1,2,3\n")),
        ("too few rows", bytes(&good[..60].join("\n"))),
        ("one row too few", bytes(&good[..120].join("\n"))),
        ("no header", bytes(&lines.iter().map(|l| l.replace("th", "") + "\n").collect::<String>())),
        ("semicolons", all(&|line| line.replace(',', ";"))),
        ("decimal commas", all(&|line| line.replace(',', ";").replace('.', ","))),
        ("tabs", all(&|line| line.replace(',', "\t"))),
        ("bars", all(&|line| line.replace(',', "|"))),
        (
            "Latin-1 header",
            with(1, "day,x,y").iter().map(|&b| if b == b'd' { 0xe9 } else { b }).collect(),
        ),
        ("Latin-1 value", with(70, "50th,0.5,°").iter().filter(|&&b| b != 0xc2).copied().collect()),
        ("UTF-16", utf_16(&text)),
        ("UTF-16 without a mark", utf_16(&text)[2..].to_vec()),
        ("zero bytes", vec![0; 5000]),
        ("random bytes", (0..5000).map(|_| f64::unit(generator).to_bits() as u8).collect()),
        ("a missing value", with(17, "15th,0.5,")),
        ("a missing value, NA", with(17, "15th,NA,0.5")),
        ("NaN", with(17, "15th,0.5,NaN")),
        ("infinity", with(17, "15th,0.5,inf")),
        ("minus infinity", with(17, "15th,-infinity,0.5")),
        ("beyond all numbers", with(17, "15th,0.5,1e999")),
        ("too large", with(17, "15th,0.5,-1e101")),
        ("a word among numbers", with(17, "15th,0.5,high")),
        ("a quoted number with a decimal comma", with(17, "15th,0.5,\"0,7\"")),
        ("two points", with(17, "15th,1.2.3,0.5")),
        ("a hexadecimal number", with(17, "15th,0.5,0x10")),
        ("a number with a unit", with(17, "15th,0.5,12 °C")),
        ("a control character", with(17, "15th,0.5,\u{1b}[31m")),
        ("a text of 100000 letters", with(17, &format!("15th,0.5,{long}"))),
        ("a value too few", with(17, "15th,0.5")),
        ("a value too many", with(17, "15th,0.5,0.5,0.5")),
        ("an open quote", with(17, "15th,\"0.5,0.5")),
        ("a word in the last line", with(131, "x,0.5,end")),
        ("cut off in the last line", text.as_bytes()[..text.len() - 12].to_vec()),
        ("a first value that is missing", with(2, "0th,0.5,")),
        (
            "only missing values",
            all(&|line| {
                if line == "day,x,y" {
                    line.into()
                } else {
                    format!("{},NA", line.rsplit_once(',').unwrap().0)
                }
            }),
        ),
        ("a text target", with(2, "0th,0.5,one")),
        (
            "a constant target",
            all(&|line| {
                if line == "day,x,y" {
                    line.into()
                } else {
                    format!("{},0.1", line.rsplit_once(',').unwrap().0)
                }
            }),
        ),
        ("no such target", with(1, "day,x,Y")),
        ("no such target, and long names", with(1, &format!("{long},{long},{long}"))),
        ("no such target, and names with line ends", with(1, "\"a\nb\",\"\u{202e}c\",z")),
        ("the target twice", with(1, "y,x,y")),
        (
            "another column twice",
            all(&|line| line.to_string() + if line == "day,x,y" { ",x" } else { ",0.5" }),
        ),
        ("a number far away", with(120, "118th,1e30,0.5")),
        (
            "too many columns",
            all(&|line| {
                (0..150).fold(line.to_string(), |all, k| {
                    all + ","
                        + &if line == "day,x,y" {
                            format!("c{k}")
                        } else {
                            line[line.len() - 4..].to_string() + &(k * line.len()).to_string()
                        }
                })
            }),
        ),
        ("a web page", bytes("<!doctype html>\n<html><body>404</body></html>\n")),
        ("JSON", bytes("{\"y\": [1, 2, 3]}\n")),
        ("a spreadsheet", b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00".repeat(40)),
    ];
    assert!(files.len() >= 40);
    let path = folder.path().join("data.csv");
    let mut catalogue: Vec<String> = Vec::new();
    for (what, contents) in files {
        fs::write(&path, contents).unwrap();
        let arguments =
            ["--data", "data.csv", "--target", "y", "--save", "new/model", "--pictures", "p"];
        let Output { status, stdout, stderr } = demos(folder.path(), &arguments);
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(1), "{what}: {stderr}");
        assert!(stdout.is_empty(), "{what}");
        assert!(stderr.starts_with("error: ") && stderr.chars().count() <= 400, "{what}: {stderr}");
        assert_eq!(stderr.find(char::is_control), Some(stderr.len() - 1), "{what}: {stderr:?}");
        assert!(!stderr.contains("panicked") && !stderr.contains('\u{202e}'), "{what}: {stderr}");
        assert_eq!(left_in(folder.path()), ["data.csv"], "{what}");
        catalogue.push(format!("{what}\n    {}", stderr.trim_end()));
    }
    assert_snapshot!("hostile_files", catalogue.join("\n"));
}

/// Lines are counted as an editor counts them, whatever ends them.
#[test]
fn line_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.csv");
    for (end, first, fifth) in [("\n", 2, 6), ("\r\n", 2, 6), ("\r", 2, 6), ("\n\n", 3, 11)] {
        let rows = ["1", "\"2\"", "3", "4", "five", "6"];
        fs::write(&path, [&["y"], &rows[..]].concat().join(end)).unwrap();
        let error = read(&path, "y", Columns::AllBut(&[]), false).unwrap_err().to_string();
        assert!(
            error.contains(&format!("line {fifth}, column \"y\": \"five\"")),
            "{end:?}: {error}"
        );
        fs::write(&path, ["y", "1", "\"2\"", "3"].join(end)).unwrap();
        assert_eq!(read(&path, "y", Columns::AllBut(&[]), false).unwrap().lines[0], first);
        fs::write(&path, ["y", "1", "2", "3", "4", "5,5", "6"].join(end)).unwrap();
        let error = read(&path, "y", Columns::AllBut(&[]), false).unwrap_err().to_string();
        assert!(
            error.contains(&format!("line {fifth}: the number of values is 2")),
            "{end:?}: {error}"
        );
    }
    // A value of two lines is one row.
    fs::write(&path, "text,y\r\n\"a\r\nb\",1\r\nc,2\r\n").unwrap();
    assert_eq!(read(&path, "y", Columns::AllBut(&[]), false).unwrap().lines, [2, 4]);
}

/// Numbers at the ends of what is possible, in files that are right: no panic, no NaN.
#[test]
fn extreme_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.csv");
    let generator = &mut Generator::manual_seed(0);
    for (scale, shift) in [
        (1e100, 0.0),
        (1e-100, 0.0),
        (1e-300, 0.0),
        (5e-324, 0.0),
        (1.0, 1e15),
        (1e-9, 1e9),
        (1e3, -1e50),
    ] {
        let mut text = "x,y\n".to_string();
        for _ in 0..60 {
            let [x, y] = [(); 2].map(|()| (f64::unit(generator) - 0.5) * scale + shift);
            text += &format!("{x:e},{y:e}\n");
        }
        fs::write(&path, text).unwrap();
        let arguments = [
            "--data", "data.csv", "--target", "y", "--window", "2", "--epochs", "2", "--hidden",
            "2",
        ];
        let Output { status, stdout, stderr } = demos(folder.path(), &arguments);
        let (stdout, stderr) = [stdout, stderr].map(|text| String::from_utf8(text).unwrap()).into();
        assert!(
            !stderr.contains("panicked") && !stdout.contains("NaN"),
            "{scale}: {stderr}{stdout}"
        );
        assert!(status.code() == Some(0) || stderr.lines().count() == 1, "{scale}: {stderr}");
    }
}

/// Options that do not go together, or with demo 2; files that are in the way.
#[test]
fn bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::copy(WEATHER, at("weather.csv")).unwrap();
    fs::write(at("file"), "in the way").unwrap();
    fs::create_dir(at("folder")).unwrap();
    let other = nn::Linear::<f32>::new(2, 1, &mut Generator::manual_seed(0));
    nn::save(at("other.safetensors"), &other).unwrap();
    let before = left_in(folder.path());
    let cases = [
        "--data weather.csv",
        "--target temp_max",
        "--window 11",
        "--horizon 2",
        "--save model",
        "--load model",
        "--fill-forward --quiet",
        "--data weather.csv --target temp_max --load model",
        "--data weather.csv --load model --epochs 3",
        "--data weather.csv --load model --save other",
        "--data weather.csv --target temp_max --window 1001",
        "--data weather.csv --target temp_max --window 1000",
        "--data weather.csv --target temp_max --window 600 --leave-out wind",
        "--data weather.csv --target temp_max --dropout 1",
        "--data weather.csv --target temp_max --horizon 0",
        "--data weather.csv --target temp_max --period 1200",
        "--data weather.csv --target temp_max --leave-out sun",
        "--data weather.csv --target temp_max --leave-out temp_max",
        "--data weather.csv --target weather",
        "--data weather.csv --target temp\u{1b}[31m",
        "--data missing.csv --target temp_max",
        "--data folder --target temp_max",
        "--data weather.csv --target temp_max --pictures file",
        "--data weather.csv --target temp_max --save file/below",
        "--data weather.csv --target temp_max --save folder",
        "--data weather.csv --target temp_max --save weather.csv",
        "--data weather.csv --target temp_max --save ./folder/../weather.csv",
        "--data weather.csv --target temp_max --pictures p --save p/forecast.svg",
        "--data weather.csv --target temp_max --lr 1e30 --quiet",
        "--data weather.csv --load missing",
        "--data weather.csv --load weather.csv",
        "--data weather.csv --load file",
        "--data weather.csv --load folder",
        "--data weather.csv --load other.safetensors",
    ];
    let catalogue = cases.map(|arguments| {
        let words: Vec<&str> = arguments.split(' ').collect();
        let Output { status, stdout, stderr } = demos(folder.path(), &words);
        let (stdout, stderr) = (stdout, String::from_utf8(stderr).unwrap());
        assert!(stdout.is_empty() && !stderr.contains("panicked"), "{arguments}: {stderr}");
        assert_eq!(stderr.find(char::is_control), Some(stderr.len() - 1), "{stderr:?}");
        assert_eq!(left_in(folder.path()), before, "{arguments}");
        format!("{}\n {}  {}", printable(arguments), status.code().unwrap(), stderr.trim_end())
    });
    if cfg!(target_os = "linux") {
        assert_snapshot!("own_bad_input", catalogue.join("\n"));
    }
}

/// What is saved forecasts the same, also other rows and with the columns in another order; and
/// a file that was changed is refused.
#[test]
fn saved_and_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let (table, scaling) = prepare(table(0, 100), 3, 2).unwrap();
    let settings = Settings { horizon: 2, layers: 2, ..small() };
    let model = train(&table, scaling, &settings, Some(5), |_, _| ()).unwrap().model;
    model.save(&path).unwrap();
    let loaded = Model::load(&path).unwrap();
    assert_eq!(loaded.task, model.task);
    let rows = self::table(1, 40).rows;
    assert_eq!(loaded.forecasts(&rows, 10..41).unwrap(), model.forecasts(&rows, 10..41).unwrap());

    let [csv, other] = ["a,b\n", "more,b,a\n"].map(|header| {
        let mut text = header.to_string();
        for row in rows.data().chunks(2) {
            let [a, b] = [row[0], row[1]];
            text += &if header == "a,b\n" { format!("{a},{b}\n") } else { format!("x,{b},{a}\n") };
        }
        let path = folder.path().join(header.len().to_string());
        fs::write(&path, text).unwrap();
        read(&path, "b", Columns::Only(&loaded.task.columns), false).unwrap()
    });
    assert_eq!((&csv.rows, csv.target), (&rows, 1));
    assert_eq!((csv.rows, csv.columns), (other.rows, other.columns));

    let whole = fs::read(&path).unwrap();
    let text = String::from_utf8_lossy(&whole).into_owned();
    let start = text.find("\\\"window\\\":3").expect("the window is in the header");
    for (from, to) in [
        ("\\\"window\\\":3", "\\\"window\\\":0"),
        ("\\\"window\\\":3", "\\\"window\\\":4"),
        ("\\\"target\\\":1", "\\\"target\\\":2"),
        ("\\\"period\\\":5", "\\\"period\\\":0"),
        ("\\\"hidden\\\":4", "\\\"hidden\\\":5"),
        ("\\\"layers\\\":2", "\\\"layers\\\":1"),
        ("\\\"layers\\\":2", "\\\"layers\\\":x"),
        ("\\\"task\\\"", "\\\"tusk\\\""),
        ("linear_regression.bias", "linear_regression.byas"),
    ] {
        let from = if from.contains("task") { from.replace('\\', "") } else { from.to_string() };
        let to = if to.contains("tusk") { to.replace('\\', "") } else { to.to_string() };
        let at = text[..].find(&from).unwrap_or_else(|| panic!("{from} from {start}"));
        let mut bytes = whole.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        fs::write(&path, bytes).unwrap();
        let error = Model::load(&path).unwrap_err().to_string();
        assert!(error.contains("model.safetensors") && error.lines().count() == 1, "{error}");
    }
    for length in (0..whole.len()).step_by(97) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(Model::load(&path).is_err());
    }
}

/// Nothing of training knows the test part: neither which columns are read, nor the scaling,
/// the weights, the losses, the regression. And no forecast knows what comes after it.
#[test]
fn no_leakage() {
    let train_on = |table: Table| {
        let (table, scaling) = prepare(table, 3, 1).unwrap();
        let trained = train(&table, scaling, &small(), None, |_, _| ()).unwrap();
        (table, trained)
    };
    let (one, a) = train_on(table(0, 100));
    let mut changed = table(0, 100);
    for (k, x) in changed.rows.data_mut().iter_mut().enumerate().skip(2 * split(100)[2].start) {
        *x = if k % 2 == 0 { 7.0 } else { *x * -3.0 };
    }
    let (other, b) = train_on(changed);
    assert_eq!(one.columns, other.columns);
    assert_eq!(a.model.scaling, b.model.scaling);
    assert_eq!((&a.losses, a.best), (&b.losses, b.best));
    assert_eq!(a.model.network.state_dict(), b.model.network.state_dict());
    assert_eq!(a.model.regression.state_dict(), b.model.regression.state_dict());
    // A column that says nothing in the training part, or only grows there, is not read.
    let mut columns = table(0, 100);
    columns.columns.extend(["constant".into(), "grows".into(), "both".into()]);
    let later = |row: usize| if row < 60 { 0.0 } else { (row % 3) as f64 };
    let more = (0..100).flat_map(|row| {
        [later(row), later(row) + (row % 60) as f64, (row / 60) as f64 + (row % 2) as f64]
    });
    columns.rows = Tensor::cat(&[columns.rows, Tensor::new([100, 3], more.collect())], 1);
    assert_eq!(prepare(columns, 3, 1).unwrap().0.columns, ["a", "b", "both"]);

    // Of the validation part, only the choice of the epoch knows.
    let mut changed = table(0, 100);
    changed.rows.data_mut()[2 * 60..2 * 80].iter_mut().for_each(|x| *x += 1.0);
    let (_, c) = train_on(changed);
    assert_eq!(a.model.scaling, c.model.scaling);
    assert_eq!(a.model.regression.state_dict(), c.model.regression.state_dict());
    assert!(a.losses.iter().zip(&c.losses).all(|(a, c)| a.training == c.training));
    assert_ne!(a.losses[0].validation, c.losses[0].validation);

    let before = a.model.forecasts(&one.rows, 20..31).unwrap();
    let mut later = one.rows.clone();
    later.data_mut()[2 * 30..].iter_mut().for_each(|x| *x += 1.0);
    assert_eq!(before, a.model.forecasts(&later, 20..31).unwrap());
    later.data_mut()[2 * 29..2 * 30].iter_mut().for_each(|x| *x += 1.0);
    let after = a.model.forecasts(&later, 20..31).unwrap();
    for ((name, before), (_, after)) in before.iter().zip(&after) {
        assert_eq!(before[..10], after[..10], "{name}");
        assert_ne!(before[10], after[10], "{name}");
    }
}

/// Every row is in one part, every window with its targets too, and no two parts share a row.
#[test]
fn parts_and_windows() {
    for rows in 0..300 {
        let [a, b, c] = split(rows);
        assert!(a.start == 0 && a.end == b.start && b.end == c.start && c.end == rows);
        assert!(b.len().abs_diff(rows / 5) <= 1 && c.len().abs_diff(rows / 5) <= 1);
    }
    let series = Tensor::new([50, 2], (0..100).map(f64::from).collect());
    for (window, horizon) in [(1, 1), (3, 1), (4, 5), (49, 1), (50, 1), (60, 3)] {
        let windows = Windows { rows: series.clone(), target: 1, window, horizon };
        let starts = windows.in_order().concat();
        assert_eq!(starts, (0..windows.count()).collect::<Vec<_>>());
        assert_eq!(windows.count(), (0..50).filter(|start| start + window + horizon <= 50).count());
        for start in starts {
            let x = windows.inputs(&[start]);
            assert_eq!(x, series.narrow(0, start, window).reshape([1, window, 2]));
            // The target of row r is 2r + 1.
            let y: Vec<f64> =
                (start + window..start + window + horizon).map(|r| (2 * r + 1) as f64).collect();
            assert_eq!(*windows.targets(&[start]).data(), y);
        }
    }
    let test = test_starts(&table(0, 100), 3, 2);
    assert_eq!(test, 83..99);
}

/// Scaled training rows have mean 0 and standard deviation 1, and scaling is undone exactly
/// enough.
#[test]
fn scaling() {
    let rows = table(3, 500).rows;
    let scaling = Scaling::of(&rows);
    let scaled = scaling.scale(&rows);
    for k in 0..2 {
        let z: Vec<f64> = scaled.data().iter().skip(k).step_by(2).copied().collect();
        let mean = z.iter().sum::<f64>() / 500.0;
        let variance = z.iter().map(|z| (z - mean) * (z - mean)).sum::<f64>() / 500.0;
        assert!(mean.abs() < 1e-14 && (variance - 1.0).abs() < 1e-13);
        for (z, x) in z.iter().zip(rows.data().iter().skip(k).step_by(2)) {
            assert!((scaling.unscale(k, *z) - x).abs() < 1e-13 * 20.0);
        }
    }
}

/// The linear regression is where the gradient of its loss is 0, which is asked of the tape.
#[test]
fn linear_regression_is_the_minimum() {
    let rows = table(5, 400).rows.map(|x| (x - 7.5) / 7.0);
    let windows = Windows { rows, target: 1, window: 4, horizon: 2 };
    let linear = linear_regression(&windows);
    let starts: Vec<usize> = (0..windows.count()).collect();
    let n = starts.len() as f64;
    let gradient = |linear: &nn::Linear<f64>| {
        let tape = Tape::new();
        let x = tape.constant(windows.inputs(&starts).reshape([starts.len(), 8]));
        let errors = linear.forward(x) - tape.constant(windows.targets(&starts));
        let ridge = tape.watch(&linear.weight).square().sum() * (0.01 * n);
        let gradients = (errors.square().sum() + ridge).backward();
        let both = [&linear.weight, linear.bias.as_ref().unwrap()];
        both.map(|p| gradients.get(p).unwrap().clone())
    };
    let size = |g: [Tensor<f64>; 2]| {
        g.iter().flat_map(|g| g.map(f64::abs).data().to_vec()).max_by(f64::total_cmp).unwrap()
    };
    assert!(size(gradient(&linear)) < 1e-9 * n);
    let mut moved = linear.clone();
    moved.weight.value_mut().data_mut()[3] += 1e-4;
    assert!(size(gradient(&moved)) > 1e-5 * n);
}

/// The errors, by their definitions; and a series that repeats itself.
#[test]
fn measures() {
    let score = Score::of(&[1.0, 2.0, 7.0], &[2.0, 2.0, 4.0], naive_error(&[1.0, 3.0, 2.0, 2.0]));
    assert_eq!(score.mae, 4.0 / 3.0);
    assert_eq!(score.rmse, (10.0_f64 / 3.0).sqrt());
    assert_eq!(score.mase, 4.0 / 3.0); // the differences are 2, 1, 0

    // Persistence, one row ahead and in the training part, has the MASE 1 by definition.
    let mut table = table(0, 100);
    table
        .rows
        .data_mut()
        .iter_mut()
        .enumerate()
        .for_each(|(k, x)| *x = ((k / 2) % 5) as f64 + if k % 2 == 0 { *x } else { 0.0 });
    let (table, scaling) = prepare(table, 3, 2).unwrap();
    let model = train(&table, scaling, &Settings { horizon: 2, ..small() }, Some(5), |_, _| ())
        .unwrap()
        .model;
    let scores = report::test_scores(&model, &table).unwrap();
    let names: Vec<&str> = scores.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["LSTM", "linear regression", "persistence", "seasonal naive (5)"]);
    assert_eq!(scores[3].1.mae, 0.0);
    // One row ahead the steps are 1, 1, 1, 1, −4; two rows ahead 2, 2, 2, −3, −3.
    let errors: Vec<f64> = (83..99)
        .flat_map(|s| [s, s + 1].map(|r| ((r % 5) as f64 - ((s - 1) % 5) as f64).abs()))
        .collect();
    assert_eq!(scores[2].1.mae, errors.iter().sum::<f64>() / errors.len() as f64);
}
