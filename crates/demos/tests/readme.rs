//! What the README shows is real.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The contents of the README's ```text blocks.
fn blocks() -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let parts = readme.split("```text\n").skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_string()).collect()
}

#[test]
fn the_equations_are_the_code() {
    let cell = fs::read_to_string(root().join("crates/nn/src/lstm/equations.rs")).unwrap();
    let code: Vec<&str> = cell.lines().map(str::trim).collect();
    for line in blocks()[0].lines().filter(|line| !line.is_empty()) {
        assert!(code.contains(&line), "equations.rs has no line\n{line}");
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
    assert!(text.contains(&blocks()[2]), "{text}");
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
    for line in blocks()[1].lines().filter(|line| *line != "…") {
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
