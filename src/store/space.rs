//! How much room is left where the database lies. Comes in: the database. Goes out: free octets, where they can be
//! asked for. PostgreSQL's disk is its own machine's, and it says when it is full.

use super::database::Database;

impl Database {
    /// Octets that this process may still write beside the SQLite file; `None` on PostgreSQL, or where the system
    /// does not tell.
    pub fn free_octets(&self) -> Option<u64> {
        let file = self.sqlite_file()?;
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(std::path::Path::new("."));
        let told = rustix::fs::statvfs(folder).ok()?;
        Some(told.f_bavail.saturating_mul(told.f_frsize))
    }
}
