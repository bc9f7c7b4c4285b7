//! The folder for the pictures.

use std::fs::{self, File};
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
