//! A call with a field that its function does not have is refused: somebody tries
//! to set what is not theirs to set, and would otherwise be told that it worked.
//! The same holds within the parts of a call, whose types take no unknown fields.
//!
//! Here the body of a call is also read, within its limit: what the functions read themselves has none.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use app::api::{audit, connections, groups, instances, keys, messages, overview, service, session, topics};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::server_fn::ServerFn;
use serde::de::value::Error;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IgnoredAny, Visitor};

use super::failure::Failure;

type Fields = &'static [&'static str];

/// What a function takes.
struct Call {
    fields: Fields,
    /// Whether a JSON body can be read as its arguments, the fields of their parts included.
    reads: fn(&[u8]) -> bool,
}

/// Asks a struct for its fields by offering it nothing.
struct Probe<'a>(&'a mut Fields);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("only a struct has fields"))
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, fields: Fields, _: V) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(Error::custom("asked for the fields only"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn call<T: ServerFn + DeserializeOwned>() -> (&'static str, Call) {
    let mut fields: Fields = &[];
    let _asked = T::deserialize(Probe(&mut fields)).is_err();
    (T::PATH, Call { fields, reads: |body| serde_json::from_slice::<T>(body).is_ok() })
}

/// What every function takes, by its path.
static CALLS: LazyLock<HashMap<&'static str, Call>> = LazyLock::new(|| {
    HashMap::from([
        call::<audit::LoadAudit>(),
        call::<connections::LoadRefusals>(),
        call::<groups::CreateGroup>(),
        call::<groups::DeleteGroup>(),
        call::<groups::EditGroup>(),
        call::<groups::LoadGroupImpact>(),
        call::<groups::LoadGroupStatus>(),
        call::<groups::LoadGroups>(),
        call::<instances::CreateInstance>(),
        call::<instances::DeleteInstance>(),
        call::<instances::EditInstance>(),
        call::<instances::LoadInstance>(),
        call::<instances::LoadInstances>(),
        call::<instances::LoadSample>(),
        call::<instances::LoadSampleChoices>(),
        call::<keys::CreateAccessKey>(),
        call::<keys::DeleteAccessKey>(),
        call::<keys::LoadAccessKeys>(),
        call::<keys::SetAccessKeyActive>(),
        call::<messages::FindMessageById>(),
        call::<messages::FindMessagesByKey>(),
        call::<messages::FindMessagesByTime>(),
        call::<messages::LoadMessage>(),
        call::<overview::LoadOverview>(),
        call::<service::Activate>(),
        call::<service::LoadOffer>(),
        call::<session::ChoosePassword>(),
        call::<session::LoadLink>(),
        call::<session::LoadWelcome>(),
        call::<session::LoadWhoami>(),
        call::<session::SetUp>(),
        call::<session::SignIn>(),
        call::<session::SignOut>(),
        call::<topics::CreateTopic>(),
        call::<topics::DeleteTopic>(),
        call::<topics::EditTopic>(),
        call::<topics::LoadTopicImpact>(),
        call::<topics::LoadTopicStatus>(),
        call::<topics::LoadTopics>(),
        call::<topics::SendMessage>(),
    ])
});

/// Layer above the routes: reads the body of a call and looks at the names in it.
pub(super) async fn check(request: Request, next: Next) -> Response {
    let Some(Call { fields, reads }) = CALLS.get(request.uri().path()) else { return next.run(request).await };
    let (parts, body) = request.into_parts();
    // Within the limit that `guard::limit_body` set.
    let bytes = match Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await {
        Ok(bytes) => bytes,
        Err(rejection) => {
            let too_large = rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE;
            let failure = if too_large { Failure::TooLarge } else { Failure::Malformed };
            return failure.respond(&parts.headers, parts.extensions.get());
        }
    };
    let json = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let refused = match json {
        true if !json_is_known(&bytes, fields) => Some(Failure::UnknownField),
        true => (!reads(&bytes)).then_some(Failure::Malformed),
        false => (!form_is_known(&bytes, fields)).then_some(Failure::UnknownField),
    };
    if let Some(failure) = refused {
        return failure.respond(&parts.headers, parts.extensions.get());
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// What is no object at all can't be read either, and is refused for that.
fn json_is_known(body: &[u8], fields: Fields) -> bool {
    match serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(body) {
        Ok(object) => object.keys().all(|name| fields.contains(&name.as_str())),
        Err(_) => true,
    }
}

/// Names are compared as they were sent: an escaped one is none of ours. A field that holds more than
/// one value has a bracket after its name.
fn form_is_known(body: &[u8], fields: Fields) -> bool {
    body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).all(|pair| {
        let end = pair.iter().position(|byte| matches!(byte, b'=' | b'[')).unwrap_or(pair.len());
        pair.get(..end).is_some_and(|name| fields.iter().any(|field| field.as_bytes() == name))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_server_function_has_its_fields_here() {
        let registered: BTreeSet<&str> = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path).collect();
        let known: BTreeSet<&str> = CALLS.keys().copied().collect();
        assert_eq!(registered, known);
        assert_eq!(CALLS[session::SignIn::PATH].fields, ["account", "user", "password", "next"]);
        assert_eq!(CALLS[session::SignOut::PATH].fields, [""; 0]);
    }

    #[test]
    fn names_are_known_or_not_in_both_forms() {
        let fields: Fields = &["account", "user"];
        for (body, known) in [
            ("", true),
            ("account=a&user=b", true),
            ("user[0]=b", true),
            ("account=a&operator=true", false),
            ("account=a&%6Fperator=true", false),
            ("operator", false),
        ] {
            assert_eq!(form_is_known(body.as_bytes(), fields), known, "{body}");
        }
        for (body, known) in [
            ("{}", true),
            (r#"{"account":{"operator":1}}"#, true),
            (r#"{"account":"a","operator":true}"#, false),
            (r#"{"account":"a","\u006fperator":true}"#, false),
            ("[1", true),
        ] {
            assert_eq!(json_is_known(body.as_bytes(), fields), known, "{body}");
        }
    }
}
