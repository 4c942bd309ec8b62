//! Small durable state: the last value of each key, in a checksummed append log. Truth.
//!
//! `state/<name>-<generation>.log`, generation as 16 hexadecimal digits. A generation starts with
//! every key there is, is put in place whole (temporary name, sync, rename, folder synced) and
//! then appended to. The one before is kept: damage in the newer falls back on it.
//!
//! `state/<name>.end` says how far a generation was on the disk, in the form of the checkpoint
//! ([`super::checkpoint`]): bad bytes below that are damage, also at the very end. It is written
//! after each sync and not synced itself: an older one only tells less. Derived.
//!
//! Record, little-endian: magic `TMST` (4), CRC-32 of generation (8), offset (8), the next 8 bytes
//! and key and value (4), kind 1 put, 2 remove (1), zero (1), key bytes (2), value bytes (4), key,
//! value.
//!
//! - SL-1: a value that [`StateLog::sync`] covered is found again, or a later one.
//! - SL-2: opening writes a new generation and syncs it before anybody reads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::StoreError;
use super::checkpoint::EndNote;
use super::envelope::array;
use super::log::{Core, is_full};
use super::medium::{Medium, MediumFile};
use super::segment;

const MAGIC: [u8; 4] = *b"TMST";
const HEAD_BYTES: usize = 16;
const PUT: u8 = 1;
const REMOVE: u8 = 2;
/// Read at once where a longer read failed.
const BLOCK: usize = 4096;
/// A generation is replaced when it is this long and four times what it says.
const REPLACE_BYTES: u64 = 1 << 20;

/// Small durable state (committed offsets, high-water numbers), one instance per kind of state.
/// Values are durable within a second, or at once after [`StateLog::sync`] (R17).
pub struct StateLog {
    pub(crate) shared: Arc<Shared>,
    core: Arc<Core>,
}

pub(crate) struct Shared {
    name: String,
    dir: PathBuf,
    /// Taken before `values`.
    file: Mutex<Generation>,
    values: Mutex<Values>,
}

struct Generation {
    number: u64,
    file: Arc<dyn MediumFile>,
    end: u64,
    /// Bytes that its first part, every key, takes.
    whole_bytes: u64,
    note: Option<EndNote>,
    /// A call failed, other than for want of room: the store is being poisoned, and nothing may be
    /// written or synced here any more (R14).
    failed: bool,
}

impl Generation {
    /// Notes that all of it is on the disk. Without the note damage at the end looks like a torn one.
    fn note_end(&mut self) {
        if let Some(note) = &mut self.note
            && let Err(error) = note.write(self.number, self.end)
        {
            tracing::warn!(%error, "the end of a state log could not be noted");
        }
    }
}

#[derive(Default)]
struct Values {
    current: HashMap<Bytes, Bytes>,
    /// Not yet in the file; `None` for removed.
    changed: HashMap<Bytes, Option<Bytes>>,
}

impl StateLog {
    pub(crate) fn open(core: &Arc<Core>, name: &str) -> Result<Self, StoreError> {
        let open = || Shared::open(&*core.medium, &core.dirs.state, name, &mut |words| core.note_quarantined(words));
        let shared = match open() {
            Err(StoreError::Io { source, .. }) if is_full(&source) => {
                core.release_reserve();
                open()?
            }
            other => other?,
        };
        let shared = Arc::new(shared);
        core.state_logs.lock().push(Arc::clone(&shared));
        Ok(Self { shared, core: Arc::clone(core) })
    }

