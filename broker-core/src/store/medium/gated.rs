//! A disk that stands still when it is told to.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Condvar, Mutex};

use super::{Medium, MediumFile, MemoryMedium, Space};

/// Writes of at least so many bytes stand at the gate: those of the log, not those that make a
/// segment.
const LARGE: usize = 1 << 20;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Gate {
    #[default]
    Open,
    /// Syncs stand.
    NoSyncs,
    /// Large writes stand.
    NoWrites,
    /// Whoever makes a segment stands.
    NoSegments,
}

#[derive(Default)]
struct Shared {
    gate: Mutex<Gate>,
    standing: AtomicU64,
    moved: Condvar,
}

impl Shared {
    fn pass(&self, shut: Gate) {
        let mut gate = self.gate.lock();
        if *gate == shut {
            self.standing.fetch_add(1, Ordering::SeqCst);
        }
        while *gate == shut {
            self.moved.wait(&mut gate);
        }
    }
}

#[derive(Clone, Default)]
pub(crate) struct GatedMedium {
    disk: MemoryMedium,
    shared: Arc<Shared>,
}

impl GatedMedium {
    /// Calls that have had to stand so far.
    pub(crate) fn standing(&self) -> u64 {
        self.shared.standing.load(Ordering::SeqCst)
    }

    /// Every file, as [`MemoryMedium::paths`].
    pub(crate) fn paths(&self) -> Vec<(PathBuf, u64)> {
        self.disk.paths()
    }

    pub(crate) fn set(&self, gate: Gate) {
        *self.shared.gate.lock() = gate;
        self.shared.moved.notify_all();
    }
}

impl Medium for GatedMedium {
    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.disk.create_dir_all(dir)
    }
    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.disk.list(dir)
    }
    fn open(&self, path: &Path) -> io::Result<Arc<dyn MediumFile>> {
        Ok(Arc::new(GatedFile { file: self.disk.open(path)?, shared: self.shared.clone() }))
    }
    fn create(&self, path: &Path) -> io::Result<Arc<dyn MediumFile>> {
        Ok(Arc::new(GatedFile { file: self.disk.create(path)?, shared: self.shared.clone() }))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.sync_dir(dir)
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send + Sync>>> {
        self.disk.lock(path)
    }
    fn space(&self, dir: &Path) -> io::Result<Space> {
        self.disk.space(dir)
    }
    fn entropy(&self) -> u64 {
        self.disk.entropy()
    }
}

struct GatedFile {
    file: Arc<dyn MediumFile>,
    shared: Arc<Shared>,
}

impl MediumFile for GatedFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buf, offset)
    }
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if bytes.len() >= LARGE {
            self.shared.pass(Gate::NoWrites);
        }
        self.file.write_all_at(bytes, offset)
    }
    fn allocate(&self, bytes: u64) -> io::Result<()> {
        self.shared.pass(Gate::NoSegments);
        self.file.allocate(bytes)
    }
    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.file.truncate(bytes)
    }
    fn sync(&self) -> io::Result<()> {
        self.shared.pass(Gate::NoSyncs);
        self.file.sync()
    }
    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }
}
