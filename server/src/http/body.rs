//! A request body that must keep coming: at least 1 KiB/s after the first five seconds of waiting
//! for it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

const GRACE: Duration = Duration::from_secs(5);
const BYTES_PER_SECOND_MIN: u64 = 1024;

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error(transparent)]
    Connection(#[from] hyper::Error),
    #[error("the body came slower than {BYTES_PER_SECOND_MIN} bytes a second")]
    Slow,
}

pub(super) struct PacedBody {
    inner: Incoming,
    bytes: u64,
    /// From the first time it was waited for.
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl PacedBody {
    pub(super) fn new(inner: Incoming) -> Self {
        Self { inner, bytes: 0, timer: None }
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            if let Some(Ok(frame)) = &frame {
                let length = frame.data_ref().map_or(0, Bytes::len);
                self.bytes = self.bytes.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::from)));
        }
        let bytes = self.bytes;
        let (since, timer) = self.timer.get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(GRACE))));
        timer.as_mut().reset(*since + GRACE + Duration::from_secs(bytes / BYTES_PER_SECOND_MIN));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Some(Err(BodyError::Slow)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
