//! What can go wrong in keeping, and whether trying again may help.

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
            Self::Database(_) => true,
            Self::Url(_) | Self::Migration(_) | Self::Row { .. } | Self::Compression(_) => false,
        }
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