    /// Current value of every key, as recovered.
    pub fn entries(&self) -> Vec<(Bytes, Bytes)> {
        let values = self.shared.values.lock();
        values.current.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Remembers a value; durable within a second, or at once after [`StateLog::sync`]. A key has
    /// at most 65,535 bytes.
    pub fn put(&self, key: &[u8], value: &[u8]) {
        self.put_with(key, || value);
    }

    /// As [`StateLog::put`] with a value that is made while nobody else puts one: what the caller
    /// holds in memory and what is remembered last can't differ.
    pub(crate) fn put_with<V: AsRef<[u8]>>(&self, key: &[u8], value: impl FnOnce() -> V) {
        assert!(u16::try_from(key.len()).is_ok(), "keys of state are short");
        let mut values = self.shared.values.lock();
        let values = &mut *values;
        let value = value();
        let value = value.as_ref();
        let new = Bytes::copy_from_slice(value);
        let key = match values.current.get_key_value(key) {
            Some((_, current)) if current == value => return,
            Some((key, _)) => key.clone(),
            None => Bytes::copy_from_slice(key),
        };
        values.current.insert(key.clone(), new.clone());
        values.changed.insert(key, Some(new));
    }

    pub fn remove(&self, key: &[u8]) {
        let mut values = self.shared.values.lock();
        if let Some((key, _)) = values.current.remove_entry(key) {
            values.changed.insert(key, None);
        }
    }

    /// Makes everything put so far durable.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.core.flush_state(&self.shared)
    }
}

impl Core {
    /// Writes what changed. A full disk takes the reserve; what still can't be written waits for
    /// the next time. Any other failure poisons the store.
    pub(crate) fn flush_state(&self, shared: &Shared) -> Result<(), StoreError> {
        if let Some(error) = Self::poisoned(&self.state.lock()) {
            return Err(error);
        }
        let mut flushed = shared.flush(&*self.medium);
        if matches!(&flushed, Err(error) if is_full(error)) {
            self.release_reserve();
            flushed = shared.flush(&*self.medium);
        }
        flushed.map_err(|source| {
            if is_full(&source) {
                return StoreError::Full;
            }
            let why = format!("writing {} failed: {source}", shared.name);
            self.poison(&why);
            StoreError::Poisoned { why }
        })
    }
}

impl Shared {
    fn open(medium: &dyn Medium, dir: &Path, name: &str, damaged: &mut dyn FnMut(String)) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Io { file: name.to_owned(), offset: 0, source };
        let mut numbers = generations(medium, dir, name).map_err(failed)?;
        let newest = numbers.pop();
        let mut current = HashMap::new();
        let note = EndNote::open(medium, &dir.join(format!("{name}.end")));
        let note = note.inspect_err(|error| tracing::warn!(%error, state = name, "its end is not noted")).ok();
        if let Some(number) = newest {
            let (bytes, unreadable) = read_whole(medium, &path(dir, name, number));
            let noted = note.as_ref().and_then(|note| note.end_of(number)).unwrap_or(0);
            let mut newer = Vec::new();
            let bad = parse(&bytes, number, noted, &mut |key, value| newer.push((key, value)));
            if bad.damaged || unreadable > 0 {
                tracing::error!(state = name, "the state log is damaged: lost values fall back on older ones");
                let bytes = bad.bytes.max(unreadable);
                damaged(format!("state {name}: {bytes} bytes damaged in generation {number}"));
                if let Some(older) = numbers.last() {
                    let (bytes, _) = read_whole(medium, &path(dir, name, *older));
                    parse(&bytes, *older, 0, &mut |key, value| apply(&mut current, key, value));
                }
            }
            for (key, value) in newer {
                apply(&mut current, key, value);
            }
        }
        let values = Values { current, changed: HashMap::new() };
        let number = newest.map_or(1, |newest| newest + 1);
        let prepared = prepare_generation(medium, dir, name, number, &values.current).map_err(failed)?;
        let mut file = prepared.put_in_place(medium, note).map_err(failed)?;
        file.note_end();
        for older in numbers {
            medium.remove(&path(dir, name, older)).map_err(failed)?;
        }
        Ok(Self { name: name.to_owned(), dir: dir.to_owned(), file: Mutex::new(file), values: Mutex::new(values) })
    }

    fn flush(&self, medium: &dyn Medium) -> std::io::Result<()> {
        let mut file = self.file.lock();
        if file.failed {
            return Err(std::io::Error::other("an earlier write failed"));
        }
        let flushed = self.flush_to(medium, &mut file);
        file.failed = flushed.as_ref().is_err_and(|error| !is_full(error));
        flushed
    }

    fn flush_to(&self, medium: &dyn Medium, file: &mut Generation) -> std::io::Result<()> {
        let changed = std::mem::take(&mut self.values.lock().changed);
        if changed.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for (key, value) in &changed {
            encode(key, value.as_deref(), file.number, file.end, &mut bytes);
        }
        let written = file.file.write_all_at(&bytes, file.end).and_then(|()| file.file.sync());
        if let Err(error) = written {
            let mut values = self.values.lock();
            for (key, value) in changed {
                values.changed.entry(key).or_insert(value);
            }
            return Err(error);
        }
        file.end += bytes.len() as u64;
        file.note_end();
        if file.end > REPLACE_BYTES && file.end > 4 * file.whole_bytes {
            let current = self.values.lock().current.clone();
            let older = file.number;
            match prepare_generation(medium, &self.dir, &self.name, older + 1, &current) {
                Ok(next) => {
                    let note = file.note.take();
                    // From here on nobody knows which of the two a start would find: what is written
                    // to the old one could be lost (R14).
                    *file = next.put_in_place(medium, note).map_err(|error| {
                        std::io::Error::other(format!("a new generation may be in place or not: {error}"))
                    })?;
                    file.note_end();
                    if let Some(oldest) = older.checked_sub(1) {
                        let _ = medium.remove(&path(&self.dir, &self.name, oldest));
                    }
                }
                // The old one goes on; it is only longer than it needs to be.
                Err(error) => tracing::warn!(%error, state = self.name, "no new generation could be written"),
            }
        }
        Ok(())
    }
}

