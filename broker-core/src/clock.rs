//! The only source of now. Everything that stores or compares a time asks a [`Clock`], so that a
//! test can set it.

use std::time::Duration;

/// Wall time for what is stored and shown; monotonic time for leases, idle and poll times.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01 UTC. May jump in either direction.
    fn wall_ms(&self) -> i64;
    /// Time since an arbitrary start; never falls.
    fn monotonic(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    start: std::time::Instant,
}

impl SystemClock {
    pub fn new() -> Self {
        Self { start: std::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn wall_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock that a test moves by hand. Both times move together unless [`ManualClock::set_wall_ms`]
/// makes the wall jump.
#[derive(Debug, Default)]
pub struct ManualClock {
    wall_ms: std::sync::atomic::AtomicI64,
    monotonic_ms: std::sync::atomic::AtomicU64,
    step_ms: std::sync::atomic::AtomicU64,
}

impl ManualClock {
    pub fn new(wall_ms: i64) -> Self {
        let clock = Self::default();
        clock.set_wall_ms(wall_ms);
        clock
    }

    pub fn set_wall_ms(&self, wall_ms: i64) {
        self.wall_ms.store(wall_ms, std::sync::atomic::Ordering::SeqCst);
    }

    /// From now on each look at the monotonic time moves it so far afterwards: work takes time.
    pub fn set_step(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.step_ms.store(ms, std::sync::atomic::Ordering::SeqCst);
    }

    pub fn advance(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.monotonic_ms.fetch_add(ms, std::sync::atomic::Ordering::SeqCst);
        self.wall_ms.fetch_add(i64::try_from(ms).unwrap_or(i64::MAX), std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn wall_ms(&self) -> i64 {
        self.wall_ms.load(std::sync::atomic::Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        let step_ms = self.step_ms.load(std::sync::atomic::Ordering::SeqCst);
        Duration::from_millis(self.monotonic_ms.fetch_add(step_ms, std::sync::atomic::Ordering::SeqCst))
    }
}
