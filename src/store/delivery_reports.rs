//! What was reported of mails the desk has sent (SPEC §15): each recipient and status once, so that a report told
//! a thousand times is one report.

use chrono::{DateTime, Utc};

use super::database::{Tx, on_db};
use super::error::StoreError;
use crate::mail::MessageId;

/// Reports that are kept of one mail; whoever has seen its Message-ID can invent more.
const MAX_REPORTS: i64 = 20;

/// One recipient's line of a report.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryReport<'a> {
    /// The mail it is about.
    pub message: &'a MessageId,
    /// The recipient, folded; empty where none is named.
    pub recipient: &'a str,
    /// The status, such as `5.1.1`; empty where none is named.
    pub status: &'a str,
    /// Whether delivery has failed for good.
    pub failed: bool,
}

/// How a report stands to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Novelty {
    /// It says something that was not told before.
    pub new: bool,
    /// It is the first failure of this mail, or of one to whom the desk has sent it.
    pub first_failure: bool,
}

/// Keeps a report unless it was told before.
pub async fn insert_report(
    tx: &mut Tx,
    report: DeliveryReport<'_>,
    at: DateTime<Utc>,
) -> Result<Novelty, StoreError> {
    let message = report.message.as_str();
    let before = count_reports(tx, message).await?;
    let failures_of_recipient = count_failures(tx, message, report.recipient).await?;
    let sent_to = is_recipient(tx, message, report.recipient).await?;
    if before.0 >= MAX_REPORTS {
        return Ok(Novelty {
            new: false,
            first_failure: false,
        });
    }
    let rows = on_db!(tx, |conn| {
        sqlx::query(
            "insert into delivery_reports (message_id, recipient, status, failed, at)
             values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(message)
        .bind(report.recipient)
        .bind(report.status)
        .bind(report.failed)
        .bind(at.timestamp_millis())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    let new = rows == 1;
    Ok(Novelty {
        new,
        first_failure: new && report.failed && (before.1 == 0 || (sent_to && failures_of_recipient == 0)),
    })
}

/// Reports of a mail, and failures among them.
async fn count_reports(tx: &mut Tx, message: &str) -> Result<(i64, i64), StoreError> {
    let counts = on_db!(tx, |conn| {
        sqlx::query_as::<_, (i64, i64)>(
            "select count(*), count(case when failed then 1 end) from delivery_reports where message_id = $1",
        )
        .bind(message)
        .fetch_one(conn)
        .await
    })?;
    Ok(counts)
}

async fn count_failures(tx: &mut Tx, message: &str, recipient: &str) -> Result<i64, StoreError> {
    let count = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select count(case when failed then 1 end) from delivery_reports
             where message_id = $1 and recipient = $2",
        )
        .bind(message)
        .bind(recipient)
        .fetch_one(conn)
        .await
    })?;
    Ok(count)
}

/// Whether the desk has sent the mail to that address.
async fn is_recipient(tx: &mut Tx, message: &str, recipient: &str) -> Result<bool, StoreError> {
    let count = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select count(*) from outbox where message_id = $1 and lower(recipient) = $2",
        )
        .bind(message)
        .bind(recipient)
        .fetch_one(conn)
        .await
    })?;
    Ok(count > 0)
}
