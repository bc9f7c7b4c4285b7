//! The course keeps its word: each exercise fails as shipped in the way it says, each solution
//! passes, and each of the usual wrong answers gets the message that was meant for it.
//!
//! What is expected stands in `tests/answers/`, a file for each exercise:
//!
//! ```text
//! as shipped: a part of the message that the exercise gives before anything is changed
//!
//! - a line of the solution, or several
//! + what somebody writes in its place
//! = a part of the message that this gets
//! ```
//!
//! All variants are modules of one crate, so that they are compiled and linked once.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

struct Exercise {
    name: String,
    dir: String,
}

impl Exercise {
    fn read(&self, folder: &str) -> String {
        read(&format!("{folder}/{}/{}.rs", self.dir, self.name))
    }

    /// The file in `book/src` of the chapter that it belongs to.
    fn chapter(&self) -> String {
        format!("{}.md", self.dir.replace('_', "-"))
    }
}

fn read(path: &str) -> String {
    let path = Path::new(ROOT).join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The exercises of `info.toml`, in its order.
fn exercises() -> Vec<Exercise> {
    let info = read("info.toml");
    let value = |block: &str, key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        line.unwrap_or_else(|| panic!("no {key} in {block}")).trim_matches('"').to_string()
    };
    let blocks = info.split("[[exercises]]").skip(1);
    blocks.map(|block| Exercise { name: value(block, "name"), dir: value(block, "dir") }).collect()
}

/// A program that is compiled and tested, and what its tests should say: nothing if they pass.
struct Variant {
    module: String,
    text: String,
    says: Option<String>,
}

/// The variants of one exercise: as shipped, solved, and the solution with each wrong answer.
fn variants(exercise: &Exercise) -> Vec<Variant> {
    let name = &exercise.name;
    let solution = exercise.read("solutions");
    let answers = read(&format!("tests/answers/{name}.txt"));
    let (shipped, wrong) = answers.split_once('\n').expect("more than a line");
    let shipped =
        shipped.strip_prefix("as shipped: ").expect("the file begins with `as shipped: `");
    let mut variants = vec![
        Variant {
            module: format!("{name}_as_shipped"),
            text: exercise.read("exercises"),
            says: Some(shipped.into()),
        },
        Variant { module: format!("{name}_solved"), text: solution.clone(), says: None },
    ];

    let (mut text, mut old, mut new) = (solution.clone(), String::new(), String::new());
    let replace = |text: &mut String, old: &mut String, new: &mut String| {
        if !old.is_empty() {
            assert_eq!(text.matches(&**old).count(), 1, "{name}: once in the solution:\n{old}");
            *text = text.replace(&**old, new);
        }
        old.clear();
        new.clear();
    };
    for line in wrong.lines() {
        match line.split_at(line.len().min(2)) {
            ("- ", rest) => {
                if !new.is_empty() {
                    replace(&mut text, &mut old, &mut new);
                }
                writeln!(old, "{rest}").unwrap();
            }
            ("+ " | "+", rest) => writeln!(new, "{rest}").unwrap(),
            ("= ", says) => {
                replace(&mut text, &mut old, &mut new);
                variants.push(Variant {
                    module: format!("{name}_wrong_{}", variants.len() - 1),
                    text: std::mem::replace(&mut text, solution.clone()),
                    says: Some(says.into()),
                });
            }
            ("", _) => {}
            _ => panic!("{name}: a line that is neither -, + nor =: {line}"),
        }
    }
    assert!(variants.len() > 2, "{name}: no wrong answer");
    variants
}

/// Writes the crate of all variants.
fn write(folder: &Path, variants: &[Variant]) {
    let manifest = read("Cargo.toml");
    let crates = Path::new(ROOT).join("../../crates");
    let crates = crates.canonicalize().expect("the crates of the workspace");
    let profile = &manifest[manifest.find("[profile").expect("a profile")..];
    let mut modules = String::from(
        "#![allow(warnings)] // an answer that leaves something unused is an answer\n",
    );
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder.join("src")).unwrap();
    for Variant { module, text, .. } in variants {
        writeln!(modules, "mod {module};").unwrap();
        let runs =
            if module.ends_with("_solved") { "#[test]\nfn main_runs() { main() }\n" } else { "" };
        fs::write(folder.join(format!("src/{module}.rs")), format!("{text}\n{runs}")).unwrap();
    }
    fs::write(folder.join("src/lib.rs"), modules).unwrap();
    fs::write(folder.join("Cargo.lock"), read("Cargo.lock")).unwrap();
    fs::write(
        folder.join("Cargo.toml"),
        format!(
            "[package]\nname = \"exercises\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\n\
             doctest = false\n\n[workspace]\n\n[dependencies]\n\
             nn = {{ path = {:?} }}\ntensor = {{ path = {:?} }}\n\n{profile}",
            crates.join("nn"),
            crates.join("tensor"),
        ),
    )
    .unwrap();
}

