//! The resources file: what it makes, what it reports, how it is refused.

use std::path::Path;

use broker_core::access::Access;

use super::*;
use crate::db::testing::{both, sqlite};
use crate::tenant::Caller;
use crate::tenant::groups::Group;
use crate::tenant::limits::Limits;
use crate::tenant::tests::{World, world, world_with};
use crate::tenant::topics::Topic;

const FILE: &str = r#"
[[account]]
name = "acme"
uid = "1234567890123456"
service = true

[[account.user]]
name = "dev"
role = "owner"
operator = true
password_env = "ACME_DEV_PASSWORD"
[[account.user.access_key]]
id = "TNQ0aB1cD2eF3gH4iJ5kL6mN"
secret_file = "dev.secret"

[[account.user]]
name = "robot"
role = "member"
[[account.user.grant]]
instance = "orders"
resource = "Topic*"
allow = ["publish", "subscribe"]

[[account.instance]]
name = "orders"
region = "south"
id_suffix = "BXabcdef"
tcp_port = 9913

[[account.instance.topic]]
name = "TopicTestMQ"
type = "normal"
queues = 8
flush = "async"

[[account.instance.group]]
name = "GID_test"
protocol = "tcp"
"#;

fn environment(name: &str) -> Option<String> {
    (name == "ACME_DEV_PASSWORD").then(|| "trains leave at nine".to_owned())
}

fn plan(folder: &Path, text: &str) -> Result<Plan, String> {
    std::fs::write(folder.join("dev.secret"), "abcdefghijklmnopqrstuvwxyz0123\n").unwrap();
    let path = folder.join("resources.toml");
    std::fs::write(&path, text).unwrap();
    file::read(&path, &environment).map_err(|error| error.to_string().replace(&format!("{}/", folder.display()), ""))
}

async fn applied(world: &World, text: &str) -> Result<Vec<String>, String> {
    let folder = world.folder.path();
    let strip = |text: String| text.replace(&format!("{}/", folder.display()), "");
    let plan = plan(folder, text)?;
    let told = apply(&world.platform, &plan).await.map_err(|error| strip(error.to_string()))?;
    Ok(told.into_iter().map(strip).collect())
}

#[tokio::test]
async fn a_file_is_put_in_place_once_and_the_second_time_changes_nothing() {
    for fresh in both().await {
        let world = world(fresh).await;
        let platform = &world.platform;
        assert_eq!(applied(&world, FILE).await, Ok(vec![]));
        let account = platform.account_by_name("acme").await.unwrap().unwrap();
        assert_eq!(account.uid, "1234567890123456");
        let machine = Caller::machine(account.no, "test");
        let id = "MQ_INST_1234567890123456_BXabcdef";
        let instance = platform.instance(&machine, id).await.unwrap();
        assert_eq!((instance.instance.of_broker.port, &*instance.instance.of_broker.region), (9913, "south"));
        let topic = platform.one::<Topic>(&machine, id, "TopicTestMQ").await.unwrap().of_broker;
        assert_eq!((topic.queues, topic.durability), (8, Durability::Written));
        assert_eq!(
            platform.one::<Group>(&machine, id, "GID_test").await.unwrap().of_broker.protocol,
            GroupProtocol::Tcp
        );
        assert!(world.access.find_key("TNQ0aB1cD2eF3gH4iJ5kL6mN").active().is_some());
        let local = std::net::IpAddr::from([127, 0, 0, 1]);
        assert!(platform.sign_in("acme", "dev", "trains leave at nine", local).await.is_ok());
        let robot = platform.user_by_name(&machine, "robot").await.unwrap().unwrap();
        assert_eq!(platform.grants_of(robot.no).await.unwrap().len(), 1);
        assert!(!robot.has_password);
        let before = platform.audit_page(&machine, "", None, 100).await.unwrap().entries.len();
        assert_eq!(applied(&world, FILE).await, Ok(vec![]));
        assert_eq!(platform.audit_page(&machine, "", None, 100).await.unwrap().entries.len(), before);
    }
}

#[tokio::test]
async fn what_differs_is_reported_and_left_what_is_missing_is_made() {
    let world = world(sqlite().await).await;
    applied(&world, FILE).await.unwrap();
    let changed = FILE
        .replace("1234567890123456", "2234567890123456")
        .replace("role = \"member\"", "role = \"member\"\noperator = true")
        .replace("BXabcdef", "BXabcdeg")
        .replace("9913", "9917")
        .replace("queues = 8\nflush = \"async\"", "queues = 9")
        .replace("protocol = \"tcp\"", "protocol = \"http\"")
        .replace("allow = [\"publish\", \"subscribe\"]", "allow = [\"query\"]");
    let changed = format!("{changed}\n[[account.instance.group]]\nname = \"GID_more\"\nprotocol = \"http\"\n");
    let told = applied(&world, &changed).await.unwrap();
    insta::assert_snapshot!(told.join("\n"));
    let machine = Caller::machine(world.platform.account_by_name("acme").await.unwrap().unwrap().no, "test");
    let id = "MQ_INST_1234567890123456_BXabcdef";
    assert!(world.platform.one::<Group>(&machine, id, "GID_more").await.is_ok());
    assert_eq!(world.platform.one::<Topic>(&machine, id, "TopicTestMQ").await.unwrap().of_broker.queues, 8);
}

