//! A store of each version that was ever released opens and says what it held.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker_core::clock::Clock;
use broker_core::config::StoreConfig;
use broker_core::store::medium::SystemMedium;
use broker_core::store::{OpenError, Store};

use crate::world::{Quiet, Told, contents, found_by_key, new_clock, queue};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/store/v1")
}

fn config(dir: &Path) -> StoreConfig {
    // A disk that is nearly full is not what this is about.
    StoreConfig { segment_bytes: 64 << 10, disk_used_percent_max: 100, ..StoreConfig::new(dir.to_owned()) }
}

fn open(dir: &Path) -> Result<Store, OpenError> {
    let clock: Arc<dyn Clock> = new_clock();
    Store::open(&config(dir), Arc::new(SystemMedium), clock, Arc::new(Quiet)).map(|(store, _)| store)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the example is there") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[test]
fn a_store_of_version_1_is_read() {
    let dir = tempfile::tempdir().expect("a folder");
    copy(&example(), dir.path());
    let store = open(dir.path()).expect("opens");
    let found = contents(&store, queue(1, 0));
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(found[&1][..8], 5_u64.to_be_bytes());
    let by_key = found_by_key(&store, "key005");
    assert_eq!((by_key.len(), by_key[0].queue_offset), (1, 1));
    let state = store.state_log("numbers").expect("opened");
    assert_eq!(state.entries().len(), 1);
}

#[test]
fn a_store_of_a_newer_version_is_refused_by_name() {
    let dir = tempfile::tempdir().expect("a folder");
    copy(&example(), dir.path());
    std::fs::write(dir.path().join("version"), "ternmq-store 2\n").expect("written");
    match open(dir.path()) {
        Err(OpenError::Newer { found, .. }) => assert_eq!(found, "store version 2"),
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn a_store_in_use_is_refused_by_name() {
    let dir = tempfile::tempdir().expect("a folder");
    let first = open(dir.path()).expect("opens");
    assert!(matches!(open(dir.path()), Err(OpenError::InUse)));
    drop(first);
    assert!(open(dir.path()).is_ok());
}

#[test]
#[ignore = "writes the checked-in example anew; only when a new store version is made"]
fn write_the_example() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = open(dir.path()).expect("opens");
    Told::default().work(&store, 3).expect("it works");
    store.close().expect("closed");
    drop(store);
    for unneeded in ["reserve", "lock"] {
        std::fs::remove_file(dir.path().join(unneeded)).expect("removed");
    }
    std::fs::remove_dir(dir.path().join("quarantine")).expect("removed");
    copy(dir.path(), &example());
}
