//! Small durable state: the last value of each key, in a checksummed append log. Truth.
//!
//! `state/<name>-<generation>.log`, generation as 16 hexadecimal digits. A generation starts with
//! every key there is, is put in place whole (temporary name, sync, rename, folder synced) and
//! then appended to. The one before is kept: damage in the newer falls back on it.
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
use super::envelope::array;
use super::log::{Core, is_full};
use super::medium::{Medium, MediumFile};
use super::segment;

const MAGIC: [u8; 4] = *b"TMST";
const HEAD_BYTES: usize = 16;
const PUT: u8 = 1;
const REMOVE: u8 = 2;
/// A generation is replaced when it is this long and four times what it says.
const REPLACE_BYTES: u64 = 1 << 20;

/// Small durable state (committed offsets, high-water numbers), one instance per kind of state.
/// Values are durable within a second, or at once after [`StateLog::sync`] (threats R17).
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
        assert!(u16::try_from(key.len()).is_ok(), "keys of state are short");
        let mut values = self.shared.values.lock();
        let values = &mut *values;
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
        if let Some(number) = newest {
            let bytes = read_whole(medium, &path(dir, name, number)).map_err(failed)?;
            let mut newer = Vec::new();
            let bad = parse(&bytes, number, &mut |key, value| newer.push((key, value)));
            if bad.damaged {
                tracing::error!(state = name, "the state log is damaged: lost values fall back on older ones");
                damaged(format!("state {name}: {} bytes damaged in generation {number}", bad.bytes));
                if let Some(older) = numbers.last() {
                    let bytes = read_whole(medium, &path(dir, name, *older)).map_err(failed)?;
                    parse(&bytes, *older, &mut |key, value| apply(&mut current, key, value));
                }
            }
            for (key, value) in newer {
                apply(&mut current, key, value);
            }
        }
        let values = Values { current, changed: HashMap::new() };
        let number = newest.map_or(1, |newest| newest + 1);
        let file = write_generation(medium, dir, name, number, &values.current).map_err(failed)?;
        for older in numbers {
            medium.remove(&path(dir, name, older)).map_err(failed)?;
        }
        Ok(Self { name: name.to_owned(), dir: dir.to_owned(), file: Mutex::new(file), values: Mutex::new(values) })
    }

    fn flush(&self, medium: &dyn Medium) -> std::io::Result<()> {
        let mut file = self.file.lock();
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
        if file.end > REPLACE_BYTES && file.end > 4 * file.whole_bytes {
            let current = self.values.lock().current.clone();
            let older = file.number;
            match write_generation(medium, &self.dir, &self.name, older + 1, &current) {
                Ok(next) => {
                    *file = next;
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

fn write_generation(
    medium: &dyn Medium,
    dir: &Path,
    name: &str,
    number: u64,
    values: &HashMap<Bytes, Bytes>,
) -> std::io::Result<Generation> {
    let mut bytes = Vec::new();
    for (key, value) in values {
        encode(key, Some(value), number, 0, &mut bytes);
    }
    let path = path(dir, name, number);
    let temporary = path.with_extension("tmp");
    let file = medium.create(&temporary)?;
    file.write_all_at(&bytes, 0)?;
    file.sync()?;
    medium.rename(&temporary, &path)?;
    medium.sync_dir(dir)?;
    let end = bytes.len() as u64;
    Ok(Generation { number, file, end, whole_bytes: end })
}

fn read_whole(medium: &dyn Medium, path: &Path) -> std::io::Result<Vec<u8>> {
    let file = medium.open(path)?;
    let mut bytes = vec![0; usize::try_from(file.size()?).unwrap_or(usize::MAX)];
    let read = file.read_at(&mut bytes, 0).inspect_err(|error| {
        tracing::error!(%error, file = %segment::name(path), "state can't be read");
    })?;
    bytes.truncate(read);
    Ok(bytes)
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
    /// Records follow it, or it is more than a torn end.
    damaged: bool,
}

fn parse(bytes: &[u8], number: u64, each: &mut dyn FnMut(Bytes, Option<Bytes>)) -> Bad {
    let mut bad = Bad { bytes: 0, damaged: false };
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
