//! Files that are either whole or not there.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

/// Makes the folder if need be, and finds out whether a file can be written
/// there.
///
/// # Errors
/// If not: the folder and the reason.
pub fn prepare_folder(folder: &Path) -> Result<()> {
    let write = || {
        fs::create_dir_all(folder)?;
        let probe = folder.join(format!(".probe-{}", std::process::id()));
        File::create(&probe)?;
        fs::remove_file(&probe)
    };
    write().with_context(|| format!("cannot write to the folder {}", folder.display()))
}

/// Writes a file through a temporary neighbour, so that a failure leaves what
/// was there before.
///
/// # Errors
/// If the file cannot be written: its path and the reason.
pub fn write_whole(path: &Path, text: &str) -> Result<()> {
    let temporary = path.with_extension(format!("tmp-{}", std::process::id()));
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write()
        .inspect_err(|_| drop(fs::remove_file(&temporary)))
        .with_context(|| format!("cannot write {}", path.display()))
}
