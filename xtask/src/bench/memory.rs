//! The machine's free memory, touched before anything is measured and held together so that it stays touched.
//!
//! A store fills the page cache; the ceiling without a store does not. Where a hypervisor takes back memory that is
//! free, the first touch of each page costs many times the copy into it, and it would be counted as the store's: until
//! the page cache is full once, which on a server in use it is. Even then the kernel keeps some memory free by dropping
//! the oldest pages, which lie side by side; whole blocks of them are taken back within seconds, and what is measured
//! next pays again. A server whose page cache is as old as itself has no such blocks. So one page in each MiB is locked.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::mm::{MapFlags, ProtFlags, mlock, mmap, munmap};

use crate::command::{Failure, say};

const PAGE_BYTES: usize = 4 << 10;
const STEP_BYTES: usize = 1 << 20;
/// Less than this is what the kernel keeps free by itself.
const FREE_BYTES: u64 = 512 << 20;
/// While it is filled the kernel drops pages already, so one pass does not fill it.
const PASSES: usize = 4;

/// Page cache that takes up what was free; clean, so that whoever needs memory gets it at once. Dropped, it is free
/// memory again.
pub(super) struct PageCache {
    file: PathBuf,
    maps: Vec<Map>,
}

/// A part of the file, mapped so that pages of it can be locked.
struct Map {
    at: *mut std::ffi::c_void,
    bytes: usize,
}

impl PageCache {
    /// Fills the free memory with the zeros of a file without blocks: nothing is written to the disk.
    pub(super) fn fill(folder: &Path) -> Result<Self, Failure> {
        let mut filled = Self { file: folder.join("page-cache"), maps: Vec::new() };
        let path = filled.file.clone();
        let at = || Failure::at(&path);
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path).map_err(at())?;
        let start = Instant::now();
        let mut end = 0;
        for _ in 0..PASSES {
            let free = free_bytes()?;
            if free < FREE_BYTES {
                break;
            }
            let part = end..end + free - free % STEP_BYTES as u64;
            file.set_len(part.end).map_err(at())?;
            filled.read_and_lock(&file, part.clone()).map_err(at())?;
            end = part.end;
        }
        let a_page = start.elapsed().as_secs_f64() * 1e6 / (end as f64 / PAGE_BYTES as f64).max(1.0);
        say(&format!("free memory: {} MiB, touched in {a_page:.2} us a page", end >> 20));
        Ok(filled)
    }

    fn read_and_lock(&mut self, file: &File, part: std::ops::Range<u64>) -> std::io::Result<()> {
        let map = Map::of(file, &part)?;
        let mut buffer = vec![0; STEP_BYTES];
        let mut locked = Ok(());
        for at in part.clone().step_by(STEP_BYTES) {
            file.read_exact_at(&mut buffer, at)?;
            locked = locked.and_then(|()| map.lock_page((at - part.start) as usize));
        }
        if let Err(error) = locked {
            say(&format!(
                "memory can't be locked ({error}): what a hypervisor takes back meanwhile is paid for by what is \
                 measured; allow more of it with `ulimit -l`, one MiB for each 256 MiB of memory"
            ));
        }
        self.maps.push(map);
        Ok(())
    }
}

#[expect(unsafe_code, reason = "pages can be locked only where they are mapped")]
impl Map {
    fn of(file: &File, part: &std::ops::Range<u64>) -> std::io::Result<Self> {
        let bytes = (part.end - part.start) as usize;
        // SAFETY: a new mapping at a place of the kernel's choice; nothing is ever read or written through it.
        let at = unsafe { mmap(std::ptr::null_mut(), bytes, ProtFlags::READ, MapFlags::SHARED, file, part.start)? };
        Ok(Self { at, bytes })
    }

    /// `offset`: within the map, before its end.
    fn lock_page(&self, offset: usize) -> std::io::Result<()> {
        // SAFETY: locking changes no content, and the page is inside the mapping.
        unsafe { mlock(self.at.wrapping_byte_add(offset), PAGE_BYTES) }.map_err(Into::into)
    }
}

#[expect(unsafe_code, reason = "what was mapped is unmapped")]
impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and nothing refers into it.
        let _ = unsafe { munmap(self.at, self.bytes) };
    }
}

impl Drop for PageCache {
    fn drop(&mut self) {
        self.maps.clear();
        // What remains is removed with the folder, at the next start.
        let _ = fs::remove_file(&self.file);
    }
}

fn free_bytes() -> Result<u64, Failure> {
    let path = Path::new("/proc/meminfo");
    Ok(free_of(&fs::read_to_string(path).map_err(Failure::at(path))?))
}

/// From the text of `/proc/meminfo`; 0 where it does not say.
fn free_of(text: &str) -> u64 {
    let kib = text.lines().find_map(|line| line.strip_prefix("MemFree:")?.trim().strip_suffix("kB"));
    kib.and_then(|kib| kib.trim().parse::<u64>().ok()).map_or(0, |kib| kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_what_the_kernel_calls_so() {
        let text = "MemTotal:       24683520 kB\nMemFree:         7431168 kB\nMemAvailable:   22960128 kB\n";
        assert_eq!(free_of(text), 7_431_168 << 10);
        assert_eq!(free_of("MemTotal: 1 kB\n"), 0);
    }
}
