//! The desk's books, read with SQL of its own: what the judge looks at must not come through the code that
//! is judged.

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{PgPool, SqlitePool};
use uuid::Uuid;

/// A mail of the ledger.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct MailRow {
    pub(crate) id: Uuid,
    pub(crate) message_id: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) ticket_id: Option<Uuid>,
}

/// An outgoing mail.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct OutboxRow {
    pub(crate) ticket_id: Option<Uuid>,
    pub(crate) purpose: String,
    pub(crate) recipient: String,
    pub(crate) message_id: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) state: String,
    pub(crate) attempts: i64,
    pub(crate) unknowns: i64,
    pub(crate) told_at: Option<i64>,
}

/// Everything the judge looks at.
#[derive(Debug, Clone)]
pub(crate) struct Books {
    pub(crate) mails: Vec<MailRow>,
    pub(crate) tickets: usize,
    pub(crate) outbox: Vec<OutboxRow>,
}

/// A reader beside the desk.
#[derive(Debug)]
pub(crate) enum Reader {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

macro_rules! ask {
    ($reader:expr, $row:ty, $sql:literal) => {
        match $reader {
            Reader::Sqlite(pool) => sqlx::query_as::<_, $row>($sql).fetch_all(pool).await,
            Reader::Postgres(pool) => sqlx::query_as::<_, $row>($sql).fetch_all(pool).await,
        }
    };
}

impl Reader {
    /// Opens what the desk has made.
    pub(crate) async fn open(url: &str) -> anyhow::Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let options = SqliteConnectOptions::new().filename(path).read_only(true);
            let pool = SqlitePoolOptions::new().max_connections(1);
            return Ok(Self::Sqlite(pool.connect_with(options).await?));
        }
        let pool = PgPoolOptions::new().max_connections(1);
        Ok(Self::Postgres(pool.connect(url).await?))
    }

    /// How much is not done: mails without outcome, and outgoing mails without an end.
    pub(crate) async fn unfinished(&self) -> anyhow::Result<i64> {
        let rows = ask!(
            self,
            (i64,),
            "select (select count(*) from mails where outcome is null)
                  + (select count(*) from outbox where state in ('queued', 'sending', 'deferred'))"
        )?;
        Ok(rows.first().map_or(0, |(count,)| *count))
    }

    /// How many mails were ever kept.
    pub(crate) async fn kept(&self) -> anyhow::Result<i64> {
        let rows = ask!(self, (i64,), "select count(*) from mails")?;
        Ok(rows.first().map_or(0, |(count,)| *count))
    }

    /// Mails that wait for a person.
    pub(crate) async fn quarantined(&self) -> anyhow::Result<Vec<Uuid>> {
        let rows = ask!(
            self,
            (Uuid,),
            "select id from mails where outcome = 'quarantined'"
        )?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Everything.
    pub(crate) async fn read(&self) -> anyhow::Result<Books> {
        let tickets = ask!(self, (Uuid,), "select id from tickets")?;
        Ok(Books {
            mails: ask!(
                self,
                MailRow,
                "select id, message_id, outcome, ticket_id from mails"
            )?,
            tickets: tickets.len(),
            outbox: ask!(
                self,
                OutboxRow,
                "select ticket_id, purpose, recipient, message_id, bytes, state, attempts, unknowns, told_at
                 from outbox"
            )?,
        })
    }
}
