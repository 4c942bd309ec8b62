//! How a page is shown: language, theme and time zone of this visitor.
//!
//! The server reads them from the address (`?lang=`, `?theme=`), the cookies `lang`, `theme`, `tz` and
//! `zone`, and Accept-Language, and writes them on `<html>`; the browser reads them from there, so
//! that both render the same.

use leptos::prelude::*;

use crate::i18n::Lang;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the operating system has it.
    System,
    Light,
    Dark,
}

impl Theme {
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::System, Self::Light, Self::Dark].into_iter().find(|t| t.slug() == text)
    }

    /// Value of `data-theme`, which the style sheet knows; none for the system's own.
    pub(crate) fn attribute(self) -> Option<&'static str> {
        (self != Self::System).then(|| self.slug())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) lang: Lang,
    pub(crate) theme: Theme,
    /// Minutes east of UTC that the browser told last time; 0 until it has.
    pub(crate) zone_minutes: i32,
    /// Times are shown in UTC, whatever the browser's zone.
    pub(crate) utc: bool,
}

/// Name of the cookie that holds `utc` where that was chosen.
pub(crate) const ZONE: &str = "zone";

impl Default for Settings {
    fn default() -> Self {
        Self { lang: Lang::En, theme: Theme::System, zone_minutes: 0, utc: false }
    }
}

/// Language of this page.
pub(crate) fn use_lang() -> Lang {
    use_context::<Settings>().unwrap_or_default().lang
}

/// Largest offset of a time zone.
const ZONE_MINUTES_MAX: i32 = 14 * 60;

fn zone(text: &str) -> Option<i32> {
    text.parse().ok().filter(|m: &i32| m.abs() <= ZONE_MINUTES_MAX)
}

/// One value of a query string or a Cookie header, undecoded.
fn value<'a>(pairs: &'a str, separator: char, name: &str) -> Option<&'a str> {
    pairs.split(separator).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

impl Settings {
    #[cfg(any(feature = "ssr", test))]
    /// From a request's query, Cookie header and Accept-Language.
    pub(crate) fn read(query: &str, cookies: &str, accept_language: &str) -> Self {
        let utc = value(cookies, ';', ZONE) == Some("utc");
        let told = value(cookies, ';', "tz").and_then(zone).unwrap_or(0);
        let asked = |name: &str| value(query, '&', name).or_else(|| value(cookies, ';', name));
        Self {
            lang: value(query, '&', "lang")
                .and_then(Lang::parse)
                .or_else(|| value(cookies, ';', "lang").and_then(Lang::parse))
                .or_else(|| Lang::accepted(accept_language))
                .unwrap_or(Lang::En),
            theme: asked("theme").and_then(Theme::parse).unwrap_or(Theme::System),
            zone_minutes: if utc { 0 } else { told },
            utc,
        }
    }

    /// Of the running request.
    #[cfg(feature = "ssr")]
    pub(crate) fn of_request() -> Self {
        let Some(parts) = use_context::<http::request::Parts>() else { return Self::default() };
        let header = |name| parts.headers.get(name).and_then(|v: &http::HeaderValue| v.to_str().ok()).unwrap_or("");
        Self::read(parts.uri.query().unwrap_or(""), header(http::header::COOKIE), header(http::header::ACCEPT_LANGUAGE))
    }

    /// Keeps in cookies what was chosen in the address of the running request.
    #[cfg(feature = "ssr")]
    fn keep(self) {
        let (Some(parts), Some(response)) =
            (use_context::<http::request::Parts>(), use_context::<leptos_axum::ResponseOptions>())
        else {
            return;
        };
        let query = parts.uri.query().unwrap_or("");
        for (name, chosen) in [("lang", self.lang.slug()), ("theme", self.theme.slug())] {
            if value(query, '&', name) == Some(chosen)
                && let Ok(cookie) = http::HeaderValue::from_str(&cookie(name, chosen))
            {
                response.append_header(http::header::SET_COOKIE, cookie);
            }
        }
    }

