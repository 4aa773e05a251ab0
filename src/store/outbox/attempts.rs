//! How attempts end: each is recorded once, by whoever holds the claim. What was taken over by another process
//! meanwhile is left to it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::OutboxState;
use crate::mail::MessageId;
use crate::store::database::{Tx, on_db};
use crate::store::error::StoreError;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptEnd<'a> {
    /// The new state.
    pub state: OutboxState,
    /// When the next attempt is due, for states that have one.
    pub due_at: Option<DateTime<Utc>>,
    /// The server's words, or what went wrong.
    pub reply: &'a str,
    /// Whether the mail may have been accepted all the same.
    pub unknown: bool,
    /// Whether staff are told with this change.
    pub told: bool,
    /// Now.
    pub at: DateTime<Utc>,
}

/// Records how an attempt ended; nothing where it was taken over by another process meanwhile, which knows no
/// better than that its end is unknown.
pub async fn mark_attempt(tx: &mut Tx, id: Uuid, end: &AttemptEnd<'_>) -> Result<(), StoreError> {
    let finished = match end.state {
        OutboxState::Sent | OutboxState::Failed | OutboxState::Recalled | OutboxState::Unknown => {
            Some(end.at.timestamp_millis())
        }
        OutboxState::Queued | OutboxState::Sending | OutboxState::Deferred => None,
    };
    let process = tx.process;
    on_db!(tx, |conn| {
        sqlx::query(
            "update outbox set state = $2, due_at = coalesce($3, due_at), last_reply = $4, finished_at = $5,
                 lease_until = null, unknowns = unknowns + $6, told_at = coalesce($7, told_at)
             where id = $1 and state = 'sending' and (process_id is null or process_id = $8)",
        )
        .bind(id)
        .bind(end.state.as_str())
        .bind(end.due_at.map(|at| at.timestamp_millis()))
        .bind(end.reply)
        .bind(finished)
        .bind(i64::from(end.unknown))
        .bind(end.told.then(|| end.at.timestamp_millis()))
        .bind(process)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// A mail that the server took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentMail<'a> {
    /// Its row.
    pub id: Uuid,
    /// The server's words after 250.
    pub reply: &'a str,
    /// When it said so.
    pub at: DateTime<Utc>,
}

/// Records that mails were taken, all in one statement.
pub async fn mark_sent(tx: &mut Tx, mails: &[SentMail<'_>]) -> Result<(), StoreError> {
    if mails.is_empty() {
        return Ok(());
    }
    let process = tx.process;
    on_db!(tx, |conn| {
        let mut update = sqlx::QueryBuilder::new(
            "update outbox set state = 'sent', last_reply = taken.column2, finished_at = taken.column3,
                 lease_until = null from (",
        );
        update.push_values(mails, |mut row, mail| {
            row.push_bind(mail.id)
                .push_bind(mail.reply)
                .push_bind(mail.at.timestamp_millis());
        });
        update
            .push(") as taken where outbox.id = taken.column1 and outbox.state = 'sending' and (process_id is null or process_id = ")
            .push_bind(process)
            .push(")");
        update.build().persistent(false).execute(conn).await.map(|_| ())
    })?;
    Ok(())
}

/// Records as sent a mail whose end nobody knew, under a Message-ID that has come back to us; `false` where there is
/// none. A Message-ID that went to several recipients proves nothing of any one of them.
pub async fn prove_sent(
    tx: &mut Tx,
    id: &MessageId,
    reply: &str,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query(
            "update outbox set state = 'sent', finished_at = $3, last_reply = $2
             where message_id = $1 and unknowns > 0 and state in ('unknown', 'deferred')
             and (select count(*) from outbox as one where one.message_id = $1) = 1",
        )
        .bind(id.as_str())
        .bind(reply)
        .bind(at.timestamp_millis())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}
