//! Mail going out. A row's bytes and Message-ID are final when it is written, in the transaction of what
//! caused it; only its state changes afterwards (SPEC §14).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::{Place, instant};
use crate::clock::from_millis;
use crate::mail::{EmailAddress, MessageId};

pub use super::purpose::Purpose;

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

/// Claims due mails for one attempt each, most urgent first; committed before SMTP begins, so that a
/// second dispatcher cannot take them and a crash shows as an expired lease. A mail waits while an earlier
/// one of its ticket to the same recipient is still to go, so that nobody reads answers in the wrong order.
pub async fn claim_outbox(
    tx: &mut Tx,
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<OutboxEntry>, StoreError> {
    // Dispatchers of several processes pass over each other's rows instead of waiting for them. The list is
    // made once, before the update, which would otherwise be free to make it again and take too many.
    let skip = tx.text("", "for update of due skip locked");
    let sql = format!(
        "with chosen (chosen_id) as materialized (
             select due.id from outbox as due where due.state in ('queued', 'deferred') and due.due_at <= $1
             and not exists (select 1 from outbox_freezes where released_at is null)
             and not exists (
                 select 1 from outbox as earlier where earlier.ticket_id = due.ticket_id
                 and earlier.recipient = due.recipient and earlier.id < due.id
                 and earlier.state in ('queued', 'sending', 'deferred'))
             order by due.priority, due.due_at, due.id limit $3 {skip})
         update outbox set state = 'sending', attempts = attempts + 1, lease_until = $2, process_id = $4
         where state in ('queued', 'deferred') and id in (select chosen_id from chosen)
         returning {COLUMNS_OF_ENTRY}"
    );
    let process = tx.process;
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, EntryRow>(sqlx::AssertSqlSafe(sql))
            .bind(now.timestamp_millis())
            .bind(lease_until.timestamp_millis())
            .bind(limit)
            .bind(process)
            .fetch_all(conn)
            .await
    })?;
    let mut entries = rows
        .into_iter()
        .map(EntryRow::typed)
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| (entry.purpose.priority(), entry.due_at, entry.id));
    Ok(entries)
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

/// Gives back mails that were claimed and not tried, as if they had not been claimed.
pub async fn give_back(tx: &mut Tx, ids: &[Uuid]) -> Result<(), StoreError> {
    let process = tx.process;
    for id in ids {
        on_db!(tx, |conn| {
            sqlx::query(
                "update outbox set state = case when attempts > 1 then 'deferred' else 'queued' end,
                     attempts = attempts - 1, lease_until = null, process_id = null
                 where id = $1 and state = 'sending' and (process_id is null or process_id = $2)",
            )
            .bind(*id)
            .bind(process)
            .execute(conn)
            .await
            .map(|_| ())
        })?;
    }
    Ok(())
}

/// Takes over the attempts whose lease ran out or whose process is gone, each by one taker. Whether the mails
/// went is unknown; whoever took them records so.
pub async fn take_abandoned(
    tx: &mut Tx,
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
) -> Result<Vec<OutboxEntry>, StoreError> {
    let sql = format!(
        "update outbox set process_id = $3, lease_until = $2 where state = 'sending'
         and (lease_until < $1 or process_id in (select id from processes where gone = $4))
         returning {COLUMNS_OF_ENTRY}"
    );
    let process = tx.process;
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, EntryRow>(sqlx::AssertSqlSafe(sql))
            .bind(now.timestamp_millis())
            .bind(lease_until.timestamp_millis())
            .bind(process)
            .bind(true)
            .fetch_all(conn)
            .await
    })?;
    rows.into_iter().map(EntryRow::typed).collect()
}

/// Outgoing mails of a ticket, oldest first.
pub async fn list_outbox_of(tx: &mut Tx, ticket: Uuid) -> Result<Vec<OutboxEntry>, StoreError> {
    let sql = format!("select {COLUMNS_OF_ENTRY} from outbox where ticket_id = $1 order by created_at, id");
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, EntryRow>(sqlx::AssertSqlSafe(sql))
            .bind(ticket)
            .fetch_all(conn)
            .await
    })?;
    rows.into_iter().map(EntryRow::typed).collect()
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

/// Mails that have not reached `sent`, oldest first.
pub async fn list_unsent(tx: &mut Tx, limit: i64) -> Result<Vec<OutboxEntry>, StoreError> {
    list_where(
        tx,
        "state not in ('sent', 'recalled') and created_at >= $1",
        0,
        limit,
    )
    .await
}

/// All mails, newest first.
pub async fn list_outbox(tx: &mut Tx, limit: i64) -> Result<Vec<OutboxEntry>, StoreError> {
    let mut entries = list_where(tx, "created_at >= $1", 0, limit).await?;
    entries.reverse();
    Ok(entries)
}

/// Mails that wait for an attempt or for a person, oldest first.
pub(super) async fn list_open(tx: &mut Tx, limit: i64) -> Result<Vec<OutboxEntry>, StoreError> {
    list_where(
        tx,
        "state in ('queued', 'sending', 'deferred', 'unknown') and created_at >= $1",
        0,
        limit,
    )
    .await
}

/// The mail of that key.
pub(super) async fn list_by_id(tx: &mut Tx, id: Uuid) -> Result<Vec<OutboxEntry>, StoreError> {
    let sql = format!("select {COLUMNS_OF_ENTRY} from outbox where id = $1");
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, EntryRow>(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_all(conn)
            .await
    })?;
    rows.into_iter().map(EntryRow::typed).collect()
}

async fn list_where(
    tx: &mut Tx,
    condition: &'static str,
    value: i64,
    limit: i64,
) -> Result<Vec<OutboxEntry>, StoreError> {
    // Only fixed text enters the statement; values are bound.
    let sql = format!(
        "select {COLUMNS_OF_ENTRY} from outbox where id in (select id from outbox where {condition}
         order by created_at desc, id desc limit $2) order by created_at, id"
    );
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, EntryRow>(sqlx::AssertSqlSafe(sql))
            .bind(value)
            .bind(limit)
            .fetch_all(conn)
            .await
    })?;
    rows.into_iter().map(EntryRow::typed).collect()
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

/// When the next mail that may go is due; `None` when nothing waits, or all of it waits for a person or for
/// an earlier mail.
pub async fn find_next_due(tx: &mut Tx) -> Result<Option<DateTime<Utc>>, StoreError> {
    let due = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Option<i64>>(
            "select min(due.due_at) from outbox as due where due.state in ('queued', 'deferred')
             and not exists (select 1 from outbox_freezes where released_at is null)
             and not exists (
                 select 1 from outbox as earlier where earlier.ticket_id = due.ticket_id
                 and earlier.recipient = due.recipient and earlier.id < due.id
                 and earlier.state in ('queued', 'sending', 'deferred'))",
        )
        .fetch_one(conn)
        .await
    })?;
    Ok(instant(due))
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

/// How many mails are in each state.
pub async fn count_outbox_states(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (String, i64)>("select state, count(*) from outbox group by 1 order by 1")
            .fetch_all(conn)
            .await
    })?;
    Ok(rows)
}
