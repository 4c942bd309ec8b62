//! The console's host: serves the app, its files and its event stream, keeps sessions and cookies,
//! and implements the app's port over the platform and the broker.
//!
//! It must hold no rule of the model: those are in `tenant`, rights in `auth`.
//!
//! Order of the layers, outermost first: request id and fixed headers; refusals and panics made
//! readable; length of the head; files of the site; upgrades' origin; cross-site check; session;
//! caller; body limit; sign-in; the body's fields; who the page is told of; the app.

mod archive;
mod assets;
mod caller;
mod download;
mod events;
mod failure;
mod fields;
mod guard;
mod headers;
mod origin;
mod peer;
mod port;
mod searches;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use app::api::Port;
use app::api::session::{KnownCaller, SessionPort};
use axum::Router;
use axum::extract::{FromRef, Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use broker_core::Broker;
use broker_core::clock::Clock;
use leptos::prelude::{LeptosOptions, provide_context, use_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list};
use tokio_util::sync::CancellationToken;
use tower_http::csrf::CsrfLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

use caller::Caller;
use failure::Failure;
use port::CallerPort;

use crate::tenant::Platform;

pub(crate) const EVENTS: &str = "/events";

/// What the host is told about its surroundings.
#[derive(Clone, Debug)]
pub struct ConsoleSettings {
    /// Short id of the data folder: two consoles on one host name keep their cookies apart, since
    /// cookies ignore ports.
    pub cookie_id: String,
    /// The public address is https: cookies are `__Host-` and `Secure`, HSTS is sent.
    pub tls: bool,
    /// Public origin (`https://mq.example.com`) where a proxy in front changes the `Host`.
    pub public_origin: Option<String>,
}

/// A console that can be asked for its router. Cheap to clone.
#[derive(Clone)]
pub struct Console(Arc<Inner>);

struct Inner {
    platform: Arc<Platform>,
    broker: Broker,
    clock: Arc<dyn Clock>,
    settings: ConsoleSettings,
    options: LeptosOptions,
    streams: events::Streams,
    searches: searches::Searches,
    stop: CancellationToken,
    started: Started,
}

/// When this process began to listen to clients.
#[derive(Clone, Copy)]
struct Started {
    monotonic: Duration,
    wall_ms: i64,
}

/// Clients tell every 30 s that they are there: after a start it takes that long until all have.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(30);

impl Console {
    /// - `stop`: ends the event streams; the listener itself belongs to the caller.
    pub fn new(
        platform: Arc<Platform>,
        broker: Broker,
        clock: Arc<dyn Clock>,
        settings: ConsoleSettings,
        stop: CancellationToken,
    ) -> Self {
        let options = LeptosOptions::builder().output_name(assets::bundle_name()).site_pkg_dir(assets::PKG_DIR).build();
        let started = Started { monotonic: clock.monotonic(), wall_ms: clock.wall_ms() };
        let (streams, searches) = Default::default();
        Self(Arc::new(Inner { platform, broker, clock, settings, options, streams, searches, stop, started }))
    }

    fn platform(&self) -> &Arc<Platform> {
        &self.0.platform
    }

    fn broker(&self) -> &Broker {
        &self.0.broker
    }

    fn streams(&self) -> &events::Streams {
        &self.0.streams
    }

    fn searches(&self) -> &searches::Searches {
        &self.0.searches
    }

    fn now_ms(&self) -> i64 {
        self.0.clock.wall_ms()
    }

    /// The time of the start, while not all clients can have come back since. After that `None`.
    fn just_started(&self) -> Option<i64> {
        let Started { monotonic, wall_ms } = self.0.started;
        (self.0.clock.monotonic().saturating_sub(monotonic) < HEARTBEAT_INTERVAL).then_some(wall_ms)
    }

    /// The time of the start, if that is no longer ago than `span_ms`: what lives in memory only is
    /// known since then.
    fn started_lately(&self, span_ms: i64) -> Option<i64> {
        let Started { wall_ms, .. } = self.0.started;
        (self.now_ms().saturating_sub(wall_ms) < span_ms).then_some(wall_ms)
    }

    fn stopping(&self) -> CancellationToken {
        self.0.stop.clone()
    }
}

impl FromRef<Console> for LeptosOptions {
    fn from_ref(console: &Console) -> Self {
        console.0.options.clone()
    }
}

/// The pages. Worked out once a process: meanwhile no reading of any page that is rendered comes to
/// its end, since what keeps them from being loaded for the list is a switch of the whole process.
static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(app::App));

/// Everything that the console's listener serves.
///
/// - errors: a public origin that is none.
pub fn router(console: &Console) -> Result<Router, tower_http::csrf::ConfigError> {
    let tls = console.0.settings.tls;
    let mut cross_site = CsrfLayer::new();
    if let Some(origin) = &console.0.settings.public_origin {
        cross_site = cross_site.add_trusted_origin(origin)?;
    }
    let app = Router::new()
        .leptos_routes_with_context(console, ROUTES.clone(), per_request(console.clone()), shell(console))
        .fallback(leptos_axum::render_app_async_with_context(not_found(console.clone()), shell(console)))
        .layer(middleware::from_fn_with_state(console.clone(), tell_who))
        .route(EVENTS, get(events::open))
        .route("/samples/{file}", get(download::sample))
        .route("/download/body/{instance}/{offset_id}", get(download::body))
        .layer(middleware::from_fn(fields::check))
        .layer(middleware::from_fn(statuses))
        .layer(middleware::from_fn(require_sign_in))
        .layer(middleware::from_fn(guard::limit_body))
        .layer(middleware::from_fn_with_state(console.clone(), caller::resolve))
        .layer(session_layer(console))
        .layer(cross_site)
        .layer(middleware::from_fn(origin::check_upgrade))
        .layer(middleware::from_fn(files))
        .layer(middleware::from_fn(guard::limit_head))
        .layer(middleware::from_fn(guard::explain));
    Ok(with_fixed_headers(app, tls).with_state(console.clone()))
}

