//! The statements of the configured reports, kept in memory.
//!
//! Whoever asks is answered at once from what was read last, never by reading: a report may be large and its disk
//! slow. [`Shelf::refresh`] reads again what has changed, told by size and time of change, and belongs on a thread
//! that may block.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

use super::error::FeeError;
use super::ledger::{Ledger, Selection};
use super::month::BillingMonth;
use super::policy::FeePolicy;
use super::statement::Statement;
use crate::registry::AccountId;

/// What is known of an account's fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Its statements of one month, one an invoice.
    Statements(Vec<Statement>),
    /// The reports have nothing of that account and month.
    Nothing,
    /// The reports have not been read yet.
    NotRead,
    /// They cannot be read; why.
    Unreadable(String),
}

/// What a look at the reports came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// Nothing has changed.
    Unchanged,
    /// They were read.
    Read {
        /// How many statements they make.
        statements: usize,
    },
    /// They cannot be read; why.
    Failed(String),
}

/// The configured reports.
#[derive(Debug)]
pub struct Shelf {
    reports: Vec<PathBuf>,
    policy: FeePolicy,
    kept: RwLock<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    stamps: Vec<Stamp>,
    read: Option<Result<Vec<Statement>, String>>,
}

/// What tells that a file has changed.
type Stamp = Option<(u64, SystemTime)>;

impl Shelf {
    /// A shelf of these reports; nothing is read yet.
    pub fn new(reports: Vec<PathBuf>, policy: FeePolicy) -> Self {
        Self {
            reports,
            policy,
            kept: RwLock::new(Kept::default()),
        }
    }

    /// Whether no report is configured.
    pub fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    /// Reads the reports where one has changed since, and says what came of it. Blocks as long as reading takes;
    /// until it is done, what was read before answers.
    pub fn refresh(&self) -> Refreshed {
        let stamps: Vec<Stamp> = self.reports.iter().map(|path| stamp(path)).collect();
        let is_current = {
            let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
            kept.read.is_some() && kept.stamps == stamps
        };
        if is_current {
            return Refreshed::Unchanged;
        }
        let read = self.read().map_err(|error| error.to_string());
        let told = match &read {
            Ok(all) => Refreshed::Read {
                statements: all.len(),
            },
            Err(problem) => Refreshed::Failed(problem.clone()),
        };
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Kept {
            stamps,
            read: Some(read),
        };
        told
    }

    /// An account's statements of a month; of its latest month where none is named.
    pub fn find(&self, account: AccountId, month: Option<BillingMonth>) -> Found {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let all = match &kept.read {
            None => return Found::NotRead,
            Some(Err(problem)) => return Found::Unreadable(problem.clone()),
            Some(Ok(all)) => all,
        };
        let own = || all.iter().filter(|statement| statement.account == account);
        let month = month.or_else(|| own().map(|statement| statement.month).max());
        let found: Vec<Statement> = own()
            .filter(|statement| Some(statement.month) == month)
            .cloned()
            .collect();
        if found.is_empty() {
            Found::Nothing
        } else {
            Found::Statements(found)
        }
    }

    fn read(&self) -> Result<Vec<Statement>, FeeError> {
        let empty = Ledger::new(self.policy.clone(), Selection::default());
        self.reports
            .iter()
            .try_fold(empty, |ledger, path| {
                let name = path.display().to_string();
                let file = std::fs::File::open(path).map_err(|source| FeeError::Unreadable {
                    file: name.clone(),
                    source,
                })?;
                ledger.read(&name, file)
            })?
            .statements()
    }
}

fn stamp(path: &Path) -> Stamp {
    let about = std::fs::metadata(path).ok()?;
    Some((about.len(), about.modified().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = include_str!("../../fixtures/billing/cur2.csv");

    #[test]
    fn what_was_read_answers_until_a_report_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.csv");
        std::fs::write(&path, REPORT).unwrap();
        let shelf = Shelf::new(vec![path.clone()], FeePolicy::embedded());
        let account = AccountId::parse("480913372265").unwrap();
        assert_eq!(shelf.find(account, None), Found::NotRead);
        assert_eq!(shelf.refresh(), Refreshed::Read { statements: 2 });
        assert_eq!(shelf.refresh(), Refreshed::Unchanged);
        let Found::Statements(latest) = shelf.find(account, None) else {
            panic!("the report has that account")
        };
        assert_eq!(latest[0].month.to_string(), "2025-02");
        assert_eq!(shelf.find(account, BillingMonth::new(2025, 3)), Found::Nothing);
        std::fs::write(&path, REPORT.trim_end()).unwrap();
        assert!(matches!(shelf.refresh(), Refreshed::Failed(_)));
        assert!(
            matches!(shelf.find(account, None), Found::Unreadable(problem) if problem.contains("line 20"))
        );
    }
}