/// What the failed tests of each module said.
fn failures(folder: &Path, target: &Path) -> BTreeMap<String, String> {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["test", "--quiet", "--offline", "--lib", "--target-dir"])
        .arg(target)
        .current_dir(folder)
        .env("RUST_BACKTRACE", "0")
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("test result:"),
        "the variants do not compile or do not end:\n{errors}\n{said}"
    );
    let mut failures = BTreeMap::<String, String>::new();
    let (said, _) = said.rsplit_once("\nfailures:\n").expect("some fail");
    for section in said.split("\n---- ").skip(1) {
        let (test, message) = section.split_once(" stdout ----\n").expect("a test's name");
        let module = test.split("::").next().unwrap_or_default();
        failures.entry(module.into()).or_default().push_str(message);
    }
    failures
}

#[test]
fn each_answer_gets_the_message_that_was_meant_for_it() {
    let variants: Vec<Variant> = exercises().iter().flat_map(variants).collect();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("variants");
    write(&folder, &variants);
    let failures = failures(&folder, folder.ancestors().nth(2).expect("the target folder"));

    let mut problems = String::new();
    for Variant { module, says, .. } in &variants {
        match (says, failures.get(module)) {
            (Some(says), Some(said)) if said.contains(says) => {}
            (Some(says), Some(said)) => {
                writeln!(problems, "{module} should say\n    {says}\nand says\n{said}").unwrap();
            }
            (Some(says), None) => {
                writeln!(problems, "{module} passes and should say\n    {says}").unwrap()
            }
            (None, Some(said)) => {
                writeln!(problems, "{module} should pass and says\n{said}").unwrap()
            }
            (None, None) => {}
        }
    }
    println!("{} variants", variants.len());
    assert!(problems.is_empty(), "{problems}");
}

/// Everything that a reader meets in more than one place.
#[test]
fn files_headers_and_chapters_agree() {
    let page = read("../src/c-exercises.md");
    let mut names: Vec<String> = Vec::new();
    let mut last_row = 0;
    for exercise in exercises() {
        let Exercise { name, .. } = &exercise;
        let (shipped, solution) = (exercise.read("exercises"), exercise.read("solutions"));
        let tests = |text: &str| text.split_once("#[cfg(test)]").expect("tests").1.to_string();
        assert!(tests(&shipped) == tests(&solution), "{name}: the solution has other tests");
        assert!(
            shipped.contains("// TODO") && !solution.contains("TODO"),
            "{name}: where is the TODO?"
        );

        let chapter = exercise.chapter();
        let header: String = shipped.lines().take_while(|line| line.starts_with("//!")).collect();
        assert!(
            header.contains(&format!("(book/src/{chapter})")),
            "{name}: its header names another chapter"
        );
        let command = format!("cargo test --bin {name}\n");
        assert!(
            read(&format!("../src/{chapter}")).contains(&command),
            "{chapter} has no `{command}`"
        );
        let entry = format!("| [`{name}`]({chapter}#exercises) | ");
        let row = page.find(&entry).unwrap_or_else(|| panic!("c-exercises.md has no `{entry}`"));
        assert!(row > last_row, "{name}: its row of c-exercises.md is not where info.toml has it");
        last_row = row;
        names.push(format!("{name}.txt"));
    }
    // `grep -A3` and so on shows one hint after the other: each is one line, the third after the
    // only one with the quoted name.
    for block in read("info.toml").split("[[exercises]]\n").skip(1) {
        let (head, hints) = block.split_once("\nhint = \"\"\"\n").expect("hints");
        let (hints, _) = hints.split_once("\n\"\"\"").expect("an end of the hints");
        assert_eq!(head.lines().count(), 2, "name and dir, and then the hints:\n{block}");
        for (k, hint) in hints.lines().enumerate() {
            assert!(
                hint.starts_with(&format!("{}. ", k + 1)),
                "not one line for each hint: {hint}"
            );
        }
        let name = head.lines().next().unwrap().trim_start_matches("name = ");
        assert_eq!(read("info.toml").matches(name).count(), 1, "{name} is found twice");
    }
    // The message that shows how an exercise answers.
    let answers = read("tests/answers/slope.txt");
    let (shipped, _) = answers["as shipped: ".len()..].split_once('\n').expect("more than a line");
    assert!(page.contains(shipped), "c-exercises.md does not show: {shipped}");
    assert!(read("README.md").contains(shipped), "README.md does not show: {shipped}");
    let count = format!("{} small programs", names.len());
    assert!(read("../../README.md").contains(&count), "README.md does not speak of {count}");
    assert_eq!(page.matches("#exercises) | ").count(), names.len(), "c-exercises.md lists others");

    let folder = Path::new(ROOT).join("tests/answers");
    let files =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = files.collect();
    files.sort();
    names.sort();
    assert_eq!(files, names, "the files of tests/answers");
}
