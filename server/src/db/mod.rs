//! The catalogue in SQL, SQLite or PostgreSQL: one set of statements for both, rows stay in here.
//!
//! Both databases take `$1` placeholders and the same types (64-bit integers, text, bytes,
//! booleans), so every statement is written once and the macros below run it on whichever
//! database is open. Writers follow one another: SQLite by `BEGIN IMMEDIATE`, PostgreSQL by an
//! advisory lock for the length of the transaction; so a rule that was checked inside a write
//! transaction still holds when it commits. They have one connection and wait for it, so that those
//! who wait take none from the readers.

pub mod accounts;
pub mod audit;
pub mod backup;
pub mod keys;
pub mod links;
pub mod resources;
pub mod sessions;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

/// Runs a statement that returns no rows; gives the number of rows it touched.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut *$tx {
            $crate::db::Tx::Sqlite(t) => sqlx::query($sql)$(.bind($bind))*.execute(&mut **t).await.map(|r| r.rows_affected()),
            $crate::db::Tx::Postgres(t) => sqlx::query($sql)$(.bind($bind))*.execute(&mut **t).await.map(|r| r.rows_affected()),
        }
    };
}

/// All rows of a query.
macro_rules! fetch_all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut *$tx {
            $crate::db::Tx::Sqlite(t) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **t).await,
            $crate::db::Tx::Postgres(t) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **t).await,
        }
    };
}

/// The row of a query, if there is one.
macro_rules! fetch_optional {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut *$tx {
            $crate::db::Tx::Sqlite(t) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **t).await,
            $crate::db::Tx::Postgres(t) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **t).await,
        }
    };
}

pub(crate) use {execute, fetch_all, fetch_optional};

