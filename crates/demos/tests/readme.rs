//! What the README shows is real.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use approx::assert_abs_diff_eq;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// The README's blocks of code in a language.
fn blocks(language: &str) -> Vec<String> {
    let (readme, fence) = (readme(), format!("```{language}\n"));
    let parts = readme.split(&fence).skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_string()).collect()
}

/// The README's block of text that begins so.
fn text(beginning: &str) -> String {
    blocks("text").into_iter().find(|block| block.starts_with(beginning)).unwrap()
}

#[test]
fn the_equations_are_the_code() {
    let cell = fs::read_to_string(root().join("crates/nn/src/lstm/equations.rs")).unwrap();
    let code: Vec<&str> = cell.lines().map(str::trim).collect();
    for line in text("let [a_i").lines().filter(|line| !line.is_empty()) {
        assert!(code.contains(&line), "equations.rs has no line\n{line}");
    }
}

/// The lines that load a part of a file are the example's.
#[test]
fn published_networks_are_the_example() {
    let path = "examples/10_published_networks/main.rs";
    let example = fs::read_to_string(root().join(path)).unwrap();
    for line in blocks("rust")[1].lines() {
        assert!(example.contains(&format!("    {line}\n")), "the example has no line\n{line}");
    }
}

/// The table of the forecast, as it is printed.
#[test]
fn the_forecast_is_real() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_demos"))
        .args(["forecast", "--target", "temp_max", "--pictures"])
        .arg(folder.path())
        .arg("--data")
        .arg(root().join("examples/data/seattle-weather.csv"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(&self::text("On the test part")), "{text}");
}

/// A program of one's own, beside this project, with the README's lines and no others.
#[test]
fn a_program_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let package = "[package]\nname = \"my-lstm\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let here = fs::canonicalize(root()).unwrap();
    let lines = blocks("toml").concat().replace("../tapestry", here.to_str().unwrap());
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("Cargo.toml"), format!("{package}{lines}")).unwrap();
    fs::write(folder.path().join("src/main.rs"), &blocks("rust")[0]).unwrap();
    // The same dependencies, which are here already.
    fs::copy(here.join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();

    let output = Command::new(env!("CARGO"))
        .args(["run", "--offline", "--target-dir", env!("CARGO_TARGET_TMPDIR")])
        .env("CARGO_PROFILE_DEV_DEBUG", "false") // it takes long enough to build
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !errors.contains("warning"), "{errors}");
    let shown = self::text("“like the last one”");
    assert_eq!(text.lines().count(), shown.lines().count(), "{text}");
    for (line, shown) in text.lines().zip(shown.lines()) {
        // Another processor may round otherwise.
        let (line, number) = line.rsplit_once(' ').unwrap();
        let (shown, expected) = shown.rsplit_once(' ').unwrap();
        assert_eq!((line, number.len()), (shown, expected.len()));
        let [number, expected]: [f64; 2] = [number, expected].map(|text| text.parse().unwrap());
        assert_abs_diff_eq!(number, expected, epsilon = 2e-5);
    }
}

/// The times are the smallest and the largest of the comparison, the notebook's network apart.
#[test]
fn the_times_are_measured() {
    let benchmarks = fs::read_to_string(root().join("BENCHMARKS.md")).unwrap();
    let table = benchmarks.split("\n\n").find(|part| part.starts_with("| workload")).unwrap();
    let rows: Vec<Vec<&str>> =
        table.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
    let range = |title: &str, is_small: bool| -> [f64; 2] {
        let column = rows[0].iter().position(|found| *found == title).unwrap();
        let rows = rows[2..].iter().filter(|row| (row[1] == "W1") == is_small);
        let times: Vec<f64> = rows.filter_map(|row| row[column].parse().ok()).collect();
        [f64::min, f64::max].map(|of| times.iter().copied().reduce(of).unwrap())
    };
    let readme = readme();
    for name in ["torch", "jax", "candle", "burn"] {
        let [least, most] = range(name, false);
        let shown = format!(" | {least:.1} to {most:.1} | ");
        let beginning = format!("| [{}]", name.replace("torch", "PyTorch").replace("jax", "JAX"));
        let row = readme.lines().find(|line| line.starts_with(&beginning)).unwrap();
        assert!(row.contains(&shown), "{row}: {shown}");
    }
    let [least, most] = range("torch", true);
    assert!(readme.contains(&format!("PyTorch takes {least:.0} to {most:.0} times as long there")));
    let [least, most] = range("forward: torch", false);
    assert!(readme.contains(&format!("PyTorch takes {least:.2} to {most:.2} times as long.")));
}

/// Every line shown is printed, in this order.
#[test]
fn the_output_is_real() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_demos"))
        .args(["--epochs", "30"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut printed = text.lines();
    for line in self::text("lstm1").lines().filter(|line| *line != "…") {
        let shown = reproducible(line);
        assert!(printed.any(|line| reproducible(line) == shown), "not printed:\n{line}");
    }
}

/// The part of a line that is the same on every machine: of a loss, the
/// notebook's; of the last line, not the largest difference.
fn reproducible(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        [epoch, notebook, _, difference] if difference.parse::<f64>().is_ok() => {
            format!("{epoch} {notebook}")
        }
        _ => line.split(" (largest").next().unwrap_or(line).to_string(),
    }
}

/// The pictures of demo 2 in the book are ones that the program
/// draws: same labels, same number of elements. Where the lines and colours are is
/// a long training's, and not to be compared.
#[test]
fn the_pictures_are_drawn_by_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_demos"))
        .args(["forecast", "--quiet", "--pictures"])
        .arg(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    // The labels: lines that are neither elements nor numbers.
    let labels = |path: &Path| -> Vec<String> {
        let svg = fs::read_to_string(path).unwrap();
        let is_label = |line: &&str| line.chars().any(char::is_alphabetic);
        svg.lines()
            .filter(|line| !line.starts_with('<') || line.starts_with("<title>"))
            .filter(is_label)
            .map(str::to_string)
            .collect()
    };
    for name in ["gates.svg", "loss.svg", "predictions.svg"] {
        let drawn = labels(&folder.path().join(name));
        assert!(drawn.len() > 3, "{name}: {drawn:?}");
        assert_eq!(drawn, labels(&root().join("book/src/images").join(name)), "{name}");
    }
}
