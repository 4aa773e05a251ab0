//! What `reconcile` asks of the ledger and the outbox. Comes in: a stretch of a mailbox, or an instant. Goes
//! out: what is recorded there. Nothing here changes anything.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::outbox::OutboxState;
use super::purpose::Purpose;
use super::rows::{Place, instant};
use crate::clock::from_millis;

/// What the ledger knows of one place in a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerPlace {
    /// UID in the mailbox.
    pub uid: u32,
    /// Whether the mail has its outcome.
    pub decided: bool,
    /// Whether it counts as moved away.
    pub filed: bool,
}

/// A mail without outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndecidedMail {
    /// Key.
    pub id: Uuid,
    /// Where it came from.
    pub mailbox: String,
    /// When the desk first saw it.
    pub received_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: i64,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// What tells one mail in the ledger from another without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerKey {
    /// The row, to go on after.
    pub id: Uuid,
    /// Message-ID.
    pub message_id: String,
    /// Full size in octets.
    pub size: u64,
}

/// An outgoing mail without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxLine {
    /// Key.
    pub id: Uuid,
    /// What it is for.
    pub purpose: Purpose,
    /// Whom it is for.
    pub recipient: String,
    /// Where it stands.
    pub state: OutboxState,
    /// When it was or is due.
    pub due_at: DateTime<Utc>,
    /// The server's last words.
    pub last_reply: Option<String>,
}

/// When a mailbox was last listed whole; `None` where it never was.
pub async fn find_scanned_at(tx: &mut Tx, mailbox: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
    let scanned = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Option<i64>>("select scanned_at from mailboxes where name = $1")
            .bind(mailbox)
            .fetch_optional(conn)
            .await
    })?;
    Ok(instant(scanned.flatten()))
}

/// What is recorded of the UIDs from one to another, both included, in ascending order.
pub async fn list_places(
    tx: &mut Tx,
    mailbox: &str,
    uid_validity: u32,
    (from, to): (u32, u32),
) -> Result<Vec<LedgerPlace>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (i64, bool, bool)>(
            "select uid, outcome is not null, filed_at is not null from mails
             where mailbox = $1 and uid_validity = $2 and uid >= $3 and uid <= $4 order by uid",
        )
        .bind(mailbox)
        .bind(i64::from(uid_validity))
        .bind(i64::from(from))
        .bind(i64::from(to))
        .fetch_all(conn)
        .await
    })?;
    let place = Place {
        table: "mails",
        row: &mailbox,
    };
    let typed = |(uid, decided, filed)| {
        place
            .narrow("uid", uid)
            .map(|uid| LedgerPlace { uid, decided, filed })
    };
    rows.into_iter().map(typed).collect()
}

/// Message-IDs and sizes of mails that have their outcome, by ascending key after `after`.
pub async fn list_ledger_keys(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<LedgerKey>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (Uuid, Option<String>, i64)>(
            "select id, message_id, size from mails where id > $1 and outcome is not null order by id limit $2",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    let typed = |(id, message_id, size): (Uuid, Option<String>, i64)| {
        let place = Place {
            table: "mails",
            row: &id,
        };
        place.narrow("size", size).map(|size| LedgerKey {
            id,
            message_id: message_id.unwrap_or_default(),
            size,
        })
    };
    rows.into_iter().map(typed).collect()
}

/// Whether a mail of this content has an outcome, whichever.
pub async fn has_content(tx: &mut Tx, hash: &str) -> Result<bool, StoreError> {
    let count = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select count(*) from mails where content_hash = $1 and outcome is not null",
        )
        .bind(hash)
        .fetch_one(conn)
        .await
    })?;
    Ok(count > 0)
}

/// Mails without outcome, wherever they came from, oldest first.
pub async fn list_undecided(tx: &mut Tx, limit: i64) -> Result<Vec<UndecidedMail>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (Uuid, String, i64, i64, Option<String>)>(
            "select id, mailbox, received_at, attempts, last_error from mails where outcome is null
             order by received_at, id limit $1",
        )
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    let typed = |(id, mailbox, received_at, attempts, last_error)| UndecidedMail {
        id,
        mailbox,
        received_at: from_millis(received_at),
        attempts,
        last_error,
    };
    Ok(rows.into_iter().map(typed).collect())
}

/// Outgoing mails that stand still: attempts whose lease ran out before `now`, mails that are due since
/// before `overdue` and that no earlier mail keeps waiting, and those whose end nobody knows.
pub async fn list_standing_still(
    tx: &mut Tx,
    now: DateTime<Utc>,
    overdue: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<OutboxLine>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (Uuid, String, String, String, i64, Option<String>)>(
            "select id, purpose, recipient, state, due_at, last_reply from outbox as one
             where state = 'unknown' or (state = 'sending' and lease_until < $1)
             or (state in ('queued', 'deferred') and due_at < $2 and not exists (
                 select 1 from outbox as earlier where earlier.ticket_id = one.ticket_id
                 and earlier.recipient = one.recipient and earlier.id < one.id
                 and earlier.state in ('queued', 'sending', 'deferred')))
             order by created_at, id limit $3",
        )
        .bind(now.timestamp_millis())
        .bind(overdue.timestamp_millis())
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    let typed =
        |(id, purpose, recipient, state, due_at, last_reply): (Uuid, String, String, String, i64, _)| {
            let place = Place {
                table: "outbox",
                row: &id,
            };
            Ok(OutboxLine {
                id,
                purpose: place.read("purpose", &purpose)?,
                recipient,
                state: place.read("state", &state)?,
                due_at: from_millis(due_at),
                last_reply,
            })
        };
    rows.into_iter().map(typed).collect()
}
