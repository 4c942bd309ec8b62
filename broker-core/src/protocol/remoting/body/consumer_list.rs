//! The member list of a group (38).

use crate::protocol::json;

/// Appends `{"consumerIdList":["…","…"]}`.
pub fn encode<'a>(ids: impl IntoIterator<Item = &'a str>, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"consumerIdList":["#);
    for (index, id) in ids.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        json::push_text(out, id);
    }
    out.extend_from_slice(b"]}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_quoted_and_in_the_order_given() {
        let mut out = Vec::new();
        encode(["a@1", "b\"\n"], &mut out);
        assert_eq!(out, br#"{"consumerIdList":["a@1","b\"\n"]}"#);
    }
}
