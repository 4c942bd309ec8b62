//! A disk that stands still when it is told to.

use std::path::Path;

use parking_lot::Condvar;

use super::*;
use crate::store::medium::{MediumFile, Space};

/// Writes of at least so many bytes stand at the gate: those of the log, not those that make a
/// segment.
const LARGE: usize = 1 << 20;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Gate {
    #[default]
    Open,
    /// Syncs stand.
    NoSyncs,
    /// Large writes stand.
    NoWrites,
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
pub(super) struct GatedMedium {
    disk: MemoryMedium,
    shared: Arc<Shared>,
}

impl GatedMedium {
    /// Calls that have had to stand so far.
    pub(super) fn standing(&self) -> u64 {
        self.shared.standing.load(Ordering::SeqCst)
    }

    pub(super) fn set(&self, gate: Gate) {
        *self.shared.gate.lock() = gate;
        self.shared.moved.notify_all();
    }
}

impl Medium for GatedMedium {
    fn create_dir_all(&self, dir: &Path) -> std::io::Result<()> {
        self.disk.create_dir_all(dir)
    }
    fn list(&self, dir: &Path) -> std::io::Result<Vec<String>> {
        self.disk.list(dir)
    }
    fn open(&self, path: &Path) -> std::io::Result<Arc<dyn MediumFile>> {
        Ok(Arc::new(GatedFile { file: self.disk.open(path)?, shared: self.shared.clone() }))
    }
    fn create(&self, path: &Path) -> std::io::Result<Arc<dyn MediumFile>> {
        Ok(Arc::new(GatedFile { file: self.disk.create(path)?, shared: self.shared.clone() }))
    }
    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        self.disk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> std::io::Result<()> {
        self.disk.remove(path)
    }
    fn sync_dir(&self, dir: &Path) -> std::io::Result<()> {
        self.disk.sync_dir(dir)
    }
    fn lock(&self, path: &Path) -> std::io::Result<Option<Box<dyn Send + Sync>>> {
        self.disk.lock(path)
    }
    fn space(&self, dir: &Path) -> std::io::Result<Space> {
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
    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.file.read_at(buf, offset)
    }
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> std::io::Result<()> {
        if bytes.len() >= LARGE {
            self.shared.pass(Gate::NoWrites);
        }
        self.file.write_all_at(bytes, offset)
    }
    fn allocate(&self, bytes: u64) -> std::io::Result<()> {
        self.file.allocate(bytes)
    }
    fn truncate(&self, bytes: u64) -> std::io::Result<()> {
        self.file.truncate(bytes)
    }
    fn sync(&self) -> std::io::Result<()> {
        self.shared.pass(Gate::NoSyncs);
        self.file.sync()
    }
    fn size(&self) -> std::io::Result<u64> {
        self.file.size()
    }
}
