//! Files that are either whole or not there.

use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// What a file is called until it is whole. (Its own name may already be as long as a name
/// can be.)
const TEMPORARY: (&str, &str) = (".unfinished-", ".tmp");

/// Writes a file through a temporary one in the same folder, which takes its
/// name only when it is whole and on the disk. A full disk or a killed program
/// leaves what was there before; what a killed program left, the next save in the
/// folder removes. A link stays a link, and what it points to is replaced; a file that is
/// replaced leaves its permissions to the new one.
///
/// # Errors
/// If the file cannot be written, or if there is something else than a file, such as a
/// folder or a device.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("losses.csv");
/// nn::write_whole(&path, b"epoch,loss\n")?;
/// assert_eq!(std::fs::read(&path)?, b"epoch,loss\n");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let before = match regular(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        before => Some(before?),
    };
    let path = followed(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    remove_leftovers(folder);
    let mut temporary = temporary(folder)?;
    let file = temporary.as_file_mut();
    if let Some(before) = before {
        file.set_permissions(before.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    temporary.persist(&path)?;
    // The new name, too, should outlive a power cut, where the system can promise it.
    drop(File::open(folder).and_then(|folder| folder.sync_all()));
    Ok(())
}

/// What is known of a file without opening it: a pipe that is opened may wait for ever.
pub(crate) fn regular(path: &Path) -> io::Result<Metadata> {
    let found = fs::metadata(path)?;
    let text = match found.is_dir() {
        true => "it is a folder",
        false => "it is no regular file (but a device, a pipe or a socket)",
    };
    if found.is_file() { Ok(found) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, text)) }
}

/// The file that is meant by a link, even if it is not there yet.
fn followed(path: &Path) -> PathBuf {
    let mut path = path.to_path_buf();
    // Links that lead in a circle have already failed to open.
    while let Ok(target) = fs::read_link(&path) {
        path.set_file_name(target);
    }
    path
}

/// A new file in the folder, locked for as long as it is being written.
fn temporary(folder: &Path) -> io::Result<NamedTempFile<File>> {
    loop {
        let (prefix, suffix) = TEMPORARY;
        let create = |path: &Path| File::options().write(true).create_new(true).open(path);
        let builder = &mut Builder::new();
        let file = builder.prefix(prefix).suffix(suffix).rand_bytes(12).make_in(folder, create)?;
        // Until it was locked, another save may have taken it for a leftover.
        let taken = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock));
        if !taken && file.path().try_exists()? {
            return Ok(file);
        }
    }
}

/// Removes what killed programs left: the temporary files that nobody has locked.
fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let is_temporary = |n: &str| n.starts_with(TEMPORARY.0) && n.ends_with(TEMPORARY.1);
        if name.to_str().is_some_and(is_temporary) && entry.file_type().is_ok_and(|t| t.is_file()) {
            // Some systems lock only what can be written, and some files can only be read.
            let file = File::options().write(true).open(&path).or_else(|_| File::open(&path));
            // The lock stays until the file is gone, or a save that is about to begin would take
            // it for its own.
            if let Ok(file) = file
                && file.try_lock().is_ok()
            {
                drop(fs::remove_file(path));
            }
        }
    }
}
