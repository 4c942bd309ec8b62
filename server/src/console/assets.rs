//! The built site inside the binary: scripts, the wasm module, style sheets, icons.
//!
//! `cargo xtask site` writes it, with `.br` and `.gz` beside each file that gains by it. Hashed
//! addresses below `/pkg/` are cached for a year; the rest is asked for again each time and answered
//! with 304 while it is unchanged. In debug builds the files are read from the disk at each request.
//! Nothing outside the built folder can be named.

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};

/// Folder of the hashed files, as the app's shell names it.
pub(super) const PKG_DIR: &str = "pkg";

/// The sprite of icons in the site.
const SPRITE_FILE: &str = "icons.svg";

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../target/site/"]
#[allow_missing = true]
struct Site;

/// Name that the hashed bundle's files begin with. Without a built site pages are served all the
/// same, without script and style.
pub(super) fn bundle_name() -> String {
    let name = Site::get("bundle.txt").and_then(|file| String::from_utf8(file.data.into_owned()).ok());
    name.map_or_else(|| "app".to_owned(), |name| name.trim().to_owned())
}

/// The file at `path`, in the best form that the client takes.
///
/// - returns: `None` where no such file is in the site.
pub(super) fn serve(method: &Method, path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
    let (name, plain) = lookup(path)?;
    let mut response = Response::new(Body::empty());
    if method != Method::GET && method != Method::HEAD {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Some(response);
    }
    let (file, encoding) = choose(name, plain, headers);
    let tag = etag(&file);
    let out = response.headers_mut();
    out.insert(ETAG, tag.clone());
    out.insert(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
    out.insert(CACHE_CONTROL, HeaderValue::from_static(cache_rule(path)));
    if headers.get_all(IF_NONE_MATCH).iter().any(|given| matches(given, &tag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Some(response);
    }
    out.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    out.insert(CONTENT_LENGTH, HeaderValue::from(file.data.len()));
    if let Some(encoding) = encoding {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if method == Method::GET {
        *response.body_mut() = match file.data {
            std::borrow::Cow::Borrowed(bytes) => Body::from(bytes),
            std::borrow::Cow::Owned(bytes) => Body::from(bytes),
        };
    }
    Some(response)
}

/// Only plain files with one of the known endings: neither the compressed twins nor the build's own
/// notes can be asked for by name.
fn lookup(path: &str) -> Option<(&str, EmbeddedFile)> {
    if path == *app::SPRITE {
        // The pages ask for the sprite by what is in it.
        return Site::get(SPRITE_FILE).map(|file| (SPRITE_FILE, file));
    }
    let name = path.strip_prefix('/')?;
    let proper = name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
    if !proper || name.contains(['\\', '\0', '%']) || name == "bundle.txt" || !is_known(name) {
        return None;
    }
    Site::get(name).map(|file| (name, file))
}

fn choose(name: &str, plain: EmbeddedFile, headers: &HeaderMap) -> (EmbeddedFile, Option<&'static str>) {
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        if accepts(headers, encoding)
            && let Some(file) = Site::get(&format!("{name}.{ending}"))
        {
            return (file, Some(encoding));
        }
    }
    (plain, None)
}

/// Whether `Accept-Encoding` names the coding with a weight other than 0.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let lists = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        named && weight.is_none_or(|q| q.parse::<f32>().is_ok_and(|q| q > 0.0))
    })
}

fn etag(file: &EmbeddedFile) -> HeaderValue {
    let hash = file.metadata.sha256_hash();
    HeaderValue::from_str(&format!("\"{}\"", hex::encode(&hash[..16]))).expect("hexadecimal digits are a legal header")
}

fn matches(given: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(given), Ok(tag)) = (given.to_str(), tag.to_str()) else { return false };
    given.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

fn cache_rule(path: &str) -> &'static str {
    if path.starts_with("/pkg/") { "public, max-age=31536000, immutable" } else { "public, no-cache" }
}

fn is_known(name: &str) -> bool {
    content_type(name) != UNKNOWN
}

const UNKNOWN: &str = "application/octet-stream";

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("txt") => "text/plain; charset=utf-8",
        Some("webmanifest") => "application/manifest+json",
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(list: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(list))])
    }

    #[test]
    fn a_coding_of_weight_zero_is_not_accepted() {
        assert!(accepts(&with("gzip, deflate, br"), "br"));
        assert!(accepts(&with("gzip;q=0.5"), "gzip"));
        assert!(!accepts(&with("br;q=0, gzip"), "br"));
        assert!(!accepts(&with("identity"), "gzip"));
        assert!(!accepts(&HeaderMap::new(), "br"));
    }

    #[test]
    fn an_unchanged_file_is_recognised_in_any_list_of_tags() {
        let tag = HeaderValue::from_static("\"abc\"");
        assert!(matches(&HeaderValue::from_static("\"x\", W/\"abc\""), &tag));
        assert!(matches(&HeaderValue::from_static("*"), &tag));
        assert!(!matches(&HeaderValue::from_static("\"ab\""), &tag));
    }

    #[test]
    fn nothing_outside_the_site_can_be_named() {
        for path in
            ["/../Cargo.toml", "/pkg/../bundle.txt", "/bundle.txt", "//icons.svg", "/.git/config.txt", "icons.svg"]
        {
            assert!(lookup(path).is_none(), "{path}");
        }
    }

    #[test]
    fn only_hashed_files_are_cached_for_long() {
        assert!(cache_rule("/pkg/app-1.js").contains("immutable"));
        assert!(cache_rule(&app::SPRITE).contains("immutable"));
        assert!(!cache_rule("/icons.svg").contains("immutable"));
    }
}
