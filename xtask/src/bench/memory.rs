//! The machine's free memory, touched before anything is measured.
//!
//! A store fills the page cache; the ceiling without a store does not. Where a hypervisor takes back memory that is
//! free, the first touch of each page costs many times the copy into it, and it would be counted as the store's: until
//! the page cache is full once, which on a server in use it is.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::command::{Failure, say};

const PAGE_BYTES: f64 = 4096.0;

/// Page cache that takes up what was free; clean, so that whoever needs memory gets it at once. Dropped, it is free
/// memory again.
pub(super) struct PageCache {
    file: PathBuf,
}

impl PageCache {
    /// Fills the free memory with the zeros of a file without blocks: nothing is written to the disk.
    pub(super) fn fill(folder: &Path) -> Result<Self, Failure> {
        let path = Path::new("/proc/meminfo");
        let bytes = free_bytes(&fs::read_to_string(path).map_err(Failure::at(path))?);
        let filled = Self { file: folder.join("page-cache") };
        let file = File::create(&filled.file).map_err(Failure::at(&filled.file))?;
        file.set_len(bytes).map_err(Failure::at(&filled.file))?;
        let mut file = File::open(&filled.file).map_err(Failure::at(&filled.file))?;
        let start = Instant::now();
        let mut buffer = vec![0; 1 << 20];
        while file.read(&mut buffer).map_err(Failure::at(&filled.file))? > 0 {}
        let a_page = start.elapsed().as_secs_f64() * 1e6 / (bytes as f64 / PAGE_BYTES).max(1.0);
        say(&format!("free memory: {} MiB, touched in {a_page:.2} us a page", bytes >> 20));
        Ok(filled)
    }
}

impl Drop for PageCache {
    fn drop(&mut self) {
        // What remains is removed with the folder, at the next start.
        let _ = fs::remove_file(&self.file);
    }
}

/// From the text of `/proc/meminfo`; 0 where it does not say.
fn free_bytes(text: &str) -> u64 {
    let kib = text.lines().find_map(|line| line.strip_prefix("MemFree:")?.trim().strip_suffix("kB"));
    kib.and_then(|kib| kib.trim().parse::<u64>().ok()).map_or(0, |kib| kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_what_the_kernel_calls_so() {
        let text = "MemTotal:       24683520 kB\nMemFree:         7431168 kB\nMemAvailable:   22960128 kB\n";
        assert_eq!(free_bytes(text), 7_431_168 << 10);
        assert_eq!(free_bytes("MemTotal: 1 kB\n"), 0);
    }
}
