//! The program as its users run it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use demos::program::printable;
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

fn left_in(folder: &Path) -> Vec<String> {
    let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// At its end the program says what to try next, and all that is there.
#[test]
fn what_to_try_next() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = ["--epochs", "1", "--pictures", folder.path().to_str().unwrap()];
    let text = stdout(&pictures);
    let (_, next) = text.split_once("To try next").unwrap();
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let words = || next.split_whitespace();
    let files = words().map(|word| word.trim_matches(','));
    let files: Vec<&str> = files.filter(|w| w.ends_with(".md") || w.ends_with(".csv")).collect();
    assert_eq!(files.len(), 3);
    for file in files {
        assert!(project.join(file).is_file(), "{file}");
    }
    let readme = std::fs::read_to_string(project.join("README.md")).unwrap();
    let section = next.split('"').nth(1).unwrap();
    assert!(readme.contains(&format!("\n## {section}\n")));
    let examples: Vec<&str> = words().skip_while(|word| *word != "--example").skip(1).collect();
    assert!(project.join("examples").join(examples[0]).join("main.rs").is_file());
    assert!(next.contains("\n    cargo run -p demos -- forecast --target temp_max \\\n"));
    assert!(text.lines().all(|line| line.chars().count() <= 80));
    assert!(!stdout(&[&pictures[..], &["--quiet"]].concat()).contains("To try next"));
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

    let names = left_in(&pictures);
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
    let pictures = folder.path().join("pictures");
    std::fs::create_dir_all(pictures.join("gates.svg")).unwrap();
    let pictures = pictures.to_str().unwrap();
    let new = folder.path().join("new").join("folder");
    let new = new.to_str().unwrap();
    let cases: &[&[&str]] = &[
        &["--epochs", "-1"],
        &["--epochs", "0"],
        &["--epochs", "many"],
        &["forecast", "--lr", "nan"],
        &["--lr", "-0.1"],
        &["--lr", "inf"],
        &["--lr", "1e-46"],
        &["--lr", "1e39"],
        &["--window", "11"],
        &["--window", "0"],
        &["--hidden", "0"],
        &["--hidden", "99999999999999999999"],
        &["--seed", "-1"],
        &["--epochs", "\u{1b}[31mred"],
        &["--epochs", "1\n\n2"],
        &["--epochs", "1", "--lr", "1", "--quiet", "shapes"],
        &["--\u{202e}left"],
        &["shapes", "--epochs", "3"],
        &["shape"],
        &["--pictures", below],
        &["forecast", "--pictures", below],
        &["--pictures", &format!("{below}/\u{1b}[31m\n\u{2066}")],
        &["--pictures", pictures],
        &["--lr", "1e30", "--pictures", new],
        &["--lr", "1e38", "--epochs", "1", "--pictures", new],
    ];
    let catalogue: Vec<String> = (cases.iter())
        .map(|arguments| {
            let output = demos(arguments);
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success(), "{arguments:?} should fail");
            assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
            assert!(!stderr.contains("panicked"), "{stderr}");
            // Only of a training that diverges, the beginning is printed.
            assert!(output.stdout.is_empty() || arguments[0] == "--lr", "{arguments:?}");
            let code = output.status.code().unwrap();
            let arguments = printable(&arguments.join(" "));
            let text = format!("demos {arguments}\n {code}  {}", stderr.trim_end());
            text.replace(folder.path().to_str().unwrap(), "FOLDER")
        })
        .collect();
    assert_eq!(left_in(folder.path()), ["file", "pictures"], "nothing half-written");
    assert_eq!(left_in(pictures.as_ref()), ["gates.svg"]);
    if cfg!(target_os = "linux") {
        assert_snapshot!("bad_input", catalogue.join("\n"));
    }
}

