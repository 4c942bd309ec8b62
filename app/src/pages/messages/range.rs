//! The time range of a search: quick ranges, or from and to as typed. It lies in the address.
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use super::time_input::{QuickRange, parse};
use crate::api::{ApiError, Field, FieldError, Problem, Rule};
use crate::components::TextField;
use crate::components::stamp::ZoneChoice;
use crate::i18n::{Lang, common as c, errors, messages as t};
use crate::paths::escape;
use crate::settings::use_lang;
use crate::time::{Zone, date_time_ms, use_zone, zone_name};

/// How a time is written.
const FORM: &str = "2026-07-14 14:02:31";

const RANGE: &str = "range";
const FROM: &str = "from";
const TO: &str = "to";

/// Messages of [`Range::Latest`].
pub(super) const LATEST_ROWS: u32 = 100;

/// What the address asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    All,
    /// The newest [`LATEST_ROWS`] messages, whenever they were stored.
    Latest,
    /// The last minutes, hours or days before the search.
    Quick(QuickRange),
    /// `from_ms <= stored < to_ms`
    Between {
        from_ms: i64,
        to_ms: i64,
    },
    /// What the address holds can't be read: nothing is searched.
    Unreadable {
        from: bool,
        to: bool,
    },
}

impl Range {
    /// From the address, where times are as [`Range::query`] or a person writes them; `otherwise` when it names none.
    /// A range of which only one end is given has no other end.
    fn of(query: &ParamsMap, otherwise: Range, zone: Zone) -> Range {
        let point = |name| {
            let text = query.get(name).filter(|text| !text.trim().is_empty())?;
            // Below zero: before 1970, as this page writes it.
            Some(parse_here(&text, zone).or_else(|| text.parse().ok()))
        };
        let unreadable = |from, to| Range::Unreadable { from, to };
        match (point(FROM), point(TO)) {
            (None, None) => {}
            (from, to) if from == Some(None) || to == Some(None) => {
                return unreadable(from == Some(None), to == Some(None));
            }
            (from, to) => {
                let (from_ms, to_ms) = (from.flatten().unwrap_or(0), to.flatten().unwrap_or(i64::MAX));
                return Range::Between { from_ms, to_ms };
            }
        }
        match query.get(RANGE).as_deref() {
            None | Some("") => otherwise,
            Some("all") => Range::All,
            Some("latest") => Range::Latest,
            Some(word) => QuickRange::from_word(word).map_or(unreadable(true, false), Range::Quick),
        }
    }

    /// For the address, without `?` or `&` before it. Times have at least 12 digits: fewer are read as seconds.
    pub(super) fn query(self) -> String {
        match self {
            Range::All => format!("{RANGE}=all"),
            Range::Latest => format!("{RANGE}=latest"),
            Range::Quick(quick) => format!("{RANGE}={}", quick.word()),
            Range::Between { from_ms, to_ms } => format!("{FROM}={from_ms:012}&{TO}={to_ms:012}"),
            // Is not led on to: it is said at the fields instead.
            Range::Unreadable { .. } => String::new(),
        }
    }

    /// Bounds at the time `now_ms`. A quick range has no end, so that a message stored while the
    /// clocks differ a little is in it.
    ///
    /// # Errors
    /// With the fields that can't be read.
    pub(super) fn bounds(self, now_ms: i64) -> Result<(i64, i64), ApiError> {
        match self {
            Range::All | Range::Latest => Ok((0, i64::MAX)),
            Range::Quick(quick) => Ok((now_ms.saturating_sub(quick.length_ms()), i64::MAX)),
            Range::Between { from_ms, to_ms } => Ok((from_ms, to_ms)),
            Range::Unreadable { .. } => Err(self.refusal().unwrap_or_else(|| Problem::Internal.into())),
        }
    }

    /// What is wrong with the range itself, if anything is.
    fn refusal(self) -> Option<ApiError> {
        let fields: Vec<FieldError> = match self {
            Range::Unreadable { from, to } => [(from, Field::From), (to, Field::To)]
                .into_iter()
                .filter(|(wrong, _)| *wrong)
                .map(|(_, field)| FieldError { field, rule: Rule::Malformed })
                .collect(),
            Range::Between { from_ms, to_ms } if from_ms >= to_ms => {
                vec![FieldError { field: Field::To, rule: Rule::RangeEmpty }]
            }
            _ => return None,
        };
        Some(Problem::Fields(fields).into())
    }
}

