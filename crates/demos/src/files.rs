//! The folder for what a program draws: looked at before training, written to after.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result};

use crate::program::printable;

/// Finds out whether files of these names can be written to a folder, which need
/// not be there yet, and leaves nothing behind.
///
/// # Errors
/// If not: the folder or the file, and the reason.
pub fn check_folder(folder: &Path, names: &[&str]) -> Result<()> {
    let is_new = |path: &&Path| matches!(is_there(path), Ok(false));
    let there = folder.ancestors().find(|path| !is_new(path)).unwrap_or(Path::new(""));
    let check = || -> io::Result<()> {
        try_writing(there)?;
        // The rest of the path is not made before there is something to write: a training
        // that fails or is stopped leaves nothing. Whether its names can be names, the
        // system says without that.
        let mut parts = folder.components().skip(there.components().count());
        parts.try_for_each(|part| is_there(&there.join(part)).map(drop))
    };
    check().with_context(|| format!("cannot write to the folder {}", folder.display()))?;
    names.iter().map(|name| folder.join(name)).try_for_each(|path| {
        check_file(&path).with_context(|| format!("cannot write {}", path.display()))
    })
}

/// Whether there is something of this name, be it a link to nowhere.
fn is_there(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        found => found.map(|_| true),
    }
}

/// Finds out whether a file of a folder that can be written to can be replaced.
fn check_file(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Err(io::Error::other("it is not a regular file")),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut path = path.to_path_buf();
    while let Ok(target) = fs::read_link(&path) {
        path.set_file_name(target);
        try_writing(path.parent().unwrap_or(&path))?;
    }
    Ok(())
}

fn try_writing(folder: &Path) -> io::Result<()> {
    // Even a full disk gives a file its name; so some bytes, too.
    tempfile::tempfile_in(folder)?.write_all(&[0; 1 << 16])
}

/// Writes files to a folder, which is made if need be, and returns their paths as
/// they may be shown.
///
/// # Errors
/// If the folder cannot be made or a file not be written.
pub fn write(folder: &Path, files: &[(&str, String)]) -> Result<Vec<String>> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let write = |(name, text): &(&str, String)| {
        let path = folder.join(name);
        nn::write_whole(&path, text.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(printable(&path.display().to_string()))
    };
    files.iter().map(write).collect()
}

/// Writes files of these names to a folder, as [`write()`] does, and prints their paths.
///
/// # Errors
/// As [`write()`], or if the paths cannot be printed.
pub fn write_and_name<const N: usize>(
    out: &mut dyn Write,
    folder: &Path,
    names: [&str; N],
    texts: [String; N],
) -> Result<()> {
    let files: Vec<_> = names.into_iter().zip(texts).collect();
    write(folder, &files)?.iter().try_for_each(|path| writeln!(out, "{path}"))?;
    Ok(())
}