/// Whatever the program's surroundings are, it ends with the right code, and with a line
/// on stderr if that is not 0.
#[cfg(target_os = "linux")]
#[test]
fn surroundings() {
    let scripts = [
        "demos --help >/dev/full",
        "demos --version >/dev/full",
        "demos --quiet --epochs 1 >/dev/full",
        "demos >/dev/full 2>&1",
        "demos --epochs x 2>/dev/full",
        "demos --epochs x 2>&-",
        "demos --quiet --lr 1e30 2>/dev/full",
        "demos shapes --seed 1 <&- >&- 2>&-",
        "demos --quiet --epochs $(printf '1\\377')",
        "demos $(printf '\\377')",
        "demos --quiet --epochs 1 --pictures $(printf 'one\\377') && ls",
        r"demos --epochs 1 --pictures $(printf 'red\033[31m') | grep '/gates'",
        "mkdir in; mkfifo in/loss.svg; demos --pictures in; code=$?; ls in; exit $code",
        "mkdir in; ln -s /dev/full in/gates.svg; demos --pictures in",
        "mkdir in; ln -s /nowhere/x in/gates.svg; demos --pictures in",
        "mkdir in; ln -s gates.svg in/gates.svg; demos --pictures in",
        "mkdir in; ln -s ../x in/gates.svg; demos --quiet --epochs 1 --pictures in && ls . in",
        "ln -s nowhere in; demos --pictures in",
        "ln -s nowhere in; demos --pictures in/below",
        "mkfifo in; demos --pictures in",
        "demos --pictures /proc/in",
        "demos --pictures in/$(printf '%0300d' 0)",
        "demos --quiet --epochs 1 --pictures new/../in && ls",
        "mkdir in; cd in; rmdir ../in; demos",
        "mkdir in; cd in; rmdir ../in; demos shapes >/dev/null",
        // Threads that the system refuses, and too many of them.
        "RUST_MIN_STACK=1000000000000000 demos --quiet --epochs 1",
        "ulimit -v 200000; RAYON_NUM_THREADS=64 demos --quiet --epochs 1",
        "RAYON_NUM_THREADS=1000000000 demos --quiet --epochs 1",
        "RAYON_NUM_THREADS=many demos --quiet --epochs 1",
        "env -i $(command -v demos) --quiet --epochs 1",
    ];
    let program = Path::new(env!("CARGO_BIN_EXE_demos"));
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    let ends = scripts.map(|script| {
        let folder = tempfile::tempdir().unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).current_dir(&folder).env("PATH", &path);
        let Output { status, stdout, stderr } = shell.output().unwrap();
        // All that --quiet prints is left out, all else is what was in the way or is left.
        let text = String::from_utf8_lossy(&stdout);
        let is_left = |line: &&str| !line.contains("agree with the notebook");
        let left = text.lines().filter(is_left).collect::<Vec<_>>().join(" ");
        let stderr = printable(String::from_utf8(stderr).unwrap().trim_end());
        format!("{script}\n {}  {stderr}\n    {left}", status.code().unwrap())
    });
    let ends = ends.map(|end| end.trim_end().to_string());
    assert_snapshot!("surroundings", ends.join("\n"));
}

/// `demos | head` is no mistake, even if `head` has gone before the first line.
#[test]
fn nobody_reads_on() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in ["--help", "shapes", "--epochs 1"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_demos"));
        command.args(arguments.split(' ')).current_dir(&folder).stdout(writer);
        let output = command.output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments}: {output:?}");
    }
    assert!(left_in(folder.path()).is_empty());
}

/// Threads that cannot be had change nothing but the time.
#[cfg(unix)]
#[test]
fn one_thread_computes_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let losses = |stack: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_demos"));
        command.args(["forecast", "--hidden", "600", "--window", "5", "--epochs", "2"]);
        let output = command.current_dir(&folder).env("RUST_MIN_STACK", stack).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    assert!(losses("2000000") == losses("1000000000000000"));
}

/// The folder is made after the training, and a training that is killed leaves nothing.
#[test]
fn killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_demos"));
    command.args(["forecast", "--epochs", "1000000", "--pictures", "new/folder"]);
    let mut child = command.current_dir(&folder).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("  epoch    50 ")));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(left_in(folder.path()).is_empty());
}

#[test]
fn help() {
    assert_snapshot!("help", stdout(&["--help"]));
    for demo in [&["--help"][..], &["shapes", "--help"], &["forecast", "--help"]] {
        for line in stdout(demo).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
