//! The daily copy of a SQLite catalogue, made with `VACUUM INTO` while it is in use.

use std::path::{Path, PathBuf};

use super::{Db, DbError};

/// Copies kept.
const KEPT: usize = 7;

/// Where the copies of the catalogue in `file` lie.
pub fn folder_of(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new(".")).join("catalogue-copies")
}

/// Makes the copy of `day` (`YYYY-MM-DD`) unless it is there, and removes all but the newest seven.
/// PostgreSQL has its own backup: nothing is done. Returns whether a copy was made.
pub async fn copy_of_day(db: &Db, file: &Path, day: &str) -> Result<bool, DbError> {
    let Db::Sqlite { readers, .. } = db else { return Ok(false) };
    let folder = folder_of(file);
    let target = folder.join(format!("catalogue-{day}.db"));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| DbError::File { path, source }
    };
    std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
    if target.exists() {
        return Ok(false);
    }
    let part = folder.join("catalogue.part");
    match std::fs::remove_file(&part) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(&part)(error)),
    }
    sqlx::query("VACUUM INTO $1").bind(part.display().to_string()).execute(readers).await?;
    std::fs::File::open(&part).and_then(|file| file.sync_all()).map_err(failed(&part))?;
    std::fs::rename(&part, &target).map_err(failed(&target))?;
    std::fs::File::open(&folder).and_then(|folder| folder.sync_all()).map_err(failed(&folder))?;
    let mut copies: Vec<PathBuf> = std::fs::read_dir(&folder)
        .map_err(failed(&folder))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "db"))
        .collect();
    copies.sort();
    let surplus = copies.len().saturating_sub(KEPT);
    for old in copies.iter().take(surplus) {
        std::fs::remove_file(old).map_err(failed(old))?;
    }
    Ok(true)
}
