//! Two databases behind one SQL text: SQLite by default, PostgreSQL by URL.
//!
//! Comes in: a database URL. Goes out: [`Database`], and transactions ([`Tx`]) that every function of the
//! store takes. One enum of two pools and the macro [`on_db!`] instead of `sqlx::Any` (which lacks
//! booleans and large types) or two implementations of a trait (which drift apart).

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use uuid::Uuid;

use super::error::StoreError;
use super::leases::Fence;
use super::remembered::{Memory, Remembered};
use super::{migrating, session};
use crate::clock::Clock;

/// How long a writer waits for another one on SQLite before it reports the database as busy.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Pages of 4 KiB after which SQLite copies its log into the database: under load the same pages change again
/// and again, and each copy of them costs two waits for the disk.
const CHECKPOINT_PAGES: &str = "4000";

/// Pages that a connection keeps in memory, in KiB (a negative number in SQLite's own words).
const CACHE_KIBIBYTES: &str = "-8000";

/// How long to wait for a free connection: longer means the database is down, and that is worth saying.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Readers beside the one writer on SQLite; the desk is one process on two cores.
const SQLITE_READERS: u32 = 4;

/// Connections to PostgreSQL a process keeps: intake, dispatchers and pages together.
const POSTGRES_CONNECTIONS: u32 = 8;

/// Runs the same expression on either database; it must end in a value that names neither.
macro_rules! on_db {
    ($tx:expr, |$conn:ident| $body:expr) => {
        match &mut $tx.inner {
            $crate::store::database::AnyTx::Sqlite(tx) => {
                let $conn = &mut **tx;
                $body
            }
            $crate::store::database::AnyTx::Postgres(tx) => {
                let $conn = &mut **tx;
                $body
            }
        }
    };
}
pub(super) use on_db;

/// An open database.
#[derive(Debug, Clone)]
pub struct Database {
    pools: Pools,
    registry: Arc<Mutex<Remembered>>,
    /// Under which name this process claims work; every opening has its own, clones share it.
    process: Uuid,
    /// What every commit of this handle depends on.
    fence: Option<Fence>,
}

