//! A browser without a screen: keeps cookies, follows nothing, sends what it is told.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use app::api::session::SignIn;
use app::paths::escape;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use leptos::server_fn::ServerFn;
use tower::ServiceExt;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

#[derive(Clone)]
pub(crate) struct Visitor {
    router: Router,
    from: SocketAddr,
    cookies: BTreeMap<String, String>,
}

pub(crate) const CONSOLE_HOST: &str = "127.0.0.1:8080";

impl Visitor {
    /// On the machine itself.
    pub(crate) fn new(router: Router) -> Self {
        Self::from("127.0.0.1:50000", router)
    }

    pub(crate) fn from(address: &str, router: Router) -> Self {
        Self { router, from: address.parse().expect("an address"), cookies: BTreeMap::new() }
    }

    pub(crate) fn cookie(&self) -> Option<(&str, &str)> {
        self.cookies.iter().map(|(name, value)| (name.as_str(), value.as_str())).next()
    }

    /// The request as this browser would send it.
    pub(crate) fn request(&self, method: Method, path: &str, extra: &[(&str, &str)], body: Body) -> Request<Body> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("a path");
        request.extensions_mut().insert(ConnectInfo(self.from));
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static(CONSOLE_HOST));
        headers.insert(ACCEPT, HeaderValue::from_static("text/html"));
        if !self.cookies.is_empty() {
            let list: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            headers.insert(COOKIE, HeaderValue::from_str(&list.join("; ")).expect("a cookie"));
        }
        for (name, value) in extra {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            headers.insert(name, HeaderValue::from_str(value).expect("a header value"));
        }
        request
    }

    /// The answer before its body is read: for streams.
    pub(crate) async fn open(&self, method: Method, path: &str, extra: &[(&str, &str)], body: Body) -> Response<Body> {
        let request = self.request(method, path, extra, body);
        self.router.clone().oneshot(request).await.expect("the router never fails")
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        extra: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let response = self.open(method, path, extra, body.into()).await;
        let (parts, body) = response.into_parts();
        self.keep_cookies(&parts.headers);
        let body = body.collect().await.expect("a whole body").to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    /// A call as the hydrated page makes it: form-encoded, JSON wanted, `Sec-Fetch-Site` set.
    pub(crate) async fn call(&mut self, path: &str, form: &str) -> Answer {
        let extra = [
            (CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded"),
            (ACCEPT.as_str(), "application/json"),
            ("sec-fetch-site", "same-origin"),
        ];
        self.send(Method::POST, path, &extra, form.to_owned()).await
    }

    /// A call that takes JSON, as most do.
    pub(crate) async fn call_json(&mut self, path: &str, body: &serde_json::Value) -> Answer {
        let extra = [
            (CONTENT_TYPE.as_str(), "application/json"),
            (ACCEPT.as_str(), "application/json"),
            ("sec-fetch-site", "same-origin"),
        ];
        self.send(Method::POST, path, &extra, body.to_string()).await
    }

    pub(crate) async fn sign_in(&mut self, account: &str, user: &str, password: &str) -> Answer {
        let form = form(&[("account", account), ("user", user), ("password", password), ("next", "")]);
        self.call(SignIn::PATH, &form).await
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            if line.contains("Max-Age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// A form as a browser encodes it.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    pairs.join("&")
}
