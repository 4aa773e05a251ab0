//! The steps of the schema: the same numbers and names for both databases, the SQL from `migrations/`.

use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType};

/// One step, applied once and never changed afterwards.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) number: i64,
    name: &'static str,
    sql: &'static str,
}

impl Step {
    /// The step in the migrator's form.
    pub(super) fn to_migration(&self) -> Migration {
        Migration::new(
            self.number,
            self.name.into(),
            MigrationType::Simple,
            SqlStr::from_static(self.sql),
            false,
        )
    }
}

macro_rules! steps {
    ($folder:literal: $(($number:literal, $name:literal)),+ $(,)?) => {
        &[$(Step {
            number: $number,
            name: $name,
            sql: include_str!(concat!("../../migrations/", $folder, "/", $name, ".sql")),
        }),+]
    };
}

/// Steps for SQLite.
pub(super) const SQLITE: &[Step] = steps!("sqlite":
    (1, "0001_desk"),
    (3, "0003_clock"),
    (4, "0004_findings"),
    (5, "0005_authority"),
    (6, "0006_merges_and_watchers"),
    (7, "0007_rewritten_ids"),
    (8, "0008_quiet_and_waiting"),
    (9, "0009_budgets_and_lists"),
    (10, "0010_arrivals_and_reports"),
    (11, "0011_proposals"),
    (12, "0012_proven_waiting"),
    (13, "0013_processes"),
    (14, "0014_nothing_silent"),
    (15, "0015_registry_changes"),
    (16, "0016_sessions"),
    (20, "0020_unechoed_messages"),
);

/// Steps for PostgreSQL.
pub(super) const POSTGRES: &[Step] = steps!("postgres":
    (1, "0001_desk"),
    (3, "0003_clock"),
    (4, "0004_findings"),
    (5, "0005_authority"),
    (6, "0006_merges_and_watchers"),
    (7, "0007_rewritten_ids"),
    (8, "0008_quiet_and_waiting"),
    (9, "0009_budgets_and_lists"),
    (10, "0010_arrivals_and_reports"),
    (11, "0011_proposals"),
    (12, "0012_proven_waiting"),
    (13, "0013_processes"),
    (14, "0014_nothing_silent"),
    (15, "0015_registry_changes"),
    (16, "0016_sessions"),
    (20, "0020_unechoed_messages"),
);
