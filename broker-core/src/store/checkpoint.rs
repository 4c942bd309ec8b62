//! How far the log was on the disk, noted beside it every 400 ms and with each sealed segment. Only
//! helps to tell damage from a torn tail where no record says it; the log is right without it.
//! Derived.
//!
//! `checkpoint`: two slots of 32 bytes at 0 and 4,096, written in turns: magic `TMQCHECK` (8),
//! number of the note (8), durable floor (8), CRC-32 of the first 24 bytes (4), zero (4);
//! little-endian. The higher number that is whole counts.
//!
//! `state/<name>.end` has the same form with magic `TMQSTEND` and, for the number of the note, the
//! generation of the state log, for the floor its end: the greater pair counts.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::envelope::{array, put};
use super::medium::{Medium, MediumFile};

const MAGIC: [u8; 8] = *b"TMQCHECK";
const END_MAGIC: [u8; 8] = *b"TMQSTEND";
const SLOT_BYTES: usize = 32;
const SLOTS_AT: [u64; 2] = [0, 4096];

/// The open file.
pub(crate) struct Checkpoint {
    file: Arc<dyn MediumFile>,
    number: u64,
    /// As noted last.
    pub(crate) floor: u64,
}

impl Checkpoint {
    /// Opens or makes the file. A damaged one counts as empty.
    pub(crate) fn open(medium: &dyn Medium, root: &Path) -> io::Result<Self> {
        let path = root.join("checkpoint");
        let file = match medium.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let file = medium.create(&path)?;
                file.write_all_at(&[0; 2 * 4096], 0)?;
                file.sync()?;
                medium.sync_dir(root)?;
                file
            }
            Err(error) => return Err(error),
        };
        let notes = SLOTS_AT.iter().filter_map(|at| read_slot(&*file, *at, MAGIC));
        let (number, floor) = notes.max().unwrap_or((0, 0));
        Ok(Self { file, number, floor })
    }

    /// Notes a floor that an fdatasync has already covered.
    pub(crate) fn write(&mut self, floor: u64) -> io::Result<()> {
        let number = self.number + 1;
        let slot = encode_slot(MAGIC, number, floor);
        self.file.write_all_at(&slot, if number.is_multiple_of(2) { SLOTS_AT[0] } else { SLOTS_AT[1] })?;
        self.file.sync()?;
        (self.number, self.floor) = (number, floor);
        Ok(())
    }
}

/// How far a state log was on the disk. Never synced: written after a sync, it says less than is
/// true at worst.
pub(crate) struct EndNote {
    file: Arc<dyn MediumFile>,
    /// Generation and end, as noted last.
    last: (u64, u64),
    slot: usize,
}

impl EndNote {
    /// Opens or makes the file. A damaged one says nothing.
    pub(crate) fn open(medium: &dyn Medium, path: &Path) -> io::Result<Self> {
        let file = match medium.open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => medium.create(path)?,
            other => other?,
        };
        let notes = SLOTS_AT.iter().map(|at| read_slot(&*file, *at, END_MAGIC)).enumerate();
        let newest = notes.filter_map(|(slot, note)| Some((note?, slot))).max();
        let (last, slot) = newest.unwrap_or_default();
        Ok(Self { file, last, slot })
    }

    /// How much of a generation was on the disk; `None`: nothing is known.
    pub(crate) fn end_of(&self, generation: u64) -> Option<u64> {
        (self.last.0 == generation).then_some(self.last.1)
    }

    pub(crate) fn write(&mut self, generation: u64, end: u64) -> io::Result<()> {
        self.slot = 1 - self.slot.min(1);
        let at = SLOTS_AT.get(self.slot).copied().unwrap_or(0);
        self.file.write_all_at(&encode_slot(END_MAGIC, generation, end), at)?;
        self.last = (generation, end);
        Ok(())
    }
}

fn encode_slot(magic: [u8; 8], number: u64, value: u64) -> [u8; SLOT_BYTES] {
    let mut slot = [0; SLOT_BYTES];
    put(&mut slot, 0, &magic);
    put(&mut slot, 8, &number.to_le_bytes());
    put(&mut slot, 16, &value.to_le_bytes());
    let crc = crc32fast::hash(slot.get(..24).unwrap_or_default());
    put(&mut slot, 24, &crc.to_le_bytes());
    slot
}

fn read_slot(file: &dyn MediumFile, at: u64, magic: [u8; 8]) -> Option<(u64, u64)> {
    let mut slot = [0; SLOT_BYTES];
    let read = file.read_at(&mut slot, at).ok()?;
    let crc = u32::from_le_bytes(array(&slot, 24)?);
    if read != SLOT_BYTES || array(&slot, 0)? != magic || crc != crc32fast::hash(slot.get(..24)?) {
        return None;
    }
    Some((u64::from_le_bytes(array(&slot, 8)?), u64::from_le_bytes(array(&slot, 16)?)))
}
