//! Times: milliseconds since 1970 in UTC, shown in the visitor's zone.
//!
//! The first rendering, on both sides, uses the offset the browser told last time; once the page is
//! awake it asks the browser for the offset at each time, which knows summer time.

use leptos::prelude::*;

use crate::settings::{Settings, ZONE, remember};

/// Where the offset of a time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// Minutes east of UTC.
    Fixed(i32),
    Browser,
}

/// Lies in the context of every page.
#[derive(Clone, Copy)]
pub(crate) struct ZoneSignal {
    pub(crate) zone: RwSignal<Zone>,
    /// UTC was chosen, whatever the browser's zone.
    pub(crate) utc: RwSignal<bool>,
}

impl ZoneSignal {
    /// As the server wrote the page; from the moment the page is awake, as the browser has it.
    pub(crate) fn provide(settings: Settings) {
        let signal = Self { zone: RwSignal::new(Zone::Fixed(settings.zone_minutes)), utc: RwSignal::new(settings.utc) };
        provide_context(signal);
        Effect::new(move |_| {
            remember("tz", &browser_offset_minutes(browser_now_ms()).to_string());
            signal.zone.set(if signal.utc.get() { Zone::Fixed(0) } else { Zone::Browser });
        });
    }

    /// The visitor chose; kept for later pages too.
    pub(crate) fn choose(self, utc: bool) {
        remember(ZONE, if utc { "utc" } else { "browser" });
        self.utc.set(utc);
    }
}

/// The zone of this page; reading it in a view follows it.
pub(crate) fn use_zone() -> Signal<Zone> {
    match use_context::<ZoneSignal>() {
        Some(signal) => signal.zone.into(),
        None => Signal::stored(Zone::Fixed(0)),
    }
}

impl Zone {
    pub(crate) fn offset_minutes(self, at_ms: i64) -> i32 {
        match self {
            Self::Fixed(minutes) => minutes,
            Self::Browser => browser_offset_minutes(at_ms),
        }
    }
}

/// Minutes east of UTC at `at_ms` in the browser's zone.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "dates lie far below 2^53")]
pub(crate) fn browser_offset_minutes(at_ms: i64) -> i32 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at_ms as f64));
    -(date.get_timezone_offset() as i32)
}

/// Now by the browser's clock.
#[expect(clippy::cast_possible_truncation, reason = "dates lie far below 2^53")]
pub(crate) fn browser_now_ms() -> i64 {
    js_sys::Date::now() as i64
}

struct Civil {
    year: i64,
    month: u32,
    day: u32,
    hour: i64,
    minute: i64,
    second: i64,
    milli: i64,
}

/// Proleptic Gregorian calendar date and time of day. Source: Howard Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms", `civil_from_days`.
fn civil(local_ms: i64) -> Civil {
    let days = local_ms.div_euclid(86_400_000);
    let of_day = local_ms.rem_euclid(86_400_000);
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = u32::try_from(doy - (153 * mp + 2) / 5 + 1).unwrap_or(1);
    let month = u32::try_from(if mp < 10 { mp + 3 } else { mp - 9 }).unwrap_or(1);
    Civil {
        year: yoe + era * 400 + i64::from(month <= 2),
        month,
        day,
        hour: of_day / 3_600_000,
        minute: of_day / 60_000 % 60,
        second: of_day / 1000 % 60,
        milli: of_day % 1000,
    }
}

fn local(at_ms: i64, zone: Zone) -> Civil {
    // Times come from stored records too: nothing may overflow.
    civil(at_ms.saturating_add(i64::from(zone.offset_minutes(at_ms)) * 60_000))
}

/// `2026-07-14 14:02:31`
pub(crate) fn date_time(at_ms: i64, zone: Zone) -> String {
    let c = local(at_ms, zone);
    format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute, c.second)
}

/// `2026-07-14 14:02:31.207`
pub(crate) fn date_time_ms(at_ms: i64, zone: Zone) -> String {
    format!("{}.{:03}", date_time(at_ms, zone), at_ms.rem_euclid(1000))
}

/// `14:02:31`
pub(crate) fn clock(at_ms: i64, zone: Zone) -> String {
    let c = local(at_ms, zone);
    format!("{:02}:{:02}:{:02}", c.hour, c.minute, c.second)
}

/// ISO 8601 in UTC, with milliseconds: for `datetime` and for copying.
pub(crate) fn iso(at_ms: i64) -> String {
    let c = civil(at_ms);
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", c.year, c.month, c.day, c.hour, c.minute, c.second, c.milli)
}

/// `UTC`, `UTC+8`, `UTC-3:30`
pub(crate) fn zone_name(at_ms: i64, zone: Zone) -> String {
    let minutes = zone.offset_minutes(at_ms);
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".into(),
        (h, 0) => format!("UTC{sign}{h}"),
        (h, m) => format!("UTC{sign}{h}:{m:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times_come_out_right_in_their_zone() {
        let t = 1_784_037_751_207; // 2026-07-14T14:02:31.207Z
        assert_eq!(iso(t), "2026-07-14T14:02:31.207Z");
        assert_eq!(date_time_ms(t, Zone::Fixed(480)), "2026-07-14 22:02:31.207");
        assert_eq!(date_time(t, Zone::Fixed(-15 * 60)), "2026-07-13 23:02:31");
        assert_eq!(clock(0, Zone::Fixed(0)), "00:00:00");
        assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(iso(-1), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn no_time_makes_it_panic() {
        for t in [i64::MIN, i64::MAX] {
            date_time(t, Zone::Fixed(14 * 60));
            iso(t);
        }
    }

    #[test]
    fn zones_are_named_by_their_offset() {
        assert_eq!(zone_name(0, Zone::Fixed(0)), "UTC");
        assert_eq!(zone_name(0, Zone::Fixed(480)), "UTC+8");
        assert_eq!(zone_name(0, Zone::Fixed(-210)), "UTC-3:30");
    }
}