/// Gives each answer the headers that all carry (R43), and each request its id.
///
/// - `tls`: the public address is https.
pub fn with_fixed_headers<S: Clone + Send + Sync + 'static>(routes: Router<S>, tls: bool) -> Router<S> {
    routes.layer(middleware::from_fn(move |request: Request, next: Next| headers::add(tls, request, next)))
}

fn shell(console: &Console) -> impl Fn() -> leptos::prelude::AnyView + Clone + Send + Sync + 'static {
    use leptos::prelude::IntoAny;
    let options = console.0.options.clone();
    move || app::shell(options.clone()).into_any()
}

/// Files of the site are nobody's: they need no session and set no cookie.
async fn files(request: Request, next: Next) -> Response {
    match assets::serve(request.method(), request.uri().path(), request.headers()) {
        Some(response) => response,
        None => next.run(request).await,
    }
}

fn session_layer(console: &Console) -> SessionManagerLayer<crate::auth::session::Sessions> {
    let settings = &console.0.settings;
    let name = if settings.tls { "__Host-ternmq".to_owned() } else { format!("ternmq_{}", settings.cookie_id) };
    SessionManagerLayer::new(console.platform().sessions())
        .with_name(name)
        .with_http_only(true)
        // Lax, so that a link from elsewhere does not look signed out; writes are checked by origin.
        .with_same_site(SameSite::Lax)
        .with_secure(settings.tls)
        .with_path("/")
        // The catalogue decides when a session ends; the cookie ends with the browser.
        .with_expiry(Expiry::OnSessionEnd)
}

/// Puts the caller's port and the page's policy into the context of pages and server functions.
fn per_request(console: Console) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let Some(caller) = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Caller>().cloned()) else {
            return;
        };
        let port: Port = Arc::new(CallerPort::new(console.clone(), caller));
        provide_context(port);
        if let Some(known) = use_context::<Parts>().and_then(|parts| parts.extensions.get::<KnownCaller>().cloned()) {
            provide_context(known);
        }
        if let (Some(nonce), Some(response)) = (leptos::nonce::use_nonce(), use_context::<ResponseOptions>())
            && let Ok(policy) = HeaderValue::from_str(&headers::page_policy(&nonce))
        {
            response.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// The same for an address that no page has: the app shows its own page, with 404.
fn not_found(console: Console) -> impl Fn() + Clone + Send + Sync + 'static {
    let context = per_request(console);
    move || {
        context();
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(StatusCode::NOT_FOUND);
        }
    }
}

/// Pages that are shown without a session; all others lead to the sign-in page. What a page may
/// show is not decided here: every function checks for itself.
fn is_public_page(path: &str) -> bool {
    path == app::paths::SIGN_IN || path.starts_with("/setup/") || path.starts_with("/password/")
}

/// Tells a page who its visitor is, before it is rendered. Downloads and events have no use for it,
/// and server functions ask for themselves.
async fn tell_who(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let page = !path.starts_with("/api/") && !is_public_page(path);
    let caller = request.extensions().get::<Caller>().filter(|caller| page && caller.user.is_some());
    if let Some(caller) = caller.cloned() {
        let who = CallerPort::new(console, caller).whoami().await;
        request.extensions_mut().insert(KnownCaller(who));
    }
    next.run(request).await
}

/// Leads a page's visitor who is nobody to the sign-in page.
async fn require_sign_in(request: Request, next: Next) -> Response {
    let signed_in = request.extensions().get::<Caller>().is_some_and(|caller| caller.user.is_some());
    let path = request.uri().path();
    let page = matches!(*request.method(), Method::GET | Method::HEAD) && !path.starts_with("/api/") && path != EVENTS;
    if signed_in || !page || is_public_page(path) {
        return next.run(request).await;
    }
    let wanted = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str());
    let target = if wanted == "/" { app::paths::SIGN_IN.to_owned() } else { app::paths::sign_in_then(wanted) };
    match HeaderValue::from_str(&target) {
        Ok(target) => (StatusCode::SEE_OTHER, [(LOCATION, target)]).into_response(),
        Err(_) => Failure::Malformed.respond(request.headers(), None),
    }
}

/// A refused call gets the status of its reason, and a page of something that is not there gets 404.
/// A form posted without scripts keeps the redirect that takes its person back to the page.
async fn statuses(request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().cloned();
    let call = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    match (call, response.status(), caller.and_then(|caller| caller.refusal())) {
        (true, StatusCode::INTERNAL_SERVER_ERROR, Some(status)) => *response.status_mut() = status,
        // Pages are rendered in full before their head is sent, so what they asked for is known.
        (false, StatusCode::OK, Some(StatusCode::NOT_FOUND)) => *response.status_mut() = StatusCode::NOT_FOUND,
        _ => {}
    }
    response
}
