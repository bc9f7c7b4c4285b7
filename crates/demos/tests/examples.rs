//! The example programs run, and say what their comments promise.

use std::path::PathBuf;
use std::process::Command;

fn example(name: &str) -> String {
    // Cargo puts the examples beside the folder of the tests.
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(name.to_string() + std::env::consts::EXE_SUFFIX);
    let output = Command::new(&path).output().unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo test --workspace` builds it", path.display())
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
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
