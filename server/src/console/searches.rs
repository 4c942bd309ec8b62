//! How many searches of the message store an account may run at once: each may keep the disk and a
//! thread busy for seconds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use app::api::Problem;
use broker_core::types::AccountNo;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const AT_ONCE_MAX: usize = 2;
/// As long as a search may take.
const WAIT_MAX: Duration = broker_core::limits::CONSOLE_SEARCH.time;

/// One entry for each account that has ever searched.
#[derive(Default)]
pub(super) struct Searches(Mutex<HashMap<AccountNo, Arc<Semaphore>>>);

impl Searches {
    /// The right to search, until it is dropped.
    ///
    /// - errors: `Busy` when the account's other searches take too long.
    pub(super) async fn begin(&self, account: AccountNo) -> Result<OwnedSemaphorePermit, Problem> {
        let places = self.0.lock().entry(account).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE_MAX))).clone();
        match tokio::time::timeout(WAIT_MAX, places.acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Problem::Busy { wait_s: u32::try_from(WAIT_MAX.as_secs()).unwrap_or(u32::MAX) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_account_waits_for_its_own_searches_only() {
        let searches = Searches::default();
        let first = searches.begin(AccountNo(1)).await.expect("a place");
        let _second = searches.begin(AccountNo(1)).await.expect("a place");
        assert_eq!(searches.begin(AccountNo(1)).await.expect_err("no place"), Problem::Busy { wait_s: 5 });
        drop(searches.begin(AccountNo(2)).await.expect("a place of its own"));
        drop(first);
        drop(searches.begin(AccountNo(1)).await.expect("a place again"));
    }
}
