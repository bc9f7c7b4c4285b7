//! Saves that are whole or not there, and loads that read no more than they need.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use nn::{FileError, Generator, Linear, load, save, write_whole};
use tensor::{Parameter, Tensor};

/// A model of one number: if a load sees two, it saw parts of two files.
fn model(number: f32, size: usize) -> Parameter<f32> {
    Parameter::new(Tensor::full([size], number))
}

fn load_one(path: &Path, size: usize) -> f32 {
    let mut loaded = model(-1.0, size);
    load(path, &mut loaded).unwrap();
    let numbers = loaded.value().data();
    assert!(numbers.iter().all(|x| *x == numbers[0] && *x >= 0.0), "a file of parts");
    numbers[0]
}

fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Another process, which saves `count` times to this path and then ends.
fn saving_process(path: &Path, count: usize, size: usize) -> Command {
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", "the_other_process", "--nocapture"]);
    process.env("SAVE_TO", path).env("SAVES", count.to_string()).env("SIZE", size.to_string());
    process.stdout(Stdio::piped()).stderr(Stdio::piped());
    process
}

/// What [`saving_process`] runs; among the other tests it has nothing to do.
#[test]
fn the_other_process() {
    let Ok(path) = std::env::var("SAVE_TO") else { return };
    let get = |name: &str| std::env::var(name).unwrap();
    let size = get("SIZE").parse().unwrap();
    for k in 0..get("SAVES").parse::<usize>().unwrap() {
        save(&path, &model((k % 1000) as f32, size)).unwrap();
    }
}

fn succeeded(process: Child) -> bool {
    let output = process.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    eprint!("{text}");
    output.status.success() && text.contains("1 passed")
}

/// Eight threads and three processes save to one path, and a load at any time reads one of
/// their files.
#[test]
fn everybody_saves_to_one_path() {
    const SIZE: usize = 5000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save(&path, &model(0.0, SIZE)).unwrap();
    // One of the processes with a path that has no folder.
    let processes = [&*path, &*path, Path::new("model.safetensors")]
        .map(|path| saving_process(path, 20, SIZE).current_dir(folder.path()).spawn().unwrap());
    let done = AtomicBool::new(false);
    let results = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !done.load(Relaxed) {
                load_one(&path, SIZE);
            }
        });
        let savers = [1, 2, 3, 4, 5, 6, 7, 8].map(|k| {
            let path = &path;
            scope.spawn(move || (0..20).for_each(|_| save(path, &model(k as f32, SIZE)).unwrap()))
        });
        let mut results: Vec<_> = savers.map(|saver| saver.join().is_ok()).into();
        results.extend(processes.map(succeeded));
        done.store(true, Relaxed);
        results.push(reader.join().is_ok());
        results
    });
    assert_eq!(results, [true; 8 + 3 + 1]);
    assert_eq!(names(folder.path()), ["model.safetensors"]);
}

/// A process that is killed while it saves leaves the file whole and at most one temporary
/// one, which the next save removes.
#[test]
fn a_killed_save_leaves_the_old_file() {
    const SIZE: usize = 300_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save(&path, &model(0.0, SIZE)).unwrap();
    let mut seen = 0;
    for round in 0..200 {
        let mut process = saving_process(&path, usize::MAX, SIZE).spawn().unwrap();
        // It has begun when it has replaced the file of the round before.
        save(&path, &model(1000.0, SIZE)).unwrap();
        while load_one(&path, SIZE) == 1000.0 {
            assert!(process.try_wait().unwrap().is_none(), "it has ended");
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(337 * round % 5000));
        process.kill().unwrap();
        process.wait().unwrap();
        load_one(&path, SIZE);
        let left = names(folder.path()).len() - 1;
        assert!(left <= 1, "{:?}", names(folder.path()));
        seen += left;
        if seen > 3 {
            break;
        }
    }
    assert!(seen > 0, "no kill has hit a save: the test has seen nothing");
    save(&path, &model(0.0, SIZE)).unwrap();
    assert_eq!(names(folder.path()), ["model.safetensors"]);
}

