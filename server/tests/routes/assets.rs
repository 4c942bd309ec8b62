use std::path::Path;

use axum::body::Body;
use axum::http::{Method, StatusCode};

use crate::support::House;

/// The site as this build finds it. Without one (`cargo xtask site` was never run) there is nothing
/// to serve, and every file is missing.
fn bundle() -> Option<String> {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/site/bundle.txt");
    std::fs::read_to_string(site).ok().map(|name| name.trim().to_owned())
}

#[tokio::test]
async fn files_of_the_site_are_cached_by_their_hash_and_need_no_session() {
    let house = House::open().await;
    let mut visitor = house.visitor();
    let Some(bundle) = bundle() else {
        assert_eq!(visitor.get("/pkg/app.css").await.status, StatusCode::SEE_OTHER);
        return house.close().await;
    };
    let path = format!("/pkg/{bundle}.css");
    let first = visitor.get(&path).await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.header("content-type"), "text/css; charset=utf-8");
    assert!(first.header("cache-control").contains("immutable"), "{}", first.header("cache-control"));
    assert_eq!(first.header("x-content-type-options"), "nosniff");
    assert_eq!(first.header("set-cookie"), "");
    let tag = first.header("etag").to_owned();
    let again = visitor.send(Method::GET, &path, &[("if-none-match", &tag)], Body::empty()).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let head = visitor.send(Method::HEAD, &path, &[], Body::empty()).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.header("content-length"), first.body.len().to_string());
    let posted = visitor.send(Method::POST, &path, &[("sec-fetch-site", "same-origin")], Body::empty()).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
    let sprite = visitor.get(&app::SPRITE).await;
    assert_eq!(sprite.status, StatusCode::OK);
    assert_eq!(sprite.header("content-type"), "image/svg+xml");
    assert!(sprite.header("cache-control").contains("immutable"), "icons stay while the server is away");
    let other = visitor.get("/pkg/icons-0000000000000000.svg").await;
    assert_ne!(other.status, StatusCode::OK, "only the sprite that there is");
    let icons = visitor.get("/icons.svg").await;
    assert!(!icons.header("cache-control").contains("immutable"), "an unhashed file must be asked for again");
    house.close().await;
}

#[tokio::test]
async fn nothing_beside_the_site_can_be_fetched() {
    let house = House::open().await;
    house.account("acme", "ann").await;
    let mut visitor = house.signed_in("acme", "ann").await;
    for path in ["/bundle.txt", "/pkg/../bundle.txt", "/..%2f..%2fCargo.toml", "/pkg/%2e%2e/bundle.txt", "/Cargo.toml"]
    {
        assert_eq!(visitor.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    house.close().await;
}
