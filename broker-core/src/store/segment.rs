//! One file of the log: its name, its header page, how it comes to be. Truth.
//!
//! `log/<base>-<epoch>.log`, both as 16 hexadecimal digits. `base` is the position of the file's
//! first byte; records start behind the header page. The name is the header's second copy.
//!
//! Header page: magic `TMQSEGMT` (8), format version (4), CRC-32 of the next 32 bytes (4),
//! base (8), epoch (8), capacity (8), time made in ms (8); little-endian; zeros up to 4,096.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::StoreError;
use super::envelope::{HEADER_BYTES, array, put};
use super::filling::{Pace, STEP_BYTES};
use super::medium::{Medium, MediumFile};

/// Bytes before the first record.
pub(crate) const HEADER_PAGE: u64 = 4096;
/// Kept free for the record that ends the segment.
pub(crate) const END_BYTES: u64 = HEADER_BYTES as u64;

/// Zeros written between two syncs.
const FILL_SYNC_BYTES: u64 = 1 << 20;

const MAGIC: [u8; 8] = *b"TMQSEGMT";
pub(crate) const SEGMENT_VERSION: u32 = 1;

/// A file of the log.
pub(crate) struct Segment {
    pub(crate) base: u64,
    pub(crate) epoch: u64,
    /// Positions `base..base + capacity` belong to the segment, whatever the file's length.
    pub(crate) capacity: u64,
    pub(crate) path: PathBuf,
    file: Mutex<Option<Arc<dyn MediumFile>>>,
    /// Bytes of the file up to here were written once, with zeros at least.
    written_once: AtomicU64,
    times: OnceLock<Option<(i64, i64)>>,
}

impl Segment {
    /// A segment whose file is there already and is opened when needed.
    pub(crate) fn existing(dir: &Path, base: u64, epoch: u64, capacity: u64) -> Self {
        Self {
            base,
            epoch,
            capacity,
            path: path(dir, base, epoch),
            file: Mutex::new(None),
            // Nothing is appended to it any more.
            written_once: AtomicU64::new(capacity),
            times: OnceLock::new(),
        }
    }

    /// Makes a segment's file: temporary name, reserved, filled, synced, renamed, folder synced
    /// (R16).
    pub(crate) fn create(
        medium: &dyn Medium,
        dir: &Path,
        place: Place,
        fill: Fill<'_>,
        now_ms: i64,
    ) -> io::Result<Self> {
        let Place { base, epoch, capacity } = place;
        let path = path(dir, base, epoch);
        let temporary = path.with_extension("tmp");
        let file = medium.create(&temporary)?;
        let made = make(&*file, place, fill, now_ms).and_then(|filled| {
            medium.rename(&temporary, &path)?;
            medium.sync_dir(dir)?;
            Ok(filled)
        });
        match made {
            Ok(filled) => Ok(Self {
                base,
                epoch,
                capacity,
                path,
                file: Mutex::new(Some(file)),
                written_once: AtomicU64::new(filled),
                times: OnceLock::new(),
            }),
            Err(error) => {
                // The space matters most when this fails because the disk is full.
                drop(file);
                let _ = medium.remove(&temporary);
                Err(error)
            }
        }
    }

