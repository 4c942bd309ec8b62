//! Requests that another site makes a browser send (R42).
//!
//! Writing requests pass `tower_http`'s check of `Sec-Fetch-Site`, else `Origin`. That layer lets
//! every GET through, and a WebSocket handshake is a GET: here an upgrade is refused unless its
//! `Origin` is this very address. The event stream is a GET with cookies too; another site could not
//! read it, but need not be able to open it either.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses upgrades from elsewhere with 403.
pub(super) async fn check_upgrade(request: Request, next: Next) -> Response {
    if request.headers().contains_key(UPGRADE) && !same_origin(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

/// Whether a stream may be opened: not by a page of another site, as far as the browser says.
pub(super) fn may_read(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site").map(|value| value.as_bytes()) {
        Some(b"same-origin" | b"none") => true,
        Some(_) => false,
        None => !headers.contains_key(ORIGIN) || same_origin(headers),
    }
}

/// `Origin` is there, and its host and port are those of `Host`.
fn same_origin(headers: &HeaderMap) -> bool {
    let origin = headers.get(ORIGIN).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<Uri>().ok());
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    match (origin.as_ref().and_then(Uri::authority), host) {
        (Some(origin), Some(host)) => origin.as_str().eq_ignore_ascii_case(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn an_upgrade_needs_the_origin_of_this_very_address() {
        assert!(same_origin(&headers(&[("origin", "http://mq.local:8080"), ("host", "mq.local:8080")])));
        assert!(!same_origin(&headers(&[("origin", "http://evil.example"), ("host", "mq.local:8080")])));
        assert!(!same_origin(&headers(&[("origin", "http://mq.local:9090"), ("host", "mq.local:8080")])));
        assert!(!same_origin(&headers(&[("origin", "null"), ("host", "mq.local:8080")])));
        assert!(!same_origin(&headers(&[("host", "mq.local:8080")])));
    }

    #[test]
    fn a_stream_is_not_opened_for_another_site() {
        assert!(may_read(&headers(&[("host", "a:1")])));
        assert!(may_read(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(!may_read(&headers(&[("sec-fetch-site", "same-site")])));
        assert!(!may_read(&headers(&[("sec-fetch-site", "cross-site")])));
        assert!(!may_read(&headers(&[("origin", "http://b:1"), ("host", "a:1")])));
    }
}
