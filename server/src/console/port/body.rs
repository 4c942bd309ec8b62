//! A stored body as the page shows it. Clients compress large bodies on their own; only here, for a
//! person who looks at one message, is one ever inflated, within bounds (R33).

use std::io::Read;

use app::api::messages::{BODY_SHOWN_BYTES_MAX, BodyForm};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::read::ZlibDecoder;

use super::convert::capped;

/// `sys_flag`: the body is compressed.
const COMPRESSED: i32 = 1;
/// `sys_flag`: how it is compressed; 0 from clients of before there was a choice, who mean zlib.
const METHOD_SHIFT: i32 = 8;
const METHOD_MASK: i32 = 7;
const ZLIB: [i32; 2] = [0, 3];

const INFLATED_BYTES_MAX: usize = 1 << 20;
const RATIO_MAX: usize = 100;

/// What the page gets of a body.
pub(super) struct Shown {
    pub form: BodyForm,
    pub base64: String,
    pub bytes: u32,
}

/// May take a while: run it where it may block.
pub(super) fn show(body: &Bytes, sys_flag: i32) -> Shown {
    if sys_flag & COMPRESSED == 0 {
        return first_part(BodyForm::Stored, body);
    }
    match inflate(body, (sys_flag >> METHOD_SHIFT) & METHOD_MASK) {
        Some((plain, whole)) => first_part(BodyForm::Inflated { bytes: capped(plain.len()), whole }, &plain),
        None => first_part(BodyForm::NotInflatable, body),
    }
}

fn first_part(form: BodyForm, body: &[u8]) -> Shown {
    let shown = body.get(..BODY_SHOWN_BYTES_MAX).unwrap_or(body);
    Shown { form, base64: STANDARD.encode(shown), bytes: capped(shown.len()) }
}

/// The inflated bytes, and whether that is all of them. `None`: not zlib, or damaged before the
/// first byte.
fn inflate(body: &[u8], method: i32) -> Option<(Vec<u8>, bool)> {
    if !ZLIB.contains(&method) {
        return None;
    }
    let bound = INFLATED_BYTES_MAX.min(body.len().saturating_mul(RATIO_MAX));
    let mut plain = Vec::new();
    // One byte more than the bound tells whether there is more.
    let ended = ZlibDecoder::new(body).take(bound as u64 + 1).read_to_end(&mut plain);
    let whole = ended.is_ok() && plain.len() <= bound;
    plain.truncate(bound);
    (!plain.is_empty() || whole).then_some((plain, whole))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn packed(plain: &[u8]) -> Bytes {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).expect("writing to memory");
        encoder.finish().expect("writing to memory").into()
    }

    #[test]
    fn a_compressed_body_is_shown_as_a_consumer_gets_it() {
        let plain: Vec<u8> = (0..2000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
        for flag in [COMPRESSED, COMPRESSED | 3 << METHOD_SHIFT] {
            let shown = show(&packed(&plain), flag);
            assert_eq!(shown.form, BodyForm::Inflated { bytes: capped(plain.len()), whole: true });
            assert_eq!(shown.base64, STANDARD.encode(&plain));
        }
    }

    #[test]
    fn a_bomb_stops_at_one_hundred_to_one() {
        let bomb = packed(&vec![0; 50 << 20]);
        let shown = show(&bomb, COMPRESSED);
        let BodyForm::Inflated { bytes, whole } = shown.form else { panic!("not inflated") };
        assert!(!whole);
        assert!(bytes as usize <= INFLATED_BYTES_MAX);
    }

    #[test]
    fn another_method_or_damage_is_shown_as_stored() {
        let body = Bytes::from_static(b"not zlib");
        for flag in [COMPRESSED, COMPRESSED | 1 << METHOD_SHIFT] {
            let shown = show(&body, flag);
            assert_eq!(shown.form, BodyForm::NotInflatable);
            assert_eq!(shown.base64, STANDARD.encode(&body));
        }
        assert_eq!(show(&body, 0).form, BodyForm::Stored);
    }
}