#[derive(Debug, Clone)]
enum Pools {
    /// SQLite has one writer at a time, so writing has a pool of one and never meets a lock.
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction on either database; dropped without [`Tx::commit`] it is rolled back.
#[derive(Debug)]
pub struct Tx {
    pub(super) inner: AnyTx,
    pub(super) memory: Memory,
    pub(super) process: Uuid,
    fence: Option<Fence>,
}

#[derive(Debug)]
pub(super) enum AnyTx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Database {
    /// Opens `sqlite:path` (created if missing) or `postgres://…`.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::open_postgres(url).await
        } else if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await
        } else {
            Err(StoreError::Url(format!(
                "`{url}` is no database URL: write sqlite:/path/to/desk.db or postgres://user@host/database"
            )))
        }
    }

    async fn open_sqlite(url: &str) -> Result<Self, StoreError> {
        // WAL with full sync: a committed mail survives a power cut, and readers never wait for the writer.
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|error| StoreError::Url(error.to_string()))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .pragma("cache_size", CACHE_KIBIBYTES)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = |size| {
            SqlitePoolOptions::new()
                .max_connections(size)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                // On a full disk SQLite ends the transaction itself, the ROLLBACK after it fails, and sqlx counts
                // the connection as inside a transaction for ever: such a one is replaced.
                .before_acquire(|connection, _| {
                    let good = !connection.is_in_transaction();
                    Box::pin(std::future::ready(Ok(good)))
                })
        };
        let write = pool(1).connect_with(options.clone()).await?;
        let read = pool(SQLITE_READERS).connect_lazy_with(options);
        Ok(Self::of(Pools::Sqlite { write, read }))
    }

    async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| StoreError::Url(error.to_string()))?
            .application_name("madoguchi");
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| Box::pin(session::prepare(connection)))
            .connect_with(options)
            .await?;
        Ok(Self::of(Pools::Postgres(pool)))
    }

    fn of(pools: Pools) -> Self {
        Self {
            pools,
            registry: Arc::default(),
            process: Clock::system().fresh_id(),
            fence: None,
        }
    }

    fn tx(&self, inner: AnyTx, fence: Option<Fence>) -> Tx {
        Tx {
            inner,
            memory: Memory::new(Arc::clone(&self.registry)),
            process: self.process,
            fence,
        }
    }

    /// The same database for work that only the holder of a lease may do: what it begins after the lease ran
    /// out, and what it would commit after somebody else took it, is refused with [`StoreError::LeaseLost`].
    #[must_use]
    pub fn fenced(&self, fence: Fence) -> Self {
        Self {
            fence: Some(fence),
            ..self.clone()
        }
    }

    /// Whether several processes may serve the desk on it.
    pub const fn is_shared(&self) -> bool {
        matches!(self.pools, Pools::Postgres(_))
    }

    /// Brings the schema to this program's version; does nothing when it is there already.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.pools {
            Pools::Sqlite { write, .. } => migrating::migrate_sqlite(write).await,
            Pools::Postgres(pool) => migrating::migrate_postgres(pool).await,
        }
    }

    /// Begins a transaction that writes.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that begins transactions"
    )]
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        // SQLite: a deferred transaction that reads first and writes later fails at once when another
        // writer came between, whatever the busy timeout; an immediate one waits.
        let inner = match &self.pools {
            Pools::Sqlite { write, .. } => AnyTx::Sqlite(write.begin_with("begin immediate").await?),
            Pools::Postgres(pool) => AnyTx::Postgres(pool.begin().await?),
        };
        if let Some(fence) = &self.fence {
            fence.check_time()?;
        }
        Ok(self.tx(inner, self.fence.clone()))
    }

    /// Begins a transaction that only reads; it sees one state of the database and never waits for a writer.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that begins transactions"
    )]
    pub async fn read(&self) -> Result<Tx, StoreError> {
        let inner = match &self.pools {
            Pools::Sqlite { read, .. } => AnyTx::Sqlite(read.begin().await?),
            Pools::Postgres(pool) => AnyTx::Postgres(pool.begin().await?),
        };
        if let Some(fence) = &self.fence {
            fence.check_time()?;
        }
        Ok(self.tx(inner, None))
    }

    /// The database's name for people: `SQLite` or `PostgreSQL`.
    pub const fn kind(&self) -> &'static str {
        match &self.pools {
            Pools::Sqlite { .. } => "SQLite",
            Pools::Postgres(_) => "PostgreSQL",
        }
    }

    /// The file of a SQLite database; `None` on PostgreSQL.
    pub(super) fn sqlite_file(&self) -> Option<PathBuf> {
        match &self.pools {
            Pools::Sqlite { write, .. } => Some(write.connect_options().get_filename().to_owned()),
            Pools::Postgres(_) => None,
        }
    }

    /// Closes all connections; what was committed stays.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Makes everything done in the transaction durable.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        // As late as can be: whoever takes the lease over waits no longer than this commit takes.
        if let Some(fence) = self.fence.take() {
            fence.check(&mut self).await?;
        }
        match self.inner {
            AnyTx::Sqlite(tx) => tx.commit().await,
            AnyTx::Postgres(tx) => tx.commit().await,
        }
        .map_err(StoreError::from)
    }

    /// Undoes everything done in the transaction.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.inner {
            AnyTx::Sqlite(tx) => tx.rollback().await,
            AnyTx::Postgres(tx) => tx.rollback().await,
        }
        .map_err(StoreError::from)
    }

    /// The text for this database, where one text does not do.
    pub(super) const fn text(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self.inner {
            AnyTx::Sqlite(_) => sqlite,
            AnyTx::Postgres(_) => postgres,
        }
    }
}
