//! How far the log was on the disk, noted once a second beside it. Only helps to tell damage from
//! a torn tail where no record says it; the log is right without it. Derived.
//!
//! `checkpoint`: two slots of 32 bytes at 0 and 4,096, written in turns: magic `TMQCHECK` (8),
//! number of the note (8), durable floor (8), CRC-32 of the first 24 bytes (4), zero (4);
//! little-endian. The higher number that is whole counts.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::envelope::{array, put};
use super::medium::{Medium, MediumFile};

const MAGIC: [u8; 8] = *b"TMQCHECK";
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
        let notes = SLOTS_AT.iter().filter_map(|at| read_slot(&*file, *at));
        let (number, floor) = notes.max().unwrap_or((0, 0));
        Ok(Self { file, number, floor })
    }

    /// Notes a floor that an fdatasync has already covered.
    pub(crate) fn write(&mut self, floor: u64) -> io::Result<()> {
        let number = self.number + 1;
        let mut slot = [0; SLOT_BYTES];
        put(&mut slot, 0, &MAGIC);
        put(&mut slot, 8, &number.to_le_bytes());
        put(&mut slot, 16, &floor.to_le_bytes());
        let crc = crc32fast::hash(slot.get(..24).unwrap_or_default());
        put(&mut slot, 24, &crc.to_le_bytes());
        self.file.write_all_at(&slot, if number.is_multiple_of(2) { SLOTS_AT[0] } else { SLOTS_AT[1] })?;
        self.file.sync()?;
        (self.number, self.floor) = (number, floor);
        Ok(())
    }
}

fn read_slot(file: &dyn MediumFile, at: u64) -> Option<(u64, u64)> {
    let mut slot = [0; SLOT_BYTES];
    let read = file.read_at(&mut slot, at).ok()?;
    let crc = u32::from_le_bytes(array(&slot, 24)?);
    if read != SLOT_BYTES || array(&slot, 0)? != MAGIC || crc != crc32fast::hash(slot.get(..24)?) {
        return None;
    }
    Some((u64::from_le_bytes(array(&slot, 8)?), u64::from_le_bytes(array(&slot, 16)?)))
}
