//! A file system in memory that can be killed, lose its power, fail calls and be full. For tests.
//!
//! It keeps two states: what a process sees, and what is on the platter. Only syncs carry bytes
//! from the one to the other, and names only a sync of their folder. A failed sync does what Linux
//! does: the bytes count as clean and are never written (so a second sync that succeeds proves
//! nothing).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{Medium, MediumFile, Space};

const PAGE: usize = 4096;
const SECTOR: usize = 512;

/// What happens to the n-th call that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails with an I/O error; later calls work.
    Fail,
    /// Half of a write is done and nothing after it: the machine is gone.
    Tear,
    /// Neither it nor anything after it is done: the machine is gone.
    Stop,
    /// It panics; later calls work.
    Panic,
}

/// The disk. Clones are the same disk.
#[derive(Clone)]
pub struct MemoryMedium(Arc<Mutex<Disk>>);

#[derive(Clone)]
struct Disk {
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    /// Changes of names since the last sync of their folder, in order.
    renames: Vec<NameChange>,
    dirs: BTreeSet<PathBuf>,
    files: HashMap<u64, Content>,
    locks: BTreeSet<PathBuf>,
    calls: u64,
    fault: Option<(u64, Fault)>,
    gone: bool,
    bytes: u64,
    taken_by_others: u64,
    numbers: u64,
    entropy: u64,
}

#[derive(Clone)]
struct NameChange {
    path: PathBuf,
    file: Option<u64>,
}

#[derive(Clone, Default)]
struct Content {
    size: u64,
    durable_size: u64,
    reserved: u64,
    pages: BTreeMap<u64, Arc<[u8; PAGE]>>,
    durable_pages: BTreeMap<u64, Arc<[u8; PAGE]>>,
    dirty: BTreeSet<u64>,
    /// Pages that can't be read until they are written again.
    unreadable: BTreeSet<u64>,
}

impl Default for MemoryMedium {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryMedium {
    /// An empty disk of 1 TiB.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Disk {
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            renames: Vec::new(),
            dirs: BTreeSet::new(),
            files: HashMap::new(),
            locks: BTreeSet::new(),
            calls: 0,
            fault: None,
            gone: false,
            bytes: 1 << 40,
            taken_by_others: 0,
            numbers: 0,
            entropy: 0x5eed,
        })))
    }

    /// Sets the fault of the n-th changing call from now, counted from 1.
    pub fn set_fault(&self, nth: u64, fault: Fault) {
        let mut disk = self.0.lock();
        disk.fault = Some((disk.calls + nth, fault));
    }

    /// Whether the fault that was set has struck.
    pub fn struck(&self) -> bool {
        let disk = self.0.lock();
        disk.fault.is_some_and(|(at, _)| disk.calls >= at)
    }

    /// Changing calls so far.
    pub fn calls(&self) -> u64 {
        self.0.lock().calls
    }

    pub fn set_size(&self, bytes: u64) {
        self.0.lock().bytes = bytes;
    }

    /// Bytes that other programs have taken.
    pub fn set_taken_by_others(&self, bytes: u64) {
        self.0.lock().taken_by_others = bytes;
    }

    /// The disk as the next process finds it after this one was killed.
    pub fn killed(&self) -> Self {
        let mut disk = self.0.lock().clone();
        disk.locks.clear();
        disk.fault = None;
        disk.gone = false;
        Self(Arc::new(Mutex::new(disk)))
    }

    /// The disk after a power cut: what was synced, and any part of what was not, by `seed`.
    pub fn after_power_cut(&self, seed: u64) -> Self {
        let mut disk = self.killed().0.lock().clone();
        let mut random = StdRng::seed_from_u64(seed);
        let kept = random.random_range(0..=disk.renames.len());
        for change in disk.renames.drain(..).take(kept).collect::<Vec<_>>() {
            change.apply(&mut disk.durable_names);
        }
        disk.names.clone_from(&disk.durable_names);
        let mut numbers: Vec<_> = disk.files.keys().copied().collect();
        numbers.sort_unstable();
        for number in numbers {
            if let Some(content) = disk.files.get_mut(&number) {
                content.lose(&mut random);
            }
        }
        disk.entropy ^= seed;
        Self(Arc::new(Mutex::new(disk)))
    }

    /// All files with their sizes.
    pub fn paths(&self) -> Vec<(PathBuf, u64)> {
        let disk = self.0.lock();
        let size = |file| disk.files.get(file).map_or(0, |content| content.size);
        disk.names.iter().map(|(path, file)| (path.clone(), size(file))).collect()
    }

    /// Changes bytes of a file behind everybody's back, on the platter too.
    pub fn damage(&self, path: &Path, offset: u64, change: &dyn Fn(&mut [u8; PAGE])) {
        let mut disk = self.0.lock();
        let Some(file) = disk.names.get(path).copied() else { return };
        let Some(content) = disk.files.get_mut(&file) else { return };
        let index = offset / PAGE as u64;
        let mut page = content.pages.get(&index).map_or([0; PAGE], |page| **page);
        change(&mut page);
        content.pages.insert(index, Arc::new(page));
        content.durable_pages.insert(index, Arc::new(page));
    }
}

