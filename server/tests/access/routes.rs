use axum::http::StatusCode;

use super::world::{Names, World};
use crate::support::Visitor;

/// The plain routes that name a tenant's things.
fn plain(names: &Names) -> Vec<String> {
    vec![
        format!(
            "/samples/go.zip?instance={}&topic={}&group={}&key={}",
            names.instance, names.topic, names.group, names.key
        ),
        app::paths::message_body(&names.instance, &names.offset_id),
    ]
}

async fn status(visitor: &mut Visitor, path: &str) -> StatusCode {
    visitor.get(path).await.status
}

#[tokio::test]
async fn plain_routes_answer_the_owner_and_nobody_else() {
    let mut world = World::new().await;
    for path in plain(&world.names) {
        assert_eq!(status(&mut world.house.visitor(), &path).await, StatusCode::SEE_OTHER, "{path} without a session");
        assert_eq!(status(&mut world.foreign, &path).await, StatusCode::NOT_FOUND, "{path} by another tenant");
        let answer = world.owner.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path} {}", answer.text());
        assert!(answer.header("content-disposition").starts_with("attachment; filename=\""), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let body = world.owner.get(&app::paths::message_body(&world.names.instance, &world.names.offset_id)).await;
    assert_eq!((body.header("content-type"), body.text().as_str()), ("application/octet-stream", "Hello MQ"));
    // Sue sees the instance and one Group ID; the Topic is not hers to query.
    for path in plain(&world.names) {
        let told = status(&mut world.subscriber, &path).await;
        assert!(matches!(told, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND), "{path} {told}");
    }
    world.house.close().await;
}

#[tokio::test]
async fn nothing_of_a_request_gets_into_a_sample() {
    let mut world = World::new().await;
    let id = &world.names.instance;
    for query in ["topic=%22%3Bevil()", "group=GID_none", "key=TN1111111111111111111111"] {
        let path = format!("/samples/java-ons.zip?instance={id}&{query}");
        assert_eq!(status(&mut world.owner, &path).await, StatusCode::NOT_FOUND, "{path}");
    }
    for file in ["go.exe", "..zip", "rust.zip", "%2e%2e%2fgo.zip"] {
        let path = format!("/samples/{file}?instance={id}");
        assert_eq!(status(&mut world.owner, &path).await, StatusCode::NOT_FOUND, "{path}");
    }
    world.house.close().await;
}

/// What a page shows is read once for it, and so audited once.
#[tokio::test]
async fn a_page_with_a_body_reads_it_once() {
    let mut world = World::new().await;
    let (id, names) = (&world.names.instance, &world.names);
    let pages = [
        app::paths::message("public", id, &names.offset_id),
        app::paths::messages_by_id("public", id, Some(&names.message_id)),
    ];
    for (page, reads) in pages.iter().zip(1..) {
        let shown = world.owner.get(page).await;
        assert!(shown.text().contains("Hello MQ"), "{page} {}", shown.text());
        let audit = world.house.platform.audit_page(&world.ann, "message.read", None, 100).await.expect("an owner may");
        assert_eq!(audit.entries.len(), reads, "{page}");
    }
    world.house.close().await;
}

/// Every page that the app routes, with what it must do for somebody without a session.
#[tokio::test]
async fn every_page_but_the_public_ones_leads_to_sign_in() {
    let world = World::new().await;
    let public = ["/sign-in", "/setup/{token}", "/password/{token}"];
    let pages: Vec<String> =
        leptos_axum::generate_route_list(app::App).iter().map(|page| page.path().to_owned()).collect();
    assert!(pages.len() > public.len());
    for page in pages {
        let path = fill(&page, &world.names);
        let answer = world.house.visitor().get(&path).await;
        if public.contains(&page.as_str()) {
            assert_eq!(answer.status, StatusCode::OK, "{page}");
        } else {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{page}");
            assert!(answer.header("location").starts_with("/sign-in"), "{page}");
        }
    }
    world.house.close().await;
}

/// Case 36: a page of another tenant's things is the page of a thing that does not exist.
#[tokio::test]
async fn a_page_of_another_tenants_instance_is_404_and_the_owner_has_it() {
    let mut world = World::new().await;
    let mut tried = 0;
    for page in leptos_axum::generate_route_list(app::App).iter().map(|page| page.path()) {
        if !page.contains("{instance}") {
            continue;
        }
        let path = fill(page, &world.names);
        let foreign = world.foreign.get(&path).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{path} by another tenant");
        let own = world.owner.get(&path).await;
        assert_eq!(own.status, StatusCode::OK, "{path} by the owner");
        assert!(!foreign.text().contains("Hello MQ"), "{path}");
        tried += 1;
    }
    assert!(tried > 0);
    world.house.close().await;
}

/// A page's address with something of `acme` for each parameter.
fn fill(page: &str, names: &Names) -> String {
    let parts = page.split('/').map(|part| match part {
        "{region}" => "local",
        "{instance}" => &names.instance,
        "{topic}" | "{name}" => &names.topic,
        "{group}" => &names.group,
        "{protocol}" => "tcp",
        "{message}" | "{offset_id}" | "{id}" => &names.offset_id,
        "{token}" => &names.token,
        other => {
            assert!(!other.contains('{'), "a parameter without an example: {page}");
            other
        }
    });
    parts.collect::<Vec<_>>().join("/")
}