/// The wall clock where this runs: the server's for the first page, else the browser's.
pub(super) fn now_ms() -> i64 {
    #[cfg(feature = "ssr")]
    {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
    #[cfg(not(feature = "ssr"))]
    crate::time::browser_now_ms()
}

/// The range of this page's address.
pub(super) fn use_range(otherwise: Range) -> Memo<Range> {
    let query = use_query_map();
    let zone = use_zone();
    Memo::new(move |_| query.with(|q| Range::of(q, otherwise, zone.get())))
}

/// What the address asks for by `name`. `None`: it does not name it; an empty one was asked for without an answer.
pub(super) fn use_asked(name: &'static str) -> Memo<Option<String>> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|q| q.get(name).map(|text| text.trim().to_owned())))
}

/// One value of the address.
pub(super) fn use_value(name: &'static str) -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|q| q.get(name).unwrap_or_default()))
}

/// `name=value`, escaped.
pub(super) fn pair(name: &str, value: &str) -> String {
    format!("{name}={}", escape(value))
}

fn quick_name(lang: Lang, quick: QuickRange) -> String {
    match quick {
        QuickRange::Minutes5 => c::minutes(lang, 5),
        QuickRange::Minutes30 => c::minutes(lang, 30),
        QuickRange::Hour1 => c::hours(lang, 1),
        QuickRange::Hours6 => c::hours(lang, 6),
        QuickRange::Hours24 => c::hours(lang, 24),
        QuickRange::Days3 => c::days(lang, 3),
    }
}

/// What is typed into the two fields.
#[derive(Clone, Copy)]
pub(super) struct RangeFields {
    range: Memo<Range>,
    zone: Signal<Zone>,
    from: RwSignal<String>,
    to: RwSignal<String>,
    from_error: RwSignal<Option<String>>,
    to_error: RwSignal<Option<String>>,
}

pub(super) fn use_range_fields(range: Memo<Range>) -> RangeFields {
    let lang = use_lang();
    let zone = use_zone();
    let query = use_query_map();
    let from = RwSignal::new(String::new());
    let to = RwSignal::new(String::new());
    let fill = move |zone: Zone| {
        let (a, b) = match range.get() {
            // The ends of all time are no times to be read.
            Range::Between { from_ms, to_ms } => (
                if from_ms == 0 { String::new() } else { date_time_ms(from_ms, zone) },
                if to_ms == i64::MAX { String::new() } else { date_time_ms(to_ms, zone) },
            ),
            // As it stands there, to be mended.
            Range::Unreadable { .. } => {
                query.with(|q| (q.get(FROM).unwrap_or_default(), q.get(TO).unwrap_or_default()))
            }
            _ => (String::new(), String::new()),
        };
        from.set(a);
        to.set(b);
    };
    untrack(|| fill(zone.get()));
    Effect::new(move |_| fill(zone.get()));
    // What needs no search to be seen is said by the first page too, which nothing may ever wake.
    let refused = range.get_untracked().refusal();
    let error = |field| RwSignal::new(errors::at_field(lang, refused.as_ref(), field));
    RangeFields { range, zone, from, to, from_error: error(Field::From), to_error: error(Field::To) }
}

/// In the zone that the page shows, as it is at that time.
fn parse_here(text: &str, zone: Zone) -> Option<i64> {
    let near = parse(text, 0)?;
    parse(text, zone.offset_minutes(near))
}

impl RangeFields {
    /// Says at the fields what the server refused of the range.
    pub(super) fn refuse(self, lang: Lang, error: Option<&ApiError>) {
        self.from_error.set(errors::at_field(lang, error, Field::From));
        self.to_error.set(errors::at_field(lang, error, Field::To));
    }

    /// The range to search: what is typed, else that of the address. `None`: refused, and said at the
    /// field.
    pub(super) fn read(self, lang: Lang) -> Option<Range> {
        self.from_error.set(None);
        self.to_error.set(None);
        let (from, to) = (self.from.get_untracked(), self.to.get_untracked());
        let zone = self.zone.get_untracked();
        if from.trim().is_empty() && to.trim().is_empty() {
            return Some(match self.range.get_untracked() {
                // The fields were emptied: no bounds any more.
                Range::Between { .. } | Range::Unreadable { .. } => Range::All,
                other => other,
            });
        }
        let point = |text: &str, empty: i64, error: RwSignal<Option<String>>| {
            if text.trim().is_empty() {
                return Some(empty);
            }
            let at = parse_here(text, zone);
            if at.is_none() {
                error.set(Some(t::time_malformed(lang).to_owned()));
            }
            at
        };
        let from_ms = point(&from, 0, self.from_error);
        let to_ms = point(&to, now_ms().saturating_add(1), self.to_error);
        let (from_ms, to_ms) = (from_ms?, to_ms?);
        if from_ms >= to_ms {
            self.to_error.set(Some(errors::range_empty(lang).to_owned()));
            return None;
        }
        Some(Range::Between { from_ms, to_ms })
    }
}

/// Quick ranges and the two fields.
///
/// - `latest`: offers the newest messages as well, whenever they were stored.
/// - `pick`: a quick range was chosen.
#[component]
pub(super) fn RangePicker(fields: RangeFields, latest: bool, pick: Callback<Range>) -> impl IntoView {
    let lang = use_lang();
    let zone = use_zone();
    let range = fields.range;
    let choices = [Range::All]
        .into_iter()
        .chain(latest.then_some(Range::Latest))
        .chain(QuickRange::ALL.into_iter().map(Range::Quick));
    let name = move |of: Range| match of {
        Range::Quick(quick) => quick_name(lang, quick),
        Range::Latest => t::latest(lang, LATEST_ROWS),
        _ => t::all_kept(lang).to_owned(),
    };
    let time = |id, name, label, value, error: RwSignal<Option<String>>| {
        view! { <TextField id name label value error placeholder=FORM optional=true/> }
    };
    let zone_of_now = move || {
        // The first rendering must not depend on a clock: a fixed zone is the same at any time.
        let zone = zone.get();
        match zone {
            Zone::Fixed(_) => zone_name(0, zone),
            Zone::Browser => zone_name(now_ms(), zone),
        }
    };
    view! {
        <div class="field">
            <span class="label" id="range-l">
                {t::range(lang)}
            </span>
            <div class="seg seg-wrap" role="group" aria-labelledby="range-l">
                {choices
                    .map(|of| {
                        view! {
                            <button
                                type="button"
                                aria-pressed=move || if range.get() == of { "true" } else { "false" }
                                on:click=move |_| pick.run(of)
                            >
                                {name(of)}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
        </div>
        <div class="cols cols-form">
            {time("range-from", "from", t::from(lang), fields.from, fields.from_error)}
            {time("range-to", "to", t::to(lang), fields.to, fields.to_error)}
        </div>
        <div class="row">
            <span class="hint">{move || t::time_hint(lang, zone_of_now())}</span>
            <ZoneChoice/>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c46_a_quick_range_has_no_end_and_a_typed_one_has_both() {
        let quick = Range::Quick(QuickRange::Minutes5);
        assert_eq!(quick.bounds(1_000_000), Ok((700_000, i64::MAX)));
        assert_eq!(Range::Between { from_ms: 5, to_ms: 6 }.bounds(99), Ok((5, 6)));
        assert_eq!(Range::All.bounds(99), Ok((0, i64::MAX)));
    }

    fn of(address: &str) -> Range {
        let mut map = ParamsMap::new();
        for (name, value) in address.split('&').filter_map(|pair| pair.split_once('=')) {
            map.insert(name.to_owned(), value.to_owned());
        }
        Range::of(&map, Range::Quick(QuickRange::Hour1), Zone::Fixed(480))
    }

    #[test]
    fn times_in_the_address_are_read_as_those_of_the_fields() {
        let typed = Range::Between { from_ms: 1_784_008_951_207, to_ms: 1_784_012_400_000 };
        for address in [
            "from=2026-07-14 14:02:31.207&to=2026-07-14 15:00",
            "from=2026-07-14T06:02:31.207Z&to=2026-07-14T07:00Z",
            "from=1784008951207&to=1784012400",
            "range=all&from=1784008951207&to=1784012400000",
        ] {
            assert_eq!(of(address), typed, "{address}");
        }
        assert_eq!(of("from=1784008951207"), Range::Between { from_ms: 1_784_008_951_207, to_ms: i64::MAX });
        assert_eq!(of("to=1784008951207&from="), Range::Between { from_ms: 0, to_ms: 1_784_008_951_207 });
        assert_eq!(of("from=&to=&range="), Range::Quick(QuickRange::Hour1));
    }

    #[test]
    fn what_the_address_asks_for_and_cannot_be_read_is_refused_and_not_replaced() {
        let refused = |address: &str| {
            let error = of(address).bounds(99).expect_err(address);
            (error.rule(Field::From).cloned(), error.rule(Field::To).cloned())
        };
        let malformed = Some(Rule::Malformed);
        assert_eq!(refused("from=yesterday&to=1784008951207"), (malformed.clone(), None));
        assert_eq!(refused("to=soon"), (None, malformed.clone()));
        assert_eq!(refused("from=a&to=b&range=all"), (malformed.clone(), malformed.clone()));
        assert_eq!(refused("range=2h"), (malformed, None));
    }

    #[test]
    fn a_range_survives_the_address() {
        for range in [
            Range::All,
            Range::Latest,
            Range::Quick(QuickRange::Hours6),
            Range::Between { from_ms: -1, to_ms: i64::MAX },
            Range::Between { from_ms: 0, to_ms: 1_784_008_951 },
        ] {
            assert_eq!(of(&range.query()), range);
        }
    }
}
