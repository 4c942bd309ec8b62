//! Bodies of requests and answers, one file per family. JSON as the clients' libraries write it.

pub mod client_config;
pub mod cluster_info;
pub mod consumer_list;
pub mod heartbeat;
pub mod route;

use serde_json::Value;

/// How deep JSON of strangers may be nested.
pub const JSON_DEPTH_MAX: usize = 16;

/// Why a JSON body was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("the body has {bytes} bytes, at most {bytes_max} are taken")]
    TooLarge { bytes: usize, bytes_max: usize },
    #[error("the body's JSON is nested deeper than {JSON_DEPTH_MAX}")]
    TooDeep,
    #[error("the body is not JSON: {why}")]
    NotJson { why: String },
    #[error("the body names more than {count_max} {what}")]
    TooMany { what: &'static str, count_max: usize },
    #[error("the body has no {field}")]
    Missing { field: &'static str },
}

/// Parses a body after its size and depth were looked at. A newline at the end, as C++ clients
/// write it, is fine.
fn parse(body: &[u8], bytes_max: usize) -> Result<Value, BodyError> {
    if body.len() > bytes_max {
        return Err(BodyError::TooLarge { bytes: body.len(), bytes_max });
    }
    if depth(body) > JSON_DEPTH_MAX {
        return Err(BodyError::TooDeep);
    }
    serde_json::from_slice(body).map_err(|error| BodyError::NotJson { why: error.to_string() })
}

/// Deepest nesting of brackets outside strings.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A member that is a text, or a number or boolean as text.
fn text(object: &Value, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A member that is an array; missing and null are empty.
fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A member that is a whole number, also as text.
fn integer(object: &Value, name: &str) -> Option<i64> {
    match object.get(name)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A member that is a boolean in any of the clients' spellings; missing is false.
fn flag(object: &Value, name: &str) -> bool {
    match object.get(name) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true") || text == "1",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_strings_only() {
        assert_eq!(depth(br#"{"a":["{[{[\"{"]}"#), 2);
        let deep = "[".repeat(17);
        assert_eq!(parse(deep.as_bytes(), 100), Err(BodyError::TooDeep));
    }
}
