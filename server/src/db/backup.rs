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
    let copy = Copy::of(file, day);
    let part = copy.part.display().to_string();
    let Some(copy) = blocking(&copy.folder.clone(), move || Ok(copy.prepare()?.then_some(copy))).await? else {
        return Ok(false);
    };
    sqlx::query("VACUUM INTO $1").bind(part).execute(readers).await?;
    blocking(&copy.folder.clone(), move || copy.keep()).await?;
    Ok(true)
}

/// Runs what waits for the disk outside the threads that serve requests.
async fn blocking<T: Send + 'static>(
    folder: &Path,
    work: impl FnOnce() -> Result<T, DbError> + Send + 'static,
) -> Result<T, DbError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| failed(folder)(std::io::Error::other(error)))?
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> DbError {
    let path = path.to_owned();
    move |source| DbError::File { path, source }
}

/// A copy on its way.
struct Copy {
    folder: PathBuf,
    /// While it is made.
    part: PathBuf,
    /// When it is whole.
    target: PathBuf,
}

impl Copy {
    fn of(file: &Path, day: &str) -> Self {
        let folder = folder_of(file);
        let (part, target) = (folder.join("catalogue.part"), folder.join(format!("catalogue-{day}.db")));
        Self { folder, part, target }
    }

    /// Makes room for it. `false`: it is there already.
    fn prepare(&self) -> Result<bool, DbError> {
        std::fs::create_dir_all(&self.folder).map_err(failed(&self.folder))?;
        if self.target.exists() {
            return Ok(false);
        }
        match std::fs::remove_file(&self.part) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(&self.part)(error)),
            _ => Ok(true),
        }
    }

    /// Puts the whole copy in place, durably, and removes those that are too many.
    fn keep(&self) -> Result<(), DbError> {
        std::fs::File::open(&self.part).and_then(|file| file.sync_all()).map_err(failed(&self.part))?;
        std::fs::rename(&self.part, &self.target).map_err(failed(&self.target))?;
        std::fs::File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(failed(&self.folder))?;
        let mut copies: Vec<PathBuf> = std::fs::read_dir(&self.folder)
            .map_err(failed(&self.folder))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "db"))
            .collect();
        copies.sort();
        let surplus = copies.len().saturating_sub(KEPT);
        for old in copies.iter().take(surplus) {
            std::fs::remove_file(old).map_err(failed(old))?;
        }
        Ok(())
    }
}
