//! A connection that ends when the head of a request takes too long from its first byte, or when
//! its peer does not take what is written to it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Bytes that come are the head of a request.
const HEAD: u8 = 0;
/// Bytes that come are the body of a request that is being answered; what is written is at most
/// `100 Continue`.
const BODY: u8 = 1;
/// The answer is known: with its first byte the next head may begin.
const ANSWER: u8 = 2;

/// Tells the connection how far its request is.
#[derive(Clone, Default)]
pub(super) struct Heads(Arc<AtomicU8>);

impl Heads {
    /// The head is complete.
    pub(super) fn complete(&self) {
        self.0.store(BODY, Ordering::Release);
    }

    /// The handler gave its answer.
    pub(super) fn answered(&self) {
        self.0.store(ANSWER, Ordering::Release);
    }

    fn written(&self) {
        let _was_answer = self.0.compare_exchange(ANSWER, HEAD, Ordering::AcqRel, Ordering::Acquire);
    }

    fn awaited(&self) -> bool {
        self.0.load(Ordering::Acquire) == HEAD
    }
}

type Timer = Option<Pin<Box<Sleep>>>;

pub(super) struct Watched<S> {
    stream: S,
    heads: Heads,
    head_max: Duration,
    stall_max: Duration,
    /// Runs from the first byte of a head.
    head: Timer,
    /// Runs while the peer takes nothing.
    stall: Timer,
}

impl<S> Watched<S> {
    /// - `head_max`: from the first byte of a head to its end.
    /// - `stall_max`: from a write that the peer does not take to the next that it does.
    pub(super) fn new(stream: S, heads: Heads, head_max: Duration, stall_max: Duration) -> Self {
        Self { stream, heads, head_max, stall_max, head: None, stall: None }
    }

    /// What a write came to; an error once the peer has taken nothing for too long.
    fn taken<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stall = None;
            return written;
        }
        let stall_max = self.stall_max;
        let timer = self.stall.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall_max)));
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer takes nothing"))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn writing(&mut self) {
        self.heads.written();
        self.head = None;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.heads.awaited() {
            self.head = None;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let came = buffer.filled().len() > before;
        if came && self.head.is_none() && self.heads.awaited() {
            self.head = Some(Box::pin(tokio::time::sleep(self.head_max)));
        }
        if read.is_pending()
            && let Some(timer) = &mut self.head
            && timer.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the head of a request took too long")));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writing();
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.taken(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writing();
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.taken(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A flush takes no bytes: only one that waits counts.
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Pending => self.taken(context, Poll::Pending),
            flushed => flushed,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.stream).poll_shutdown(context);
        self.taken(context, closed)
    }
}
