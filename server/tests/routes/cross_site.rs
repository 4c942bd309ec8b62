use axum::body::Body;
use axum::http::{Method, StatusCode};

use crate::support::{CONSOLE_HOST, House, PASSWORD, form};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const SIGN_IN: &str = "/api/session/sign-in";

#[tokio::test]
async fn a_writing_request_of_another_site_is_refused_with_a_page() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let own = format!("http://{CONSOLE_HOST}");
    let body = form(&[("account", "acme"), ("user", "ann"), ("password", PASSWORD), ("next", "")]);
    let foreign: [&[(&str, &str)]; 4] = [
        &[FORM, ("sec-fetch-site", "cross-site")],
        &[FORM, ("sec-fetch-site", "same-site")],
        &[FORM, ("origin", "http://evil.example")],
        &[FORM, ("origin", "null")],
    ];
    for headers in foreign {
        let mut visitor = house.visitor();
        let answer = visitor.send(Method::POST, SIGN_IN, headers, Body::from(body.clone())).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert!(answer.text().contains("CROSS_SITE"), "{}", answer.text());
        assert!(visitor.cookie().is_none());
    }
    for headers in [&[FORM, ("origin", own.as_str())][..], &[FORM, ("sec-fetch-site", "same-origin")], &[FORM]] {
        let mut visitor = house.visitor();
        let answer = visitor.send(Method::POST, SIGN_IN, headers, Body::from(body.clone())).await;
        assert_ne!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert!(visitor.cookie().is_some(), "{headers:?} {}", answer.text());
    }
    house.close().await;
}

/// C48 (c): the page names the setting that is missing, and nobody is told to strip the Origin.
#[tokio::test]
async fn c48_behind_a_proxy_that_changes_the_host_the_refusal_names_the_setting() {
    let house = House::open().await;
    let headers = [FORM, ("origin", "https://mq.example.test")];
    let answer = house.visitor().send(Method::POST, SIGN_IN, &headers, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text().contains("console.public_url"), "{}", answer.text());
    assert!(!answer.text().contains("Origin"), "{}", answer.text());
    house.close().await;
}

#[tokio::test]
async fn an_upgrade_from_another_origin_is_refused_though_it_is_a_get() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let mut visitor = house.signed_in("acme", "ann").await;
    for origin in ["http://evil.example", "http://127.0.0.1:9090", "null"] {
        let headers = [("upgrade", "websocket"), ("connection", "upgrade"), ("origin", origin)];
        let answer = visitor.send(Method::GET, "/events?watch=%22AccessKeys%22", &headers, Body::empty()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin}");
    }
    house.close().await;
}

#[tokio::test]
async fn no_get_runs_a_server_function() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let mut visitor = house.signed_in("acme", "ann").await;
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        assert_eq!(method, Method::POST, "{path} could be called by a link of another site");
        let answer = visitor.get(path).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    house.close().await;
}
