//! Settings from four places, one over the other: the compiled-in default file, the file of the
//! operator, environment variables, flags. Each value remembers where it came from, so that an
//! error can say the place and what would be right there.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Default,
    File { path: PathBuf, line: usize },
    Environment(String),
    Flag(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Default => f.write_str("the default"),
            Place::File { path, line } => write!(f, "{}:{line}", path.display()),
            Place::Environment(name) => write!(f, "environment variable {name}"),
            Place::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A setting that can't be used. Names the place, what was found and what would be right.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration file {path} can't be read: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}:{line}: {what}")]
    Syntax { path: PathBuf, line: usize, what: String },
    #[error("{place}: there is no setting {name}{}", hint(.near))]
    Unknown { place: Place, name: String, near: Option<String> },
    #[error("{place}: {name} = {found} can't be used; {cure}")]
    Value { place: Place, name: String, found: String, cure: String },
}

fn hint(near: &Option<String>) -> String {
    match near {
        Some(near) => format!("; did you mean {near}?"),
        None => "; `ternmq check-config --print-default` prints all of them".to_owned(),
    }
}

/// How the environment variables of settings begin.
const VARIABLE: &str = "TERNMQ_";

/// Variables that are no settings: the file of the settings itself, the secret that the sample code
/// reads, and what the tests of this repository tell their programs, which a server started by them
/// inherits.
const NO_SETTINGS: [&str; 7] = [
    "TERNMQ_CONFIG",
    crate::samples::SECRET_ENV,
    "TERNMQ_BIN",
    "TERNMQ_CLIENTS",
    "TERNMQ_E2E_OUT",
    "TERNMQ_KILL_SECONDS",
    "TERNMQ_SOURCES",
];

fn variable_of(setting: &str) -> String {
    format!("{VARIABLE}{}", setting.to_uppercase().replace('.', "_"))
}

/// Whether Kubernetes put the variable there, for a service whose name begins with ours:
/// `TERNMQ_SERVICE_HOST`, `TERNMQ_PORT_8080_TCP_ADDR` and so on.
fn is_of_orchestrator(variable: &str, value: &OsStr) -> bool {
    let address = value.to_str().is_some_and(|value| value.starts_with("tcp://") || value.starts_with("udp://"));
    let of_port = variable.split("_PORT_").nth(1).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    address || of_port || variable.ends_with("_SERVICE_HOST") || variable.contains("_SERVICE_PORT")
}

/// A value as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raw {
    Text(String),
    Number(i64),
    List(Vec<String>),
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Raw::Text(text) => write!(f, "{text:?}"),
            Raw::Number(number) => number.fmt(f),
            Raw::List(items) => write!(f, "{items:?}"),
        }
    }
}

/// A region as written, with its place.
#[derive(Clone, Debug)]
pub struct RawRegion {
    pub place: Place,
    pub fields: BTreeMap<String, (Raw, Place)>,
}

/// All settings, flat: `tcp.listen` and so on.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    values: BTreeMap<String, (Raw, Place)>,
    pub regions: Vec<RawRegion>,
}

/// Line of a byte in a text, from 1.
pub fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
}

struct File<'a> {
    text: &'a str,
    /// `None`: the compiled-in one.
    path: Option<&'a Path>,
}

impl File<'_> {
    fn place<T>(&self, value: &Spanned<T>) -> Place {
        match self.path {
            None => Place::Default,
            Some(path) => Place::File { path: path.to_owned(), line: line_of(self.text, value.span().start) },
        }
    }

    fn raw(&self, name: &str, value: &Spanned<DeValue<'_>>) -> Result<Raw, ConfigError> {
        let wrong = |cure: &str| ConfigError::Value {
            place: self.place(value),
            name: name.to_owned(),
            found: self.text.get(value.span()).unwrap_or_default().to_owned(),
            cure: cure.to_owned(),
        };
        match value.get_ref() {
            DeValue::String(text) => Ok(Raw::Text(text.to_string())),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map(Raw::Number)
                .map_err(|_| wrong("a number that fits 64 bits is needed")),
            DeValue::Array(items) => {
                let texts = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
                texts.collect::<Option<_>>().map(Raw::List).ok_or_else(|| wrong("a list of texts is needed"))
            }
            _ => Err(wrong("a text, a number or a list of texts is needed")),
        }
    }
}