/// What is locked is being written, and what is not was left; other files are no business of
/// ours.
#[test]
fn only_leftovers_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| File::create(folder.path().join(name)).unwrap();
    file(".unfinished-old.tmp");
    file(".unfinished-notes");
    file("mine.tmp");
    let alive = file(".unfinished-alive.tmp");
    alive.lock().unwrap();
    fs::create_dir(folder.path().join(".unfinished-folder.tmp")).unwrap();
    write_whole(&folder.path().join("new"), b"new").unwrap();
    let left =
        [".unfinished-alive.tmp", ".unfinished-folder.tmp", ".unfinished-notes", "mine.tmp", "new"];
    assert_eq!(names(folder.path()), left);
}

/// As long as a name can be for most systems, and then one that is too long.
#[test]
fn long_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n".repeat(250));
    save(&path, &model(1.0, 3)).unwrap();
    assert_eq!(load_one(&path, 3), 1.0);
    let too_long = folder.path().join("n".repeat(5000));
    assert!(matches!(save(&too_long, &model(1.0, 3)), Err(FileError::Write { .. })));
    assert_eq!(names(folder.path()), ["n".repeat(250)]);
}

/// What loading allocates at most at a time, when it refuses.
fn refused_with(path: &Path, memory: u64) -> String {
    let mut loaded = Linear::<f32>::new(3, 2, &mut Generator::manual_seed(0));
    let mut text = String::new();
    let used = allocation_counter::measure(|| {
        text = load(path, &mut loaded).unwrap_err().to_string();
    });
    assert!(used.bytes_max < memory, "{} bytes: {text}", used.bytes_max);
    text
}

fn with_header(path: &Path, header: &str) -> File {
    let mut file = File::create(path).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file
}

/// A file is judged by its header; its numbers are read when they are wanted.
#[test]
fn large_files_that_do_not_fit_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    let large = 3 << 30;
    File::create(&path).unwrap().set_len(large).unwrap();
    let text = refused_with(&path, 100_000);
    assert!(text.ends_with("it begins with zeros; was it copied or downloaded to the end?"));

    let header =
        r#"{"weight":{"dtype":"F32","shape":[268435456,3],"data_offsets":[0,3221225472]}}"#;
    with_header(&path, header).set_len(8 + header.len() as u64 + large).unwrap();
    let text = refused_with(&path, 100_000);
    assert!(text.contains("weight should have shape [2, 3], not [268435456, 3]"), "{text}");

    // One byte too many, and one too few.
    for size in [large - 1, large + 1] {
        with_header(&path, header).set_len(8 + header.len() as u64 + size).unwrap();
        let text = refused_with(&path, 100_000);
        let expected = format!("its numbers should take 3221225472 bytes, and take {size}");
        assert!(text.ends_with(&expected), "{text}");
    }
}

