//! What can go wrong in keeping, and whether trying again may help.

// SQLite's primary result codes (sqlite.org/rescode.html).
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const READ_ONLY: u32 = 8;
const IO_ERROR: u32 = 10;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANNOT_OPEN: u32 = 14;
const NO_DATABASE: u32 = 26;

/// A failure of the database or of a row in it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL of the configuration leads nowhere.
    #[error("database URL: {0}")]
    Url(String),
    /// The database refused or could not be reached.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought to this version.
    #[error("the database schema could not be migrated: {0}")]
    Migration(sqlx::migrate::MigrateError),
    /// A newer program has brought the schema to a step that this one does not know.
    #[error(
        "a newer version of this program has already changed the database (schema step {0}); this version cannot \
         work on it: start the newer one"
    )]
    NewerSchema(i64),
    /// The lock file beside the database could not be made.
    #[error("the lock file beside the database: {0}")]
    Lock(std::io::Error),
    /// The work was not committed, because the right to do it has gone to another process.
    #[error(
        "the lease of {name} was lost to another process or ran out; nothing of what was under way is kept"
    )]
    LeaseLost {
        /// The lease.
        name: String,
    },
    /// A row holds a value this program cannot read.
    #[error("table {table}, column {column}, row {row}: {problem}")]
    Row {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
        /// What is wrong with the value.
        problem: String,
    },
    /// Packing or unpacking a raw mail failed.
    #[error("a raw mail could not be packed or unpacked: {0}")]
    Compression(std::io::Error),
}

impl StoreError {
    /// Whether the same call may succeed later; the unknown counts as transient, so that nothing is given
    /// up too early.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(_) | Self::LeaseLost { .. } => true,
            Self::Url(_)
            | Self::Migration(_)
            | Self::NewerSchema(_)
            | Self::Lock(_)
            | Self::Row { .. }
            | Self::Compression(_) => false,
        }
    }

    /// Whether the database itself is away, restarting or full of connections: it comes back by itself, and
    /// nothing is wrong with what was asked of it.
    pub fn is_outage(&self) -> bool {
        if self.is_storage_trouble() || matches!(self.sqlite_code(), Some(BUSY | LOCKED)) {
            return true;
        }
        let Self::Database(error) = self else { return false };
        // PostgreSQL, appendix A: connection exception, insufficient resources, operator intervention (57P:
        // shutdown, restart, recovery), and a transaction that was idle for too long.
        let away =
            |code: &str| ["08", "53", "57P"].iter().any(|class| code.starts_with(class)) || code == "25P03";
        if let sqlx::Error::Database(told) = error {
            return told.code().is_some_and(|code| away(&code));
        }
        matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed
        )
    }

    /// Whether the disk below the database is full, cannot be written or read, or gives back what was not written:
    /// whoever asks next is told the same until a person has made room or put the disk right.
    pub fn is_storage_trouble(&self) -> bool {
        let Self::Database(sqlx::Error::Database(told)) = self else {
            return false;
        };
        match self.sqlite_code() {
            Some(code) => [READ_ONLY, IO_ERROR, CORRUPT, FULL, CANNOT_OPEN, NO_DATABASE].contains(&code),
            // PostgreSQL, appendix A: disk full, system error (external to PostgreSQL itself), internal error of
            // corrupted data or index.
            None => told
                .code()
                .is_some_and(|code| matches!(&*code, "53100" | "XX001" | "XX002") || code.starts_with("58")),
        }
    }

    /// Whether what was asked of the database cannot be to blame: the same work may succeed as it is, and an
    /// attempt at it does not count.
    pub fn is_blameless(&self) -> bool {
        self.is_outage() || self.is_conflict() || matches!(self, Self::LeaseLost { .. })
    }

    /// The primary result code of SQLite; `None` for everything else.
    fn sqlite_code(&self) -> Option<u32> {
        let Self::Database(sqlx::Error::Database(told)) = self else {
            return None;
        };
        told.try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
        let extended: u32 = told.code()?.parse().ok()?;
        Some(extended & 0xff)
    }

    /// Whether two transactions got into each other's way and one was undone: done again, it succeeds.
    pub fn is_conflict(&self) -> bool {
        // Class 40: serialization failure, deadlock detected.
        matches!(self, Self::Database(sqlx::Error::Database(told))
            if told.code().is_some_and(|code| code.starts_with("40")))
    }

    /// A value that cannot be read, with its place.
    pub fn row(
        table: &'static str,
        column: &'static str,
        row: impl std::fmt::Display,
        problem: impl std::fmt::Display,
    ) -> Self {
        Self::Row {
            table,
            column,
            row: row.to_string(),
            problem: problem.to_string(),
        }
    }
}
