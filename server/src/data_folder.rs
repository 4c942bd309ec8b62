//! The folder that holds all state: made, locked, named.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::auth::token;

/// Why the folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("the data folder {path} can't be used: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("the data folder {path} is in use by another TernMQ process; stop it, or use another folder (--data-dir)")]
    InUse { path: PathBuf },
}

/// A locked data folder. The lock ends with the process, however it ends.
pub struct DataFolder {
    pub path: PathBuf,
    /// Eight characters that tell this folder from others, for names of cookies.
    pub short_id: String,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder when missing, for its owner alone, and locks it.
    pub fn open(path: &Path) -> Result<DataFolder, FolderError> {
        let io = |source| FolderError::Io { path: path.to_owned(), source };
        make(path).map_err(io)?;
        close_to_others(path).map_err(io)?;
        let lock =
            File::options().create(true).truncate(false).write(true).open(path.join("ternmq.lock")).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let short_id = short_id(path).map_err(io)?;
        Ok(DataFolder { path: path.to_owned(), short_id, _lock: lock })
    }
}

/// Files and folders made from here on are their owner's alone, whatever the shell's mask was.
#[cfg(unix)]
pub fn private_files() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

/// Files take the rights of their folder there.
#[cfg(not(unix))]
pub fn private_files() {}

/// Makes the folder and those above it that are missing. Each is durable in the one above it (R6).
fn make(path: &Path) -> std::io::Result<()> {
    let named = path.ancestors().take_while(|folder| !folder.as_os_str().is_empty());
    let missing: Vec<&Path> = named.take_while(|folder| !folder.exists()).collect();
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    for made in missing {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(above)?.sync_all()?;
    }
    Ok(())
}

/// Takes the rights of other users away: messages, password hashes and the master key lie in here.
/// A folder of somebody else's stays as it is.
#[cfg(unix)]
fn close_to_others(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let found = std::fs::metadata(path)?;
    let mode = found.mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let (path_shown, mode_shown) = (path.display(), format!("{mode:o}"));
    if found.uid() != rustix::process::geteuid().as_raw() {
        tracing::warn!(path = %path_shown, mode = mode_shown, "other users may look into the data folder, which is not this user's to close");
        return Ok(());
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & !0o077))?;
    tracing::warn!(path = %path_shown, mode = mode_shown, "other users could look into the data folder; it is its owner's alone now");
    Ok(())
}

/// There the folder has the rights of the one above it.
#[cfg(not(unix))]
fn close_to_others(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

fn short_id(folder: &Path) -> std::io::Result<String> {
    let file = folder.join("folder.id");
    match std::fs::read_to_string(&file) {
        Ok(text) if text.trim().len() == 8 && text.trim().bytes().all(|b| b.is_ascii_alphanumeric()) => {
            return Ok(text.trim().to_owned());
        }
        // Only names of cookies hang on it: a damaged one is replaced.
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let id = token::letters(8);
    let part = folder.join("folder.id.part");
    let mut out = File::create(&part)?;
    out.write_all(format!("{id}\n").as_bytes())?;
    out.sync_all()?;
    std::fs::rename(&part, &file)?;
    File::open(folder)?.sync_all()?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_used_by_one_process_and_keeps_its_id() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("data");
        let first = DataFolder::open(&path).unwrap();
        assert!(matches!(DataFolder::open(&path), Err(FolderError::InUse { .. })));
        let id = first.short_id.clone();
        drop(first);
        assert_eq!(DataFolder::open(&path).unwrap().short_id, id);
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_its_owners_alone_also_one_that_was_found_open() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("data");
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        drop(DataFolder::open(&path).unwrap());
        assert_eq!(mode(), 0o700);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        drop(DataFolder::open(&path).unwrap());
        assert_eq!(mode(), 0o700);
    }
}