impl MemoryMedium {
    /// Makes the page at an offset of a file unreadable until it is written again.
    pub fn make_unreadable(&self, path: &Path, offset: u64) {
        let mut disk = self.0.lock();
        let Some(file) = disk.names.get(path).copied() else { return };
        if let Some(content) = disk.files.get_mut(&file) {
            content.unreadable.insert(offset / PAGE as u64);
        }
    }
}

impl NameChange {
    fn apply(self, names: &mut BTreeMap<PathBuf, u64>) {
        match self.file {
            Some(file) => names.insert(self.path, file),
            None => names.remove(&self.path),
        };
    }
}

impl Content {
    /// Keeps any part of the sectors that were not synced.
    fn lose(&mut self, random: &mut StdRng) {
        let mut kept = self.durable_pages.clone();
        for index in &self.dirty {
            let seen = self.pages.get(index).map_or([0; PAGE], |page| **page);
            let mut page = kept.get(index).map_or([0; PAGE], |page| **page);
            for (sector, new) in page.chunks_mut(SECTOR).zip(seen.chunks(SECTOR)) {
                if random.random_bool(0.5) {
                    sector.copy_from_slice(new);
                }
            }
            kept.insert(*index, Arc::new(page));
        }
        if random.random_bool(0.5) {
            self.size = self.durable_size;
        }
        self.durable_size = self.size;
        self.pages = kept.clone();
        self.durable_pages = kept;
        self.dirty.clear();
    }

    fn used(&self) -> u64 {
        self.reserved.max(self.pages.len() as u64 * PAGE as u64)
    }
}

impl Disk {
    /// Counts a changing call; says which fault strikes it.
    fn change(&mut self) -> io::Result<Option<Fault>> {
        self.calls += 1;
        if self.gone {
            return Err(failed());
        }
        match self.fault {
            Some((at, Fault::Panic)) if at == self.calls => panic!("the call was set to panic"),
            Some((at, fault)) if at == self.calls => {
                self.gone = fault != Fault::Fail;
                if fault == Fault::Stop { Err(failed()) } else { Ok(Some(fault)) }
            }
            _ => Ok(None),
        }
    }

    /// A changing call that can't be half done.
    fn whole(&mut self) -> io::Result<()> {
        self.change()?.map_or(Ok(()), |_| Err(failed()))
    }

    fn free(&self) -> u64 {
        let used: u64 = self.names.values().filter_map(|file| self.files.get(file)).map(Content::used).sum();
        self.bytes.saturating_sub(used + self.taken_by_others)
    }

    fn name(&mut self, path: &Path, file: Option<u64>) {
        let change = NameChange { path: path.to_owned(), file };
        change.clone().apply(&mut self.names);
        self.renames.push(change);
    }
}

fn failed() -> io::Error {
    io::Error::other("input/output error")
}

fn missing() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

struct MemoryFile {
    disk: Arc<Mutex<Disk>>,
    file: u64,
}

struct MemoryLock {
    disk: Arc<Mutex<Disk>>,
    path: PathBuf,
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.disk.lock().locks.remove(&self.path);
    }
}