/// A header that lists millions of things costs no more than one that lists a few thousand.
#[test]
fn headers_cost_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile");
    let many = |each: &dyn Fn(usize) -> String| -> String {
        (0..1_000_000).map(each).collect::<Vec<_>>().join(",")
    };
    let empty = r#"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#;
    let headers = [
        (format!("{{{}}}", many(&|k| format!("\"{k}\":{empty}"))), 5, "lists more than 10010"),
        (format!(r#"{{"__metadata__":{{{}}}}}"#, many(&|k| format!("\"{k}\":\"\""))), 1, "missing"),
        (
            format!(r#"{{"a":{{"dtype":"F32","shape":[1{}]}}}}"#, ",1".repeat(1_000_000)),
            6,
            "at most 1000 bytes",
        ),
        (format!(r#"{{"a":{}"#, "[".repeat(2_000_000)), 10, "EOF"),
        ("[".repeat(2_000_000), 1, "expected a list of tensors"),
    ];
    for (header, megabytes, expected) in headers {
        with_header(&path, &header);
        let text = refused_with(&path, megabytes << 20);
        assert!(text.contains(expected), "{text}");
        assert!(text.len() < 1920, "fits on a screen");
    }
}

/// A header's entry may be as long as the message says.
#[test]
fn the_longest_entry() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let entry = r#"{"dtype":"F32","shape":[0],"data_offsets":[0,0]"#;
    let write = |length: usize| {
        let width = length - 1;
        with_header(&path, &format!(r#"{{"":{entry:width$}}}}}"#));
    };
    write(1000);
    load(&path, &mut model(0.0, 0)).unwrap();
    write(1001);
    let text = load(&path, &mut model(0.0, 0)).unwrap_err().to_string();
    assert!(text.contains("should take at most 1000 bytes, and takes 1001"), "{text}");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    /// A link stays a link, and the file that it leads to is replaced.
    #[test]
    fn links_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("models")).unwrap();
        let links = [
            ("to_file", PathBuf::from("models/first")),
            ("to_absolute", folder.path().join("models/second")),
            ("models/chain", PathBuf::from("../to_file")),
            ("dangling", PathBuf::from("models/third")),
        ];
        save(folder.path().join("models/first"), &model(0.0, 3)).unwrap();
        save(folder.path().join("models/second"), &model(0.0, 3)).unwrap();
        for (k, (link, target)) in (1_u16..).zip(links) {
            let link = folder.path().join(link);
            symlink(&target, &link).unwrap();
            save(&link, &model(f32::from(k), 3)).unwrap();
            assert_eq!(load_one(&link, 3), f32::from(k));
            assert_eq!(fs::read_link(&link).unwrap(), target);
        }
        let there = |name: &str| load_one(&folder.path().join("models").join(name), 3);
        assert_eq!(["first", "second", "third"].map(there), [3.0, 2.0, 4.0]);

        let circle = folder.path().join("circle");
        symlink("circle", &circle).unwrap();
        assert!(matches!(save(&circle, &model(0.0, 3)), Err(FileError::Write { .. })));
        assert!(matches!(load(&circle, &mut model(0.0, 3)), Err(FileError::Read { .. })));
    }

    #[test]
    fn permissions_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        save(&path, &model(0.0, 3)).unwrap();
        for mode in [0o600, 0o640, 0o664, 0o444] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            save(&path, &model(1.0, 3)).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
        }
    }

    /// Devices, pipes, sockets and folders are neither replaced nor read, nor waited for.
    #[test]
    fn only_files_are_files() {
        let folder = tempfile::tempdir().unwrap();
        let [pipe, socket, link] = ["pipe", "socket", "link"].map(|name| folder.path().join(name));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let _socket = UnixListener::bind(&socket).unwrap();
        symlink(&pipe, &link).unwrap();
        let devices = ["/dev/zero", "/dev/full", "/dev/null"].map(PathBuf::from);
        for path in [&pipe, &socket, &link].into_iter().chain(&devices) {
            let kind = |path| fs::metadata(path).unwrap().file_type();
            let before = kind(path);
            let read = load(path, &mut model(0.0, 3)).unwrap_err().to_string();
            let text = "it is no regular file (but a device, a pipe or a socket)";
            assert_eq!(read, format!("cannot read {}: {text}", path.display()));
            // Broken code and a user who may do everything would replace the system's devices.
            if path.starts_with(folder.path()) {
                let write = save(path, &model(0.0, 3)).unwrap_err().to_string();
                assert_eq!(write, format!("cannot write {}: {text}", path.display()));
            }
            assert!(kind(path) == before && (before.is_fifo() || !before.is_file()));
        }
        assert_eq!(names(folder.path()), ["link", "pipe", "socket"]);
        let text = load(folder.path(), &mut model(0.0, 3)).unwrap_err().to_string();
        assert!(text.ends_with("it is a folder"), "{text}");
    }

    /// A disk that is full (here, a limit for files) leaves the old file and nothing else.
    #[test]
    fn a_full_disk_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        save(&path, &model(5.0, 3)).unwrap();
        let process = saving_process(&path, 1, 100_000);
        let mut limited = Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; ulimit -f 100; exec \"$@\"", "sh"]);
        limited.arg(process.get_program()).args(process.get_args());
        limited.envs(process.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = limited.output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(!output.status.success() && text.contains("Write"), "{text}");
        assert_eq!(load_one(&path, 3), 5.0);
        assert_eq!(names(folder.path()), ["model.safetensors"]);
    }

    #[test]
    fn a_folder_that_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        save(&path, &model(5.0, 3)).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
        // Some may write everywhere.
        if File::create(folder.path().join("probe")).is_err() {
            assert!(matches!(save(&path, &model(6.0, 3)), Err(FileError::Write { .. })));
            assert_eq!(names(folder.path()), ["model.safetensors"]);
            assert_eq!(load_one(&path, 3), 5.0);
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    }
}
