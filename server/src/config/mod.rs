//! Settings: read, checked, and handed to the parts as plain structs. Only checked values leave
//! this module; the commented default file is the default.

mod address;
pub mod layers;
pub mod manual;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use broker_core::config::{StoreConfig, TcpConfig, UnsignedListener};

use crate::http::HttpLimits;
use crate::tenant::Region;
use crate::tenant::limits::PORT_STEP;
use layers::{ConfigError, Layers, Place, Raw, RawRegion};

/// Every setting with its default.
pub const DEFAULT_FILE: &str = include_str!("default.toml");

/// All settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    pub data_dir: PathBuf,
    pub advertised_host: String,
    pub advertised_ipv4: Ipv4Addr,
    pub base_domain: Option<String>,
    pub console_listen: SocketAddr,
    /// Origin under which people reach the console, where that is not its own address.
    pub console_public_url: Option<String>,
    /// Connections of the console at once.
    pub console_connections_max: usize,
    pub tcp: TcpConfig,
    /// First and last, in steps of 4.
    pub instance_ports: (u16, u16),
    pub store: StoreConfig,
    /// `None`: SQLite in the data folder.
    pub database_url: Option<DatabaseUrl>,
    pub log: LogConfig,
    /// At least one; the first is the default.
    pub regions: Vec<Region>,
}

/// May hold a password: does not print.
#[derive(Clone)]
pub struct DatabaseUrl(pub String);

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    pub level: String,
    pub json: bool,
}

/// What the command line can set.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub data_dir: Option<String>,
    pub console_listen: Option<String>,
    pub tcp_listen: Option<String>,
    pub advertised_host: Option<String>,
    pub database_url: Option<String>,
    pub log_level: Option<String>,
}

impl Config {
    /// Defaults, file, environment, flags: each over the one before; then every rule.
    ///
    /// - `environment`: looks a variable up.
    pub fn load(flags: &Flags, environment: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let mut layers = Layers::defaults()?;
        let file = flags.config.clone().or_else(|| environment("TERNMQ_CONFIG").map(PathBuf::from));
        if let Some(file) = file {
            layers.file(&file)?;
        }
        layers.environment(environment)?;
        layers.flag("data_dir", "--data-dir", flags.data_dir.as_deref())?;
        layers.flag("console.listen", "--console-listen", flags.console_listen.as_deref())?;
        layers.flag("tcp.listen", "--tcp-listen", flags.tcp_listen.as_deref())?;
        layers.flag("advertised_host", "--advertised-host", flags.advertised_host.as_deref())?;
        layers.flag("database.url", "--database-url", flags.database_url.as_deref())?;
        layers.flag("log.level", "--log-level", flags.log_level.as_deref())?;
        check(&layers)
    }

    /// Refuses an environment variable that is named like a setting and is none.
    ///
    /// - `variables`: all that there are, with their values.
    pub fn check_environment(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Result<(), ConfigError> {
        Layers::defaults()?.check_variables(variables)
    }

    /// The catalogue's file.
    pub fn catalogue_file(&self) -> PathBuf {
        self.data_dir.join("catalogue.db")
    }

    /// The master key that protects AccessKey secrets.
    pub fn master_key_file(&self) -> PathBuf {
        self.data_dir.join("keys").join("master.key")
    }
}

fn listen(layers: &Layers, name: &str) -> Result<SocketAddr, ConfigError> {
    let text = layers.text(name)?;
    let cure = "write address and port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080";
    let text = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text,
    };
    text.parse().map_err(|_| layers.wrong(name, cure))
}

fn check_plaintext(layers: &Layers, listeners: &[(&str, &str, SocketAddr)]) -> Result<(), ConfigError> {
    let named = layers.list("plaintext")?;
    const KNOWN: [&str; 3] = ["console", "tcp", "http"];
    if let Some(unknown) = named.iter().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(
            layers.wrong("plaintext", format!("{unknown:?} is no listener; there are \"console\", \"tcp\", \"http\""))
        );
    }
    for (listener, setting, address) in listeners {
        if !is_loopback(address.ip()) && !named.iter().any(|name| name == listener) {
            return Err(layers.wrong(
                setting,
                format!(
                    "on this address everything, passwords included, would go unencrypted: listen on 127.0.0.1, or \
                     decide so with plaintext = [\"{listener}\"]"
                ),
            ));
        }
    }
    Ok(())
}

