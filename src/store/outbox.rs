//! Mail going out. A row's bytes and Message-ID are final when it is written, in the transaction of what
//! caused it; only its state changes afterwards (SPEC §14).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::{Place, instant};
use crate::clock::from_millis;
use crate::mail::{EmailAddress, MessageId};

mod attempts;
mod claiming;
mod lists;

pub use super::purpose::Purpose;
pub use attempts::{AttemptEnd, SentMail, mark_attempt, mark_sent, prove_sent};
pub use claiming::{claim_outbox, find_next_due, give_back, put_off, take_abandoned};
pub use lists::{count_outbox_states, list_outbox, list_outbox_of, list_unsent};
pub(super) use lists::{list_by_id, list_open};

crate::slug_enum! {
    /// Where an outgoing mail stands (SPEC §14).
    pub enum OutboxState {
        /// Waiting for its first attempt.
        Queued = "queued",
        /// An attempt is under way, by whoever holds the lease.
        Sending = "sending",
        /// Accepted by the server with 250.
        Sent = "sent",
        /// Waiting for a further attempt.
        Deferred = "deferred",
        /// Given up; a person is told.
        Failed = "failed",
        /// Taken back by its author before it went out.
        Recalled = "recalled",
        /// It may or may not have been accepted; a person decides after one further attempt.
        Unknown = "unknown",
    }
}

/// One outgoing mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Key.
    pub id: Uuid,
    /// Its ticket.
    pub ticket_id: Option<Uuid>,
    /// The mail that caused it.
    pub mail_id: Option<Uuid>,
    /// What it is for.
    pub purpose: Purpose,
    /// Envelope sender.
    pub sender: EmailAddress,
    /// Envelope recipient: one a row.
    pub recipient: EmailAddress,
    /// Its Message-ID.
    pub message_id: MessageId,
    /// Its subject, for lists.
    pub subject: String,
    /// The final bytes.
    pub bytes: Vec<u8>,
    /// Where it stands.
    pub state: OutboxState,
    /// Attempts so far.
    pub attempts: i64,
    /// Not to be sent before.
    pub due_at: DateTime<Utc>,
    /// The server's last words.
    pub last_reply: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it reached an end state.
    pub finished_at: Option<DateTime<Utc>>,
    /// Attempts that may or may not have been accepted.
    pub unknowns: i64,
    /// When staff were told that it is late.
    pub told_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    id: Uuid,
    ticket_id: Option<Uuid>,
    mail_id: Option<Uuid>,
    purpose: String,
    sender: String,
    recipient: String,
    message_id: String,
    subject: String,
    bytes: Vec<u8>,
    state: String,
    attempts: i64,
    due_at: i64,
    last_reply: Option<String>,
    created_at: i64,
    finished_at: Option<i64>,
    unknowns: i64,
    told_at: Option<i64>,
}

impl EntryRow {
    fn typed(self) -> Result<OutboxEntry, StoreError> {
        let place = Place {
            table: "outbox",
            row: &self.id,
        };
        let message_id = MessageId::parse(&self.message_id)
            .ok_or_else(|| StoreError::row("outbox", "message_id", self.id, "is no Message-ID"))?;
        Ok(OutboxEntry {
            purpose: place.read("purpose", &self.purpose)?,
            sender: place.read("sender", &self.sender)?,
            recipient: place.read("recipient", &self.recipient)?,
            state: place.read("state", &self.state)?,
            id: self.id,
            ticket_id: self.ticket_id,
            mail_id: self.mail_id,
            message_id,
            subject: self.subject,
            bytes: self.bytes,
            attempts: self.attempts,
            due_at: from_millis(self.due_at),
            last_reply: self.last_reply,
            created_at: from_millis(self.created_at),
            finished_at: instant(self.finished_at),
            unknowns: self.unknowns,
            told_at: instant(self.told_at),
        })
    }
}

const COLUMNS_OF_ENTRY: &str =
    "id, ticket_id, mail_id, purpose, sender, recipient, message_id, subject, bytes,
    state, attempts, due_at, last_reply, created_at, finished_at, unknowns, told_at";

/// Keeps an outgoing mail.
pub async fn insert_outbox(tx: &mut Tx, entry: &OutboxEntry) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into outbox (id, ticket_id, mail_id, purpose, priority, sender, recipient, message_id,
                 subject, bytes, state, attempts, due_at, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13)",
        )
        .bind(entry.id)
        .bind(entry.ticket_id)
        .bind(entry.mail_id)
        .bind(entry.purpose.as_str())
        .bind(entry.purpose.priority())
        .bind(entry.sender.as_str())
        .bind(entry.recipient.as_str())
        .bind(entry.message_id.as_str())
        .bind(&entry.subject)
        .bind(&entry.bytes)
        .bind(entry.state.as_str())
        .bind(entry.due_at.timestamp_millis())
        .bind(entry.created_at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Records under which Message-ID a mail reached its recipient.
pub async fn mark_sent_as(tx: &mut Tx, id: Uuid, sent_as: &MessageId) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update outbox set sent_as = $2 where id = $1")
            .bind(id)
            .bind(sent_as.as_str())
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Takes back the answers of a ticket that have not gone out; returns the mails of staff they came from.
pub async fn recall_answers(
    tx: &mut Tx,
    ticket: Uuid,
    by: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, StoreError> {
    let mut mails = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Option<Uuid>>(
            "update outbox set state = 'recalled', finished_at = $2, last_reply = $3
             where ticket_id = $1 and purpose = 'answer' and state in ('queued', 'deferred')
             returning mail_id",
        )
        .bind(ticket)
        .bind(now.timestamp_millis())
        .bind(by)
        .fetch_all(conn)
        .await
    })?
    .into_iter()
    .flatten()
    .collect::<Vec<_>>();
    mails.sort_unstable();
    mails.dedup();
    Ok(mails)
}

/// How many answers of a ticket still wait, and how many are on their way or arrived.
pub async fn count_answers(tx: &mut Tx, ticket: Uuid) -> Result<(i64, i64), StoreError> {
    let counts = on_db!(tx, |conn| {
        sqlx::query_as::<_, (i64, i64)>(
            "select count(case when state in ('queued', 'deferred') then 1 end),
                 count(case when state in ('sending', 'sent', 'unknown') then 1 end)
             from outbox where ticket_id = $1 and purpose = 'answer'",
        )
        .bind(ticket)
        .fetch_one(conn)
        .await
    })?;
    Ok(counts)
}

/// One outgoing mail by its Message-ID, for matching bounces.
pub async fn find_outbox_by_message_id(
    tx: &mut Tx,
    id: &MessageId,
) -> Result<Option<OutboxEntry>, StoreError> {
    let sql = format!("select {COLUMNS_OF_ENTRY} from outbox where message_id = $1 or sent_as = $1");
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, EntryRow>(sqlx::AssertSqlSafe(sql))
            .bind(id.as_str())
            .fetch_optional(conn)
            .await
    })?;
    row.map(EntryRow::typed).transpose()
}

/// Whether a mail with that subject was ever queued for that address on a ticket.
pub async fn was_written_to(
    tx: &mut Tx,
    ticket: Uuid,
    address: &EmailAddress,
    subject: &str,
) -> Result<bool, StoreError> {
    let count = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select count(*) from outbox where ticket_id = $1 and recipient = $2 and subject = $3",
        )
        .bind(ticket)
        .bind(address.as_str())
        .bind(subject)
        .fetch_one(conn)
        .await
    })?;
    Ok(count > 0)
}
