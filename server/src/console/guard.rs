//! Layers that protect the handlers: limits of heads and bodies, cross-site refusals with a readable
//! page, and the answer for a handler that panicked.

use std::panic::AssertUnwindSafe;

use app::api::session::SignIn;
use app::api::topics::{BODY_BYTES_MAX, SendMessage};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt;
use leptos::server_fn::ServerFn;
use tower_http::csrf::ProtectionError;

use super::caller::Caller;
use super::failure::Failure;
use super::headers::RequestId;

/// Longest address.
const LINE_BYTES_MAX: usize = 4 << 10;
/// Longest headers, names and values together.
const HEADER_BYTES_MAX: usize = 16 << 10;
/// Longest body of the sign-in form.
const SIGN_IN_BYTES_MAX: usize = 4 << 10;
/// Longest body of another form or call.
pub(super) const FORM_BYTES_MAX: usize = 64 << 10;

/// Longest body of the call that sends a test message: JSON escapes a byte as six characters at most.
pub(super) const SEND_BYTES_MAX: usize = 6 * BODY_BYTES_MAX + FORM_BYTES_MAX;

/// Refuses an address or headers that are longer than any page of ours needs.
pub(super) async fn limit_head(request: Request, next: Next) -> Response {
    let line = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    let headers = request.headers().iter();
    let headers = headers.fold(0, |sum: usize, (name, value)| sum.saturating_add(name.as_str().len() + value.len()));
    if line > LINE_BYTES_MAX || headers > HEADER_BYTES_MAX {
        return Failure::HeadTooLarge.respond(request.headers(), request.extensions().get());
    }
    next.run(request).await
}

/// Sets the body limit of the request and refuses at once what announces more. Only somebody who is
/// signed in may send the long body of a test message.
pub(super) async fn limit_body(mut request: Request, next: Next) -> Response {
    let signed_in = request.extensions().get::<Caller>().is_some_and(|caller| caller.user.is_some());
    let bytes_max = match request.uri().path() {
        SendMessage::PATH if signed_in => SEND_BYTES_MAX,
        SignIn::PATH => SIGN_IN_BYTES_MAX,
        _ => FORM_BYTES_MAX,
    };
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > bytes_max as u64) {
        return Failure::TooLarge.respond(request.headers(), request.extensions().get());
    }
    DefaultBodyLimit::max(bytes_max).apply(&mut request);
    next.run(request).await
}

/// Gives a refused cross-site request, and a handler's panic, an answer that can be read.
pub(super) async fn explain(request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let id = request.extensions().get::<RequestId>().cloned();
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response)
            if response.status() == StatusCode::FORBIDDEN
                && response.extensions().get::<ProtectionError>().is_some() =>
        {
            let name = |header| headers.get(header).map(|value| String::from_utf8_lossy(value.as_bytes()));
            tracing::warn!(
                origin = name(ORIGIN).as_deref().unwrap_or("-"),
                host = name(HOST).as_deref().unwrap_or("-"),
                "a request from another origin was refused; behind a proxy that changes the Host set console.public_url"
            );
            Failure::CrossSite.respond(&headers, id.as_ref())
        }
        Ok(response) => response,
        Err(_) => {
            tracing::error!("a request handler panicked");
            Failure::Internal.respond(&headers, id.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::console::headers;

    #[tokio::test]
    async fn a_handler_that_panics_is_answered_with_the_id_of_its_request_and_no_cause() {
        async fn broken() -> &'static str {
            panic!("a cause that is nobody's business")
        }
        let router = Router::new()
            .route("/", get(broken))
            .layer(axum::middleware::from_fn(explain))
            .layer(axum::middleware::from_fn(|request, next| headers::add(false, request, next)));
        let response = router.oneshot(Request::new(Body::empty())).await.expect("the router never fails");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
        let body = response.into_body().collect().await.expect("a body in memory").to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(id.len() == 16 && text.contains(&id), "{id} {text}");
        assert!(!text.contains("nobody's business"), "{text}");
    }
}
