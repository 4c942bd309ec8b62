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
    /// Makes the folder when missing and locks it.
    pub fn open(path: &Path) -> Result<DataFolder, FolderError> {
        let io = |source| FolderError::Io { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(io)?;
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
}
