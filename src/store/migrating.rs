//! Brings the schema to this program's version. Comes in: a pool. Goes out: the schema, brought forward by one
//! process however many start at once; or a refusal, where a newer program has been here.

use std::path::PathBuf;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, PgPool, SqlitePool};

use super::error::StoreError;
use super::migrations::{self, Step};
use crate::failpoints::{self, Point};

/// One after the other: the migrator takes an advisory lock. The connection is its own, without the time limits
/// of the others: an index over a million tickets takes its time, and so does waiting for another process's.
pub(super) async fn migrate_postgres(pool: &PgPool) -> Result<(), StoreError> {
    let mut connection: PgConnection = pool.connect_options().connect().await?;
    let migrator = migrator(migrations::POSTGRES);
    for step in migrations::POSTGRES {
        migrator
            .run_to(step.number, &mut connection)
            .await
            .map_err(told)?;
        failpoints::reach(Point::BetweenMigrations);
    }
    sqlx::Connection::close(connection)
        .await
        .map_err(StoreError::from)
}

/// One after the other by a lock file beside the database, which the system lets go of with the process.
pub(super) async fn migrate_sqlite(pool: &SqlitePool) -> Result<(), StoreError> {
    let mut name = pool.connect_options().get_filename().as_os_str().to_owned();
    name.push(".migrate-lock");
    let locked = tokio::task::spawn_blocking(move || lock(&PathBuf::from(name))).await;
    let _locked = locked
        .map_err(std::io::Error::other)
        .flatten()
        .map_err(StoreError::Lock)?;
    let migrator = migrator(migrations::SQLITE);
    for step in migrations::SQLITE {
        migrator.run_to(step.number, pool).await.map_err(told)?;
        failpoints::reach(Point::BetweenMigrations);
    }
    Ok(())
}

fn lock(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    let file = std::fs::File::options().create(true).append(true).open(path)?;
    file.lock()?;
    Ok(file)
}

fn told(error: MigrateError) -> StoreError {
    if let MigrateError::VersionMissing(step) = error {
        return StoreError::NewerSchema(step);
    }
    StoreError::Migration(error)
}

fn migrator(steps: &[Step]) -> Migrator {
    Migrator::with_migrations(steps.iter().map(Step::to_migration).collect())
}
