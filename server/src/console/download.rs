//! Downloads: sample projects as one archive, and the exact bytes of a stored body.
//!
//! File names are our own words, never a user's; the browser is told to save, not to show.

use app::api::instances::{InstancePort, SampleChoice, SampleLanguage};
use app::api::{ApiError, Problem};
use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Console;
use super::archive;
use super::caller::Caller;
use super::failure::Failure;
use super::port::CallerPort;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filled {
    instance: String,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    key: String,
}

/// `GET /samples/<language>.zip?instance=…&topic=…&group=…&key=…`
pub(super) async fn sample(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    Path(file): Path<String>,
    filled: Result<Query<Filled>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let refuse = |failure: Failure| failure.respond(&headers, Some(&caller.request_id));
    let Some(language) = file.strip_suffix(".zip").and_then(SampleLanguage::from_slug) else {
        return refuse(Failure::NotFound);
    };
    let Ok(Query(Filled { instance, topic, group, key })) = filled else { return refuse(Failure::Malformed) };
    let port = CallerPort::new(console, caller.clone());
    let sample = match port.sample(SampleChoice { instance, language, topic, group, key }).await {
        Ok(sample) => sample,
        Err(error) => return refuse(failure_of(&error)),
    };
    let root = format!("ternmq-{}", language.slug());
    let files: Vec<(String, String)> = sample.files.into_iter().map(|file| (file.path, file.text)).collect();
    match archive::zip(&root, &files) {
        Ok(bytes) => attachment(&format!("{root}.zip"), "application/zip", bytes),
        Err(error) => {
            tracing::error!(%error, "a sample could not be packed");
            refuse(Failure::Internal)
        }
    }
}

/// `GET /download/body/<instance>/<offset id>`
pub(super) async fn body(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    Path((instance, offset_id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let port = CallerPort::new(console, caller.clone());
    match port.exact_body(&instance, &offset_id).await {
        Ok(bytes) => attachment("message-body.bin", "application/octet-stream", bytes.to_vec()),
        Err(error) => failure_of(&error).respond(&headers, Some(&caller.request_id)),
    }
}

fn failure_of(error: &ApiError) -> Failure {
    match error.problem {
        Problem::SignedOut => Failure::SignedOut,
        Problem::Forbidden | Problem::NotActivated => Failure::NotPermitted,
        Problem::NotFound => Failure::NotFound,
        Problem::Fields(_) => Failure::Malformed,
        Problem::Busy { .. } => Failure::Busy,
        _ => Failure::Internal,
    }
}

/// - `name`: our own, without quotes.
fn attachment(name: &str, content_type: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}