impl Layers {
    /// The compiled-in defaults.
    pub fn defaults() -> Result<Layers, ConfigError> {
        let mut layers = Layers::default();
        layers.read(&File { text: super::DEFAULT_FILE, path: None })?;
        Ok(layers)
    }

    /// Lays a file over what is there.
    pub fn file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        self.read(&File { text: &text, path: Some(path) })
    }

    fn read(&mut self, file: &File<'_>) -> Result<(), ConfigError> {
        let table = DeTable::parse(file.text).map_err(|error| ConfigError::Syntax {
            path: file.path.unwrap_or(Path::new("default.toml")).to_owned(),
            line: line_of(file.text, error.span().map_or(0, |span| span.start)),
            what: error.message().to_owned(),
        })?;
        self.walk(file, "", table.get_ref())
    }

    fn walk(&mut self, file: &File<'_>, prefix: &str, table: &DeTable<'_>) -> Result<(), ConfigError> {
        for (key, value) in table {
            let name = format!("{prefix}{}", key.get_ref());
            if name == "region" {
                self.read_regions(file, value)?;
                continue;
            }
            match value.get_ref() {
                DeValue::Table(inner) if file.path.is_none() || self.has_section(&name) => {
                    self.walk(file, &format!("{name}."), inner)?;
                }
                _ => {
                    let place = file.place(value);
                    self.check_known(&name, file.path.is_none(), || file.place(key))?;
                    let raw = file.raw(&name, value)?;
                    self.values.insert(name, (raw, place));
                }
            }
        }
        Ok(())
    }

    fn read_regions(&mut self, file: &File<'_>, value: &Spanned<DeValue<'_>>) -> Result<(), ConfigError> {
        let wrong = |value: &Spanned<DeValue<'_>>| ConfigError::Value {
            place: file.place(value),
            name: "region".to_owned(),
            found: file.text.get(value.span()).unwrap_or_default().to_owned(),
            cure: "write each region as [[region]] with id, name_zh and name_en".to_owned(),
        };
        let items = value.get_ref().as_array().ok_or_else(|| wrong(value))?;
        self.regions.clear();
        for item in items {
            let table = item.get_ref().as_table().ok_or_else(|| wrong(item))?;
            let mut fields = BTreeMap::new();
            for (key, value) in table {
                let name = key.get_ref().to_string();
                let raw = file.raw(&format!("region.{name}"), value)?;
                if !["id", "name_zh", "name_en"].contains(&name.as_str()) {
                    let name = format!("region.{name}");
                    return Err(ConfigError::Unknown { place: file.place(key), name, near: None });
                }
                fields.insert(name, (raw, file.place(value)));
            }
            self.regions.push(RawRegion { place: file.place(item), fields });
        }
        Ok(())
    }

    fn has_section(&self, name: &str) -> bool {
        let prefix = format!("{name}.");
        self.values.keys().any(|known| known.starts_with(&prefix))
    }

    fn check_known(&self, name: &str, defines: bool, place: impl Fn() -> Place) -> Result<(), ConfigError> {
        if defines || self.values.contains_key(name) {
            return Ok(());
        }
        let near = nearest(self.values.keys(), name);
        Err(ConfigError::Unknown { place: place(), name: name.to_owned(), near })
    }

    /// Lays environment variables over what is there.
    pub fn environment(&mut self, lookup: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        let names: Vec<String> = self.values.keys().cloned().collect();
        for name in names {
            let variable = variable_of(&name);
            if let Some(text) = lookup(&variable) {
                self.set(&name, &text, Place::Environment(variable))?;
            }
        }
        Ok(())
    }

    /// Whether each variable that is named like a setting is one, and its value text: any other would
    /// be passed over without a word.
    pub fn check_variables(
        &self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(), ConfigError> {
        let known: BTreeMap<String, &String> = self.values.keys().map(|name| (variable_of(name), name)).collect();
        for (variable, value) in variables {
            let Some(variable) = variable.to_str().filter(|name| name.starts_with(VARIABLE)) else { continue };
            if NO_SETTINGS.contains(&variable) || is_of_orchestrator(variable, &value) {
                continue;
            }
            let (place, name) = (Place::Environment(variable.to_owned()), variable.to_owned());
            let Some(setting) = known.get(variable) else {
                return Err(ConfigError::Unknown { place, name, near: nearest(known.keys(), variable) });
            };
            if value.to_str().is_none() {
                let (found, cure) = (format!("{value:?}"), "a text in UTF-8 is needed".to_owned());
                return Err(ConfigError::Value { place, name: (*setting).clone(), found, cure });
            }
        }
        Ok(())
    }

    /// Lays a flag over what is there.
    pub fn flag(&mut self, name: &str, flag: &'static str, text: Option<&str>) -> Result<(), ConfigError> {
        match text {
            Some(text) => self.set(name, text, Place::Flag(flag)),
            None => Ok(()),
        }
    }

    fn set(&mut self, name: &str, text: &str, place: Place) -> Result<(), ConfigError> {
        self.check_known(name, false, || place.clone())?;
        let raw = match self.values.get(name) {
            Some((Raw::Number(_), _)) => match text.parse() {
                Ok(number) => Raw::Number(number),
                Err(_) => {
                    let cure = "a number is needed".to_owned();
                    let found = format!("{text:?}");
                    return Err(ConfigError::Value { place, name: name.to_owned(), found, cure });
                }
            },
            Some((Raw::List(_), _)) => {
                Raw::List(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
            }
            _ => Raw::Text(text.to_owned()),
        };
        self.values.insert(name.to_owned(), (raw, place));
        Ok(())
    }

    fn get(&self, name: &str) -> (Raw, Place) {
        self.values.get(name).cloned().unwrap_or((Raw::Text(String::new()), Place::Default))
    }

    /// Whether the setting was given, not left at its default.
    pub fn is_given(&self, name: &str) -> bool {
        self.get(name).1 != Place::Default
    }

    /// An error about the setting as it stands.
    pub fn wrong(&self, name: &str, cure: impl Into<String>) -> ConfigError {
        let (found, place) = self.get(name);
        ConfigError::Value { place, name: name.to_owned(), found: found.to_string(), cure: cure.into() }
    }

    /// A text; empty when it was left out.
    pub fn text(&self, name: &str) -> Result<String, ConfigError> {
        match self.get(name).0 {
            Raw::Text(text) => Ok(text),
            _ => Err(self.wrong(name, "a text in quotes is needed")),
        }
    }

    pub fn list(&self, name: &str) -> Result<Vec<String>, ConfigError> {
        match self.get(name).0 {
            Raw::List(items) => Ok(items),
            _ => Err(self.wrong(name, "a list is needed, such as [\"tcp\"]")),
        }
    }

    /// A whole number within bounds.
    pub fn number(&self, name: &str, min: u64, max: u64) -> Result<u64, ConfigError> {
        match self.get(name).0 {
            Raw::Number(number) => u64::try_from(number).ok().filter(|number| (min..=max).contains(number)),
            _ => None,
        }
        .ok_or_else(|| self.wrong(name, format!("a whole number from {min} to {max} is needed")))
    }
}

/// A name without what all variables begin with, which tells nothing.
fn own(name: &str) -> &str {
    name.strip_prefix(VARIABLE).unwrap_or(name)
}

/// The name that was probably meant, if one is near enough.
fn nearest<'a>(known: impl Iterator<Item = &'a String>, name: &str) -> Option<String> {
    let near = known.map(|known| (strsim::levenshtein(own(known), own(name)), known)).min();
    near.filter(|(distance, known)| distance * 3 <= own(known).len()).map(|(_, known)| known.clone())
}
