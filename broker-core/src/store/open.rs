//! Opening a store: lock, version, recovery, a new segment, the threads.

use std::path::Path;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use super::buffers::Buffers;
use super::checkpoint::Checkpoint;
use super::log::{Core, PoisonOnPanic, State, is_full};
use super::medium::{Medium, MediumFile};
use super::recovery::{self, Dirs, Recovered, io_error, newer};
use super::sealed::Caches;
use super::segment::{Fill, Place, Segment};
use super::space::RESERVE;
use super::{OpenError, Progress, RecoveryReport, STORE_VERSION, Store, StoreError};
use crate::clock::Clock;
use crate::config::StoreConfig;

const SEGMENT_BYTES_MIN: u64 = 8 << 10;

pub(super) fn open(
    config: &StoreConfig,
    medium: Arc<dyn Medium>,
    clock: Arc<dyn Clock>,
    progress: Arc<dyn Progress>,
) -> Result<(Store, RecoveryReport), OpenError> {
    // Places in a segment have 32 bits, and a segment has room for its two ends and some records.
    let segment_bytes = config.segment_bytes.clamp(SEGMENT_BYTES_MIN, 2 << 30);
    let config = &StoreConfig { segment_bytes, ..config.clone() };
    let dirs = Dirs {
        root: config.dir.clone(),
        log: config.dir.join("log"),
        index: config.dir.join("index"),
        state: config.dir.join("state"),
        quarantine: config.dir.join("quarantine"),
    };
    for dir in [&dirs.root, &dirs.log, &dirs.index, &dirs.state, &dirs.quarantine] {
        medium.create_dir_all(dir).map_err(|source| io_error(dir, source))?;
    }
    // Folders made just now are there after a power cut too.
    for dir in [Some(&*dirs.root), dirs.root.parent()].into_iter().flatten() {
        medium.sync_dir(dir).map_err(|source| io_error(dir, source))?;
    }
    let lock_path = dirs.root.join("lock");
    let lock = medium.lock(&lock_path).map_err(|source| io_error(&lock_path, source))?.ok_or(OpenError::InUse)?;
    check_version(&*medium, &dirs.root)?;
    let opened = recover_and_begin(&*medium, &dirs, config, &*clock);
    let (recovered, checkpoint, active) = match opened {
        Err(error) if full(&error) && release_reserve(&*medium, &dirs.root) => {
            recover_and_begin(&*medium, &dirs, config, &*clock)?
        }
        other => other?,
    };
    let epoch = active.epoch;
    let short_of_room = active.capacity < config.segment_bytes;
    let reserved = medium.list(&dirs.root).map_err(|source| io_error(&dirs.root, source))?;
    let reserved = reserved.iter().any(|name| name == RESERVE);

    let mut state = State::new(Arc::new(active), recovered.queues);
    state.sealed = Arc::new(recovered.sealed);
    state.sealed_bytes = recovered.sealed_bytes;
    state.newest_ms = recovered.newest_ms;
    state.refusing = short_of_room;
    state.quarantined.clone_from(&recovered.report.quarantined);
    let core = Arc::new(Core {
        medium,
        clock,
        progress,
        config: config.clone(),
        dirs,
        epoch,
        state: Mutex::new(state),
        moved: Condvar::new(),
        sync_work: Condvar::new(),
        file_work: Condvar::new(),
        spare_work: Condvar::new(),
        state_work: Condvar::new(),
        state_logs: Mutex::new(Vec::new()),
        reserve: Mutex::new(reserved),
        checkpoint: Mutex::new(checkpoint),
        caches: Caches::new(),
        buffers: Buffers::default(),
        clock_watch: Mutex::default(),
        scrub: Mutex::default(),
        zeros: vec![0; super::log::ZEROS_BYTES].into(),
        sealing: Mutex::new(()),
    });
    core.watch_space();
    core.watch_clock();
    let threads = start_threads(&core).map_err(|source| io_error(&config.dir, source))?;
    Ok((Store { core, threads: Mutex::new(threads), _lock: lock }, recovered.report))
}

