//! Crash tests of the store. First what an acknowledgement promises:
//!
//! - P1: a Synced record whose end the durable mark passed is found after a kill and after a power
//!   cut, at its offset, with its content.
//! - P2: a Written record whose end the written mark passed is found after a kill. A power cut may
//!   take it, and then all later ones of its queue.
//! - P3: what was not acknowledged is found whole or not at all; nothing is found that was not
//!   sent, and nothing twice.
//! - P4: an offset whose record could be read never gets another record.
//! - P5: a position is never given out twice; later records have greater ones than a barrier.
//! - P6: recovering twice gives what recovering once gives.
//! - P7: small state that was synced is found, or a later value of the same key.
//! - P8: damage costs the records it lies in and no others, is named, and never stops a start.

mod damage;
mod disk_full;
mod faults;
mod fits;
mod model;
mod retention;
mod threads;
mod versions;
mod world;