impl Medium for MemoryMedium {
    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        if !disk.dirs.contains(dir) {
            disk.whole()?;
            disk.dirs.insert(dir.to_owned());
        }
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let disk = self.0.lock();
        let in_dir = disk.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(in_dir.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect())
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn MediumFile>> {
        let file = *self.0.lock().names.get(path).ok_or_else(missing)?;
        Ok(Arc::new(MemoryFile { disk: Arc::clone(&self.0), file }))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn MediumFile>> {
        let mut disk = self.0.lock();
        disk.whole()?;
        disk.numbers += 1;
        let file = disk.numbers;
        disk.files.insert(file, Content::default());
        disk.name(path, Some(file));
        Ok(Arc::new(MemoryFile { disk: Arc::clone(&self.0), file }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        disk.whole()?;
        let file = *disk.names.get(from).ok_or_else(missing)?;
        disk.name(to, Some(file));
        disk.name(from, None);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        disk.whole()?;
        if !disk.names.contains_key(path) {
            return Err(missing());
        }
        disk.name(path, None);
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        disk.whole()?;
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            disk.renames.drain(..).partition(|change| change.path.parent() == Some(dir));
        disk.renames = elsewhere;
        for change in here {
            change.apply(&mut disk.durable_names);
        }
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send + Sync>>> {
        let mut disk = self.0.lock();
        if !disk.locks.insert(path.to_owned()) {
            return Ok(None);
        }
        Ok(Some(Box::new(MemoryLock { disk: Arc::clone(&self.0), path: path.to_owned() })))
    }

    fn space(&self, _: &Path) -> io::Result<Space> {
        let disk = self.0.lock();
        Ok(Space { bytes: disk.bytes, bytes_free: disk.free() })
    }

    fn entropy(&self) -> u64 {
        let mut disk = self.0.lock();
        disk.entropy = disk.entropy.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        disk.entropy
    }
}

impl MediumFile for MemoryFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let disk = self.disk.lock();
        let content = disk.files.get(&self.file).ok_or_else(missing)?;
        let count = usize::try_from(content.size.saturating_sub(offset)).unwrap_or(usize::MAX).min(buf.len());
        let mut done = 0;
        while done < count {
            let at = offset + done as u64;
            let within = (at % PAGE as u64) as usize;
            let part = (count - done).min(PAGE - within);
            if content.unreadable.contains(&(at / PAGE as u64)) {
                return Err(failed());
            }
            match content.pages.get(&(at / PAGE as u64)) {
                Some(page) => buf[done..done + part].copy_from_slice(&page[within..within + part]),
                None => buf[done..done + part].fill(0),
            }
            done += part;
        }
        Ok(count)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut disk = self.disk.lock();
        let fault = disk.change()?;
        let bytes = match fault {
            Some(Fault::Fail) => return Err(failed()),
            Some(_) => bytes.get(..bytes.len() / 2).unwrap_or_default(),
            None => bytes,
        };
        let free = disk.free();
        let content = disk.files.get_mut(&self.file).ok_or_else(missing)?;
        let end = offset + bytes.len() as u64;
        if end.div_ceil(PAGE as u64) * PAGE as u64 > content.used() + free {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        let mut done = 0;
        while done < bytes.len() {
            let at = offset + done as u64;
            let (index, within) = (at / PAGE as u64, (at % PAGE as u64) as usize);
            let part = (bytes.len() - done).min(PAGE - within);
            let new = &bytes[done..done + part];
            content.unreadable.remove(&index);
            let page = content.pages.get(&index);
            // Zeros over nothing change nothing: prepared segments take no memory.
            if page.is_some() || new.iter().any(|byte| *byte != 0) {
                let mut page = page.map_or([0; PAGE], |page| **page);
                page[within..within + part].copy_from_slice(new);
                content.pages.insert(index, Arc::new(page));
                content.dirty.insert(index);
            }
            done += part;
        }
        content.size = content.size.max(end);
        if fault.is_some() { Err(failed()) } else { Ok(()) }
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.whole()?;
        let free = disk.free();
        let content = disk.files.get_mut(&self.file).ok_or_else(missing)?;
        if bytes > content.used() + free {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        content.reserved = content.reserved.max(bytes);
        content.size = content.size.max(bytes);
        Ok(())
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.whole()?;
        let content = disk.files.get_mut(&self.file).ok_or_else(missing)?;
        content.size = bytes;
        content.reserved = content.reserved.min(bytes);
        let gone = content.pages.split_off(&bytes.div_ceil(PAGE as u64));
        content.dirty.extend(gone.into_keys());
        let last = bytes / PAGE as u64;
        if let Some(page) = content.pages.get_mut(&last) {
            Arc::make_mut(page)[(bytes % PAGE as u64) as usize..].fill(0);
            content.dirty.insert(last);
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut disk = self.disk.lock();
        let fault = disk.change()?;
        let content = disk.files.get_mut(&self.file).ok_or_else(missing)?;
        let dirty = std::mem::take(&mut content.dirty);
        if fault.is_some() {
            return Err(failed());
        }
        for index in dirty {
            match content.pages.get(&index) {
                Some(page) => content.durable_pages.insert(index, Arc::clone(page)),
                None => content.durable_pages.remove(&index),
            };
        }
        content.durable_size = content.size;
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.lock().files.get(&self.file).ok_or_else(missing)?.size)
    }
}
