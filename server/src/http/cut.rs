//! Ends a connection whose answer must not go on, also when its peer reads nothing: then the answer's
//! body is not asked for any more, and can't end itself.

use std::future::Future;
use std::pin::Pin;

use tokio::sync::mpsc;

type Reason = Pin<Box<dyn Future<Output = ()> + Send>>;

/// In the extensions of each request: what ends its connection.
#[derive(Clone)]
pub struct Cut(mpsc::UnboundedSender<Reason>);

impl Cut {
    pub(super) fn new() -> (Cut, Cuts) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Cut(sender), Cuts { receiver, reason: None })
    }

    /// The connection is closed when `reason` is over. It runs with the connection and is dropped
    /// with it; one that comes later takes its place.
    pub fn after(&self, reason: impl Future<Output = ()> + Send + 'static) {
        // Without a receiver the connection has ended already.
        let _ended = self.0.send(Box::pin(reason));
    }
}

pub(super) struct Cuts {
    receiver: mpsc::UnboundedReceiver<Reason>,
    reason: Option<Reason>,
}

impl Cuts {
    /// Resolves when the connection must be closed. Can be dropped and called again.
    pub(super) async fn wait(&mut self) {
        loop {
            let Some(reason) = &mut self.reason else {
                match self.receiver.recv().await {
                    Some(reason) => self.reason = Some(reason),
                    None => return std::future::pending().await,
                }
                continue;
            };
            tokio::select! {
                () = reason => return,
                Some(other) = self.receiver.recv() => self.reason = Some(other),
            }
        }
    }
}
