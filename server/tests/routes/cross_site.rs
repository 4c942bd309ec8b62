use axum::body::Body;
use axum::http::{Method, StatusCode};

use crate::support::{CONSOLE_HOST, House, PASSWORD, form};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");
const SIGN_IN: &str = "/api/session/sign-in";
const SIGN_OUT: &str = "/api/session/sign-out";
const WHOAMI: &str = "/api/session/whoami";

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

/// C48 (b): a proxy that keeps the Host and speaks TLS to the browser.
#[tokio::test]
async fn c48_the_origin_of_a_tls_proxy_that_keeps_the_host_is_the_consoles_own() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let body = form(&[("account", "acme"), ("user", "ann"), ("password", PASSWORD), ("next", "")]);
    let mut visitor = house.visitor();
    let headers = [FORM, ("host", "mq.example.test"), ("origin", "https://mq.example.test")];
    let answer = visitor.send(Method::POST, SIGN_IN, &headers, Body::from(body)).await;
    assert_ne!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text());
    assert!(visitor.cookie().is_some(), "{}", answer.text());
    house.close().await;
}

/// C48 (a): two names of one console, each with its own session in its own cookie jar.
#[tokio::test]
async fn c48_two_host_names_have_a_session_each() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let body = form(&[("account", "acme"), ("user", "ann"), ("password", PASSWORD), ("next", "")]);
    let mut browsers = Vec::new();
    for host in ["127.0.0.1:8080", "localhost:8080"] {
        let mut visitor = house.visitor();
        let origin = format!("http://{host}");
        let headers = [FORM, ("host", host), ("origin", origin.as_str())];
        visitor.send(Method::POST, SIGN_IN, &headers, Body::from(body.clone())).await;
        assert!(visitor.cookie().is_some(), "{host}");
        browsers.push((host, visitor));
    }
    assert_ne!(browsers[0].1.cookie(), browsers[1].1.cookie());
    let accept = ("accept", "application/json");
    let (first, second) = browsers.split_at_mut(1);
    let (first, second) = (&mut first[0], &mut second[0]);
    first.1.send(Method::POST, SIGN_OUT, &[FORM, accept, ("host", first.0)], Body::empty()).await;
    let answer = second.1.send(Method::POST, WHOAMI, &[JSON, accept, ("host", second.0)], Body::from("{}")).await;
    assert_eq!(answer.status, StatusCode::OK, "signing out under one name does not end the other's session");
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
