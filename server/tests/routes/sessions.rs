use std::time::Duration;

use app::api::session::{SetUp, SignOut};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use leptos::server_fn::ServerFn;

use server::console::ConsoleSettings;

use crate::support::{House, PASSWORD, form};

const WHOAMI: &str = "/api/session/whoami";

fn set_up_form(token: &str) -> String {
    let fields =
        [("token", token), ("account", "acme"), ("user", "ann"), ("password", PASSWORD), ("password_again", PASSWORD)];
    form(&fields)
}

#[tokio::test]
async fn the_first_account_is_made_once_by_its_link_on_the_machine_itself() {
    let house = House::open().await;
    let token = house.platform.new_setup_link().await.expect("no account yet");
    let page = app::paths::setup(&token);
    assert_eq!(house.visitor().get(&page).await.status, StatusCode::OK);

    let mut elsewhere = house.visitor_from("10.1.2.3:40000");
    let refused = elsewhere.call(SetUp::PATH, &set_up_form(&token)).await;
    assert_eq!((refused.status, refused.text().contains("LinkNotLocal")), (StatusCode::FORBIDDEN, true));

    let mut proxied = house.visitor();
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
        ("x-forwarded-for", "127.0.0.1"),
    ];
    let refused = proxied.send(Method::POST, SetUp::PATH, &headers, Body::from(set_up_form(&token))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "a proxy on the machine is not the machine");

    let mut here = house.visitor();
    let wrong = here.call(SetUp::PATH, &set_up_form("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    let made = here.call(SetUp::PATH, &set_up_form(&token)).await;
    assert!(made.status.is_success() || made.status.is_redirection(), "{} {}", made.status, made.text());
    let again = here.call(SetUp::PATH, &set_up_form(&token)).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "the link is used up");
    house.signed_in("acme", "ann").await;
    house.close().await;
}

#[tokio::test]
async fn the_cookie_can_be_read_by_no_script_and_the_id_changes_at_sign_in() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let mut visitor = house.visitor();
    let answer = visitor.sign_in("acme", "ann", PASSWORD).await;
    let set = answer.header("set-cookie").to_owned();
    assert!(set.starts_with("ternmq_test="), "{set}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(part), "{set} lacks {part}");
    }
    assert!(!set.contains("Secure"), "on plain http a Secure cookie is lost: {set}");
    let first = visitor.cookie().map(|(_, value)| value.to_owned());
    visitor.sign_in("acme", "ann", PASSWORD).await;
    let second = visitor.cookie().map(|(_, value)| value.to_owned());
    assert!(second.is_some() && first != second);
    house.close().await;
}

#[tokio::test]
async fn under_https_the_cookie_is_bound_to_the_host_and_hsts_is_sent() {
    let public_origin = Some("https://mq.example.com".to_owned());
    let house = House::open_with(ConsoleSettings { cookie_id: "test".to_owned(), tls: true, public_origin }).await;
    house.account("acme", "ann").await;
    let mut visitor = house.visitor();
    let answer = visitor.sign_in("acme", "ann", PASSWORD).await;
    let set = answer.header("set-cookie").to_owned();
    assert!(set.starts_with("__Host-ternmq=") && set.contains("Secure") && set.contains("Path=/"), "{set}");
    assert!(answer.header("strict-transport-security").starts_with("max-age="));
    // A proxy that changes the Host: the public origin is the console's own.
    let headers =
        [("content-type", "application/json"), ("accept", "application/json"), ("origin", "https://mq.example.com")];
    let answer = visitor.send(Method::POST, WHOAMI, &headers, Body::from("{}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    house.close().await;
}

#[tokio::test]
async fn a_wrong_password_an_unknown_user_and_an_unknown_account_are_one_answer() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let mut answers = Vec::new();
    for (account, user, password) in
        [("acme", "ann", "not the password"), ("acme", "bob", PASSWORD), ("other", "ann", PASSWORD)]
    {
        let mut visitor = house.visitor();
        let answer = visitor.sign_in(account, user, password).await;
        assert!(visitor.cookie().is_none());
        let text = answer.text();
        let told = text.split("\"request_id\"").next().unwrap_or_default().to_owned();
        answers.push((answer.status, told));
    }
    assert_eq!(answers[0].0, StatusCode::UNAUTHORIZED);
    assert!(answers[0].1.contains("WrongCredentials"), "{answers:?}");
    assert!(answers.iter().all(|one| *one == answers[0]), "{answers:?}");
    house.close().await;
}

#[tokio::test]
async fn a_form_without_scripts_leads_back_to_itself_with_the_error() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let mut visitor = house.visitor();
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("referer", "http://127.0.0.1:8080/sign-in"),
        ("sec-fetch-site", "same-origin"),
    ];
    let wrong = form(&[("account", "acme"), ("user", "ann"), ("password", "not the password"), ("next", "")]);
    let answer = visitor.send(Method::POST, "/api/session/sign-in", &headers, Body::from(wrong)).await;
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.text());
    assert!(answer.header("location").contains("__err="), "{}", answer.header("location"));
    let right = form(&[("account", "acme"), ("user", "ann"), ("password", PASSWORD), ("next", "/access-keys")]);
    let answer = visitor.send(Method::POST, "/api/session/sign-in", &headers, Body::from(right)).await;
    assert!(answer.status.is_redirection());
    assert_eq!(answer.header("location"), "/access-keys");
    house.close().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let mut visitor = house.signed_in("acme", "ann").await;
    let mut copy = visitor.clone();
    assert_eq!(copy.call_json(WHOAMI, &serde_json::json!({})).await.status, StatusCode::OK);
    visitor.call(SignOut::PATH, "").await;
    assert!(visitor.cookie().is_none());
    assert_eq!(copy.call_json(WHOAMI, &serde_json::json!({})).await.status, StatusCode::UNAUTHORIZED);
    house.close().await;
}

#[tokio::test]
async fn thirty_idle_minutes_or_twelve_hours_end_a_session() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let mut busy = house.signed_in("acme", "ann").await;
    let mut idle = busy.clone();
    for minutes in [20, 20, 20] {
        house.advance(Duration::from_secs(minutes * 60));
        assert_eq!(busy.call_json(WHOAMI, &serde_json::json!({})).await.status, StatusCode::OK);
    }
    house.advance(Duration::from_secs(31 * 60));
    assert_eq!(idle.call_json(WHOAMI, &serde_json::json!({})).await.status, StatusCode::UNAUTHORIZED);
    let mut long = house.signed_in("acme", "ann").await;
    for _ in 0..35 {
        house.advance(Duration::from_secs(20 * 60));
        assert_eq!(long.call_json(WHOAMI, &serde_json::json!({})).await.status, StatusCode::OK);
    }
    house.advance(Duration::from_secs(20 * 60));
    assert_eq!(long.call_json(WHOAMI, &serde_json::json!({})).await.status, StatusCode::UNAUTHORIZED);
    house.close().await;
}

/// Case 41: a member that was disabled with a session open.
#[tokio::test]
async fn a_disabled_user_is_out_with_the_next_request() {
    let house = House::open().await;
    let owner = house.account("acme", "ann").await;
    house.member(&owner, "acme", "mel", &[]).await;
    let mut mel = house.signed_in("acme", "mel").await;
    assert_eq!(mel.call_json(WHOAMI, &serde_json::json!({})).await.status, StatusCode::OK);
    house.platform.set_user_active(&owner, "mel", false).await.expect("an owner may");
    assert_eq!(mel.call_json(WHOAMI, &serde_json::json!({})).await.status, StatusCode::UNAUTHORIZED);
    house.close().await;
}
