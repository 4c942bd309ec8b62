use app::api::connections::LoadRefusals;
use app::api::groups::LoadGroups;
use app::api::instances::LoadSample;
use app::api::session::SignIn;
use app::api::topics::{CreateTopic, LoadTopics};
use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode};
use leptos::server_fn::ServerFn;
use serde_json::json;
use server::tenant::instances::NewInstance;

use crate::support::{House, PASSWORD, form};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");

/// Case 37: fields that set what is not the caller's to set.
#[tokio::test]
async fn a_field_that_a_function_does_not_have_is_refused_and_nothing_is_done() {
    let house = House::open().await;
    let owner = house.account("acme", "ann").await;
    let new = NewInstance { name: "orders".to_owned(), ..NewInstance::default() };
    let id = house.platform.create_instance(&owner, new).await.expect("an owner may").instance.of_broker.id.to_string();
    let mut ann = house.signed_in("acme", "ann").await;
    let topic = |name: &str| json!({"instance": id, "name": name, "message_type": "normal", "description": ""});
    for (field, value) in [("tenant_id", json!(1)), ("role", json!("owner")), ("id", json!(7)), ("account", json!(1))] {
        let mut body = topic("TopicA");
        body[field] = value;
        let answer = ann.call_json(CreateTopic::PATH, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(answer.text().contains("UNKNOWN_FIELD"), "{}", answer.text());
    }
    let fields = [("account", "acme"), ("user", "ann"), ("password", PASSWORD), ("next", ""), ("operator", "true")];
    let mut visitor = house.visitor();
    let answer = visitor.call(SignIn::PATH, &form(&fields)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(visitor.cookie().is_none());
    // Positive twins, and the name is still free.
    assert_eq!(ann.call_json(CreateTopic::PATH, &topic("TopicA")).await.status, StatusCode::OK);
    visitor.call(SignIn::PATH, &form(&fields[..4])).await;
    assert!(visitor.cookie().is_some());
    house.close().await;
}

/// Case 37, in the parts of a call.
#[tokio::test]
async fn a_field_that_a_part_of_a_call_does_not_have_is_refused() {
    let house = House::open().await;
    let owner = house.account("acme", "ann").await;
    let new = NewInstance { name: "orders".to_owned(), ..NewInstance::default() };
    let id = house.platform.create_instance(&owner, new).await.expect("an owner may").instance.of_broker.id.to_string();
    let mut ann = house.signed_in("acme", "ann").await;
    let listing = json!({"search": "", "sort": "", "descending": false, "page": 1, "per_page": 20});
    let choice = json!({"instance": id, "language": "go", "topic": "", "group": "", "key": ""});
    for (path, part, body) in [
        (LoadTopics::PATH, "listing", json!({"instance": id, "listing": listing})),
        (LoadGroups::PATH, "listing", json!({"instance": id, "protocol": "tcp", "listing": listing})),
        (LoadRefusals::PATH, "listing", json!({"instance": id, "listing": listing})),
        (LoadSample::PATH, "choice", json!({"choice": choice})),
    ] {
        let mut more = body.clone();
        more[part]["account"] = json!(1);
        let answer = ann.call_json(path, &more).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.text().contains("MALFORMED"), "{path}: {}", answer.text());
        assert_eq!(ann.call_json(path, &body).await.status, StatusCode::OK, "{path}");
    }
    let archive = format!("/samples/go.zip?instance={id}");
    assert_eq!(ann.get(&format!("{archive}&account=1")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(ann.get(&archive).await.status, StatusCode::OK);
    house.close().await;
}

#[tokio::test]
async fn bodies_beyond_the_limit_of_their_form_are_refused_announced_or_not() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let mut ann = house.signed_in("acme", "ann").await;
    for (path, kind, limit) in [(SignIn::PATH, FORM, 4 << 10), (CreateTopic::PATH, JSON, 64 << 10)] {
        for (bytes, refused) in [(limit + 1, true), (limit, false)] {
            let whole = vec![b'x'; bytes];
            let chunks: Vec<Result<Bytes, std::io::Error>> =
                whole.chunks(1024).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
            let announced = [kind, ("content-length", &bytes.to_string())];
            for (headers, body) in
                [(&announced[..], Body::from(whole)), (&[kind][..], Body::from_stream(futures::stream::iter(chunks)))]
            {
                let answer = ann.send(Method::POST, path, headers, body).await;
                let too_large = answer.status == StatusCode::PAYLOAD_TOO_LARGE;
                assert_eq!(too_large, refused, "{path} {bytes} {headers:?}: {}", answer.status);
            }
        }
    }
    house.close().await;
}

#[tokio::test]
async fn an_address_or_headers_that_no_page_needs_are_refused() {
    let house = House::open().await;
    let mut visitor = house.visitor();
    let long = |bytes: usize| format!("/sign-in?next={}", "x".repeat(bytes - "/sign-in?next=".len()));
    assert_eq!(visitor.get(&long(4 << 10)).await.status, StatusCode::OK);
    assert_eq!(visitor.get(&long((4 << 10) + 1)).await.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let value = "x".repeat(16 << 10);
    let answer = visitor.send(Method::GET, "/sign-in", &[("x-long", &value)], Body::empty()).await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let answer = visitor.send(Method::GET, "/sign-in", &[("x-long", &value[..15 << 10])], Body::empty()).await;
    assert_eq!(answer.status, StatusCode::OK);
    house.close().await;
}