    /// For the document: of the page, and kept for the next one.
    pub(crate) fn for_document() -> Self {
        let settings = Self::of_page();
        #[cfg(feature = "ssr")]
        settings.keep();
        settings
    }

    /// As the server wrote them on `<html>`.
    #[cfg(not(feature = "ssr"))]
    pub(crate) fn of_document() -> Self {
        let root = document().document_element();
        let attribute = |name: &str| root.as_ref().and_then(|r| r.get_attribute(name));
        Self {
            lang: attribute("lang").and_then(|l| Lang::parse(&l)).unwrap_or(Lang::En),
            theme: attribute("data-theme").and_then(|t| Theme::parse(&t)).unwrap_or(Theme::System),
            zone_minutes: attribute("data-tz").and_then(|z| zone(&z)).unwrap_or(0),
            utc: attribute("data-utc").is_some(),
        }
    }

    /// Of this page, on either side.
    pub(crate) fn of_page() -> Self {
        #[cfg(feature = "ssr")]
        return Self::of_request();
        #[cfg(not(feature = "ssr"))]
        return Self::of_document();
    }
}

/// The region shown last, by the cookie [`REGION`]: for pages that have none in their address.
pub(crate) fn remembered_region() -> Option<String> {
    #[cfg(feature = "ssr")]
    let cookies = use_context::<http::request::Parts>()
        .and_then(|parts| parts.headers.get(http::header::COOKIE)?.to_str().ok().map(str::to_owned));
    #[cfg(not(feature = "ssr"))]
    let cookies = {
        use wasm_bindgen::JsCast;
        document().dyn_ref::<web_sys::HtmlDocument>().and_then(|document| document.cookie().ok())
    };
    region_in(&cookies?)
}

/// Name of the cookie that holds the region shown last.
pub(crate) const REGION: &str = "region";

fn region_in(cookies: &str) -> Option<String> {
    value(cookies, ';', REGION).filter(|id| !id.is_empty()).and_then(crate::place::unescape)
}

/// A preference cookie: nothing secret, kept for a year, read by script too.
pub(crate) fn cookie(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax")
}

/// Sets a preference cookie in the browser.
pub(crate) fn remember(name: &str, value: &str) {
    use wasm_bindgen::JsCast;
    if let Some(document) = document().dyn_ref::<web_sys::HtmlDocument>() {
        // Without cookies the choice holds for this page only.
        drop(document.set_cookie(&cookie(name, value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_wins_over_the_cookie_and_the_cookie_over_the_browser() {
        let read = |q, c, a| Settings::read(q, c, a).lang;
        assert_eq!(read("x=1&lang=zh", "lang=en", "en"), Lang::Zh);
        assert_eq!(read("", "a=b; lang=zh", "en"), Lang::Zh);
        assert_eq!(read("", "", "zh-CN,zh;q=0.9"), Lang::Zh);
        assert_eq!(read("lang=fr", "", ""), Lang::En);
    }

    #[test]
    fn a_zone_out_of_range_is_ignored() {
        assert_eq!(Settings::read("", "tz=480; theme=dark", "").zone_minutes, 480);
        assert_eq!(Settings::read("", "tz=99999", "").zone_minutes, 0);
        assert_eq!(Settings::read("", "tz=\"><script>", "").zone_minutes, 0);
    }

    #[test]
    fn chosen_utc_wins_over_what_the_browser_told() {
        let settings = Settings::read("", "tz=480; zone=utc", "");
        assert_eq!((settings.zone_minutes, settings.utc), (0, true));
        assert_eq!(Settings::read("", "tz=480; zone=browser", "").zone_minutes, 480);
    }

    #[test]
    fn the_region_shown_last_is_read_from_its_cookie() {
        assert_eq!(region_in("lang=zh; region=cn%201; tz=480").as_deref(), Some("cn 1"));
        assert_eq!(region_in("regions=x; region="), None);
    }
}