fn path(dir: &Path, name: &str, number: u64) -> PathBuf {
    dir.join(format!("{name}-{number:016x}.log"))
}

fn generations(medium: &dyn Medium, dir: &Path, name: &str) -> std::io::Result<Vec<u64>> {
    let number = |file: &str| {
        let hex = file.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(".log")?;
        (hex.len() == 16).then(|| u64::from_str_radix(hex, 16).ok()).flatten()
    };
    let mut numbers: Vec<u64> = medium.list(dir)?.iter().filter_map(|file| number(file)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// A generation that is on the disk under a temporary name.
struct Prepared {
    number: u64,
    file: Arc<dyn MediumFile>,
    bytes: u64,
    temporary: PathBuf,
    path: PathBuf,
    dir: PathBuf,
}

fn prepare_generation(
    medium: &dyn Medium,
    dir: &Path,
    name: &str,
    number: u64,
    values: &HashMap<Bytes, Bytes>,
) -> std::io::Result<Prepared> {
    let mut bytes = Vec::new();
    for (key, value) in values {
        encode(key, Some(value), number, 0, &mut bytes);
    }
    let path = path(dir, name, number);
    let temporary = path.with_extension("tmp");
    let file = medium.create(&temporary)?;
    if let Err(error) = file.write_all_at(&bytes, 0).and_then(|()| file.sync()) {
        // The space matters most when this fails because the disk is full.
        let _ = medium.remove(&temporary);
        return Err(error);
    }
    Ok(Prepared { number, file, bytes: bytes.len() as u64, temporary, path, dir: dir.to_owned() })
}

impl Prepared {
    /// After an error it may be in place or not.
    fn put_in_place(self, medium: &dyn Medium, note: Option<EndNote>) -> std::io::Result<Generation> {
        medium.rename(&self.temporary, &self.path)?;
        medium.sync_dir(&self.dir)?;
        Ok(Generation {
            number: self.number,
            file: self.file,
            end: self.bytes,
            whole_bytes: self.bytes,
            note,
            failed: false,
        })
    }
}

/// A file's bytes, and how many of them can't be read: those show as zeros.
fn read_whole(medium: &dyn Medium, path: &Path) -> (Vec<u8>, usize) {
    let opened = medium.open(path).and_then(|file| Ok((file.size()?, file)));
    let (size, file) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!(%error, file = %segment::name(path), "state can't be read");
            return (Vec::new(), 1);
        }
    };
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    let mut unreadable = 0;
    if file.read_at(&mut bytes, 0).is_err() {
        for (index, block) in bytes.chunks_mut(BLOCK).enumerate() {
            if let Err(error) = file.read_at(block, (index * BLOCK) as u64) {
                tracing::error!(%error, file = %segment::name(path), block = index, "state can't be read");
                unreadable += block.len();
                block.fill(0);
            }
        }
    }
    (bytes, unreadable)
}

