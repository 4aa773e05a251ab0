//! Programs of one or of two versions that meet one schema.

use std::process::Stdio;

use madoguchi::demo::PrivateCluster;
use madoguchi::store::{Database, StoreError};

use super::house::House;

const AT_ONCE: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_at_once_migrate_one_after_the_other() {
    let cluster = PrivateCluster::start().unwrap();
    let empty = cluster.create_database("empty").unwrap();
    let house = House::new(&cluster.create_database("house").unwrap()).await;
    for url in [
        empty,
        "sqlite:FOLDER/fresh.db".replace("FOLDER", &house.folder_name()),
    ] {
        house.moves_to(&url);
        let started: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                house
                    .command(&["migrate"])
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for child in started {
            let output = child.wait_with_output().unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        newer_is_refused(&url).await;
    }
}

/// A step of a later version is applied; this version does not touch the database any more.
async fn newer_is_refused(url: &str) {
    let step = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                select 9999, description, success, checksum, execution_time from _sqlx_migrations where version = 1";
    if url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query(step).execute(&pool).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query(step).execute(&pool).await.unwrap();
        pool.close().await;
    }
    let database = Database::open(url).await.unwrap();
    let refused = database.migrate().await.unwrap_err();
    assert!(matches!(refused, StoreError::NewerSchema(9999)), "{refused}");
    assert!(refused.to_string().contains("start the newer one"));
}
