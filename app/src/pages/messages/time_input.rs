//! Points in time as a person types or pastes them, and the quick ranges of a search.
//!
//! Pure: no clock and no zone of its own; both are given.

/// Reads a point in time, as milliseconds since 1970 in UTC.
///
/// - `2026-07-14`, `2026-07-14 14:02`, `2026-07-14T14:02:31.207`: in the zone `offset_min` minutes
///   east of UTC;
/// - the same with `Z` or `+08:00` at the end: in that zone;
/// - digits only: epoch seconds (up to 11 digits) or milliseconds.
pub(crate) fn parse(text: &str, offset_min: i32) -> Option<i64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        return if text.len() <= 11 { number.checked_mul(1000) } else { Some(number) };
    }
    let (date, rest) = text.split_at_checked(10)?;
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = digits(parts.next()?, 2)?;
    let day = digits(parts.next()?, 2)?;
    if parts.next().is_some() || !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let (clock, offset_min) = split_zone(rest.trim_start_matches(['T', 't', ' ']), offset_min)?;
    let ms = days_from_civil(year, month, day) * 86_400_000 + clock_ms(clock)? - i64::from(offset_min) * 60_000;
    Some(ms)
}

fn digits(text: &str, len: usize) -> Option<i64> {
    (text.len() == len && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn split_zone(text: &str, offset_min: i32) -> Option<(&str, i32)> {
    let text = text.trim();
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, offset_min)) };
    let (clock, zone) = text.split_at(at);
    let (sign, zone) = if let Some(east) = zone.strip_prefix('+') { (1, east) } else { (-1, zone.get(1..)?) };
    let (hours, minutes) = zone.split_once(':').or_else(|| zone.split_at_checked(2)).unwrap_or((zone, "00"));
    let hours = digits(hours, 2)?;
    let minutes = if minutes.is_empty() { 0 } else { digits(minutes, 2)? };
    (hours <= 14 && minutes < 60)
        .then(|| i32::try_from(hours * 60 + minutes).ok())
        .flatten()
        .map(|m| (clock.trim_end(), sign * m))
}

fn clock_ms(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let hour = digits(parts.next()?, 2)?;
    let minute = digits(parts.next()?, 2)?;
    let second = parts.next().map_or(Some(0), |s| digits(s, 2))?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 || fraction.len() > 9 {
        return None;
    }
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let ms: i64 = format!("{:0<3}", fraction).get(..3)?.parse().ok()?;
    Some(((hour * 60 + minute) * 60 + second) * 1000 + ms)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, year 0 or later.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is their last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// A range that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuickRange {
    Minutes5,
    Minutes30,
    Hour1,
    Hours6,
    Hours24,
    Days3,
}

impl QuickRange {
    pub(crate) const ALL: [QuickRange; 6] = [
        QuickRange::Minutes5,
        QuickRange::Minutes30,
        QuickRange::Hour1,
        QuickRange::Hours6,
        QuickRange::Hours24,
        QuickRange::Days3,
    ];

    /// As it stands in the address.
    pub(crate) fn word(self) -> &'static str {
        match self {
            QuickRange::Minutes5 => "5m",
            QuickRange::Minutes30 => "30m",
            QuickRange::Hour1 => "1h",
            QuickRange::Hours6 => "6h",
            QuickRange::Hours24 => "24h",
            QuickRange::Days3 => "3d",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<QuickRange> {
        QuickRange::ALL.into_iter().find(|range| range.word() == word)
    }

    pub(crate) fn length_ms(self) -> i64 {
        let minutes = match self {
            QuickRange::Minutes5 => 5,
            QuickRange::Minutes30 => 30,
            QuickRange::Hour1 => 60,
            QuickRange::Hours6 => 6 * 60,
            QuickRange::Hours24 => 24 * 60,
            QuickRange::Days3 => 3 * 24 * 60,
        };
        minutes * 60_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_zone_that_is_shown() {
        assert_eq!(parse("1970-01-01", 0), Some(0));
        assert_eq!(parse("1970-01-01 08:00", 480), Some(0));
        assert_eq!(parse("2026-07-14 14:02:31.207", 480), Some(1_784_008_951_207));
        assert_eq!(parse("2026-07-14T06:02:31.207Z", 480), Some(1_784_008_951_207));
        assert_eq!(parse("2026-07-14 14:02:31.2+08:00", 0), Some(1_784_008_951_200));
        assert_eq!(parse("2026-07-14T01:02:31-05", 0), Some(1_784_008_951_000));
        assert_eq!(parse("2000-02-29 00:00", 0), Some(951_782_400_000));
    }

    #[test]
    fn pasted_epoch_numbers_are_taken_as_seconds_or_milliseconds() {
        assert_eq!(parse("1784008951", 480), Some(1_784_008_951_000));
        assert_eq!(parse(" 1784008951207 ", 480), Some(1_784_008_951_207));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-02-29",
            "2026-13-01",
            "2026-07-14 25:00",
            "2026-07-14 14",
            "14:02",
            "99999999999999999999",
            "2026-07-14 14:02 +99",
            "é026-07-14",
        ] {
            assert_eq!(parse(text, 0), None, "{text}");
        }
    }

    #[test]
    fn quick_ranges_survive_the_address() {
        for range in QuickRange::ALL {
            assert_eq!(QuickRange::from_word(range.word()), Some(range));
        }
        assert_eq!(QuickRange::Days3.length_ms(), 259_200_000);
    }
}
