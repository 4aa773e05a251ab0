//! Mails that could not be read, with their bytes in the ledger, until a person decides.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use crate::clock::from_millis;

/// A line of the quarantine list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedMail {
    /// Key.
    pub id: Uuid,
    /// Where it lay.
    pub mailbox: String,
    /// When the desk first saw it.
    pub received_at: DateTime<Utc>,
    /// Size in octets.
    pub size: i64,
    /// Why it is there.
    pub reason: String,
    /// The error of the last attempt.
    pub last_error: String,
}

/// Takes a quarantined mail's outcome back, so that it is read once more.
pub async fn reopen_quarantined(tx: &mut Tx, id: Uuid) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query(
            "update mails set outcome = null, reason = null, outcome_at = null, attempts = 0
             where id = $1 and outcome = 'quarantined'",
        )
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

#[derive(sqlx::FromRow)]
struct QuarantinedRow {
    id: Uuid,
    mailbox: String,
    received_at: i64,
    size: i64,
    reason: Option<String>,
    last_error: Option<String>,
}

/// Mails in quarantine, newest first.
pub async fn list_quarantined(tx: &mut Tx, limit: i64) -> Result<Vec<QuarantinedMail>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, QuarantinedRow>(
            "select id, mailbox, received_at, size, reason, last_error from mails
             where outcome = 'quarantined' order by received_at desc limit $1",
        )
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    let quarantined = |row: QuarantinedRow| QuarantinedMail {
        id: row.id,
        mailbox: row.mailbox,
        received_at: from_millis(row.received_at),
        size: row.size,
        reason: row.reason.unwrap_or_default(),
        last_error: row.last_error.unwrap_or_default(),
    };
    Ok(rows.into_iter().map(quarantined).collect())
}