    /// Writes a piece of records at a position. When `ahead`, zeros follow it where the file was only reserved:
    /// the many small writes that come there then find memory that is mapped, which halves their price. For
    /// the log's one writer.
    pub(crate) fn write(
        &self,
        medium: &dyn Medium,
        position: u64,
        bytes: &[u8],
        ahead: Option<&[u8]>,
    ) -> io::Result<()> {
        let file = self.file(medium)?;
        let at = position - self.base;
        file.write_all_at(bytes, at)?;
        let end = at + bytes.len() as u64;
        let Some(zeros) = ahead.filter(|_| end > self.written_once.load(Ordering::Relaxed)) else { return Ok(()) };
        let until = end.next_multiple_of(zeros.len() as u64).min(self.capacity);
        let count = usize::try_from(until - end).unwrap_or(0);
        file.write_all_at(zeros.get(..count).unwrap_or_default(), end)?;
        self.written_once.store(until, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn first(&self) -> u64 {
        self.base + HEADER_PAGE
    }

    /// One past the last position of the segment.
    pub(crate) fn end(&self) -> u64 {
        self.base + self.capacity
    }

    /// The open file.
    pub(crate) fn file(&self, medium: &dyn Medium) -> io::Result<Arc<dyn MediumFile>> {
        let mut file = self.file.lock();
        if let Some(file) = &*file {
            return Ok(Arc::clone(file));
        }
        let opened = medium.open(&self.path)?;
        *file = Some(Arc::clone(&opened));
        Ok(opened)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.file.lock().is_some()
    }

    /// Lets the handle go; it is opened again when needed.
    pub(crate) fn release(&self) {
        *self.file.lock() = None;
    }

    /// Oldest and newest store time in a sealed segment, read once; the inner `None`: it has no
    /// records. `None`: they can't be read now.
    pub(crate) fn times(&self, read: impl FnOnce() -> Option<Option<(i64, i64)>>) -> Option<Option<(i64, i64)>> {
        match self.times.get() {
            Some(times) => Some(*times),
            None => read().map(|times| *self.times.get_or_init(|| times)),
        }
    }

    pub(crate) fn times_known(&self) -> bool {
        self.times.get().is_some()
    }

    pub(crate) fn error(&self, position: u64, source: io::Error) -> StoreError {
        StoreError::Io { file: name(&self.path), offset: position.saturating_sub(self.base), source }
    }
}

/// The file's name for messages.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// What a new segment's file holds behind its header.
#[derive(Clone, Copy)]
pub(crate) enum Fill<'a> {
    /// Reserved only: at once, but each block's first sync costs more.
    Reserved,
    /// Zeros written over it, a step at a time, as far as the pauses between let it.
    Zeros { pause: &'a dyn Fn() -> Pace },
}

/// Where a segment lies in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) base: u64,
    pub(crate) epoch: u64,
    pub(crate) capacity: u64,
}

fn path(dir: &Path, base: u64, epoch: u64) -> PathBuf {
    dir.join(format!("{base:016x}-{epoch:016x}.log"))
}

/// Base and epoch from a file name; `None` for other files.
pub(crate) fn parse_name(name: &str) -> Option<(u64, u64)> {
    let (base, epoch) = name.strip_suffix(".log")?.split_once('-')?;
    let hex = |digits: &str| (digits.len() == 16).then(|| u64::from_str_radix(digits, 16).ok()).flatten();
    Some((hex(base)?, hex(epoch)?))
}

/// Returns how many bytes were filled.
fn make(file: &dyn MediumFile, place: Place, fill: Fill<'_>, now_ms: i64) -> io::Result<u64> {
    file.allocate(place.capacity)?;
    let mut filled = HEADER_PAGE;
    if let Fill::Zeros { pause } = fill {
        let zeros = vec![0; STEP_BYTES];
        let mut at = 0;
        while at < place.capacity {
            if at > 0 {
                match pause() {
                    Pace::Fill => {}
                    Pace::Wait => continue,
                    Pace::Enough => break,
                    Pace::Stop => return Err(io::Error::from(io::ErrorKind::Interrupted)),
                }
            }
            let count = usize::try_from(place.capacity - at).unwrap_or(usize::MAX).min(zeros.len());
            file.write_all_at(zeros.get(..count).unwrap_or(&zeros), at)?;
            at += count as u64;
            filled = at;
            // In parts: one sync over all of it would keep the log's syncs waiting behind it.
            if at.is_multiple_of(FILL_SYNC_BYTES) {
                file.sync()?;
            }
        }
    }
    file.write_all_at(&header_page(place, now_ms), 0)?;
    file.sync()?;
    Ok(filled)
}

fn header_page(place: Place, now_ms: i64) -> [u8; HEADER_PAGE as usize] {
    let mut page = [0; HEADER_PAGE as usize];
    put(&mut page, 0, &MAGIC);
    put(&mut page, 8, &SEGMENT_VERSION.to_le_bytes());
    put(&mut page, 16, &place.base.to_le_bytes());
    put(&mut page, 24, &place.epoch.to_le_bytes());
    put(&mut page, 32, &place.capacity.to_le_bytes());
    put(&mut page, 40, &now_ms.to_le_bytes());
    let crc = crc32fast::hash(page.get(16..48).unwrap_or_default());
    put(&mut page, 12, &crc.to_le_bytes());
    page
}

/// What a header page says.
pub(crate) enum Head {
    Valid { capacity: u64 },
    Newer { version: u32 },
    Damaged,
}

/// Reads the header page against the file's name.
pub(crate) fn read_head(file: &dyn MediumFile, base: u64, epoch: u64) -> Head {
    let mut page = [0; 48];
    match file.read_at(&mut page, 0) {
        Ok(count) if count == page.len() => check_head(&page, base, epoch).unwrap_or(Head::Damaged),
        _ => Head::Damaged,
    }
}

fn check_head(page: &[u8; 48], base: u64, epoch: u64) -> Option<Head> {
    let crc = u32::from_le_bytes(array(page, 12)?);
    if array(page, 0)? != MAGIC || crc != crc32fast::hash(page.get(16..48)?) {
        return None;
    }
    let version = u32::from_le_bytes(array(page, 8)?);
    if version > SEGMENT_VERSION {
        return Some(Head::Newer { version });
    }
    let capacity = u64::from_le_bytes(array(page, 32)?);
    let named = u64::from_le_bytes(array(page, 16)?) == base && u64::from_le_bytes(array(page, 24)?) == epoch;
    let sound = capacity > HEADER_PAGE + END_BYTES && base.checked_add(capacity).is_some();
    (named && sound).then_some(Head::Valid { capacity })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::medium::MemoryMedium;

    #[test]
    fn zeros_go_behind_what_was_written_and_once_only() {
        let medium = MemoryMedium::new();
        let place = Place { base: 1 << 20, epoch: 1, capacity: 40_000 };
        let dir = Path::new("/log");
        medium.create_dir_all(dir).expect("made");
        let segment = Segment::create(&medium, dir, place, Fill::Reserved, 0).expect("made");
        let zeros = vec![0; 16 << 10];
        let calls_of = |at: u64, bytes: &[u8], ahead| {
            let before = medium.calls();
            segment.write(&medium, place.base + at, bytes, ahead).expect("written");
            medium.calls() - before
        };
        assert_eq!(calls_of(4096, &[1; 5000], Some(&zeros[..])), 2, "up to 16 KiB");
        assert_eq!(calls_of(9096, &[2; 5000], Some(&zeros[..])), 1, "inside them");
        assert_eq!(calls_of(14_096, &[3; 5000], None), 1, "somebody waits for a sync");
        assert_eq!(calls_of(19_096, &[4; 15_000], Some(&zeros[..])), 2, "no further than the segment");
        let mut bytes = vec![9; 40_000];
        let file = segment.file(&medium).expect("open");
        assert_eq!(file.read_at(&mut bytes, 0).expect("read"), 40_000);
        let expected = [(1, 5000), (2, 5000), (3, 5000), (4, 15_000), (0, 40_000 - 34_096)];
        let expected: Vec<u8> = expected.iter().flat_map(|(byte, count)| vec![*byte; *count]).collect();
        assert!(bytes[4096..] == expected);
    }
}
