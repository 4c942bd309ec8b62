//! The port to the file system. Everything the store does to a disk goes through it, so that a
//! test can cut the power, fail a call or fill the disk. Knows nothing of records.

#[cfg(test)]
pub(crate) mod gated;
mod memory;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

pub use memory::{Fault, MemoryMedium};

/// Bytes of the file system that holds a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What this process could use in all: blocks that are kept for the administrator do not count,
    /// neither as used nor as free, as in the percentage that `df` shows.
    pub bytes: u64,
    /// Free to this process.
    pub bytes_free: u64,
}

/// A file system.
pub trait Medium: Send + Sync + 'static {
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;
    /// Names in a folder, in no order.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Opens an existing file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn MediumFile>>;
    /// Makes an empty file, in place of one that is there.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn MediumFile>>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes names made, changed and removed in a folder durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Takes the lock on a file, made when missing; it is free again when the result is dropped
    /// or the process ends. `None`: another process holds it.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send + Sync>>>;
    fn space(&self, dir: &Path) -> io::Result<Space>;
    /// A number nobody can guess.
    fn entropy(&self) -> u64;
}

/// An open file. Positioned calls only, from any thread.
pub trait MediumFile: Send + Sync + 'static {
    /// Fills `buf`; fewer bytes are read only at the end of the file.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Reserves the bytes on the disk and makes a new file this long, reading as zeros: a later write
    /// to them never finds the disk full.
    fn allocate(&self, bytes: u64) -> io::Result<()>;
    fn truncate(&self, bytes: u64) -> io::Result<()>;
    /// fdatasync: everything written to the file before is on the disk when it returns.
    fn sync(&self) -> io::Result<()>;
    fn size(&self) -> io::Result<u64>;
}

/// The machine's file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemMedium;

impl Medium for SystemMedium {
    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        std::fs::create_dir_all(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(dir)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn MediumFile>> {
        Ok(Arc::new(SystemFile(OpenOptions::new().read(true).write(true).open(path)?)))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn MediumFile>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        Ok(Arc::new(SystemFile(file)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send + Sync>>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(source),
        }
    }

    fn space(&self, dir: &Path) -> io::Result<Space> {
        let figures = rustix::fs::statvfs(dir)?;
        let kept = figures.f_bfree.saturating_sub(figures.f_bavail);
        Ok(Space {
            bytes: figures.f_blocks.saturating_sub(kept).saturating_mul(figures.f_frsize),
            bytes_free: figures.f_bavail.saturating_mul(figures.f_frsize),
        })
    }

    fn entropy(&self) -> u64 {
        rand::random()
    }
}

struct SystemFile(File);

impl MediumFile for SystemFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.0.read_at(rest, offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        use rustix::io::Errno;
        match rustix::fs::fallocate(&self.0, rustix::fs::FallocateFlags::empty(), 0, bytes) {
            // Some file systems (overlays, network mounts) can't reserve.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => fill_with_zeros(&self.0, bytes),
            other => Ok(other?),
        }
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}

/// Takes the room for a file of so many bytes where it can't be reserved: what is written over
/// later needs no more (except on file systems that copy on write).
fn fill_with_zeros(file: &File, bytes: u64) -> io::Result<()> {
    let zeros = vec![0; 256 << 10];
    let mut at = file.metadata()?.len();
    while at < bytes {
        let count = usize::try_from(bytes - at).unwrap_or(usize::MAX).min(zeros.len());
        file.write_all_at(zeros.get(..count).unwrap_or(&zeros), at)?;
        at += count as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_file_takes_its_room_also_where_it_can_not_be_reserved() {
        const BYTES: u64 = (1 << 20) + 5;
        let dir = tempfile::tempdir().expect("a folder");
        let file = File::create_new(dir.path().join("segment")).expect("made");
        fill_with_zeros(&file, BYTES).expect("filled");
        file.sync_all().expect("synced");
        let metadata = file.metadata().expect("known");
        assert_eq!(metadata.len(), BYTES);
        assert!(metadata.blocks() * 512 >= BYTES, "{} blocks: a sparse file has none", metadata.blocks());
    }
}
