//! The accept loop of every HTTP listener (R30, R31): header and idle timers, a floor under
//! the speed of bodies, an end to peers that read nothing, bounded connections, TCP_NODELAY, a stop
//! with a deadline. Knows no routes.

mod body;
mod cut;
mod watched;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use broker_core::types::host_of;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub use cut::Cut;

use crate::config::is_loopback;
use body::PacedBody;
use watched::{Heads, Watched};

/// A head that is longer is answered with 431: 4 KiB of address and 16 KiB of headers with what
/// stands between them.
const HEAD_BYTES_MAX: usize = 24 << 10;

/// Between two tries to accept while the system lacks descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Timers and counts of a listener.
#[derive(Clone, Debug)]
pub struct HttpLimits {
    /// From the first byte of a request's head to its end.
    pub head: Duration,
    /// Without a request.
    pub idle: Duration,
    /// Without the peer taking a byte of what is written to it.
    pub stall: Duration,
    /// Of the whole listener.
    pub connections_max: usize,
    /// Of one address; loopback has no such limit.
    pub connections_per_address_max: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            stall: Duration::from_secs(30),
            connections_max: 4_096,
            connections_per_address_max: 512,
        }
    }
}

/// A running listener.
pub struct HttpServer {
    pub address: SocketAddr,
    stop: CancellationToken,
    accepting: tokio::task::JoinHandle<()>,
}

type PerAddress = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Counts a connection for its address until it is dropped.
struct Place {
    counts: PerAddress,
    address: IpAddr,
}

impl Place {
    fn take(counts: &PerAddress, address: IpAddr, max: usize) -> Option<Place> {
        let address = host_of(address);
        let mut table = counts.lock();
        let count = table.entry(address).or_insert(0);
        if *count >= max && !is_loopback(address) {
            return None;
        }
        *count += 1;
        Some(Place { counts: counts.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.counts.lock();
        if let Some(count) = table.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                table.remove(&self.address);
            }
        }
    }
}

impl HttpServer {
    /// Serves `router` on `listener`; requests carry the peer's address as [`ConnectInfo`].
    pub fn start(listener: TcpListener, router: Router, limits: HttpLimits) -> std::io::Result<HttpServer> {
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let accepting = tokio::spawn(accept(listener, router, limits, stop.clone()));
        Ok(HttpServer { address, stop, accepting })
    }

    /// Takes no more connections, lets running requests end, and after `deadline` cuts what is left.
    pub async fn stop(self, deadline: Duration) {
        self.stop.cancel();
        let abort = self.accepting.abort_handle();
        if tokio::time::timeout(deadline, self.accepting).await.is_err() {
            tracing::warn!(deadline_ms = deadline.as_millis(), "HTTP connections were cut at the end");
            // Dropping the loop aborts its connections.
            abort.abort();
        }
    }
}

async fn accept(listener: TcpListener, router: Router, limits: HttpLimits, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    let per_address = PerAddress::default();
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if !failing {
                    tracing::warn!(%error, "HTTP connections can't be accepted");
                }
                failing = true;
                if is_scarce(&error) {
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
                continue;
            }
        };
        failing = false;
        if connections.len() >= limits.connections_max {
            continue;
        }
        let Some(place) = Place::take(&per_address, peer.ip(), limits.connections_per_address_max) else { continue };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY can't be set");
        }
        let connection = serve(stream, peer, router.clone(), limits.clone(), stop.clone());
        connections.spawn(async move {
            connection.await;
            drop(place);
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Whether the system lacks what a connection takes: the next try would fail at once as well. Any
/// other error is of one connection, which has gone.
#[cfg(unix)]
fn is_scarce(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    let scarce = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    Errno::from_io_error(error).is_some_and(|errno| scarce.contains(&errno))
}

#[cfg(not(unix))]
fn is_scarce(_: &std::io::Error) -> bool {
    true
}

async fn serve(stream: TcpStream, peer: SocketAddr, router: Router, limits: HttpLimits, stop: CancellationToken) {
    let heads = Heads::default();
    let io = TokioIo::new(Watched::new(stream, heads.clone(), limits.head, limits.stall));
    let (cut, mut cuts) = Cut::new();
    let answered = heads.clone();
    let service = router
        .map_request(move |request: hyper::Request<hyper::body::Incoming>| {
            heads.complete();
            let mut request = request.map(|body| axum::body::Body::new(PacedBody::new(body)));
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(cut.clone());
            request
        })
        .map_response(move |response| {
            answered.answered();
            response
        });
    let mut builder = http1::Builder::new();
    // Hyper counts this from when it begins to wait, so it is the idle time; the head's own time is
    // counted by `Watched`.
    builder.timer(TokioTimer::new()).header_read_timeout(limits.idle).max_buf_size(HEAD_BYTES_MAX).max_headers(64);
    let connection = builder.serve_connection(io, TowerToHyperService::new(service)).with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let mut stopping = false;
    let ended = loop {
        tokio::select! {
            ended = connection.as_mut() => break ended,
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = cuts.wait() => {
                tracing::debug!(%peer, "an HTTP connection was cut: what it was answering is over");
                return;
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "an HTTP connection ended early");
    }
}
