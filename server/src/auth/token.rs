//! Random text: tokens of links, AccessKey IDs and secrets, ends of instance IDs.

use rand::{CryptoRng, RngExt};
use sha2::{Digest, Sha256};

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `count` characters of `[A-Za-z0-9]`, each equally likely, from the system's generator.
pub fn letters(count: usize) -> String {
    letters_from(&mut rand::rng(), count)
}

fn letters_from(random: &mut impl CryptoRng, count: usize) -> String {
    (0..count).filter_map(|_| LETTERS.get(random.random_range(0..LETTERS.len())).map(|b| char::from(*b))).collect()
}

/// 16 decimal digits, the first not 0.
pub fn uid() -> String {
    rand::rng().random_range(1_000_000_000_000_000_u64..10_000_000_000_000_000).to_string()
}

/// The token of a one-time link: 190 bits.
pub fn link() -> String {
    letters(32)
}

/// What is stored of a token.
pub fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_text_has_the_length_and_letters_of_its_kind() {
        let text = letters(30);
        assert_eq!(text.len(), 30);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_ne!(letters(30), letters(30));
        for _ in 0..100 {
            let uid = uid();
            assert_eq!(uid.len(), 16);
            assert!(!uid.starts_with('0'));
        }
    }
}
