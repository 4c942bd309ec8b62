//! `/healthz`: the process answers. `/readyz`: it can do its work.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use broker_core::Broker;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::tenant::Platform;

/// What readiness looks at.
#[derive(Clone)]
pub struct Health {
    pub platform: Arc<Platform>,
    pub broker: Broker,
    pub stopping: CancellationToken,
}

/// Both routes, without session or cookies.
pub fn router(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(async || ([(header::CACHE_CONTROL, "no-store")], "ok\n")))
        .route("/readyz", get(ready))
        .with_state(health)
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    /// `ok`, or what is wrong.
    catalogue: &'static str,
    store: &'static str,
    process: &'static str,
}

async fn ready(State(health): State<Health>) -> Response {
    let catalogue = match health.platform.is_set_up().await {
        Ok(_) => "ok",
        Err(error) => {
            tracing::error!(%error, "the catalogue can't be read");
            "unavailable"
        }
    };
    // It looks at the disk.
    let store = match tokio::task::spawn_blocking(move || health.broker.store_status().refusing).await {
        Ok(false) => "ok",
        Ok(true) => "full",
        Err(error) => {
            tracing::error!(%error, "the store can't be asked for its state");
            "unavailable"
        }
    };
    let process = if health.stopping.is_cancelled() { "stopping" } else { "ok" };
    let ready = [catalogue, store, process].iter().all(|state| *state == "ok");
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = Json(Readiness { ready, catalogue, store, process });
    (status, [(header::CACHE_CONTROL, "no-store")], body).into_response()
}
