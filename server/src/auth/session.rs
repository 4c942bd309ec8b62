//! Sessions in the catalogue (R41): ids hashed, 30 minutes idle, 12 hours at most.
//!
//! Reading a session is no activity; a request of the person is ([`Sessions::touch`]), so a page
//! that only listens to live values ends after 30 minutes like any other.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use broker_core::clock::Clock;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result, SessionStore};

use super::token;
use crate::db::{Db, DbError, sessions};

/// Without a request of the person.
pub const IDLE_MAX: Duration = Duration::from_secs(30 * 60);
/// Since signing in.
pub const AGE_MAX: Duration = Duration::from_secs(12 * 3600);
/// Activity is written at most so often.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// Key in the session's values: the number of the user who is signed in.
pub const USER: &str = "user";
/// Key in the session's values: the address the person signed in from.
pub const SOURCE: &str = "source";

/// The store behind the session layer.
#[derive(Clone)]
pub struct Sessions {
    db: Db,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// What is stored of a session id.
pub fn id_hash(id: &Id) -> String {
    token::hash(&id.to_string())
}

impl Sessions {
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock }
    }

    fn stored(&self, record: &Record) -> Result<sessions::StoredSession> {
        let now = self.clock.wall_ms();
        Ok(sessions::StoredSession {
            id_hash: id_hash(&record.id),
            user_no: record.data.get(USER).and_then(serde_json::Value::as_i64),
            data: serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?,
            created_at_ms: now,
            active_at_ms: now,
            source: record.data.get(SOURCE).and_then(|source| source.as_str()).map(str::to_owned),
        })
    }

    fn ended(&self, session: &sessions::StoredSession) -> bool {
        let now = self.clock.wall_ms();
        now.saturating_sub(session.created_at_ms) >= ms(AGE_MAX)
            || now.saturating_sub(session.active_at_ms) >= ms(IDLE_MAX)
    }

    /// The person did something. Written at most once a minute.
    pub async fn touch(&self, id: &Id) -> std::result::Result<(), DbError> {
        let hash = id_hash(id);
        let now = self.clock.wall_ms();
        let mut tx = self.db.read().await?;
        let session = sessions::find(&mut tx, &hash).await?;
        drop(tx);
        let Some(session) = session.filter(|session| !self.ended(session)) else { return Ok(()) };
        if now.saturating_sub(session.active_at_ms) < ms(TOUCH_EVERY) {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        sessions::touch(&mut tx, &hash, now).await?;
        tx.commit().await
    }

    /// Whether the session is still valid; for streams, which must end with it.
    pub async fn is_alive(&self, id: &Id) -> std::result::Result<bool, DbError> {
        let mut tx = self.db.read().await?;
        Ok(sessions::find(&mut tx, &id_hash(id)).await?.is_some_and(|session| !self.ended(&session)))
    }

    /// Removes what has ended; called now and then.
    pub async fn sweep(&self) -> std::result::Result<u64, DbError> {
        let now = self.clock.wall_ms();
        let mut tx = self.db.write().await?;
        let removed =
            sessions::remove_ended(&mut tx, now.saturating_sub(ms(AGE_MAX)), now.saturating_sub(ms(IDLE_MAX))).await?;
        tx.commit().await?;
        Ok(removed)
    }
}

fn backend(error: DbError) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let mut tx = self.db.write().await.map_err(backend)?;
            if sessions::insert(&mut tx, &self.stored(record)?).await.map_err(backend)? {
                return tx.commit().await.map_err(backend);
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let mut tx = self.db.write().await.map_err(backend)?;
        // A session that was ended meanwhile stays ended: no upsert.
        sessions::update(&mut tx, &self.stored(record)?).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let mut tx = self.db.read().await.map_err(backend)?;
        let session = sessions::find(&mut tx, &id_hash(id)).await.map_err(backend)?;
        let Some(session) = session.filter(|session| !self.ended(session)) else { return Ok(None) };
        let data = serde_json::from_str(&session.data).map_err(|error| Error::Decode(error.to_string()))?;
        let left = session.created_at_ms.saturating_add(ms(AGE_MAX)).saturating_sub(self.clock.wall_ms());
        let expiry_date = OffsetDateTime::now_utc() + Duration::from_millis(u64::try_from(left).unwrap_or(0));
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut tx = self.db.write().await.map_err(backend)?;
        sessions::remove(&mut tx, &id_hash(id)).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use broker_core::clock::ManualClock;

    use super::*;

    async fn sessions() -> (tempfile::TempDir, Arc<ManualClock>, Sessions) {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(1_000_000));
        let db = Db::open_sqlite(&folder.path().join("catalogue.db")).await.unwrap();
        (folder, clock.clone(), Sessions::new(db, clock))
    }

    fn record() -> Record {
        Record { id: Id::default(), data: HashMap::new(), expiry_date: OffsetDateTime::now_utc() }
    }

    #[tokio::test]
    async fn a_session_ends_after_thirty_idle_minutes_and_reading_it_is_no_activity() {
        let (_folder, clock, sessions) = sessions().await;
        let mut record = record();
        sessions.create(&mut record).await.unwrap();
        clock.advance(Duration::from_secs(29 * 60));
        assert!(sessions.load(&record.id).await.unwrap().is_some());
        clock.advance(Duration::from_secs(60));
        assert!(sessions.load(&record.id).await.unwrap().is_none());
        assert!(!sessions.is_alive(&record.id).await.unwrap());
    }

    #[tokio::test]
    async fn activity_keeps_a_session_for_twelve_hours_and_no_longer() {
        let (_folder, clock, sessions) = sessions().await;
        let mut record = record();
        sessions.create(&mut record).await.unwrap();
        for _ in 0..35 {
            clock.advance(Duration::from_secs(20 * 60));
            sessions.touch(&record.id).await.unwrap();
            assert!(sessions.load(&record.id).await.unwrap().is_some());
        }
        clock.advance(Duration::from_secs(20 * 60));
        sessions.touch(&record.id).await.unwrap();
        assert!(sessions.load(&record.id).await.unwrap().is_none());
        assert_eq!(sessions.sweep().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn an_ended_session_does_not_come_back_when_it_is_saved() {
        let (_folder, _clock, sessions) = sessions().await;
        let mut record = record();
        sessions.create(&mut record).await.unwrap();
        sessions.delete(&record.id).await.unwrap();
        sessions.save(&record).await.unwrap();
        assert!(sessions.load(&record.id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_table_holds_no_usable_id() {
        let (_folder, _clock, sessions) = sessions().await;
        let mut record = record();
        sessions.create(&mut record).await.unwrap();
        let mut tx = sessions.db.read().await.unwrap();
        assert!(crate::db::sessions::find(&mut tx, &record.id.to_string()).await.unwrap().is_none());
        assert!(crate::db::sessions::find(&mut tx, &id_hash(&record.id)).await.unwrap().is_some());
    }
}
