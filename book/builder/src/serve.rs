//! Shows the book on this machine and builds it anew when a source changes.

use std::fs;
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::check::decode;

/// Serves the pages in `pages` until the program is stopped; after each change of
/// something in `watched`, calls `build`.
pub fn serve(pages: PathBuf, watched: &[PathBuf], port: u16, build: impl Fn()) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    println!("http://127.0.0.1:{}", listener.local_addr()?.port());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let pages = pages.clone();
            // A browser that goes away is no matter of the server's.
            thread::spawn(move || answer(stream, &pages).ok());
        }
    });
    let mut seen = newest(watched);
    loop {
        thread::sleep(Duration::from_millis(500));
        let now = newest(watched);
        if now != seen {
            seen = now;
            build();
        }
    }
}

/// The number of files and the time of the newest: one that is added, changed or
/// removed changes them.
fn newest(watched: &[PathBuf]) -> (usize, Option<SystemTime>) {
    let mut seen = (0, None);
    let mut left = watched.to_vec();
    while let Some(path) = left.pop() {
        // What is compiled changes at every build, and is no source of the book.
        let ours = ["target", "builder", "src/widgets.js"];
        if ours.iter().any(|ours| path.ends_with(ours)) {
            continue;
        }
        match fs::read_dir(&path) {
            Ok(entries) => left.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) => {
                let time = fs::metadata(&path).and_then(|file| file.modified()).ok();
                seen = (seen.0 + 1, seen.1.max(time));
            }
        }
    }
    seen
}

/// Answers one request.
pub fn answer(mut stream: TcpStream, pages: &Path) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut line = String::new();
    BufReader::new(&stream).take(8192).read_line(&mut line)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = decode(target.split(['?', '#']).next().unwrap_or_default());
    let path = Path::new(path.trim_start_matches('/'));
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let mut file = pages.join(path);
    if file.is_dir() {
        file.push("index.html");
    }
    let content = fs::read(&file).ok().filter(|_| inside && method == "GET");
    let status = if content.is_some() { "200 OK" } else { "404 Not Found" };
    let content = content.unwrap_or_else(|| b"There is no such page.".into());
    let kind = match file.extension().and_then(|end| end.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css",
        "js" => "text/javascript",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => "text/plain; charset=utf-8",
    };
    let length = content.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&content)
}
