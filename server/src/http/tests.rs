//! The loop against real sockets.

use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

async fn start(limits: HttpLimits) -> HttpServer {
    let router = Router::new()
        .route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()))
        .route("/echo", post(async |body: String| body))
        .route("/never", get(std::future::pending::<()>));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    HttpServer::start(listener, router, limits).unwrap()
}

async fn connect(server: &HttpServer) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A reset is an end as well.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn a_request_is_answered_and_knows_its_peer() {
    let server = start(HttpLimits::default()).await;
    let mut stream = connect(&server).await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("127.0.0.1"), "{answer}");
    server.stop(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_and_an_idle_connection_lives_on() {
    let limits = HttpLimits { head: Duration::from_millis(50), idle: Duration::from_secs(3600), ..Default::default() };
    let server = start(limits).await;
    let mut idle = connect(&server).await;
    let mut slow = connect(&server).await;
    slow.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    assert!(!rest(slow).await.contains("200"));
    // The idle one has waited for as long, and is answered; twice, to see the timer between.
    for _ in 0..2 {
        idle.write_all(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi").await.unwrap();
        let mut answer = [0; 512];
        let read = idle.read(&mut answer).await.unwrap();
        assert!(String::from_utf8_lossy(&answer[..read]).starts_with("HTTP/1.1 200"));
    }
    server.stop(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_time() {
    let server = start(HttpLimits { idle: Duration::from_millis(50), ..Default::default() }).await;
    let stream = connect(&server).await;
    assert!(!rest(stream).await.contains("200"));
    server.stop(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_request_that_never_ends() {
    let server = start(HttpLimits::default()).await;
    let address = server.address;
    let mut stream = connect(&server).await;
    stream.write_all(b"GET /never HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    // Seen by the server once a second connection behind it is answered.
    let mut second = connect(&server).await;
    second.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(rest(second).await.contains("200"));
    server.stop(Duration::from_millis(100)).await;
    assert_eq!(rest(stream).await, "");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed() {
    let server = start(HttpLimits { connections_max: 1, ..Default::default() }).await;
    let mut first = connect(&server).await;
    first.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 512];
    assert!(first.read(&mut answer).await.unwrap() > 0);
    assert_eq!(rest(connect(&server).await).await, "");
    server.stop(Duration::from_secs(1)).await;
}

/// A body that never ends, of which nothing is read.
fn endless() -> axum::body::Body {
    let chunk = bytes::Bytes::from(vec![b'x'; 64 << 10]);
    axum::body::Body::from_stream(futures::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone())))
}

async fn start_endless(limits: HttpLimits, cut: Arc<tokio::sync::Notify>) -> HttpServer {
    let answer = async move |axum::Extension(connection): axum::Extension<Cut>| {
        connection.after(async move { cut.notified().await });
        endless()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    HttpServer::start(listener, Router::new().route("/", get(answer)), limits).unwrap()
}

/// The server has closed when a write meets a reset; what it sent is never read.
async fn closed(mut stream: TcpStream) {
    while stream.write_all(b"x").await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_cut_and_its_place_is_free() {
    let limits = HttpLimits { stall: Duration::from_millis(100), connections_max: 1, ..Default::default() };
    let server = start_endless(limits, Arc::default()).await;
    let mut deaf = connect(&server).await;
    deaf.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), closed(deaf)).await.expect("the connection was cut");
    let mut next = connect(&server).await;
    next.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 64];
    assert!(next.read(&mut answer).await.unwrap() > 0);
    server.stop(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn an_answer_that_is_over_closes_the_connection_of_a_peer_that_takes_nothing() {
    let over = Arc::new(tokio::sync::Notify::new());
    let server = start_endless(HttpLimits::default(), over.clone()).await;
    let mut deaf = connect(&server).await;
    deaf.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 64];
    assert!(deaf.read(&mut answer).await.unwrap() > 0);
    over.notify_one();
    tokio::time::timeout(Duration::from_secs(20), closed(deaf)).await.expect("the connection was cut");
    server.stop(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn a_slow_upload_after_100_continue_is_not_timed_as_a_head() {
    let limits = HttpLimits { head: Duration::from_millis(50), ..Default::default() };
    let server = start(limits).await;
    let mut stream = connect(&server).await;
    stream
        .write_all(
            b"POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n",
        )
        .await
        .unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100 Continue"));
    stream.write_all(b"h").await.unwrap();
    // Another head runs out of its time meanwhile: so has this one's, were it timed.
    for _ in 0..2 {
        let mut slow = connect(&server).await;
        slow.write_all(b"GET").await.unwrap();
        rest(slow).await;
    }
    stream.write_all(b"i").await.unwrap();
    let answer = rest(stream).await;
    assert!(answer.ends_with("hi"), "{answer}");
    server.stop(Duration::from_secs(1)).await;
}

/// A peer that hangs up early holds nobody else up.
#[cfg(unix)]
#[test]
fn accepting_pauses_only_while_the_system_lacks_something() {
    use rustix::io::Errno;
    for errno in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM] {
        assert!(is_scarce(&errno.into()), "{errno}");
    }
    for errno in [Errno::CONNABORTED, Errno::PROTO, Errno::INTR] {
        assert!(!is_scarce(&errno.into()), "{errno}");
    }
}
