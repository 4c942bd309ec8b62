//! The key index file of a sealed segment. Derived.
//!
//! `index/<base>.key`, in pages of 4,096 bytes, all numbers little-endian. The last 4 bytes of each
//! page are the CRC-32 of base (8), page number (8) and the rest of the page.
//!
//! - page 0: magic `TMQKEYS1` (8), format version (4), pages of the Bloom filter (4), pages of keys
//!   (4), zero (4), number of keys (8);
//! - the Bloom filter, one page for each 3,200 keys: a hash's page is its upper half modulo the
//!   number of pages; in it 6 bits;
//! - keys sorted by hash, 340 a page: hash (8), place of the record in the segment (4).
//!
//! KI-1: a hash only proposes records; the record decides.

use std::io;

use super::envelope::{array, put};
use super::key_index::KeyEntry;
use super::medium::MediumFile;

const MAGIC: [u8; 8] = *b"TMQKEYS1";
const VERSION: u32 = 1;
const PAGE: usize = 4096;
const CRC_AT: usize = PAGE - 4;
const BITS: u32 = CRC_AT as u32 * 8;
const BITS_PER_KEY: u32 = 6;
const BLOOM_KEYS: usize = 3200;
const KEY_BYTES: usize = 12;
const KEYS: usize = 340;

/// Why a key file did not answer.
pub(crate) enum Failure {
    Io(io::Error),
    Damaged,
}

impl From<io::Error> for Failure {
    fn from(source: io::Error) -> Self {
        Self::Io(source)
    }
}

/// A whole key file.
pub(crate) fn encode(base: u64, mut keys: Vec<KeyEntry>) -> Vec<u8> {
    keys.sort_unstable();
    keys.dedup();
    let bloom_pages = keys.len().div_ceil(BLOOM_KEYS);
    let key_pages = keys.len().div_ceil(KEYS);
    let mut first = [0; PAGE];
    put(&mut first, 0, &MAGIC);
    put(&mut first, 8, &VERSION.to_le_bytes());
    put(&mut first, 12, &(bloom_pages as u32).to_le_bytes());
    put(&mut first, 16, &(key_pages as u32).to_le_bytes());
    put(&mut first, 24, &(keys.len() as u64).to_le_bytes());
    let mut pages = vec![first];
    pages.resize(1 + bloom_pages, [0; PAGE]);
    for key in &keys {
        if let Some(page) = pages.get_mut(1 + bloom_page(key.hash, bloom_pages)) {
            for (byte, bit) in bloom_bits(key.hash) {
                page[byte] |= bit;
            }
        }
    }
    for group in keys.chunks(KEYS) {
        let mut page = [0; PAGE];
        for (index, key) in group.iter().enumerate() {
            put(&mut page, index * KEY_BYTES, &key.hash.to_le_bytes());
            put(&mut page, index * KEY_BYTES + 8, &key.at.to_le_bytes());
        }
        pages.push(page);
    }
    for (number, page) in pages.iter_mut().enumerate() {
        let crc = checksum(base, number as u64, page);
        put(page, CRC_AT, &crc.to_le_bytes());
    }
    pages.into_flattened()
}

/// Places of the records that may have the key, newest first, `count_max` at most. Reads no more
/// pages than those and a search for the first take.
pub(crate) fn find(file: &dyn MediumFile, base: u64, hash: u64, count_max: usize) -> Result<Vec<u32>, Failure> {
    let first = page(file, base, 0)?;
    let number = |at| array(&first, at).map_or(0, u32::from_le_bytes) as usize;
    if array(&first, 0) != Some(MAGIC) || number(8) != VERSION as usize {
        return Err(Failure::Damaged);
    }
    let (bloom_pages, key_pages) = (number(12), number(16));
    let count = usize::try_from(array(&first, 24).map_or(0, u64::from_le_bytes)).unwrap_or(usize::MAX);
    if count == 0 {
        return Ok(Vec::new());
    }
    let bloom = page(file, base, 1 + bloom_page(hash, bloom_pages) as u64)?;
    if bloom_bits(hash).any(|(byte, bit)| bloom[byte] & bit == 0) {
        return Ok(Vec::new());
    }
    let keys_of = |index: usize| -> Result<Vec<KeyEntry>, Failure> {
        let page = page(file, base, (1 + bloom_pages + index) as u64)?;
        let here = count.saturating_sub(index * KEYS).min(KEYS);
        Ok(page.chunks_exact(KEY_BYTES).take(here).filter_map(decode).collect())
    };
    // The first page whose first key is behind the hash: what is looked for ends before it.
    let (mut low, mut high) = (0, key_pages);
    while low < high {
        let middle = low + (high - low) / 2;
        let first = keys_of(middle)?.first().copied().ok_or(Failure::Damaged)?;
        if first.hash <= hash { low = middle + 1 } else { high = middle }
    }
    let mut found = Vec::new();
    for index in (0..low).rev() {
        let keys = keys_of(index)?;
        let of_hash = keys.iter().rev().skip_while(|key| key.hash > hash).take_while(|key| key.hash == hash);
        found.extend(of_hash.map(|key| key.at).take(count_max - found.len()));
        if found.len() == count_max || keys.first().is_none_or(|first| first.hash < hash) {
            break;
        }
    }
    Ok(found)
}

