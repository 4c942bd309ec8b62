//! Answers of the host itself, where no page of the app is reached: a short page for people, a code
//! for programs. Neither ever holds a path, an address or an inner error (R47).

use askama::Template;
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use super::assets;
use super::headers::RequestId;

/// What went wrong, as an outsider may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The request came from another site.
    CrossSite,
    /// The body is longer than this route takes.
    TooLarge,
    /// Not there, or not for this caller.
    NotFound,
    /// In the caller's own account, but not granted.
    NotPermitted,
    /// The route needs a session.
    SignedOut,
    /// A part of the address or form can't be read.
    Malformed,
    /// A form has a field that its action does not have.
    UnknownField,
    /// The address or the headers are longer than any request needs.
    HeadTooLarge,
    /// Too many at once.
    Busy,
    Internal,
}

struct Words {
    title: &'static str,
    text: &'static str,
}

impl Failure {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotPermitted => StatusCode::FORBIDDEN,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::UnknownField => StatusCode::UNPROCESSABLE_ENTITY,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::CrossSite => "CROSS_SITE",
            Self::TooLarge => "TOO_LARGE",
            Self::NotFound => "NOT_FOUND",
            Self::NotPermitted => "FORBIDDEN",
            Self::SignedOut => "SIGNED_OUT",
            Self::Malformed => "MALFORMED",
            Self::UnknownField => "UNKNOWN_FIELD",
            Self::HeadTooLarge => "HEAD_TOO_LARGE",
            Self::Busy => "BUSY",
            Self::Internal => "INTERNAL",
        }
    }

    fn words(self, chinese: bool) -> Words {
        let (zh, en) = match self {
            Self::CrossSite => (
                (
                    "请求被拒绝",
                    "该请求来自另一个网站。请从控制台页面内重新操作。如果控制台前有改写 Host 的代理，\
                     请管理员把 console.public_url 设为浏览器中的地址。",
                ),
                (
                    "The request was refused",
                    "It came from another website. Do it again from a page of the console. If a proxy that changes \
                     the Host stands before the console, console.public_url must be the address in the browser.",
                ),
            ),
            Self::TooLarge => (
                ("请求过大", "请求正文超过此操作的上限。减小内容后重试。"),
                ("The request is too large", "Its body is longer than this action takes. Send less and try again."),
            ),
            Self::NotFound => (
                ("页面不存在", "地址有误，或内容已被删除。请从概览重新进入。"),
                ("Not found", "The address is wrong, or what it named was deleted. Start again from the overview."),
            ),
            Self::NotPermitted => (
                ("没有权限", "你的账号没有此操作的授权。请联系账号所有者。"),
                ("Not permitted", "Your user has no grant for this. Ask an owner of the account."),
            ),
            Self::SignedOut => {
                (("尚未登录", "会话已结束。请重新登录。"), ("Not signed in", "The session has ended. Sign in again."))
            }
            Self::Malformed => (
                ("请求格式有误", "地址或表单的一部分无法识别。请从控制台页面内重新操作。"),
                (
                    "The request can't be read",
                    "A part of the address or form is wrong. Do it again from a page of the console.",
                ),
            ),
            Self::UnknownField => (
                ("请求包含未知字段", "表单含有此操作没有的字段，未做任何更改。请从控制台页面内重新操作。"),
                (
                    "The request has an unknown field",
                    "The form has a field that this action does not have; nothing was changed. Do it again from a page \
                     of the console.",
                ),
            ),
            Self::HeadTooLarge => (
                ("地址过长", "请求的地址或请求头超过上限。缩短搜索内容，或清除本站 Cookie 后重试。"),
                (
                    "The address is too long",
                    "The address or the headers are longer than any page needs. Shorten the search, or clear the cookies \
                     of this site, and try again.",
                ),
            ),
            Self::Busy => (
                ("同时打开的页面过多", "关闭一些页面后重试。"),
                ("Too many pages are open at once", "Close some of them and try again."),
            ),
            Self::Internal => (
                ("页面无法显示", "服务端发生错误，消息收发不受影响。稍后重试；如仍失败，把下面的请求号交给管理员。"),
                (
                    "The page could not be shown",
                    "The server failed; sending and consuming are not affected. Try again shortly; if it still fails, \
                     give the request ID to your administrator.",
                ),
            ),
        };
        let (title, text) = if chinese { zh } else { en };
        Words { title, text }
    }

    /// As a page where the client asks for one, else as JSON: `{"code":…,"request_id":…}`.
    pub(super) fn respond(self, headers: &HeaderMap, id: Option<&RequestId>) -> Response {
        let request_id = id.map_or("-", |id| &id.0);
        if !accepts_html(headers) {
            let body = serde_json::json!({ "code": self.code(), "request_id": request_id });
            return (self.status(), axum::Json(body)).into_response();
        }
        let chinese = reads_chinese(headers);
        let Words { title, text } = self.words(chinese);
        let page = Page {
            lang: if chinese { "zh-CN" } else { "en" },
            title,
            text,
            code: self.code(),
            id_label: if chinese { "请求号" } else { "request ID" },
            request_id,
            home: if chinese { "返回概览" } else { "Go to Overview" },
            bundle: &assets::bundle_name(),
        };
        let mut response = match page.render() {
            Ok(html) => (self.status(), Html(html)).into_response(),
            Err(_) => self.status().into_response(),
        };
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        response
    }
}

/// No script runs on these pages.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "console/failure.html")]
struct Page<'a> {
    lang: &'a str,
    title: &'a str,
    text: &'a str,
    code: &'a str,
    id_label: &'a str,
    request_id: &'a str,
    home: &'a str,
    bundle: &'a str,
}

pub(super) fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|list| list.contains("text/html"))
}

/// The language chosen in the console, else the browser's first.
fn reads_chinese(headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let chosen = cookies.flat_map(|list| list.split(';')).find_map(|pair| pair.trim().strip_prefix("lang="));
    if let Some(chosen) = chosen {
        return chosen.starts_with("zh");
    }
    headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|list| list.trim_start().starts_with("zh"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn text(response: Response) -> String {
        let bytes = response.into_body().collect().await.expect("a body in memory").to_bytes();
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    #[tokio::test]
    async fn a_person_gets_a_page_in_their_language_with_the_request_id() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/html"));
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("zh-CN,zh;q=0.9"));
        let id = RequestId("00ff".into());
        let page = text(Failure::Internal.respond(&headers, Some(&id))).await;
        assert!(page.contains("lang=\"zh-CN\"") && page.contains("请求号 00ff"), "{page}");
        headers.insert(COOKIE, HeaderValue::from_static("a=b; lang=en"));
        assert!(text(Failure::Internal.respond(&headers, Some(&id))).await.contains("request ID 00ff"));
    }

    #[tokio::test]
    async fn a_program_gets_a_code() {
        let response = Failure::TooLarge.respond(&HeaderMap::new(), None);
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(text(response).await, r#"{"code":"TOO_LARGE","request_id":"-"}"#);
    }
}
