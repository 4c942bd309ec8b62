//! Who makes a request: the session's user as of now, and where they sit.
//!
//! Resolved once for each request by [`resolve`] and handed on in the request's extensions. A user
//! who was removed, disabled or given other rights is seen as such by the very next request.

use std::sync::Arc;

use app::api::{Problem, Source};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::Response;
use parking_lot::Mutex;
use tower_sessions::Session;

use super::Console;
use super::failure::Failure;
use super::headers::RequestId;
use super::peer::Peer;
use crate::auth::access::UserEntry;
use crate::auth::session::USER;
use broker_core::types::UserNo;

#[derive(Clone)]
pub(super) struct Caller {
    pub session: Session,
    /// `None`: nobody is signed in.
    pub user: Option<Arc<UserEntry>>,
    pub peer: Peer,
    pub request_id: RequestId,
    /// Host and port that the browser asked for.
    pub host: String,
    /// What the answer's status should be, noted by the port when it refuses something.
    refused: Arc<Mutex<Option<StatusCode>>>,
}

impl Caller {
    /// Looks again whether the session lives and who its user is now. `false`: it is over.
    ///
    /// - errors: `Unavailable` when that could not be read; the session may well live.
    pub(super) async fn refresh(&mut self, console: &Console) -> Result<bool, Problem> {
        let (Some(id), Some(known)) = (self.session.id(), self.user.as_ref()) else { return Ok(false) };
        let no = known.user.no;
        match console.platform().sessions().is_alive(&id).await {
            Ok(true) => {
                self.user = living_user(console, no);
                Ok(self.user.is_some())
            }
            Ok(false) => Ok(false),
            Err(error) => {
                tracing::warn!(%error, "the session could not be read");
                Err(Problem::Unavailable(Source::Catalogue))
            }
        }
    }

    /// Remembers the status that a refusal asks for; the first one counts.
    pub(super) fn note_refusal(&self, status: StatusCode) {
        self.refused.lock().get_or_insert(status);
    }

    /// The status noted, if any.
    pub(super) fn refusal(&self) -> Option<StatusCode> {
        *self.refused.lock()
    }
}

/// The user if it exists and is active.
fn living_user(console: &Console, no: UserNo) -> Option<Arc<UserEntry>> {
    console.platform().user(no)
}

/// Layer below the session layer: puts the [`Caller`] on the request and counts it as activity.
pub(super) async fn resolve(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    let peer = Peer::of(request.extensions(), request.headers());
    let id = request.extensions().get::<RequestId>().cloned();
    let (Some(session), Some(request_id)) = (request.extensions().get::<Session>().cloned(), id.clone()) else {
        return Failure::Internal.respond(request.headers(), id.as_ref());
    };
    let user = match session.get::<u32>(USER).await {
        Ok(no) => no.and_then(|no| living_user(&console, UserNo(no))),
        Err(error) => {
            tracing::error!(%error, "the session could not be read");
            return Failure::Internal.respond(request.headers(), id.as_ref());
        }
    };
    // The event stream lives as long as its session, and does not keep it alive.
    if user.is_some()
        && request.uri().path() != super::EVENTS
        && let Some(session_id) = session.id()
        && let Err(error) = console.platform().sessions().touch(&session_id).await
    {
        tracing::warn!(%error, "the session's activity could not be written");
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    request.extensions_mut().insert(Caller { session, user, peer, request_id, host, refused: Arc::default() });
    next.run(request).await
}