#[test]
fn a_bad_file_is_refused_with_the_line_and_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = String::new();
    for (from, to) in [
        ("name = \"acme\"", "name = \"Acme\""),
        ("uid = \"1234567890123456\"", "uid = \"0234567890123456\""),
        ("uid = \"1234567890123456\"", "uid = 1234567890123456"),
        ("service = true", "enabled = true"),
        ("role = \"owner\"", "role = \"admin\""),
        ("password_env = \"ACME_DEV_PASSWORD\"", "password_env = \"NOT_SET\""),
        ("password_env = \"ACME_DEV_PASSWORD\"", "password_file = \"missing\""),
        ("password_env = \"ACME_DEV_PASSWORD\"", "password_env = \"A\"\npassword_file = \"b\""),
        ("password_env = \"ACME_DEV_PASSWORD\"", "password_file = \"dev.secret\"\npassword = \"x\""),
        ("secret_file = \"dev.secret\"", ""),
        ("TNQ0aB1cD2eF3gH4iJ5kL6mN", "LTAI0aB1cD2eF3gH4iJ5kL6m"),
        ("role = \"member\"", "role = \"owner\""),
        ("resource = \"Topic*\"", "resource = \"To*ic\""),
        ("allow = [\"publish\", \"subscribe\"]", "allow = [\"admin\"]"),
        ("allow = [\"publish\", \"subscribe\"]", "allow = []"),
        ("BXabcdef", "Xabcdefg"),
        ("tcp_port = 9913", "tcp_port = 70000"),
        ("TopicTestMQ", "GID_topic"),
        ("type = \"normal\"", "type = \"fifo\""),
        ("queues = 8", "queues = 65"),
        ("flush = \"async\"", "flush = \"never\""),
        ("GID_test", "test_group"),
        ("protocol = \"tcp\"", "protocol = \"grpc\""),
        ("[[account.instance]]", "[[account.instance]"),
    ] {
        assert!(FILE.contains(from), "{from}");
        let error = plan(folder.path(), &FILE.replace(from, to)).err().expect(to);
        told.push_str(&format!("{} -> {}\n    {error}\n", from, to.replace('\n', " | ")));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn what_only_the_catalogue_can_tell_names_the_line_too() {
    let world = world(sqlite().await).await;
    let error = applied(&world, &FILE.replace("\"south\"", "\"east\"")).await.unwrap_err();
    assert_eq!(error, "resources.toml:25: there is no region east; name the id of a configured one ([[region]])");
    let error = applied(&world, &FILE.replace("instance = \"orders\"", "instance = \"order\"")).await.unwrap_err();
    assert_eq!(error, "resources.toml:20: the account has no instance order in this file; name one, or \"*\"");
    let closed =
        FILE.replace("service = true", "").replace("acme", "beta").replace("1234567890123456", "3234567890123456");
    let error = applied(&world, &closed).await.unwrap_err();
    assert!(error.starts_with("resources.toml:25: the service is not enabled yet: "), "{error}");
    assert!(error.contains("service = true"), "{error}");
}

/// The file with a second instance.
///
/// - `second`: what follows its name.
fn with_second_instance(second: &str) -> String {
    format!("{FILE}\n[[account.instance]]\nname = \"more\"\n{second}")
}

/// Nothing of a file is made when a part of it can't be: the account was there before its second
/// instance was refused.
#[tokio::test]
async fn a_file_that_is_refused_changes_nothing() {
    let world = world(sqlite().await).await;
    let topics = |n: usize| {
        (0..n)
            .map(|n| format!("[[account.instance.topic]]\nname = \"Topic{n}\"\ntype = \"normal\"\n"))
            .collect::<String>()
    };
    let keys = |n: usize| {
        let key = |n| format!("[[account.user.access_key]]\nid = \"TN{n:022}\"\nsecret_file = \"dev.secret\"\n");
        (0..n).map(key).collect::<String>()
    };
    let group = "[[account.instance.group]]\nprotocol = \"tcp\"\nname = ";
    let instance = "[[account.instance]]\nname = ";
    let other = "[[account]]\nname = \"beta\"\nuid = \"1234567890123456\"\n";
    for (text, what) in [
        // One that the service listens on, one of the instance before, one that it would get.
        (with_second_instance("tcp_port = 9905"), "port 9905 is taken"),
        (with_second_instance("tcp_port = 9913"), "port 9913 is taken"),
        (with_second_instance(&format!("{instance}\"third\"\ntcp_port = 9901")), "port 9901 is taken"),
        (with_second_instance("region = \"east\""), "there is no region east"),
        (with_second_instance("id_suffix = \"BxABCDEF\""), "MQ_INST_1234567890123456_BxABCDEF is taken by an instance"),
        (
            with_second_instance(&format!("{instance}\"a-3\"\n{instance}\"a-4\"\n{instance}\"a-5\"")),
            "there are 3 already",
        ),
        (with_second_instance(&topics(4)), "there are 3 already, which is the limit: a Topic"),
        (
            with_second_instance(&format!("{group}\"GID_aaa\"\n{group}\"GID_bbb\"\n{group}\"GID_ccc\"")),
            "there are 2 already",
        ),
        (
            FILE.replace(
                "[[account.user]]\nname = \"robot\"",
                &format!("{}[[account.user]]\nname = \"robot\"", keys(2)),
            ),
            "there are 2 already, which is the limit: an AccessKey",
        ),
        (FILE.replace("instance = \"orders\"", "instance = \"order\""), "the account has no instance order"),
        (FILE.replace("service = true", ""), "the service is not enabled yet"),
        (format!("{FILE}\n{other}"), "1234567890123456 is taken by an account"),
    ] {
        let error = applied(&world, &text).await.expect_err(what);
        assert!(error.starts_with("resources.toml:") && error.contains(what), "{error}");
        assert!(world.platform.account_by_name("acme").await.unwrap().is_none(), "{what}");
    }
}

/// What is there counts, and is no hindrance to itself.
#[tokio::test]
async fn a_file_is_checked_against_what_there_is() {
    let world = world(sqlite().await).await;
    applied(&world, FILE).await.unwrap();
    let taken = with_second_instance("tcp_port = 9913");
    assert!(applied(&world, &taken).await.unwrap_err().contains("port 9913 is taken"));
    let beside = FILE.replace("acme", "beta").replace("uid = \"1234567890123456\"", "").replace("TNQ0", "TNQ1");
    assert!(applied(&world, &beside).await.unwrap_err().contains("port 9913 is taken"));
    assert!(world.platform.account_by_name("beta").await.unwrap().is_none());
    // The port that the service listens on is left out of what is given out.
    assert_eq!(applied(&world, &with_second_instance("[[account.instance]]\nname = \"third\"")).await, Ok(vec![]));
    let account = world.platform.account_by_name("acme").await.unwrap().unwrap();
    let mut ports: Vec<u16> = world
        .platform
        .instances(&Caller::machine(account.no, "test"), None)
        .await
        .unwrap()
        .iter()
        .map(|view| view.instance.of_broker.port)
        .collect();
    ports.sort_unstable();
    assert_eq!(ports, [9901, 9909, 9913]);
}

#[tokio::test]
async fn the_demonstration_is_made_once_with_a_fresh_key_and_password_each_time() {
    let world = world_with(sqlite().await, Limits::default()).await;
    let platform = &world.platform;
    let first = dev::demonstrate(platform).await.unwrap();
    assert_eq!((first.topics.len(), first.groups.len()), (5, 2));
    let instance_key = world.access.find_key(&first.access_key_id).active();
    assert!(instance_key.is_some());
    let local = std::net::IpAddr::from([127, 0, 0, 1]);
    assert!(platform.sign_in("demo", "dev", first.password.reveal(), local).await.is_ok());
    let second = dev::demonstrate(platform).await.unwrap();
    assert_eq!((&second.instance_id, &second.topics), (&first.instance_id, &first.topics));
    assert!(world.access.find_key(&first.access_key_id).active().is_none());
    assert!(world.access.find_key(&second.access_key_id).active().is_some());
    assert!(platform.sign_in("demo", "dev", first.password.reveal(), local).await.is_err());
    assert!(platform.sign_in("demo", "dev", second.password.reveal(), local).await.is_ok());
}

/// The page that describes the file shows one that works.
#[tokio::test]
async fn the_example_of_the_documentation_is_applied_as_it_stands() {
    let page = include_str!("../../../docs/resources.md");
    let example = page.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let world = world_with(sqlite().await, Limits::default()).await;
    let path = world.folder.path().join("resources.toml");
    std::fs::write(&path, example.replace("\"local\"", "\"north\"")).unwrap();
    let plan = file::read(&path, &|name| match name {
        "ACME_DEV_PASSWORD" => Some("trains leave at nine".to_owned()),
        "ACME_DEV_SECRET" => Some("s".repeat(30)),
        _ => None,
    });
    assert!(apply(&world.platform, &plan.unwrap()).await.unwrap().is_empty());
    let account = world.platform.account_by_name("acme").await.unwrap().unwrap();
    let machine = Caller::machine(account.no, "test");
    let id = "MQ_INST_1234567890123456_BXabcdef";
    assert_eq!(world.platform.instance(&machine, id).await.unwrap().instance.of_broker.port, 9901);
    assert!(world.platform.one::<Group>(&machine, id, "GID_test").await.is_ok());
}