/// Makes the log whole and begins a segment behind it. On a full disk a small one does: a start
/// never fails for want of room, it refuses messages.
fn recover_and_begin(
    medium: &dyn Medium,
    dirs: &Dirs,
    config: &StoreConfig,
    clock: &dyn Clock,
) -> Result<(Recovered, Checkpoint, Segment), OpenError> {
    let checkpoint = Checkpoint::open(medium, &dirs.root).map_err(|source| io_error(&dirs.root, source))?;
    let recovered = recovery::recover(medium, dirs, config.segment_bytes, checkpoint.floor)?;
    let epoch = u64::from(recovered.run.wrapping_add(1)) << 32 | medium.entropy() & 0xffff_ffff;
    let begin = |capacity| {
        let place = Place { base: recovered.next_base, epoch, capacity };
        // Not filled with zeros: the start doesn't wait for that.
        Segment::create(medium, &dirs.log, place, Fill::Reserved, clock.wall_ms())
    };
    let active = match begin(config.segment_bytes) {
        Err(error) if is_full(&error) => begin(SEGMENT_BYTES_MIN),
        other => other,
    };
    let active = active.map_err(|source| io_error(&dirs.log, source))?;
    Ok((recovered, checkpoint, active))
}

fn full(error: &OpenError) -> bool {
    matches!(error, OpenError::Store(StoreError::Io { source, .. }) if is_full(source))
}

/// Whether there was a reserve to give.
fn release_reserve(medium: &dyn Medium, root: &Path) -> bool {
    tracing::warn!("the disk is full: the start uses the reserve");
    medium.remove(&root.join(RESERVE)).is_ok()
}

fn start_threads(core: &Arc<Core>) -> std::io::Result<Vec<std::thread::JoinHandle<()>>> {
    let named = |name: &'static str, work: fn(&Core)| {
        let core = Arc::clone(core);
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            // Whoever waits for this thread would wait for ever.
            let _whole = PoisonOnPanic::new(&core, name);
            work(&core);
        })
    };
    Ok(vec![
        named("store-sync", Core::sync_loop)?,
        named("store-files", Core::file_loop)?,
        named("store-spares", Core::spare_loop)?,
        named("store-state", Core::state_loop)?,
    ])
}

/// The file `version` holds `ternmq-store <number>` and a line end. A damaged one is written anew:
/// segments and records name their format too.
fn check_version(medium: &dyn Medium, root: &Path) -> Result<(), OpenError> {
    let path = root.join("version");
    if medium.list(root).map_err(|source| io_error(root, source))?.iter().any(|name| name == "version") {
        let file = medium.open(&path).map_err(|source| io_error(&path, source))?;
        let mut bytes = [0; 64];
        let read = file.read_at(&mut bytes, 0).unwrap_or(0);
        let text = bytes.get(..read).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        let version = text.trim_end().strip_prefix("ternmq-store ").and_then(|number| number.parse::<u32>().ok());
        match version {
            Some(version) if version > STORE_VERSION => return Err(newer(format!("store version {version}"))),
            Some(_) => return Ok(()),
            None => tracing::warn!("the store's version file is damaged and is written anew"),
        }
    }
    write_whole(medium, root, "version", format!("ternmq-store {STORE_VERSION}\n").as_bytes())?;
    Ok(())
}

/// Puts a small file in place at once: temporary name, sync, rename, sync of the folder.
pub(super) fn write_whole(medium: &dyn Medium, dir: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let path = dir.join(name);
    let temporary = dir.join(format!("{name}.tmp"));
    let write = || {
        let file: Arc<dyn MediumFile> = medium.create(&temporary)?;
        file.write_all_at(bytes, 0)?;
        file.sync()?;
        medium.rename(&temporary, &path)?;
        medium.sync_dir(dir)
    };
    write().map_err(|source| StoreError::Io { file: name.to_owned(), offset: 0, source })
}
