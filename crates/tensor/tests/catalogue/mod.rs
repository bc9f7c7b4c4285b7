//! A catalogue of what wrong uses say.

use std::panic;
use std::sync::Mutex;

use tensor::Tape;

static LAST: Mutex<String> = Mutex::new(String::new());

/// Something that should not be done.
pub type WrongUse = fn(&Tape<f64>);

/// Runs each wrong use, which must panic, and lists the messages. `file` is the
/// caller's, which the panics should name.
pub fn of_panics(file: &'static str, cases: &[(&str, WrongUse)]) -> String {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let place = info.location().map_or("?", |location| location.file());
        let place = if place == file { "the caller" } else { place };
        let payload = info.payload();
        let message = (payload.downcast_ref::<String>().map(String::as_str))
            .or(payload.downcast_ref::<&str>().copied())
            .unwrap_or("a panic without a text");
        let message = without_lines(message, file);
        *LAST.lock().unwrap() = format!("{message}\n    at {place}");
    }));
    let texts: Vec<String> = (cases.iter())
        .map(|(name, wrong)| match panic::catch_unwind(|| wrong(&Tape::new())) {
            Ok(()) => format!("{name}:\n    NO PANIC"),
            Err(_) => format!("{name}:\n    {}", LAST.lock().unwrap()),
        })
        .collect();
    panic::set_hook(default);
    texts.join("\n\n")
}

/// `recorded at file.rs:7:13` as `recorded at the caller`, which stays true when the file
/// is edited.
fn without_lines(message: &str, file: &str) -> String {
    let is_place = |c: char| c == ':' || c.is_ascii_digit();
    let parts = message.split(file).enumerate();
    parts
        .map(|(k, part)| {
            if k == 0 {
                part.into()
            } else {
                format!("the caller{}", part.trim_start_matches(is_place))
            }
        })
        .collect()
}
