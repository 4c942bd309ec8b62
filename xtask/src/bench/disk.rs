//! How fast the disk below the data folder confirms small appends: the limit of durable sends.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::command::Failure;

/// One line: syncs a second, and the median time of one. The file is filled beforehand, as the store's segments are.
pub(super) fn sync_rate(folder: &Path, span: Duration) -> Result<String, Failure> {
    let path = folder.join("sync-probe");
    let mut file = File::create(&path).map_err(Failure::at(&path))?;
    file.write_all(&vec![0; 16 << 20]).map_err(Failure::at(&path))?;
    file.sync_all().map_err(Failure::at(&path))?;
    file.seek(SeekFrom::Start(0)).map_err(Failure::at(&path))?;
    let block = [7_u8; 1024];
    let (start, mut times) = (Instant::now(), Vec::new());
    while start.elapsed() < span && times.len() < 16 << 10 {
        let before = Instant::now();
        file.write_all(&block).map_err(Failure::at(&path))?;
        file.sync_data().map_err(Failure::at(&path))?;
        times.push(before.elapsed());
    }
    let seconds = start.elapsed().as_secs_f64();
    fs::remove_file(&path).map_err(Failure::at(&path))?;
    let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    Ok(format!("{:.0} a second, median {} us", f64::from(count) / seconds, middle.as_micros()))
}
