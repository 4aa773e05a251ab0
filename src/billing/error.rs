//! Why a report or a policy cannot be used, in words that name the place and say what to do.

/// Why a report gives no statement.
#[derive(Debug, thiserror::Error)]
pub enum FeeError {
    /// The bytes could not be read.
    #[error("{file}: {source}")]
    Unreadable {
        /// The report as it was named.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file as a whole is no report.
    #[error("{file}: {problem}")]
    NoReport {
        /// The report as it was named.
        file: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// One field is wrong.
    #[error("{file}, line {line}, column {column}: {problem}")]
    Field {
        /// The report as it was named.
        file: String,
        /// Line of the file, counted from 1 (the header).
        line: u64,
        /// The column as the report's header names it.
        column: String,
        /// What is wrong and what to do.
        problem: String,
    },
}

/// What is wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPolicy(pub(super) String);
