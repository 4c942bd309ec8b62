//! What is refused, and with which words.

use std::io::Write;
use std::path::Path;

use super::*;

fn load(text: &str) -> Result<Config, String> {
    load_with(text, &Flags::default(), |_| None)
}

fn load_with(text: &str, flags: &Flags, environment: impl Fn(&str) -> Option<String>) -> Result<Config, String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let flags = Flags { config: Some(file.path().to_owned()), ..flags.clone() };
    let path = file.path().display().to_string();
    Config::load(&flags, environment).map_err(|error| error.to_string().replace(&path, "ternmq.toml"))
}

#[test]
fn the_defaults_are_those_of_the_product() {
    let config = load("").unwrap();
    assert_eq!(config.console_listen.to_string(), "127.0.0.1:8080");
    assert_eq!((config.tcp.listen.to_string(), config.tcp.port), ("127.0.0.1".to_owned(), 9876));
    assert_eq!(config.instance_ports, (9901, 10900));
    assert_eq!(config.advertised_host, "127.0.0.1");
    assert_eq!(config.store.retention, Duration::from_secs(72 * 3600));
    assert_eq!(config.regions.len(), 1);
    assert_eq!(config.regions[0].id, "local");
    assert!(config.tcp.unsigned_listener.is_none());
    assert!(config.database_url.is_none());
}

#[test]
fn flags_go_over_the_environment_and_that_over_the_file() {
    let environment = |name: &str| match name {
        "TERNMQ_TCP_LISTEN" => Some("127.0.0.1:2".to_owned()),
        "TERNMQ_CONSOLE_LISTEN" => Some("127.0.0.1:12".to_owned()),
        "TERNMQ_STORE_RETENTION_HOURS" => Some("5".to_owned()),
        "TERNMQ_PLAINTEXT" => Some("tcp, console".to_owned()),
        _ => None,
    };
    let text = "[tcp]\nlisten = \"127.0.0.1:1\"\nloops = 3\n[store]\nretention_hours = 4\n";
    let flags = Flags { console_listen: Some("127.0.0.1:22".to_owned()), ..Flags::default() };
    let config = load_with(text, &flags, environment).unwrap();
    assert_eq!((config.tcp.port, config.console_listen.port(), config.tcp.loops), (2, 22, 3));
    assert_eq!(config.store.retention, Duration::from_secs(5 * 3600));
}

