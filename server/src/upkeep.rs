//! What runs beside the doors: reconciliation after changes, refusals into the audit, tidying, the
//! daily copy of the catalogue. Each ends with the process's stop.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use broker_core::clock::Clock;
use chrono::DateTime;
use tokio_util::sync::CancellationToken;

use crate::db::{Db, backup};
use crate::tenant::Platform;

/// Changes that come together are reconciled together.
const SETTLE: Duration = Duration::from_millis(200);
/// After something that failed.
const AGAIN_AFTER: Duration = Duration::from_secs(5);
const TIDY_EVERY: Duration = Duration::from_secs(60);
const COPY_LOOK_EVERY: Duration = Duration::from_secs(600);

async fn pause(stop: &CancellationToken, time: Duration) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(time) => true,
    }
}

/// After each change, makes sure that the broker's tables are those of the catalogue.
pub async fn reconcile(platform: Arc<Platform>, stop: CancellationToken) {
    let mut wait = SETTLE;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = platform.changed() => {}
        }
        if !pause(&stop, wait).await {
            return;
        }
        wait = match platform.reconcile().await {
            Ok(_) => SETTLE,
            Err(error) => {
                tracing::error!(%error, "the broker can't be compared with the catalogue");
                AGAIN_AFTER
            }
        };
    }
}

/// Writes refusals into the audit soon after they were noted, and the last ones at the end.
pub async fn write_denials(platform: Arc<Platform>, stop: CancellationToken) {
    loop {
        let going_on = tokio::select! {
            () = stop.cancelled() => false,
            () = platform.denials_came() => pause(&stop, SETTLE).await,
            // Those that came again, or could not be written.
            () = tokio::time::sleep(TIDY_EVERY) => true,
        };
        if let Err(error) = platform.write_denials(!going_on).await {
            tracing::error!(%error, "refusals can't be written into the audit");
        }
        if !going_on {
            return;
        }
    }
}

/// Removes ended sessions, writes down when keys were used, checks the audit's chain.
pub async fn tidy(platform: Arc<Platform>, stop: CancellationToken) {
    let sessions = platform.sessions();
    loop {
        if let Err(error) = platform.check_audit().await {
            tracing::error!(%error, "the audit's chain can't be checked");
        }
        if !pause(&stop, TIDY_EVERY).await {
            return;
        }
        if let Err(error) = sessions.sweep().await {
            tracing::error!(%error, "ended sessions can't be removed");
        }
        if let Err(error) = platform.save_last_used().await {
            tracing::error!(%error, "when AccessKeys were last used can't be written down");
        }
    }
}

/// Copies the SQLite catalogue once a day.
pub async fn copy_daily(db: Db, file: PathBuf, clock: Arc<dyn Clock>, stop: CancellationToken) {
    loop {
        let day = DateTime::from_timestamp_millis(clock.wall_ms()).unwrap_or_default().format("%Y-%m-%d").to_string();
        match backup::copy_of_day(&db, &file, &day).await {
            Ok(true) => tracing::info!(day, "the catalogue was copied"),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the daily copy of the catalogue failed"),
        }
        if !pause(&stop, COPY_LOOK_EVERY).await {
            return;
        }
    }
}
