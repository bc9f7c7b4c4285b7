//! The program as its users run it.

use std::process::{Command, Output};

use insta::assert_snapshot;

fn demos(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_demos")).args(arguments).output().unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    let output = demos(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs demo 2 with its pictures in a folder that vanishes.
fn forecast(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().to_str().unwrap();
    let text = stdout(&[&["forecast", "--pictures", pictures], arguments].concat());
    text.replace(pictures, "FOLDER")
}

#[test]
fn shapes() {
    assert_snapshot!("shapes", stdout(&["shapes"]));
    let other = stdout(&["shapes", "--seed", "1"]);
    assert!(
        other.ends_with("Nothing to compare with the notebook: the weights are those of seed 1.\n")
    );
}

/// What the notebook prints of its data, letter by letter.
#[test]
fn the_data_is_printed_as_in_the_notebook() {
    let text = forecast(&["--epochs", "1"]);
    for printed in [
        "array([[  0,   5,   5],
       [ 10,  15,  25],
       [ 20,  25,  45],
       [ 30,  35,  65],
       [ 40,  45,  85],
       [ 50,  55, 105],
       [ 60,  65, 125],
       [ 70,  75, 145],
       [ 80,  85, 165],
       [ 90,  95, 185]])\n",
        "(8, 3, 2) (8,)\n",
        "[[[ 0  5]
  [10 15]
  [20 25]]

 [[10 15]
  [20 25]
  [30 35]]

 [[20 25]
  [30 35]
  [40 45]]

 [[30 35]
  [40 45]
  [50 55]]

 [[40 45]
  [50 55]
  [60 65]]

 [[50 55]
  [60 65]
  [70 75]]

 [[60 65]
  [70 75]
  [80 85]]

 [[70 75]
  [80 85]
  [90 95]]]\n",
        "[ 45  65  85 105 125 145 165 185]\n",
        "1981 parameters\n",
    ] {
        assert!(text.contains(printed), "{printed}\nis not in\n{text}");
    }
}

#[test]
fn everything_agrees_with_the_notebook() {
    let text = forecast(&["--epochs", "30", "--quiet"]);
    assert!(text.starts_with("29 of 29 losses agree with the notebook within 1e-6"), "{text}");
    assert_eq!(text.lines().count(), 1, "--quiet prints the outcome alone");
    // A shorter training compares what there is; other settings compare nothing.
    assert!(forecast(&["--epochs", "3", "--quiet"]).starts_with("3 of 3 losses agree"));
    assert!(
        forecast(&["--epochs", "3", "--lr", "0.2", "--quiet"]).starts_with("Nothing to compare")
    );
    assert!(
        forecast(&["--epochs", "3", "--seed", "1", "--quiet"]).starts_with("Nothing to compare")
    );
}

#[test]
fn both_demos_and_their_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("new").join("folder");
    let text = stdout(&["--epochs", "31", "--pictures", pictures.to_str().unwrap()]);
    assert!(text.contains("40 of 40 printed weights agree"));
    assert!(text.contains("29 of 29 losses agree"));
    let widest = text.lines().max_by_key(|line| line.chars().count()).unwrap();
    assert!(widest.chars().count() <= 80 || widest.contains("new"), "{widest}");

    let mut names: Vec<_> =
        pictures.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["gates.svg", "loss.svg", "predictions.svg"]);
    for name in names {
        let svg = std::fs::read_to_string(pictures.join(&name)).unwrap();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
        assert!(svg.contains("<title>") && svg.contains("prefers-color-scheme: dark"));
    }
    // 31 epochs are a line of 31 points; 29 of the notebook's are circles, and
    // one more stands in the legend.
    let loss = std::fs::read_to_string(pictures.join("loss.svg")).unwrap();
    assert_eq!(loss.matches("<circle").count(), 29 + 1);
    let lines = loss.split("points=\"").map(|rest| rest.split('"').next().unwrap());
    assert_eq!(lines.map(|line| line.split_whitespace().count()).max(), Some(31));
    // Six panels of 20 units by 3 steps, each with a frame.
    let gates = std::fs::read_to_string(pictures.join("gates.svg")).unwrap();
    let frames = gates.lines().filter(|l| l.starts_with("<rect") && l.contains("fill=\"none\""));
    assert_eq!(frames.count(), 6 * 20 * 3);
}

/// One clear line, a non-zero exit, no panic, nothing half-written.
#[test]
fn bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let below = file.join("below");
    let below = below.to_str().unwrap();
    let cases: &[&[&str]] = &[
        &["--epochs", "-1"],
        &["--epochs", "0"],
        &["--epochs", "many"],
        &["forecast", "--lr", "nan"],
        &["--lr", "-0.1"],
        &["--lr", "inf"],
        &["--window", "11"],
        &["--window", "0"],
        &["--hidden", "0"],
        &["--hidden", "99999999999999999999"],
        &["--seed", "-1"],
        &["shapes", "--epochs", "3"],
        &["shape"],
        &["--pictures", below],
        &["forecast", "--pictures", below],
        &["--lr", "1e30", "--pictures", folder.path().to_str().unwrap()],
    ];
    let catalogue: Vec<String> = (cases.iter())
        .map(|arguments| {
            let output = demos(arguments);
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success(), "{arguments:?} should fail");
            assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
            assert!(!stderr.contains("panicked"), "{stderr}");
            let text = format!("demos {}\n    {}", arguments.join(" "), stderr.trim_end());
            text.replace(folder.path().to_str().unwrap(), "FOLDER")
        })
        .collect();
    let left: Vec<_> = folder.path().read_dir().unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["file"], "nothing half-written");
    if cfg!(unix) {
        assert_snapshot!("bad_input", catalogue.join("\n"));
    }
}

#[test]
fn help() {
    assert_snapshot!("help", stdout(&["--help"]));
}