#[test]
fn a_bad_setting_names_the_place_and_the_cure() {
    let mut told = String::new();
    for text in [
        "[tcp]\nlissten = \"127.0.0.1:1\"\n",
        "[tpc]\nlisten = \"127.0.0.1:1\"\n",
        "data_dir = 7\n",
        "data_dir = \"\"\n",
        "\n\n[console]\nlisten = \"8080\"\n",
        "[console]\nlisten = \"127.0.0.1:9876\"\n",
        "[tcp]\ninstance_ports = \"9901\"\n",
        "[tcp]\ninstance_ports = \"9901-9902\"\n",
        "[tcp]\nloops = -1\n",
        "[store]\nretention_hours = 0\n",
        "[store]\nretention_hours = \"72\"\n",
        "[console]\nlisten = \"0.0.0.0:8080\"\n",
        "plaintext = [\"amqp\"]\n",
        "plaintext = \"tcp\"\n",
        "advertised_host = \"http://mq.example.com:9876\"\n",
        "advertised_host = \"0.0.0.0\"\n",
        "advertised_host = \"no-such-host.invalid\"\n",
        "advertised_ipv4 = \"::1\"\n",
        "base_domain = \"*.example.com\"\n",
        "[console]\npublic_url = \"mq.example.com\"\n",
        "[console]\npublic_url = \"https://mq.example.com/console\"\n",
        "[tcp.unsigned_listener]\nport = 9900\n",
        "[database]\nurl = \"mysql://user:secret@host/db\"\n",
        "[log]\nlevel = \"loud\"\n",
        "[log]\nformat = \"xml\"\n",
        "[[region]]\nid = \"north\"\n",
        "[[region]]\nid = \"North\"\nname_zh = \"北\"\nname_en = \"North\"\n",
        "[[region]]\nid = \"n\"\nname_zh = \"北\"\nname_en = \"N\"\n[[region]]\nid = \"n\"\nname_zh = \"北\"\nname_en = \"N\"\n",
        "[[region]]\nid = \"n\"\ncolour = \"red\"\n",
        "[region]\nid = \"n\"\n",
        "[tcp\n",
        "data_dir = 1.5\n",
    ] {
        let error = load(text).expect_err(text);
        told.push_str(&format!("{}\n    {error}\n", text.trim().replace('\n', " | ")));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_bad_environment_variable_and_a_bad_flag_are_named() {
    let error =
        load_with("", &Flags::default(), |name| (name == "TERNMQ_STORE_RETENTION_HOURS").then(|| "soon".to_owned()));
    assert_eq!(
        error.unwrap_err(),
        "environment variable TERNMQ_STORE_RETENTION_HOURS: store.retention_hours = \"soon\" can't be used; a number is needed"
    );
    let flags = Flags { tcp_listen: Some("x".to_owned()), ..Flags::default() };
    let error = load_with("", &flags, |_| None).unwrap_err();
    assert!(
        error.starts_with("flag --tcp-listen: tcp.listen = \"x\" can't be used; write address and port"),
        "{error}"
    );
}

fn check_environment(variables: &[(&str, &str)]) -> Result<(), String> {
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::check_environment(variables).map_err(|error| error.to_string())
}

#[test]
fn a_variable_that_is_no_setting_is_refused_with_the_nearest_one() {
    let slip = check_environment(&[("TERNMQ_TCP_LISTEN", "127.0.0.1:1"), ("TERNMQ_TCP_LISTENN", "127.0.0.1:2")]);
    assert_eq!(
        slip.unwrap_err(),
        "environment variable TERNMQ_TCP_LISTENN: there is no setting TERNMQ_TCP_LISTENN; did you mean TERNMQ_TCP_LISTEN?"
    );
    let far = check_environment(&[("TERNMQ_SOMETHING_ELSE", "x")]).unwrap_err();
    assert!(far.ends_with("; `ternmq check-config --print-default` prints all of them"), "{far}");
}

#[test]
fn a_variable_that_is_somebody_elses_is_passed_over() {
    assert_eq!(
        check_environment(&[("PATH", "/bin"), ("XTERNMQ_TCP_LISTENN", "x"), ("TERNMQ_CONFIG", "a.toml")]),
        Ok(())
    );
    // What the samples read, and what Kubernetes sets for a service of the name.
    assert_eq!(check_environment(&[("TERNMQ_ACCESS_KEY_SECRET", "x")]), Ok(()));
    let of_a_service = [
        ("TERNMQ_SERVICE_HOST", "10.0.0.1"),
        ("TERNMQ_SERVICE_PORT", "9876"),
        ("TERNMQ_SERVICE_PORT_CONSOLE", "8080"),
        ("TERNMQ_PORT", "tcp://10.0.0.1:9876"),
        ("TERNMQ_PORT_9876_TCP", "tcp://10.0.0.1:9876"),
        ("TERNMQ_PORT_9876_TCP_PROTO", "tcp"),
        ("TERNMQ_CONSOLE_SERVICE_HOST", "10.0.0.2"),
    ];
    assert_eq!(check_environment(&of_a_service), Ok(()));
    assert!(check_environment(&[("TERNMQ_CONSOLE_PORT", "8080")]).is_err());
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStringExt;
    let value = OsString::from_vec(b"/data/\xff".to_vec());
    let error = Config::check_environment([("TERNMQ_DATA_DIR".into(), value)]).unwrap_err().to_string();
    assert!(error.starts_with("environment variable TERNMQ_DATA_DIR: data_dir = "), "{error}");
    assert!(error.ends_with("a text in UTF-8 is needed"), "{error}");
}

#[test]
fn outside_loopback_plain_text_and_the_advertised_host_are_decisions() {
    let tcp = "[tcp]\nlisten = \"0.0.0.0:9876\"\n";
    assert!(load(tcp).unwrap_err().contains("plaintext = [\"tcp\"]"));
    let error = load(&format!("plaintext = [\"tcp\"]\n{tcp}")).unwrap_err();
    assert!(error.contains("set advertised_host (here: "), "{error}");
    let all = format!("plaintext = [\"tcp\"]\nadvertised_host = \"192.0.2.7\"\n{tcp}");
    let config = load(&all).unwrap();
    assert_eq!(config.advertised_ipv4, Ipv4Addr::new(192, 0, 2, 7));
    let named = all.replace("192.0.2.7", "mq.example.test");
    let named = format!("advertised_ipv4 = \"192.0.2.8\"\n{named}");
    let config = load(&named).unwrap();
    assert_eq!(
        (config.advertised_host.as_str(), config.advertised_ipv4),
        ("mq.example.test", Ipv4Addr::new(192, 0, 2, 8))
    );
    let unsigned = format!("{all}[tcp.unsigned_listener]\nport = 9900\ninstance = \"MQ_INST_1_B\"\n");
    assert!(load(&unsigned).unwrap_err().contains("loopback only"));
}

#[test]
fn the_manual_page_is_in_step_with_the_default_file() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, manual::page()).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == manual::page(), "docs/configuration.md is out of step: run this test with UPDATE_DOCS=1");
}
