use std::time::Duration;

use app::api::live::Watch;
use app::paths;
use axum::body::{Body, BodyDataStream};
use axum::http::{Method, StatusCode};
use futures::StreamExt;
use server::tenant::instances::NewInstance;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{House, Visitor};

/// A stream being read.
struct Open(BodyDataStream, String);

impl Open {
    async fn new(visitor: &Visitor, watch: &Watch) -> (StatusCode, Self) {
        let response =
            visitor.open(Method::GET, &paths::events(watch), &[("accept", "text/event-stream")], Body::empty()).await;
        (response.status(), Self(response.into_body().into_data_stream(), String::new()))
    }

    /// The next event as name and data; `None`: the stream has ended.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.1.split_once("\n\n") {
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(|text| text.trim().to_owned())
                        .unwrap_or_default()
                };
                let found = (field("event:"), field("data:"));
                self.1 = rest.to_owned();
                return Some(found);
            }
            let chunk =
                tokio::time::timeout(Duration::from_secs(20), self.0.next()).await.expect("an event in time")?;
            self.1.push_str(&String::from_utf8_lossy(&chunk.expect("a readable stream")));
        }
    }

    /// The next event that is not merely "the same as before".
    async fn news(&mut self) -> Option<(String, String)> {
        loop {
            match self.next().await {
                Some((name, _)) if name == "same" => {}
                other => return other,
            }
        }
    }
}

fn end(why: &str) -> (String, String) {
    ("end".to_owned(), why.to_owned())
}

fn watch() -> Watch {
    Watch::Instances { region: "local".to_owned() }
}

#[tokio::test]
async fn a_stream_sends_what_changed_and_says_when_nothing_did() {
    let house = House::open().await;
    let owner = house.account("acme", "ann").await;
    let visitor = house.signed_in("acme", "ann").await;
    let (status, mut stream) = Open::new(&visitor, &watch()).await;
    assert_eq!(status, StatusCode::OK);
    let (name, first) = stream.next().await.expect("the first reading");
    assert_eq!(name, "value");
    assert!(first.contains("\"Instances\""), "{first}");
    assert_eq!(stream.next().await.map(|event| event.0).as_deref(), Some("same"), "at least every five seconds");
    let new = NewInstance { name: "orders".to_owned(), ..NewInstance::default() };
    house.platform.create_instance(&owner, new).await.expect("an owner may");
    let (name, second) = stream.news().await.expect("the change");
    assert!(name == "value" && second.contains("orders"), "{name} {second}");
    house.close().await;
}

#[tokio::test]
async fn a_stream_is_no_activity_and_ends_with_its_session() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let visitor = house.signed_in("acme", "ann").await;
    let (_, mut stream) = Open::new(&visitor, &watch()).await;
    stream.next().await.expect("the first reading");
    house.advance(Duration::from_secs(31 * 60));
    assert_eq!(stream.news().await, Some(end("signed_out")));
    assert_eq!(stream.next().await, None);
    let (status, _) = Open::new(&visitor, &watch()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    house.close().await;
}

/// Case 41: the stream of a member that was disabled.
#[tokio::test]
async fn the_stream_of_a_disabled_user_ends() {
    let house = House::open().await;
    let owner = house.account("acme", "ann").await;
    house.member(&owner, "acme", "mel", &[]).await;
    let mel = house.signed_in("acme", "mel").await;
    let (_, mut stream) = Open::new(&mel, &watch()).await;
    stream.next().await.expect("the first reading");
    house.platform.set_user_active(&owner, "mel", false).await.expect("an owner may");
    assert_eq!(stream.news().await, Some(end("signed_out")));
    assert_eq!(stream.next().await, None);
    house.close().await;
}

#[tokio::test]
async fn a_stopping_process_ends_its_streams() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let visitor = house.signed_in("acme", "ann").await;
    let (_, mut stream) = Open::new(&visitor, &watch()).await;
    stream.next().await.expect("the first reading");
    house.stop.cancel();
    assert_eq!(stream.news().await, Some(end("stopping")), "a page must be able to tell it from a sign-out");
    assert_eq!(stream.next().await, None);
    house.close().await;
}

/// Case 39: a stream about somebody else's things.
#[tokio::test]
async fn a_stream_about_a_foreign_instance_says_not_found_like_one_about_none() {
    let house = House::open().await;
    let owner = house.account("acme", "ann").await;
    let new = NewInstance { name: "orders".to_owned(), ..NewInstance::default() };
    let instance = house.platform.create_instance(&owner, new).await.expect("an owner may").instance;
    house.account("rival", "bob").await;
    let bob = house.signed_in("rival", "bob").await;
    let mut told = Vec::new();
    for id in [instance.of_broker.id.to_string(), "MQ_INST_1111111111111111_BAAAAAAA".to_owned()] {
        let (status, mut stream) = Open::new(&bob, &Watch::Instance { id }).await;
        let (name, data) = stream.next().await.expect("an answer");
        let problem = data.split("\"request_id\"").next().unwrap_or_default().to_owned();
        told.push((status, name, problem));
    }
    assert_eq!(told[0].1, "fault");
    assert!(told[0].2.contains("NotFound"), "{told:?}");
    assert_eq!(told[0], told[1]);
    house.close().await;
}

#[tokio::test]
async fn a_stream_is_opened_for_nobody_else_and_for_nothing_else() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    assert_eq!(Open::new(&house.visitor(), &watch()).await.0, StatusCode::UNAUTHORIZED);
    let mut visitor = house.signed_in("acme", "ann").await;
    let with_more = r#"{"Instances":{"region":"local","account":1}}"#;
    for nonsense in [
        "/events".to_owned(),
        format!("/events?watch={}", paths::escape(r#"{"Everything":null}"#)),
        format!("/events?watch={}", paths::escape(with_more)),
        format!("{}&account=1", paths::events(&watch())),
    ] {
        let answer = visitor.get(&nonsense).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{nonsense}");
        assert!(answer.text().contains("MALFORMED"), "{}", answer.text());
    }
    let foreign = [("sec-fetch-site", "cross-site")];
    let answer = visitor.send(Method::GET, &paths::events(&watch()), &foreign, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    house.close().await;
}

/// R38: not only the stream ends, its connection does, so that a peer which reads nothing loses it too.
#[tokio::test]
async fn the_connection_of_a_stream_is_closed_when_its_session_has_ended() {
    let house = House::open().await;
    let owner = house.account("acme", "ann").await;
    house.member(&owner, "acme", "mel", &[]).await;
    let mel = house.signed_in("acme", "mel").await;
    let (name, value) = mel.cookie().expect("signed in");
    let server = house.listen().await;
    let mut stream = TcpStream::connect(server.address).await.expect("the console listens");
    let head = format!("GET {} HTTP/1.1\r\nhost: x\r\ncookie: {name}={value}\r\n\r\n", paths::events(&watch()));
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut first = [0; 64];
    assert!(stream.read(&mut first).await.expect("an answer") > 0);
    house.platform.set_user_active(&owner, "mel", false).await.expect("an owner may");
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "still open: {}", String::from_utf8_lossy(&rest));
    server.stop(Duration::from_secs(1)).await;
    house.close().await;
}