fn instance_ports(layers: &Layers) -> Result<(u16, u16), ConfigError> {
    let text = layers.text("tcp.instance_ports")?;
    let range = text.split_once('-').and_then(|(first, last)| {
        let range: (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (range.0 >= 1024 && range.1.checked_sub(range.0)? >= PORT_STEP - 1).then_some(range)
    });
    range.ok_or_else(|| {
        layers.wrong("tcp.instance_ports", "write first and last port, such as 9901-10900: at least 4, from 1024 on")
    })
}

fn region(raw: &RawRegion) -> Result<Region, ConfigError> {
    let field = |name: &str| -> Result<String, ConfigError> {
        let wrong = |place: &Place, found: String, cure: &str| ConfigError::Value {
            place: place.clone(),
            name: format!("region.{name}"),
            found,
            cure: cure.to_owned(),
        };
        match raw.fields.get(name) {
            Some((Raw::Text(text), _)) if !text.trim().is_empty() => Ok(text.clone()),
            Some((found, place)) => Err(wrong(place, found.to_string(), "a text is needed")),
            None => Err(wrong(&raw.place, "nothing".to_owned(), "each region has id, name_zh and name_en")),
        }
    };
    let id = field("id")?;
    let well_formed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.len() > 32 || !id.chars().all(well_formed) {
        let place = raw.fields.get("id").map_or(raw.place.clone(), |(_, place)| place.clone());
        let cure = "an ID has 1 to 32 of a-z, 0-9 and -".to_owned();
        return Err(ConfigError::Value { place, name: "region.id".to_owned(), found: format!("{id:?}"), cure });
    }
    Ok(Region { id, name_zh: field("name_zh")?, name_en: field("name_en")? })
}

fn regions(layers: &Layers) -> Result<Vec<Region>, ConfigError> {
    let mut regions: Vec<Region> = Vec::new();
    for raw in &layers.regions {
        let next = region(raw)?;
        if regions.iter().any(|other| other.id == next.id) {
            let cure = "another region has this ID; IDs are unique".to_owned();
            let (place, name) = (raw.place.clone(), "region.id".to_owned());
            return Err(ConfigError::Value { place, name, found: format!("{:?}", next.id), cure });
        }
        regions.push(next);
    }
    Ok(regions)
}

fn base_domain(layers: &Layers) -> Result<Option<String>, ConfigError> {
    let text = layers.text("base_domain")?;
    if text.is_empty() {
        return Ok(None);
    }
    if !address::is_host_name(&text) {
        return Err(layers.wrong("base_domain", "write a domain without http:// and port, such as mq.example.com"));
    }
    Ok(Some(text))
}

fn unsigned_listener(layers: &Layers, tcp: SocketAddr) -> Result<Option<UnsignedListener>, ConfigError> {
    let name = "tcp.unsigned_listener.port";
    let port = u16::try_from(layers.number(name, 0, 65_535)?).unwrap_or_default();
    let instance = layers.text("tcp.unsigned_listener.instance")?;
    if port == 0 {
        return Ok(None);
    }
    if !is_loopback(tcp.ip()) {
        return Err(layers.wrong(name, "clients without AccessKey are taken on loopback only: tcp.listen is elsewhere"));
    }
    if instance.is_empty() {
        let cure = "name the instance ID that its clients belong to as well: instance = \"MQ_INST_…\"";
        return Err(layers.wrong(name, cure));
    }
    Ok(Some(UnsignedListener { port, instance }))
}

/// An origin: scheme and host, perhaps a port, and nothing behind it.
fn public_url(layers: &Layers) -> Result<Option<String>, ConfigError> {
    let name = "console.public_url";
    let url = layers.text(name)?;
    if url.is_empty() {
        return Ok(None);
    }
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(is_host) {
        return Err(layers.wrong(name, "write scheme and host, such as https://mq.example.com, and no path"));
    }
    Ok(Some(url))
}

fn check(layers: &Layers) -> Result<Config, ConfigError> {
    let data_dir = layers.text("data_dir")?;
    if data_dir.is_empty() {
        return Err(layers.wrong("data_dir", "a folder is needed"));
    }
    let data_dir = PathBuf::from(data_dir);
    let console_listen = listen(layers, "console.listen")?;
    let tcp_listen = listen(layers, "tcp.listen")?;
    if console_listen == tcp_listen && tcp_listen.port() != 0 {
        let given = if layers.is_given("tcp.listen") { "tcp.listen" } else { "console.listen" };
        return Err(
            layers.wrong(given, "console and TCP clients can't share a port: console.listen and tcp.listen differ")
        );
    }
    check_plaintext(layers, &[("console", "console.listen", console_listen), ("tcp", "tcp.listen", tcp_listen)])?;
    let (advertised_host, advertised_ipv4) = address::advertised(layers, tcp_listen.ip())?;
    let loops = usize::try_from(layers.number("tcp.loops", 0, 256)?).unwrap_or_default();
    let mut store = StoreConfig::new(data_dir.join("store"));
    store.retention = Duration::from_secs(3600 * layers.number("store.retention_hours", 1, 8_760)?);
    store.segment_bytes = layers.number("store.segment_mib", 16, 1_024)? << 20;
    let percent = layers.number("store.disk_used_percent_max", 10, 99)?;
    store.disk_used_percent_max = u8::try_from(percent).unwrap_or(store.disk_used_percent_max);
    store.tail_bytes = usize::try_from(layers.number("store.tail_mib", 1, 1_024)? << 20).unwrap_or(store.tail_bytes);
    let database_url = layers.text("database.url")?;
    if !database_url.is_empty() && !["postgres://", "postgresql://"].iter().any(|p| database_url.starts_with(p)) {
        // The value itself may hold a password.
        return Err(ConfigError::Value {
            place: match layers.wrong("database.url", "") {
                ConfigError::Value { place, .. } => place,
                _ => Place::Default,
            },
            name: "database.url".to_owned(),
            found: "(not shown)".to_owned(),
            cure: "write postgres://user:password@host:5432/database, or leave it empty for SQLite".to_owned(),
        });
    }
    let level = layers.text("log.level")?;
    // A directive without a level would be taken as the name of a part.
    let is_level = |text: &str| text.parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
    let directive = |text: &str| is_level(text.rsplit('=').next().unwrap_or(text).trim());
    if !level.split(',').all(directive) || level.parse::<tracing_subscriber::filter::Targets>().is_err() {
        return Err(layers.wrong("log.level", "error, warn, info, debug or trace, also per part: info,server=debug"));
    }
    let json = match layers.text("log.format")?.as_str() {
        "text" => false,
        "json" => true,
        _ => return Err(layers.wrong("log.format", "\"text\" or \"json\"")),
    };
    Ok(Config {
        data_dir,
        tcp: TcpConfig {
            listen: tcp_listen.ip(),
            port: tcp_listen.port(),
            advertised_host: advertised_host.clone(),
            advertised_ipv4,
            connections_max: TcpConfig::CONNECTIONS_MAX,
            loops,
            unsigned_listener: unsigned_listener(layers, tcp_listen)?,
        },
        advertised_host,
        advertised_ipv4,
        base_domain: base_domain(layers)?,
        console_listen,
        console_public_url: public_url(layers)?,
        console_connections_max: HttpLimits::default().connections_max,
        instance_ports: instance_ports(layers)?,
        store,
        database_url: (!database_url.is_empty()).then_some(DatabaseUrl(database_url)),
        log: LogConfig { level, json },
        regions: regions(layers)?,
    })
}

/// This machine itself, also as an IPv6 address that stands for an IPv4 one. The address of every
/// interface is not.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
