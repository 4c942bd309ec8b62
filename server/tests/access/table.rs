//! Every server function with a call of it. A function that is missing here fails the test.

use serde_json::{Value, json};

use super::world::Names;
use crate::support::{PASSWORD, form};

/// What a function needs of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nobody has to be signed in. The list of these is short and is looked at in review.
    Nothing,
    /// A session; it is about the caller's own account only.
    Session,
    /// A session, and the things it names must be the caller's.
    Reach,
}

pub(crate) enum Body {
    Json(fn(&Names) -> Value),
    Form(fn(&Names) -> String),
}

pub(crate) struct Row {
    pub path: &'static str,
    pub needs: Needs,
    pub body: Body,
}

fn row(path: &'static str, needs: Needs, body: fn(&Names) -> Value) -> Row {
    Row { path, needs, body: Body::Json(body) }
}

fn form_row(path: &'static str, needs: Needs, body: fn(&Names) -> String) -> Row {
    Row { path, needs, body: Body::Form(body) }
}

fn listing() -> Value {
    json!({ "search": "", "sort": "", "descending": false, "page": 1, "per_page": 20 })
}

/// In the order in which they are called; what ends something comes last.
pub(crate) fn rows() -> Vec<Row> {
    use Needs::{Nothing, Reach, Session};
    vec![
        row("/api/session/whoami", Session, |_| json!({})),
        row("/api/session/welcome", Nothing, |_| json!({})),
        row("/api/session/link", Nothing, |n| json!({ "token": n.token })),
        form_row("/api/session/set-up", Nothing, |n| {
            let fields = [("account", "third"), ("user", "tim"), ("password", PASSWORD), ("password_again", PASSWORD)];
            format!("{}&{}", form(&[("token", &n.token)]), form(&fields))
        }),
        form_row("/api/session/choose-password", Nothing, |n| {
            form(&[("token", &n.token), ("password", PASSWORD), ("password_again", PASSWORD)])
        }),
        row("/api/service/offer", Session, |_| json!({})),
        form_row("/api/service/activate", Session, |_| form(&[("agreed", "true")])),
        row("/api/overview", Session, |_| json!({ "region": "local" })),
        row("/api/instances/list", Session, |_| json!({ "region": "local" })),
        row("/api/instances/get", Reach, |n| json!({ "id": n.instance })),
        row("/api/instances/sample-choices", Reach, |n| json!({ "instance": n.instance })),
        row("/api/instances/sample", Reach, |n| {
            let Names { instance, topic, group, key, .. } = n;
            json!({ "choice": { "instance": instance, "language": "go", "topic": topic, "group": group, "key": key } })
        }),
        form_row("/api/instances/create", Session, |_| {
            form(&[("region", "local"), ("name", "another"), ("description", "")])
        }),
        form_row("/api/instances/edit", Reach, |n| {
            form(&[("id", &n.instance), ("name", "renamed"), ("description", "by the access test")])
        }),
        row("/api/topics/list", Reach, |n| json!({ "instance": n.instance, "listing": listing() })),
        row(
            "/api/topics/create",
            Reach,
            |n| json!({ "instance": n.instance, "name": "TopicNew", "message_type": "normal", "queues": null, "description": "" }),
        ),
        row(
            "/api/topics/edit",
            Reach,
            |n| json!({ "instance": n.instance, "name": n.topic, "description": "by the access test" }),
        ),
        row("/api/topics/impact", Reach, |n| json!({ "instance": n.instance, "name": n.topic })),
        row("/api/topics/status", Reach, |n| json!({ "instance": n.instance, "name": n.topic })),
        row(
            "/api/topics/send",
            Reach,
            |n| json!({ "instance": n.instance, "topic": n.topic, "body": "again", "tag": "", "key": "" }),
        ),
        row("/api/groups/list", Reach, |n| json!({ "instance": n.instance, "protocol": "tcp", "listing": listing() })),
        row(
            "/api/groups/create",
            Reach,
            |n| json!({ "instance": n.instance, "name": "GID_new", "protocol": "tcp", "description": "" }),
        ),
        row(
            "/api/groups/edit",
            Reach,
            |n| json!({ "instance": n.instance, "name": n.group, "description": "by the access test" }),
        ),
        row("/api/groups/impact", Reach, |n| json!({ "instance": n.instance, "name": n.group })),
        row("/api/groups/status", Reach, |n| json!({ "instance": n.instance, "name": n.group })),
        row("/api/messages/by-id", Reach, |n| json!({ "instance": n.instance, "id": n.message_id })),
        row(
            "/api/messages/by-key",
            Reach,
            |n| json!({ "instance": n.instance, "topic": n.topic, "key": "ORDERID_100", "from_ms": 0, "to_ms": i64::MAX }),
        ),
        row("/api/messages/by-time", Reach, |n| {
            let Names { instance, topic, .. } = n;
            json!({ "instance": instance, "topic": topic, "from_ms": 0, "to_ms": i64::MAX, "cursor": null, "count": 20 })
        }),
        row("/api/messages/get", Reach, |n| json!({ "instance": n.instance, "offset_id": n.offset_id })),
        row("/api/connections/refusals", Reach, |n| json!({ "instance": n.instance, "listing": listing() })),
        row("/api/audit/list", Session, |_| json!({ "search": "", "cursor": null, "count": 20 })),
        row("/api/access-keys/list", Session, |_| json!({})),
        row("/api/access-keys/set-active", Reach, |n| json!({ "id": n.key, "active": false })),
        row("/api/access-keys/delete", Reach, |n| json!({ "id": n.key_gone, "confirm": n.key_gone })),
        row("/api/access-keys/create", Session, |_| json!({})),
        row(
            "/api/topics/delete",
            Reach,
            |n| json!({ "instance": n.instance, "name": n.topic_gone, "confirm": n.topic_gone }),
        ),
        row(
            "/api/groups/delete",
            Reach,
            |n| json!({ "instance": n.instance, "name": n.group_gone, "confirm": n.group_gone }),
        ),
        form_row("/api/instances/delete", Reach, |n| form(&[("id", &n.empty), ("confirm", "empty")])),
        form_row("/api/session/sign-out", Session, |_| String::new()),
        form_row("/api/session/sign-in", Nothing, |_| {
            form(&[("account", "acme"), ("user", "ann"), ("password", PASSWORD), ("next", "")])
        }),
    ]
}
