//! Message ids: the offset id that a broker gives, and the unique id that a client makes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::atomic::{AtomicU16, Ordering};

use super::bytes::Reader;

/// Characters of an offset id with an IPv4 host, and of a client's unique id.
pub const ID_CHARACTERS: usize = 32;

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
const DAY_MS: i64 = 86_400_000;

/// Appends the upper-case hex of host (4 bytes), port (4) and log position (8).
pub fn push_offset_id(out: &mut String, store_host: SocketAddrV4, position: u64) {
    push_hex(out, &store_host.ip().octets());
    push_hex(out, &u32::from(store_host.port()).to_be_bytes());
    push_hex(out, &position.to_be_bytes());
}

/// The offset id of a message; see [`push_offset_id`].
pub fn offset_id(store_host: SocketAddrV4, position: u64) -> String {
    let mut id = String::with_capacity(ID_CHARACTERS);
    push_offset_id(&mut id, store_host, position);
    id
}

/// Reads an offset id of 32 (IPv4) or 56 (IPv6) hex digits of either case. Not every id of that
/// form is one: clients' unique ids look alike, so the record at the position has the last word.
pub fn parse_offset_id(id: &str) -> Option<(SocketAddr, u64)> {
    let mut bytes = [0; 28];
    let bytes = parse_hex(id, &mut bytes)?;
    let mut reader = Reader::new(bytes);
    let ip: IpAddr = match bytes.len() {
        16 => reader.ipv4()?.into(),
        28 => reader.ipv6()?.into(),
        _ => return None,
    };
    let port = u16::try_from(reader.i32()?).ok()?;
    let position = u64::try_from(reader.i64()?).ok()?;
    Some((SocketAddr::new(ip, port), position))
}

/// Whether a text is of a form that clients and brokers give ids: 32 or 56 hex digits.
pub fn is_well_formed(id: &str) -> bool {
    matches!(id.len(), 32 | 56) && id.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            // A nibble always has a digit.
            out.push(DIGITS.get(usize::from(digit)).map_or('0', |digit| char::from(*digit)));
        }
    }
}

fn parse_hex<'a>(text: &str, out: &'a mut [u8; 28]) -> Option<&'a [u8]> {
    let text = text.as_bytes();
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let out = out.get_mut(..text.len() / 2)?;
    for (byte, digits) in out.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = *digits else { return None };
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(out)
}

/// Makes unique ids for messages that came without one, in the form of Java clients: IP (4 bytes),
/// process id (2), discriminator (4), milliseconds since the month began (4), counter (2).
#[derive(Debug)]
pub struct UniqueIds {
    host: Ipv4Addr,
    process: u16,
    discriminator: u32,
    counter: AtomicU16,
}

impl UniqueIds {
    /// `discriminator`: any random number; it keeps two processes of one machine apart.
    pub fn new(host: Ipv4Addr, process: u32, discriminator: u32) -> Self {
        // The form has two bytes for the process id; clients cut it as well.
        Self { host, process: process as u16, discriminator, counter: AtomicU16::new(0) }
    }

    /// Appends a new id. `now_ms`: milliseconds since 1970-01-01 UTC.
    pub fn push_next(&self, out: &mut String, now_ms: i64) {
        let counter = self.counter.fetch_add(1, Ordering::Relaxed);
        push_hex(out, &self.host.octets());
        push_hex(out, &self.process.to_be_bytes());
        push_hex(out, &self.discriminator.to_be_bytes());
        push_hex(out, &since_month_began(now_ms).to_be_bytes());
        push_hex(out, &counter.to_be_bytes());
    }
}

/// Milliseconds since the first day of the month (UTC) of a time; the form has four bytes for it.
fn since_month_began(now_ms: i64) -> u32 {
    let day = day_of_month(now_ms.div_euclid(DAY_MS));
    let ms = (day - 1) * DAY_MS + now_ms.rem_euclid(DAY_MS);
    u32::try_from(ms).unwrap_or(0)
}

/// Day of the month, 1..=31, of a day counted from 1970-01-01, in the Gregorian calendar.
fn day_of_month(days: i64) -> i64 {
    // Counted from 0000-03-01, a 400-year era has 146,097 days, and months have 153 days in five.
    let day_of_era = (days + 719_468).rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    day_of_year - (153 * month + 2) / 5 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_ids_are_read_back() {
        let host = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 5), 10_911);
        let id = offset_id(host, 4_096);
        assert_eq!(id, "0A00000500002A9F0000000000001000");
        assert_eq!(parse_offset_id(&id), Some((host.into(), 4_096)));
        assert_eq!(parse_offset_id(&id.to_lowercase()), Some((host.into(), 4_096)));
        let v6 = parse_offset_id("20010DB800000000000000000000000100002A9F0000000000001000");
        assert_eq!(v6, Some(("[2001:db8::1]:10911".parse().expect("an address"), 4_096)));
    }

    #[test]
    fn c06_the_id_carries_the_advertised_address() {
        let id = offset_id(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 19_876), 7);
        assert!(id.starts_with("7F00000100004DA4"), "{id}");
    }

    #[test]
    fn what_is_no_offset_id_is_refused() {
        for text in ["", "0", "zz", "0A00000500002A9F00000000000010", "+A00000500002A9F0000000000001000"] {
            assert_eq!(parse_offset_id(text), None, "{text}");
        }
        let port_too_high = "0A000005FF002A9F0000000000001000";
        assert_eq!(parse_offset_id(port_too_high), None);
        let negative_position = "0A00000500002A9FF000000000001000";
        assert_eq!(parse_offset_id(negative_position), None);
        assert_eq!(parse_offset_id(&"é".repeat(16)), None);
    }

    #[test]
    fn unique_ids_differ_and_have_the_form_of_java_clients() {
        let ids = UniqueIds::new(Ipv4Addr::LOCALHOST, 0x1_4D9E, 0x0227_935D);
        let mut first = String::new();
        let mut second = String::new();
        // 2023-11-14T22:13:20Z: 13 days and 80,000 s into the month.
        ids.push_next(&mut first, 1_700_000_000_000);
        ids.push_next(&mut second, 1_700_000_000_000);
        assert_eq!(first, format!("7F0000014D9E0227935D{:08X}0000", (13 * 86_400 + 80_000) * 1000_u32));
        assert_eq!(&second[28..], "0001");
        assert!(is_well_formed(&first));
    }

    #[test]
    fn months_begin_where_the_calendar_says() {
        assert_eq!(since_month_began(0), 0);
        assert_eq!(day_of_month(59), 1, "1970-03-01");
        assert_eq!(day_of_month(11_016), 29, "2000-02-29");
        assert_eq!(day_of_month(-1), 31, "1969-12-31");
    }
}
