use axum::body::Body;
use axum::http::{Method, StatusCode};

use crate::support::House;

/// What every answer carries, whatever it is about.
#[tokio::test]
async fn every_answer_forbids_framing_sniffing_and_storing() {
    let house = House::open().await;
    let mut visitor = house.visitor();
    let paths =
        ["/sign-in", "/", "/no/such/page", "/events?watch=x", "/samples/go.zip?instance=x", "/api/session/welcome"];
    for path in paths {
        let answer = visitor.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-request-id").len(), 16, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}: no TLS here");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
    }
    house.close().await;
}

#[tokio::test]
async fn the_scripts_of_a_page_carry_the_nonce_of_its_policy_and_no_other_page_has_it() {
    let house = House::open().await;
    let mut visitor = house.visitor();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let answer = visitor.get("/sign-in").await;
        assert_eq!(answer.status, StatusCode::OK);
        let policy = answer.header("content-security-policy").to_owned();
        let nonce =
            policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
        let page = answer.text();
        assert!(page.contains(&format!("nonce=\"{nonce}\"")), "{page}");
        let scripts = page.matches("<script").count();
        assert!(page.matches(&format!("nonce=\"{nonce}\"")).count() >= scripts, "a script without nonce");
        assert!(!page.contains(" style=\""), "style attributes are refused by the policy");
        seen.push(nonce);
    }
    assert_ne!(seen.first(), seen.last());
    house.close().await;
}

#[tokio::test]
async fn an_unknown_page_is_404_for_those_inside_and_leads_the_others_to_sign_in() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let mut inside = house.signed_in("acme", "ann").await;
    assert_eq!(inside.get("/no/such/page").await.status, StatusCode::NOT_FOUND);
    let outside = house.visitor().get("/no/such/page").await;
    assert_eq!(outside.status, StatusCode::SEE_OTHER);
    assert_eq!(outside.header("location"), "/sign-in?next=%2Fno%2Fsuch%2Fpage");
    house.close().await;
}

#[tokio::test]
async fn a_body_longer_than_a_form_is_refused_before_it_is_read() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let long = "x".repeat(300 << 10);
    let mut outside = house.visitor();
    let extra = [("content-length", "307200"), ("content-type", "application/json")];
    for path in ["/api/session/welcome", "/api/topics/send"] {
        let answer = outside.send(Method::POST, path, &extra, Body::from(long.clone())).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
    // The same without saying how long it is: read up to the bound only.
    let unsaid = [("content-type", "application/json"), ("accept", "application/json")];
    let answer = outside.send(Method::POST, "/api/session/welcome", &unsaid, Body::from(long.clone())).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let mut inside = house.signed_in("acme", "ann").await;
    let answer = inside.send(Method::POST, "/api/topics/send", &extra, Body::from(long)).await;
    assert_ne!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    house.close().await;
}