fn decode(bytes: &[u8]) -> Option<KeyEntry> {
    Some(KeyEntry { hash: u64::from_le_bytes(array(bytes, 0)?), at: u32::from_le_bytes(array(bytes, 8)?) })
}

fn bloom_page(hash: u64, pages: usize) -> usize {
    ((hash >> 32) % pages.max(1) as u64) as usize
}

fn bloom_bits(hash: u64) -> impl Iterator<Item = (usize, u8)> {
    let (start, step) = (hash as u32, (hash >> 17) as u32 | 1);
    (0..BITS_PER_KEY).map(move |index| {
        let bit = start.wrapping_add(index.wrapping_mul(step)) % BITS;
        ((bit / 8) as usize, 1 << (bit % 8))
    })
}

fn page(file: &dyn MediumFile, base: u64, number: u64) -> Result<[u8; PAGE], Failure> {
    let mut page = [0; PAGE];
    let read = file.read_at(&mut page, number * PAGE as u64)?;
    let crc = array(&page, CRC_AT).map(u32::from_le_bytes);
    if read != PAGE || crc != Some(checksum(base, number, &page)) {
        return Err(Failure::Damaged);
    }
    Ok(page)
}

fn checksum(base: u64, number: u64, page: &[u8; PAGE]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&base.to_le_bytes());
    crc.update(&number.to_le_bytes());
    crc.update(page.get(..CRC_AT).unwrap_or_default());
    crc.finalize()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::store::medium::{Medium, MemoryMedium};

    /// Spread like real hashes.
    fn hash(number: u64) -> u64 {
        crate::store::keys::hash(crate::types::InstanceNo(1), &number.to_string())
    }

    fn file(bytes: &[u8]) -> Arc<dyn MediumFile> {
        let file = MemoryMedium::new().create(Path::new("/key")).expect("made");
        file.write_all_at(bytes, 0).expect("written");
        file
    }

    fn found(file: &dyn MediumFile, hash: u64) -> Option<Vec<u32>> {
        find(file, 77, hash, usize::MAX).ok()
    }

    #[test]
    fn every_key_is_found_newest_first_and_few_others_are_looked_for() {
        let mut keys: Vec<_> = (0..2_000).map(|number| KeyEntry { hash: hash(number), at: number as u32 }).collect();
        // One key that many records have fills more than a page.
        keys.extend((0..1000).map(|at| KeyEntry { hash: hash(3), at: 20_000 + at }));
        let file = file(&encode(77, keys));
        for number in (0..2_000).filter(|number| *number != 3) {
            assert_eq!(found(&*file, hash(number)), Some(vec![number as u32]));
        }
        let many: Vec<u32> = (20_000..21_000).rev().chain([3]).collect();
        assert_eq!(find(&*file, 77, hash(3), 401).ok(), Some(many[..401].to_vec()), "the newest");
        assert_eq!(found(&*file, hash(3)), Some(many));
        assert!((2_000..2_500).all(|number| found(&*file, hash(number)) == Some(Vec::new())));
    }

    #[test]
    fn an_empty_file_and_one_of_another_segment() {
        assert_eq!(found(&*file(&encode(77, Vec::new())), hash(1)), Some(Vec::new()));
        let other = file(&encode(78, vec![KeyEntry { hash: hash(1), at: 1 }]));
        assert_eq!(found(&*other, hash(1)), None, "pages name their segment");
    }

    #[test]
    fn a_flipped_bit_never_hides_a_key() {
        let keys: Vec<_> = (0..700).map(|number| KeyEntry { hash: hash(number), at: number as u32 }).collect();
        let sound = encode(77, keys);
        for bit in (0..sound.len() * 8).step_by(1999) {
            let mut damaged = sound.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let file = file(&damaged);
            for number in (0..700).step_by(97) {
                let answer = found(&*file, hash(number));
                assert!(answer.is_none() || answer == Some(vec![number as u32]), "bit {bit}: {answer:?}");
            }
        }
    }
}
