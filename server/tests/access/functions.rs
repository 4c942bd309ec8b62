use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::json;

use super::table::{Body, Needs, Row, rows};
use super::world::{Names, World, parsed, text};
use crate::support::{Answer, Visitor};

async fn call(visitor: &mut Visitor, row: &Row, names: &Names) -> Answer {
    match row.body {
        Body::Json(body) => visitor.call_json(row.path, &body(names)).await,
        Body::Form(body) => visitor.call(row.path, &body(names)).await,
    }
}

/// The answer without the id of its request.
fn told(answer: &Answer) -> (StatusCode, String) {
    (answer.status, answer.text().split("\"request_id\"").next().unwrap_or_default().to_owned())
}

#[test]
fn every_server_function_is_in_the_table_once() {
    let registered: BTreeSet<&str> = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path).collect();
    let rows = rows();
    let tried: BTreeSet<&str> = rows.iter().map(|row| row.path).collect();
    assert_eq!(registered, tried);
    assert_eq!(rows.len(), tried.len());
}

/// The functions that need nobody signed in: looked at in review, never longer by accident.
#[test]
fn the_public_functions_are_these() {
    let public: Vec<&str> = rows().iter().filter(|row| row.needs == Needs::Nothing).map(|row| row.path).collect();
    let expected = [
        "/api/session/welcome",
        "/api/session/link",
        "/api/session/set-up",
        "/api/session/choose-password",
        "/api/session/sign-in",
    ];
    assert_eq!(public, expected);
}

/// One line for each function: what each kind of caller gets. The owner comes last, since only its
/// calls change anything.
#[tokio::test]
async fn role_table() {
    let mut world = World::new().await;
    let names = world.names.clone();
    let before = world.estate().await;
    let rows = rows();
    let mut columns: Vec<Vec<u16>> = Vec::new();

    let mut nobody = Vec::new();
    for row in &rows {
        let answer = call(&mut world.house.visitor(), row, &names).await;
        if row.needs != Needs::Nothing {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{} without a session", row.path);
        }
        nobody.push(answer.status.as_u16());
    }
    columns.push(nobody);

    let mut foreign = Vec::new();
    let mut bob = world.foreign.clone();
    for row in &rows {
        let answer = call(&mut bob, row, &names).await;
        if row.needs == Needs::Reach {
            let missing = call(&mut bob, row, &Names::of_nobody()).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{} with another tenant's names", row.path);
            assert_eq!(told(&answer), told(&missing), "{}: foreign and missing differ", row.path);
        }
        foreign.push(answer.status.as_u16());
    }
    columns.push(foreign);
    assert_eq!(world.estate().await, before, "another tenant changed something");

    for member in [&mut world.subscriber, &mut world.reader] {
        let mut statuses = Vec::new();
        for row in &rows {
            statuses.push(call(member, row, &names).await.status.as_u16());
        }
        columns.push(statuses);
    }
    assert_eq!(world.estate().await, before, "a member without rights changed something");

    let mut owner = Vec::new();
    for row in &rows {
        let answer = call(&mut world.owner, row, &names).await;
        if row.needs != Needs::Nothing {
            assert_eq!(answer.status, StatusCode::OK, "{} by the owner: {}", row.path, answer.text());
        }
        owner.push(answer.status.as_u16());
    }
    columns.push(owner);

    let mut table = format!("{:32} nobody foreign subscriber reader owner\n", "");
    for (at, row) in rows.iter().enumerate() {
        table.push_str(&format!("{:32}", row.path));
        for (column, width) in columns.iter().zip([7, 8, 11, 7, 6]) {
            table.push_str(&format!("{:>width$}", column[at]));
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table);
    world.house.close().await;
}

/// Case 36: an own instance with another tenant's Topic, and the reverse.
#[tokio::test]
async fn nested_names_of_two_tenants_are_not_found() {
    let mut world = World::new().await;
    let own = parsed(&world.foreign.call_json("/api/instances/list", &json!({ "region": "local" })).await);
    let own = text(&own, "/rows/0/id");
    let mixed = [
        ("/api/topics/status", json!({ "instance": own, "name": world.names.topic })),
        ("/api/groups/status", json!({ "instance": own, "name": world.names.group })),
        ("/api/messages/get", json!({ "instance": own, "offset_id": world.names.offset_id })),
    ];
    for (path, body) in mixed {
        assert_eq!(world.foreign.call_json(path, &body).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // A Message ID of another tenant is "never stored", with nothing of where it is.
    let body = json!({ "instance": own, "id": world.names.message_id });
    let answer = world.foreign.call_json("/api/messages/by-id", &body).await;
    assert!(answer.status == StatusCode::OK && answer.text().contains("NotKept"), "{}", answer.text());
    assert!(!answer.text().contains(&world.names.instance), "{}", answer.text());
    world.house.close().await;
}

/// Case 37: fields that are not the form's decide nothing.
#[tokio::test]
async fn a_form_with_somebody_elses_account_role_or_number_changes_nothing_of_theirs() {
    let mut world = World::new().await;
    let before = world.estate().await;
    let body = json!({
        "instance": world.names.instance, "name": "TopicMine", "message_type": "normal", "queues": null,
        "description": "", "account": 1, "account_no": 1, "tenant_id": 1, "user": 1, "role": "owner", "operator": true,
    });
    let answer = world.foreign.call_json("/api/topics/create", &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
    assert_eq!(world.estate().await, before);
    world.house.close().await;
}

/// Case 40: a secret is told once, by the call that made it.
#[tokio::test]
async fn no_function_tells_a_secret_again() {
    let mut world = World::new().await;
    world
        .owner
        .call_json("/api/access-keys/delete", &json!({ "id": world.names.key, "confirm": world.names.key }))
        .await;
    let made = parsed(&world.owner.call_json("/api/access-keys/create", &json!({})).await);
    let secret = text(&made, "/secret");
    assert_eq!(secret.len(), 30);
    let mut names = world.names.clone();
    names.key = text(&made, "/id");
    for row in rows().iter().filter(|row| !row.path.starts_with("/api/session/sign")) {
        let answer = call(&mut world.owner, row, &names).await;
        assert!(!answer.text().contains(&secret), "{} tells the secret", row.path);
    }
    world.house.close().await;
}
