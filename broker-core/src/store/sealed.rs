//! Segments that are full, synced and have their index files.

/// The sealed part of the log.
#[derive(Default)]
pub(crate) struct Sealed {}
