//! Rates of the store on the machine's disk: `cargo bench -p broker-core --bench store -- [GiB]`.
//!
//! Writes into a temporary folder (`TMPDIR`), so the figures are those of the disk behind it. The
//! fdatasync rate of the same disk is measured beside, without which durable figures mean nothing.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use broker_core::clock::SystemClock;
use broker_core::config::StoreConfig;
use broker_core::store::medium::SystemMedium;
use broker_core::store::{Append, Durability, Progress, ReadOutcome, ReadRequest, Records, Store, Watermarks};
use broker_core::types::{AccountNo, InstanceNo, QueueKey, TopicNo};

struct Quiet;

impl Progress for Quiet {
    fn advanced(&self, _: Watermarks) {}
    fn poisoned(&self, why: &str) {
        println!("the store is poisoned: {why}");
    }
}

const BODY: usize = 1024;

fn message() -> Vec<u8> {
    let properties = "UNIQ_KEY\u{1}0A0B0C0D0E0F00010203040506070809\u{2}KEYS\u{1}order\u{2}";
    let mut record = vec![0; 84];
    record.extend((BODY as u32).to_be_bytes());
    record.extend([7; BODY]);
    record.extend(b"\x05topic");
    record.extend((properties.len() as u16).to_be_bytes());
    record.extend(properties.as_bytes());
    let size = record.len() as u32;
    record[..4].copy_from_slice(&size.to_be_bytes());
    record
}

fn open(config: &StoreConfig) -> Store {
    let start = Instant::now();
    let (store, report) =
        Store::open(config, Arc::new(SystemMedium), Arc::new(SystemClock::new()), Arc::new(Quiet)).expect("opens");
    println!("open: {:?} (clean {}, {} bytes scanned)", start.elapsed(), report.clean, report.scanned_bytes);
    store
}

fn append(store: &Store, messages: &mut [Vec<u8>], queues: u16, round: usize, durability: Durability) {
    let peer = "192.0.2.1:5000".parse().expect("an address");
    let mut batch: Vec<Append<'_>> = messages
        .iter_mut()
        .enumerate()
        .map(|(index, message)| Append {
            account: AccountNo(1),
            instance: InstanceNo(1),
            queue: QueueKey { topic: TopicNo(1), queue: ((round + index) % usize::from(queues)) as u16 },
            durability,
            tags_code: 0,
            keys: &["0A0B0C0D0E0F00010203040506070809", "order"],
            peer,
            message,
        })
        .collect();
    let mut appended = Vec::with_capacity(batch.len());
    store.append(&mut batch, &mut appended).expect("stored");
}

/// Processor time of this thread: what a loaded machine leaves comparable.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0))
}

fn rate(what: &str, count: usize, took: Duration) {
    let each = took.as_nanos() as f64 / count as f64;
    println!("{what}: {count} in {took:?}, {each:.0} ns each, {:.0}/s", 1e9 / each);
}

fn main() {
    let gib: u64 = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(1);
    let dir = tempfile::tempdir().expect("a folder");
    let config = StoreConfig::new(dir.path().join("store"));
    let store = open(&config);
    let mut messages = vec![message(); 32];
    let mut appending = Duration::ZERO;

    let scratch = std::fs::File::create(dir.path().join("scratch")).expect("a file");
    scratch.write_all_at(&vec![1; 8 << 20], 0).and_then(|()| scratch.sync_all()).expect("written");
    let start = Instant::now();
    for index in 0..500 {
        scratch.write_all_at(&[2; 1200], index * 1200).and_then(|()| scratch.sync_data()).expect("synced");
    }
    rate("fdatasync of 1,200 bytes", 500, start.elapsed());

    let start = Instant::now();
    for round in 0..500 {
        append(&store, &mut messages[..1], 4, round, Durability::Synced);
        store.barrier().expect("synced");
    }
    rate("durable, one at a time", 500, start.elapsed());

    for batch in [1, 32] {
        let rounds = 100_000 / batch;
        let (start, before) = (Instant::now(), cpu());
        for round in 0..rounds {
            append(&store, &mut messages[..batch], 4, round, Durability::Written);
            store.submit();
        }
        rate(&format!("append and submit, batches of {batch}, CPU"), rounds * batch, cpu() - before);
        rate(&format!("append and submit, batches of {batch}"), rounds * batch, start.elapsed());
    }

    for round in 0..200 {
        let before = cpu();
        for inner in 0..50 {
            append(&store, &mut messages, 4, round * 50 + inner, Durability::Written);
        }
        appending += cpu() - before;
        store.submit();
    }
    rate("append alone, batches of 32, CPU", 200 * 50 * 32, appending);

    let rounds = (gib << 30) as usize / 1300 / 32;
    let start = Instant::now();
    for round in 0..rounds {
        append(&store, &mut messages, 4, round, Durability::Written);
        store.submit();
    }
    store.barrier().expect("synced");
    rate(&format!("{gib} GiB, batches of 32"), rounds * 32, start.elapsed());

    let (start, before) = (Instant::now(), cpu());
    let mut read = 0;
    for queue in 0..4 {
        let queue = QueueKey { topic: TopicNo(1), queue };
        let mut offset = 0;
        let mut out = Records::default();
        loop {
            let request = ReadRequest {
                queue,
                durability: Durability::Written,
                offset,
                messages_max: 32,
                bytes_max: 1 << 20,
                wanted: &|_| true,
            };
            let end = store.read(&request, &mut out).expect("readable");
            read += out.len();
            offset = end.next_offset;
            if end.outcome == ReadOutcome::AtEnd {
                break;
            }
        }
    }
    rate("read all, CPU", read, cpu() - before);
    rate("read all, 32 at a time, page cache warm", read, start.elapsed());
    let start = Instant::now();
    store.close().expect("closed");
    println!("close: {:?}", start.elapsed());
    drop(store);
    let store = open(&config);
    append(&store, &mut messages, 4, 0, Durability::Written);
    store.submit();
    drop(store);
    drop(open(&config));
}
