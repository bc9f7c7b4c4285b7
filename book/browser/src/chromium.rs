//! Chromium without a window, over the DevTools protocol: one JSON message after the other
//! through a pipe (<https://chromedevtools.github.io/devtools-protocol/>).

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// How long an answer may take before we believe that none will come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program that the variable `CHROMIUM` names, or one of the usual names in the `PATH`.
pub fn find() -> Option<PathBuf> {
    if let Some(program) = env::var_os("CHROMIUM") {
        return Some(program.into());
    }
    let path = env::var_os("PATH")?;
    let folders: Vec<_> = env::split_paths(&path).collect();
    let all = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|program| program.is_file())
}

/// A running Chromium with an empty profile. It ends with this value.
pub struct Chromium {
    process: Child,
    to: Option<ChildStdin>,
    from: Receiver<Value>,
    calls: u64,
    profile: TempDir,
}

impl Chromium {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// If there is none, or it does not start.
    pub fn start() -> Self {
        let program = find().expect("Chromium is in the PATH");
        let profile = tempfile::tempdir().expect("a folder for Chromium's profile");
        let log = File::create(profile.path().join("log")).expect("a file for Chromium's log");
        // It reads from file 3 and writes to file 4; std can only hand over 0, 1 and 2.
        let mut process = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >&2"#])
            .arg(&program)
            .args(["--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu"])
            // Only our own pages are opened; and in a container there is no sandbox, and little
            // shared memory.
            .args(["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let to = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        let (send, from) = channel();
        thread::spawn(move || {
            for message in output.split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("Chromium sends JSON");
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        Chromium { process, to, from, calls: 0, profile }
    }

    /// Sends a command and waits for its answer. Events that come before it go to `notice`.
    ///
    /// # Panics
    ///
    /// If Chromium refuses the command or does not answer.
    #[track_caller]
    pub fn call(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: Value,
        mut notice: impl FnMut(Value),
    ) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        // If it has ended, the answer's absence says so.
        let _ = self.to.as_mut().expect("it is open until the end").write_all(&bytes);
        loop {
            let mut answer = self.next(method);
            if answer["id"] != self.calls {
                notice(answer);
            } else if answer["error"].is_null() {
                return answer["result"].take();
            } else {
                panic!("{method} {params}: {}", answer["error"]);
            }
        }
    }

    /// The next message; `what` is what we wait for.
    #[track_caller]
    pub fn next(&mut self, what: &str) -> Value {
        self.from.recv_timeout(PATIENCE).unwrap_or_else(|error| {
            let log = fs::read_to_string(self.profile.path().join("log")).unwrap_or_default();
            panic!("waiting for {what}: {error}; Chromium's log:\n{log}")
        })
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It ends when its pipe does; its last message is the last word of its processes.
        self.to = None;
        loop {
            match self.from.recv_timeout(Duration::from_secs(10)) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => drop(self.process.kill()),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let _ = self.process.wait();
    }
}
