//! What a person decides on outgoing mail: all of it waits, a mail is tried again, a mail is given up. Bytes
//! and Message-ID stay what they are.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::outbox::OutboxEntry;
use crate::clock::from_millis;

/// A time in which nothing goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Why, in words.
    pub reason: String,
    /// Who froze it.
    pub by: String,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// Freezes the outbox; `false` when it is frozen already, whose reason then stays.
pub async fn freeze_outbox(tx: &mut Tx, id: Uuid, freeze: &Freeze) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query(
            "insert into outbox_freezes (id, reason, frozen_by, frozen_at) select $1, $2, $3, $4
             where not exists (select 1 from outbox_freezes where released_at is null)",
        )
        .bind(id)
        .bind(&freeze.reason)
        .bind(&freeze.by)
        .bind(freeze.at.timestamp_millis())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// Why nothing goes out now; `None` where it does.
pub async fn find_freeze(tx: &mut Tx) -> Result<Option<Freeze>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, (String, String, i64)>(
            "select reason, frozen_by, frozen_at from outbox_freezes where released_at is null
             order by frozen_at limit 1",
        )
        .fetch_optional(conn)
        .await
    })?;
    Ok(row.map(|(reason, by, at)| Freeze {
        reason,
        by,
        at: from_millis(at),
    }))
}

/// Lets mail go out again; `false` when it was not frozen.
pub async fn release_outbox(tx: &mut Tx, by: &str, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query("update outbox_freezes set released_by = $1, released_at = $2 where released_at is null")
            .bind(by)
            .bind(at.timestamp_millis())
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(rows > 0)
}

/// One outgoing mail.
pub async fn find_outbox(tx: &mut Tx, id: Uuid) -> Result<Option<OutboxEntry>, StoreError> {
    let mut found = super::outbox::list_by_id(tx, id).await?;
    Ok(found.pop())
}

/// Mails that wait for an attempt or for a person, oldest first.
pub async fn list_open_outbox(tx: &mut Tx, limit: i64) -> Result<Vec<OutboxEntry>, StoreError> {
    super::outbox::list_open(tx, limit).await
}

/// Lets a failed mail, or one whose end nobody knows, be sent once more, now.
pub async fn retry_outbox(tx: &mut Tx, id: Uuid, note: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query(
            "update outbox set state = 'deferred', due_at = $2, finished_at = null, last_reply = $3
             where id = $1 and state in ('failed', 'unknown')",
        )
        .bind(id)
        .bind(now.timestamp_millis())
        .bind(note)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// Ends a mail that waits, or whose end nobody knows.
pub async fn give_up_outbox(
    tx: &mut Tx,
    id: Uuid,
    note: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query(
            "update outbox set state = 'failed', finished_at = $2, last_reply = $3
             where id = $1 and state in ('queued', 'deferred', 'unknown')",
        )
        .bind(id)
        .bind(now.timestamp_millis())
        .bind(note)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}
