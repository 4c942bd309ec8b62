//! The disk below the data folder: how fast it confirms small appends, the limit of durable sends, and when it rests.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::command::{self, Failure};

/// How many appends of 1 KiB are confirmed in a second, one after the other. The file is filled beforehand, as the
/// store's segments are.
pub(super) fn syncs_a_second(folder: &Path, span: Duration) -> Result<f64, Failure> {
    let path = folder.join("sync-probe");
    let mut file = File::create(&path).map_err(Failure::at(&path))?;
    file.write_all(&vec![0; 16 << 20]).map_err(Failure::at(&path))?;
    file.sync_all().map_err(Failure::at(&path))?;
    file.seek(SeekFrom::Start(0)).map_err(Failure::at(&path))?;
    let block = [7_u8; 1024];
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < span && count < 16 << 10 {
        file.write_all(&block).map_err(Failure::at(&path))?;
        file.sync_data().map_err(Failure::at(&path))?;
        count += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    fs::remove_file(&path).map_err(Failure::at(&path))?;
    Ok(f64::from(count) / seconds)
}

/// Waits until everything written is on the disk.
pub(super) fn settle() -> Result<(), Failure> {
    command::run(&mut Command::new("sync"))
}
