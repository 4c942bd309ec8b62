//! What every answer of the console's listener carries (R43): content security policy, framing, type
//! sniffing, referrer, caching; and the id under which the log knows the request.
//!
//! A page sets its own policy with the nonce of its scripts; everything else gets the one that
//! allows nothing. No cross-origin permission is ever given.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

/// Id of a request: in the log line, in the answer's head, and on the error page.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) std::sync::Arc<str>);

impl RequestId {
    fn random() -> Self {
        Self(format!("{:016x}", rand::random::<u64>()).into())
    }
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Policy of a page whose scripts carry `nonce`.
pub(super) fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}

/// Policy of all that is no page.
const CLOSED_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Outermost layer: gives the request its id and the answer its fixed headers.
///
/// - `tls`: the console's public address is https.
pub(super) async fn add(tls: bool, mut request: Request, next: Next) -> Response {
    let id = RequestId::random();
    request.extensions_mut().insert(id.clone());
    let path = loggable(request.uri().path());
    let span = tracing::info_span!("console", request_id = %id.0, method = %request.method(), path);
    let mut response = next.run(request).instrument(span).await;
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CLOSED_POLICY));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // no-referrer would make browsers send `Origin: null` with form posts.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(COOP, HeaderValue::from_static("same-origin"));
    headers.insert(CORP, HeaderValue::from_static("same-origin"));
    if tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(X_REQUEST_ID, id);
    }
    response
}

/// The path as the log may know it: without the token of a one-time link.
fn loggable(path: &str) -> String {
    for secret in ["/setup/", "/password/"] {
        if path.starts_with(secret) {
            return format!("{secret}-");
        }
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_knows_no_token_of_a_link() {
        assert_eq!(loggable("/setup/S3cr3t"), "/setup/-");
        assert_eq!(loggable("/password/S3cr3t"), "/password/-");
        assert_eq!(loggable("/r/local/overview"), "/r/local/overview");
    }
}