fn apply(values: &mut HashMap<Bytes, Bytes>, key: Bytes, value: Option<Bytes>) {
    match value {
        Some(value) => values.insert(key, value),
        None => values.remove(&key),
    };
}

/// Adds a record; `bytes` holds what lies from `start` of the file on.
fn encode(key: &[u8], value: Option<&[u8]>, number: u64, start: u64, bytes: &mut Vec<u8>) {
    let offset = start + bytes.len() as u64;
    let kind = if value.is_some() { PUT } else { REMOVE };
    let value = value.unwrap_or_default();
    let mut head = [kind, 0, 0, 0, 0, 0, 0, 0];
    super::envelope::put(&mut head, 2, &(key.len() as u16).to_le_bytes());
    super::envelope::put(&mut head, 4, &(value.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&checksum(number, offset, &head, key, value).to_le_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(value);
}

fn checksum(number: u64, offset: u64, head: &[u8; 8], key: &[u8], value: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    for part in [&number.to_le_bytes()[..], &offset.to_le_bytes(), head, key, value] {
        crc.update(part);
    }
    crc.finalize()
}

/// What of a generation is no record.
struct Bad {
    bytes: usize,
    /// Records follow it, or it begins below what is known to have been on the disk: it is more than
    /// a torn end.
    damaged: bool,
}

/// `synced_end`: the file was on the disk up to here.
fn parse(bytes: &[u8], number: u64, synced_end: u64, each: &mut dyn FnMut(Bytes, Option<Bytes>)) -> Bad {
    // A file that is shorter than it was is damaged too.
    let mut bad = Bad { bytes: 0, damaged: (bytes.len() as u64) < synced_end };
    let mut at = 0;
    while at < bytes.len() {
        if let Some((key, value, total)) = record(bytes, at, number) {
            bad.damaged |= bad.bytes > 0;
            each(key, value);
            at += total;
        } else {
            let next = bytes.get(at + 1..).and_then(|rest| memchr::memmem::find(rest, &MAGIC));
            let until = next.map_or(bytes.len(), |next| at + 1 + next);
            bad.bytes += until - at;
            bad.damaged |= (at as u64) < synced_end;
            at = until;
        }
    }
    bad
}

fn record(bytes: &[u8], at: usize, number: u64) -> Option<(Bytes, Option<Bytes>, usize)> {
    let record = bytes.get(at..)?;
    if record.get(..4)? != MAGIC {
        return None;
    }
    let head: [u8; 8] = array(record, 8)?;
    let key_bytes = usize::from(u16::from_le_bytes(array(&head, 2)?));
    let value_bytes = usize::try_from(u32::from_le_bytes(array(&head, 4)?)).ok()?;
    let value_at = HEAD_BYTES + key_bytes;
    let total = value_at.checked_add(value_bytes)?;
    let (key, value) = (record.get(HEAD_BYTES..value_at)?, record.get(value_at..total)?);
    if u32::from_le_bytes(array(record, 4)?) != checksum(number, at as u64, &head, key, value) {
        return None;
    }
    let value = (*head.first()? == PUT).then(|| Bytes::copy_from_slice(value));
    Some((Bytes::copy_from_slice(key), value, total))
}
