//! Whether this database is older than what was already sent: it was brought back from a backup.
//!
//! Comes in: the database, and for SQLite the file beside it. Goes out: what each of them says of itself. A SQLite
//! desk counts its claims in the database and, after the commit and before anything is sent, in the file `….sent`
//! beside it: where the file knows more, the database is older. PostgreSQL names itself by cluster, timeline
//! and table; a copy that was brought back differs from the name it carries.

use std::io::Write as _;
use std::path::PathBuf;

use super::database::{AnyTx, Database, Tx, on_db};
use super::error::StoreError;

/// The counter's name.
const CLAIMS: &str = "outbox-claims";

/// Digits of the number in the file: it is written over in place, in one piece.
const DIGITS: usize = 19;

impl Database {
    /// The file that knows how often mail was claimed; `None` on PostgreSQL.
    pub fn sent_mark_file(&self) -> Option<PathBuf> {
        self.sqlite_file().map(|file| {
            let mut name = file.into_os_string();
            name.push(".sent");
            PathBuf::from(name)
        })
    }

    /// What the file says; `None` where there is none, or nothing readable in it.
    pub fn sent_mark(&self) -> Option<i64> {
        let text = std::fs::read_to_string(self.sent_mark_file()?).ok()?;
        text.trim().parse().ok()
    }

    /// Writes the file over. It is not synced: a power cut may take back the last claims, a backup is older.
    pub fn write_sent_mark(&self, claims: i64) -> std::io::Result<()> {
        let Some(path) = self.sent_mark_file() else {
            return Ok(());
        };
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        file.write_all(format!("{claims:0DIGITS$}\n").as_bytes())
    }
}

/// Counts one more claim; returns how many there were.
pub async fn raise_claims(tx: &mut Tx) -> Result<i64, StoreError> {
    let claims = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "insert into counters (name, value) values ($1, 1)
             on conflict (name) do update set value = counters.value + 1 returning value",
        )
        .bind(CLAIMS)
        .fetch_one(conn)
        .await
    })?;
    Ok(claims)
}

/// How many claims the database knows of.
pub async fn find_claims(tx: &mut Tx) -> Result<i64, StoreError> {
    let claims = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>("select value from counters where name = $1")
            .bind(CLAIMS)
            .fetch_optional(conn)
            .await
    })?;
    Ok(claims.unwrap_or_default())
}

/// Goes on counting from there.
pub async fn set_claims(tx: &mut Tx, claims: i64) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into counters (name, value) values ($1, $2)
             on conflict (name) do update set value = excluded.value",
        )
        .bind(CLAIMS)
        .bind(claims)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Leaves ticket numbers out: those after the backup were given to customers, and must not name two tickets.
pub async fn skip_ticket_numbers(tx: &mut Tx, count: i64) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update counters set value = value + $1 where name = 'ticket'")
            .bind(count)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// What PostgreSQL says of itself: cluster, timeline, and the table's own number; `None` on SQLite.
pub async fn find_fingerprint(tx: &mut Tx) -> Result<Option<String>, StoreError> {
    match &mut tx.inner {
        AnyTx::Sqlite(_) => Ok(None),
        AnyTx::Postgres(tx) => {
            let name = sqlx::query_scalar::<_, String>(
                "select (select system_identifier::text from pg_control_system())
                     || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
                     || '/' || 'outbox'::regclass::oid::text",
            )
            .fetch_one(&mut **tx)
            .await?;
            Ok(Some(name))
        }
    }
}

/// Keeps the name this database goes by; returns the one it carried before.
pub async fn replace_fingerprint(tx: &mut Tx, name: &str) -> Result<Option<String>, StoreError> {
    let before = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, String>("select value from database_marks where name = 'fingerprint'")
            .fetch_optional(conn)
            .await
    })?;
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into database_marks (name, value) values ('fingerprint', $1)
             on conflict (name) do update set value = excluded.value",
        )
        .bind(name)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(before)
}
