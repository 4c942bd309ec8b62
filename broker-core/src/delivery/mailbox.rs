//! One mailbox for each event loop: everything that other threads have for it comes with one
//! wake-up, whatever the number of connections it concerns.
//!
//! Invariant MB-1: whatever is posted before a ring is in the take after it. A ring without mail is
//! possible and harmless.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use crate::store::Watermarks;

/// A connection, by a number that is not used again while the process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Tells a client that the members of a group, or what they subscribe, changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChangeNotice {
    pub connection: ConnectionId,
    /// The group as that client wrote it.
    pub group: Arc<str>,
}

/// What a loop finds when it is woken.
#[derive(Debug, Default)]
pub struct Mail {
    /// Tokens of held pulls whose queue has something new: run them again.
    pub woken: Vec<u64>,
    /// One for each connection and group, however often it changed.
    pub notices: HashSet<ChangeNotice>,
    /// Keys, rights, Topics or groups changed: look at every connection and every held pull again.
    pub recheck: bool,
}

/// Mail and bell of one event loop. Anyone posts; the loop alone takes.
#[derive(Debug)]
pub struct Mailbox {
    mail: Mutex<Mail>,
    bell: Notify,
    rung: AtomicBool,
    wanted_written: AtomicU64,
    wanted_durable: AtomicU64,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self {
            mail: Mutex::default(),
            bell: Notify::new(),
            rung: AtomicBool::new(false),
            wanted_written: AtomicU64::new(u64::MAX),
            wanted_durable: AtomicU64::new(u64::MAX),
        }
    }
}

impl Mailbox {
    /// Asks to be woken as soon as a watermark is at or past the given one: the smallest end that
    /// an answer waits for, `u64::MAX` for none. Look at the watermarks once more after this call:
    /// a rise before it does not ring. Holds until the next call, so call it once a turn.
    pub fn want(&self, written: u64, durable: u64) {
        self.wanted_written.store(written, Ordering::SeqCst);
        self.wanted_durable.store(durable, Ordering::SeqCst);
    }

    /// Resolves when there is something to do. Safe to cancel.
    pub async fn ring(&self) {
        self.bell.notified().await;
    }

    /// Moves the mail into `into`, which is emptied first.
    pub fn take(&self, into: &mut Mail) {
        into.woken.clear();
        into.notices.clear();
        into.recheck = false;
        self.rung.store(false, Ordering::SeqCst);
        std::mem::swap(&mut *self.mail.lock(), into);
    }

    pub(crate) fn post(&self, write: impl FnOnce(&mut Mail)) {
        write(&mut self.mail.lock());
    }

    pub(crate) fn wake(&self) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            self.bell.notify_one();
        }
    }

    fn advanced(&self, marks: Watermarks) {
        let written = marks.written >= self.wanted_written.load(Ordering::SeqCst);
        let durable = marks.durable >= self.wanted_durable.load(Ordering::SeqCst);
        if written || durable {
            self.wake();
        }
    }
}

/// All mailboxes, by loop number. Loops are added at start only.
#[derive(Debug, Default)]
pub struct Mailboxes {
    boxes: RwLock<Vec<Arc<Mailbox>>>,
}

impl Mailboxes {
    /// Makes the mailbox of a new loop.
    pub fn add(&self) -> (u16, Arc<Mailbox>) {
        let mut boxes = self.boxes.write();
        let no = u16::try_from(boxes.len()).expect("there are fewer loops than 65,536: one a core");
        let mailbox = Arc::new(Mailbox::default());
        boxes.push(mailbox.clone());
        (no, mailbox)
    }

    pub fn get(&self, loop_no: u16) -> Option<Arc<Mailbox>> {
        self.boxes.read().get(usize::from(loop_no)).cloned()
    }

    pub(crate) fn advanced(&self, marks: Watermarks) {
        for mailbox in self.boxes.read().iter() {
            mailbox.advanced(marks);
        }
    }

    /// Has every loop look at everything again.
    pub(crate) fn recheck(&self) {
        for mailbox in self.boxes.read().iter() {
            mailbox.post(|mail| mail.recheck = true);
            mailbox.wake();
        }
    }

    pub(crate) fn notify(&self, notices: Vec<(u16, ChangeNotice)>) {
        let boxes = self.boxes.read();
        for (loop_no, notice) in notices {
            if let Some(mailbox) = boxes.get(usize::from(loop_no)) {
                mailbox.post(|mail| {
                    mail.notices.insert(notice);
                });
                mailbox.wake();
            }
        }
    }

    pub(crate) fn wake_pulls(&self, waiters: &[crate::metadata::Waiter]) {
        let boxes = self.boxes.read();
        for waiter in waiters {
            if let Some(mailbox) = boxes.get(usize::from(waiter.loop_no)) {
                mailbox.post(|mail| mail.woken.push(waiter.token));
                mailbox.wake();
            }
        }
    }
}
