//! Looks into the desk's database while it runs.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{PgPool, SqlitePool};
use std::str::FromStr as _;
use std::time::Duration;

/// A connection for counting, to either database.
#[derive(Debug)]
pub(crate) enum Watch {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Watch {
    /// Connects to a database that exists.
    pub(crate) async fn open(url: &str) -> anyhow::Result<Self> {
        if url.starts_with("postgres") {
            return Ok(Self::Postgres(PgPool::connect(url).await?));
        }
        let options = SqliteConnectOptions::from_str(url)?.read_only(true);
        Ok(Self::Sqlite(SqlitePool::connect_with(options).await?))
    }

    /// How many outgoing mails the server has accepted.
    pub(crate) async fn sent(&self) -> anyhow::Result<usize> {
        let sql = "select count(*) from outbox where state = 'sent'";
        let count: i64 = match self {
            Self::Sqlite(pool) => sqlx::query_scalar(sql).fetch_one(pool).await?,
            Self::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await?,
        };
        Ok(usize::try_from(count)?)
    }

    /// From the desk's taking a mail to the acceptance of its acknowledgement, for the `last` mails.
    pub(crate) async fn acknowledgement_times(&self, last: usize) -> anyhow::Result<Vec<Duration>> {
        let sql = "select outbox.finished_at - mails.received_at from outbox join mails on mails.id = outbox.mail_id \
             where outbox.purpose = 'acknowledgement' and outbox.state = 'sent' \
             order by outbox.created_at desc limit $1";
        let last = i64::try_from(last)?;
        let milliseconds: Vec<i64> = match self {
            Self::Sqlite(pool) => sqlx::query_scalar(sql).bind(last).fetch_all(pool).await?,
            Self::Postgres(pool) => sqlx::query_scalar(sql).bind(last).fetch_all(pool).await?,
        };
        Ok(milliseconds
            .into_iter()
            .map(|m| Duration::from_millis(u64::try_from(m).unwrap_or(0)))
            .collect())
    }
}
