//! Where the visitor is, read from the address: the bars and chips follow it.
use crate::api::groups::Protocol;
use crate::paths;

/// Region, instance and page of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) region: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) section: Section,
}

/// Entries of the menu.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Section {
    Overview,
    Instances,
    Topics,
    Groups,
    Messages,
    Rejected,
    AccessKeys,
    Audit,
    Activate,
    #[default]
    Other,
}

impl Section {
    /// Works before the service is enabled.
    pub(crate) fn without_service(self) -> bool {
        matches!(self, Self::AccessKeys | Self::Audit | Self::Activate | Self::Other)
    }

    /// Its page without an instance.
    pub(crate) fn of_region(self, region: &str) -> String {
        match self {
            Self::Topics => paths::topics_of_region(region),
            Self::Groups => paths::groups_of_region(region),
            Self::Messages => paths::messages_of_region(region),
            Self::Rejected => paths::rejected_of_region(region),
            Self::Instances => paths::instances(region),
            Self::AccessKeys => paths::ACCESS_KEYS.into(),
            Self::Audit => paths::AUDIT.into(),
            Self::Activate => paths::ACTIVATE.into(),
            Self::Overview | Self::Other => paths::overview(region),
        }
    }

    /// Its page of one instance.
    pub(crate) fn of_instance(self, region: &str, instance: &str) -> String {
        match self {
            Self::Topics => paths::topics(region, instance),
            Self::Groups => paths::groups(region, instance, Protocol::Tcp),
            Self::Messages => paths::messages_by_id(region, instance, None),
            Self::Rejected => paths::rejected(region, instance),
            _ => paths::instance(region, instance),
        }
    }
}

impl Place {
    /// `pathname`: percent-encoded, as the router gives it.
    pub(crate) fn of(pathname: &str) -> Self {
        let mut parts = pathname.split('/').skip(1);
        match parts.next() {
            Some("r") => {
                let region = parts.next().and_then(unescape);
                match parts.next() {
                    Some("i") => Self {
                        region,
                        instance: parts.next().and_then(unescape),
                        section: match parts.next() {
                            None | Some("") => Section::Instances,
                            Some(word) => Self::section(word),
                        },
                    },
                    Some(word) => Self { region, instance: None, section: Self::section(word) },
                    None => Self { region, ..Self::default() },
                }
            }
            Some("access-keys") => Self { section: Section::AccessKeys, ..Self::default() },
            Some("audit") => Self { section: Section::Audit, ..Self::default() },
            Some("activate" | "terms") => Self { section: Section::Activate, ..Self::default() },
            _ => Self::default(),
        }
    }

    fn section(word: &str) -> Section {
        match word {
            "overview" => Section::Overview,
            "instances" => Section::Instances,
            "topics" => Section::Topics,
            "groups" => Section::Groups,
            "messages" => Section::Messages,
            "rejected" => Section::Rejected,
            _ => Section::Other,
        }
    }
}

/// Undoes [`paths::escape`]; `None` for what it never makes.
pub(crate) fn unescape(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_region_instance_and_section() {
        let id = "MQ_INST_1_B";
        for (path, region, instance, section) in [
            (paths::overview("local"), Some("local"), None, Section::Overview),
            (paths::instance("cn 1", id), Some("cn 1"), Some(id), Section::Instances),
            (paths::topic("local", id, "T"), Some("local"), Some(id), Section::Topics),
            (paths::groups("local", id, Protocol::Http), Some("local"), Some(id), Section::Groups),
            (paths::message("local", id, "7F"), Some("local"), Some(id), Section::Messages),
            (paths::ACCESS_KEYS.to_owned(), None, None, Section::AccessKeys),
            ("/nonsense".to_owned(), None, None, Section::Other),
        ] {
            let place = Place::of(&path);
            assert_eq!(place.region.as_deref(), region, "{path}");
            assert_eq!(place.instance.as_deref(), instance, "{path}");
            assert_eq!(place.section, section, "{path}");
        }
    }

    #[test]
    fn a_broken_escape_is_no_region() {
        assert_eq!(Place::of("/r/%E4/overview").region, None);
        assert_eq!(Place::of("/r/%zz/overview").region, None);
    }
}