/// Why the catalogue could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("{0}")]
    Sql(#[from] sqlx::Error),
    #[error("the catalogue's tables can't be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the database {url} can't be reached: {source}")]
    Connect { url: String, source: sqlx::Error },
    #[error(
        "the catalogue {file} is damaged: {found}; put back the newest copy from {copies} (serve stopped), or a backup"
    )]
    Damaged { file: String, found: String, copies: String },
    #[error("the catalogue holds {found} in {column}, which this version does not know")]
    Unknown { column: &'static str, found: String },
    #[error("{what} {value} does not fit the catalogue")]
    Range { what: &'static str, value: u64 },
    #[error("writing {path} failed: {source}")]
    File { path: PathBuf, source: std::io::Error },
}

/// An open catalogue: connections for reading, and the one for writing. Cheap to clone.
#[derive(Clone)]
pub enum Db {
    Sqlite { readers: SqlitePool, writer: SqlitePool },
    Postgres { readers: PgPool, writer: PgPool },
}

/// A transaction. Dropped without [`Tx::commit`] it changes nothing.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

const SQLITE_READERS: u32 = 4;
const POSTGRES_READERS: u32 = 7;
/// For a connection, and for the writer before, of another process too.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Any fixed number: all writers of one catalogue take the same lock.
const POSTGRES_WRITERS: &str = "SELECT pg_advisory_xact_lock(7305809420411)";

impl Db {
    /// Opens (making it when missing) the SQLite catalogue in `file`, checks it and brings its
    /// tables up to date. Durable: a commit has been synced to disk when it returns.
    pub async fn open_sqlite(file: &Path) -> Result<Db, DbError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(WAIT_MAX);
        let url = || file.display().to_string();
        let open = async |connections| {
            let pool = SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(WAIT_MAX)
                .after_release(|connection, _| Box::pin(is_reusable(connection)));
            let opened = pool.connect_with(options.clone()).await;
            opened.map_err(|source| DbError::Connect { url: url(), source })
        };
        let writer = open(1).await?;
        let damaged = |found: String| DbError::Damaged {
            file: url(),
            found,
            copies: backup::folder_of(file).display().to_string(),
        };
        let check: Vec<(String,)> = sqlx::query_as("PRAGMA quick_check(3)")
            .fetch_all(&writer)
            .await
            .map_err(|error| damaged(error.to_string()))?;
        if check.first().map(|row| row.0.as_str()) != Some("ok") {
            return Err(damaged(check.into_iter().map(|row| row.0).collect::<Vec<_>>().join("; ")));
        }
        sqlx::migrate!("../migrations/sqlite").run(&writer).await?;
        Ok(Db::Sqlite { readers: open(SQLITE_READERS).await?, writer })
    }

    /// Connects to PostgreSQL and brings the tables up to date.
    ///
    /// - `url`: `postgres://user:password@host:port/database`; also `?host=/folder/of/the/socket`.
    pub async fn open_postgres(url: &str) -> Result<Db, DbError> {
        let shown = || url.split('@').next_back().unwrap_or_default().to_owned();
        let options: PgConnectOptions = url.parse().map_err(|source| DbError::Connect { url: shown(), source })?;
        let open = async |connections| {
            let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(WAIT_MAX);
            let opened = pool.connect_with(options.clone()).await;
            opened.map_err(|source| DbError::Connect { url: shown(), source })
        };
        let writer = open(1).await?;
        sqlx::migrate!("../migrations/postgres").run(&writer).await?;
        Ok(Db::Postgres { readers: open(POSTGRES_READERS).await?, writer })
    }

    /// A transaction for reading: all its queries see one state.
    pub async fn read(&self) -> Result<Tx, DbError> {
        Ok(match self {
            Db::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Db::Postgres { readers, .. } => {
                Tx::Postgres(readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// A transaction for writing; waits for the writer before it.
    pub async fn write(&self) -> Result<Tx, DbError> {
        Ok(match self {
            Db::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Db::Postgres { writer, .. } => {
                let mut tx = writer.begin().await?;
                sqlx::query(POSTGRES_WRITERS).execute(&mut *tx).await?;
                Tx::Postgres(tx)
            }
        })
    }

    /// Closes all connections. SQLite's WAL is folded into its file.
    pub async fn close(&self) {
        match self {
            Db::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Db::Postgres { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

/// Whether the next one may have the connection. On a full or failing disk SQLite ends a transaction
/// by itself, which sqlx does not see: it would refuse every transaction after that. Such a
/// connection is closed, and another opened when it is needed.
async fn is_reusable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // After a rollback that still waits its turn.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

impl Tx {
    /// On return everything the transaction did is durable.
    pub async fn commit(self) -> Result<(), DbError> {
        match self {
            Tx::Sqlite(tx) => tx.commit().await?,
            Tx::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Numbers that are never given out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    Account,
    User,
    Instance,
    Topic,
    Group,
    Grant,
}

impl Sequence {
    fn name(self) -> &'static str {
        match self {
            Sequence::Account => "account",
            Sequence::User => "user",
            Sequence::Instance => "instance",
            Sequence::Topic => "topic",
            Sequence::Group => "group",
            Sequence::Grant => "grant",
        }
    }

    /// The next number. Given back when the transaction is dropped.
    pub async fn next(self, tx: &mut Tx) -> Result<i64, DbError> {
        execute!(tx, "UPDATE sequence SET value = value + 1 WHERE name = $1", self.name())?;
        self.current(tx).await
    }

    /// The last number given out.
    pub async fn current(self, tx: &mut Tx) -> Result<i64, DbError> {
        let row = fetch_optional!(tx, (i64,), "SELECT value FROM sequence WHERE name = $1", self.name())?;
        Ok(row.map_or(0, |row| row.0))
    }

    /// Makes sure that numbers up to `used` are not given out.
    pub async fn raise(self, tx: &mut Tx, used: i64) -> Result<(), DbError> {
        execute!(tx, "UPDATE sequence SET value = $1 WHERE name = $2 AND value < $1", used, self.name())?;
        Ok(())
    }
}

/// A stored number as the type it was before.
pub(crate) fn narrow<T: TryFrom<i64>>(column: &'static str, value: i64) -> Result<T, DbError> {
    T::try_from(value).map_err(|_| DbError::Unknown { column, found: value.to_string() })
}
