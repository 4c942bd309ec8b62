//! Texts in Chinese and English. Each area has its own table; a text that lacks a language, or that
//! no table holds, does not compile.
//!
//! Terms are those of RocketMQ and of the field, letter by letter the same on every page.

pub(crate) mod audit;
pub(crate) mod common;
pub(crate) mod connections;
pub(crate) mod errors;
pub(crate) mod figures;
pub(crate) mod groups;
pub(crate) mod instances;
pub(crate) mod keys;
pub(crate) mod messages;
pub(crate) mod named;
pub(crate) mod overview;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod shell;
pub(crate) mod topics;

/// Language of a page. It is chosen on the server (address, cookie, browser) and does not change
/// while a page is open: changing it loads the page again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    Zh,
    En,
}

impl Lang {
    /// For `<html lang>`.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The word in addresses and in the cookie.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// From a slug or a language tag.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let primary = text.trim().split(['-', '_']).next()?;
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::Zh)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }

    #[cfg(any(feature = "ssr", test))]
    /// First language of an Accept-Language header that there are texts for.
    pub(crate) fn accepted(header: &str) -> Option<Self> {
        header.split(',').find_map(|part| Self::parse(part.split(';').next()?))
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// Between two sentences.
    pub(crate) fn gap(self) -> &'static str {
        match self {
            Self::Zh => "",
            Self::En => " ",
        }
    }

    /// Between the things of a list.
    pub(crate) fn comma(self) -> &'static str {
        match self {
            Self::Zh => "、",
            Self::En => ", ",
        }
    }

    /// Its own name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Zh => "中文",
            Self::En => "English",
        }
    }
}

/// A table of texts: `name => "中文", "English";`, with parameters
/// `name(who) => "{who} 你好", "Hello {who}";`. Each becomes a function of the language.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident $(($($arg:ident),+))? => $zh:literal, $en:literal;)+) => {
        $(texts!(@one $(#[$doc])* $name $(($($arg),+))? => $zh, $en);)+
    };
    (@one $(#[$doc:meta])* $name:ident => $zh:literal, $en:literal) => {
        $(#[$doc])*
        pub(crate) fn $name(lang: $crate::i18n::Lang) -> &'static str {
            match lang {
                $crate::i18n::Lang::Zh => $zh,
                $crate::i18n::Lang::En => $en,
            }
        }
    };
    (@one $(#[$doc:meta])* $name:ident ($($arg:ident),+) => $zh:literal, $en:literal) => {
        $(#[$doc])*
        pub(crate) fn $name(lang: $crate::i18n::Lang, $($arg: impl std::fmt::Display),+) -> String {
            match lang {
                $crate::i18n::Lang::Zh => format!($zh),
                $crate::i18n::Lang::En => format!($en),
            }
        }
    };
}
pub(crate) use texts;

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn the_first_known_language_of_the_browser_is_taken() {
        assert_eq!(Lang::accepted("fr-FR,zh-TW;q=0.8,en;q=0.5"), Some(Lang::Zh));
        assert_eq!(Lang::accepted("en-GB"), Some(Lang::En));
        assert_eq!(Lang::accepted("fr, de"), None);
        assert_eq!(Lang::accepted(""), None);
    }
}
