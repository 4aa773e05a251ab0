//! The ledger: every mail ever seen, its bytes, how often it was tried, and its one outcome.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::Place;
use crate::clock::from_millis;
use crate::ticket::MailOutcome;

/// Level of zstd: mail text shrinks to a third, and it costs less than the commit.
const COMPRESSION_LEVEL: i32 = 1;

/// Largest raw mail that is unpacked, in octets: far above the size limit of the intake.
const MAX_RAW_OCTETS: usize = 512 * 1024 * 1024;

/// Where in a mailbox a mail lies (RFC 9051 §2.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailPlace {
    /// UIDVALIDITY of the mailbox when it was seen.
    pub uid_validity: u32,
    /// UID.
    pub uid: u32,
}

/// A mail about to be kept, before anything has read it.
#[derive(Debug, Clone)]
pub struct NewMail<'a> {
    /// Key.
    pub id: Uuid,
    /// `imap` or `ingest`.
    pub source: &'static str,
    /// Name of the mailbox, or of the file.
    pub mailbox: &'a str,
    /// Place in the mailbox; `None` for ingested files.
    pub place: Option<MailPlace>,
    /// When the desk first saw it.
    pub received_at: DateTime<Utc>,
    /// When the mail server took it in (INTERNALDATE), where one said so.
    pub arrived_at: Option<DateTime<Utc>>,
    /// Full size in octets, also where only the header was fetched.
    pub size: u64,
    /// Hash of the content without trace lines.
    pub content_hash: &'a str,
    /// The bytes: the whole mail, or its header alone.
    pub raw: &'a [u8],
    /// Whether `raw` is the whole mail.
    pub whole: bool,
    /// Whether an acknowledgement may be sent (`ingest --no-acknowledgement`).
    pub acknowledge: bool,
}

/// A kept mail with its bytes, ready to be read.
#[derive(Debug, Clone)]
pub struct StoredMail {
    /// Key.
    pub id: Uuid,
    /// Name of the mailbox, or of the file.
    pub mailbox: String,
    /// Whether it was read from a mailbox, and not from a file.
    pub in_mailbox: bool,
    /// Hash of the content without trace lines.
    pub content_hash: String,
    /// When the desk first saw it.
    pub received_at: DateTime<Utc>,
    /// When the mail server took it in (INTERNALDATE), where one said so.
    pub arrived_at: Option<DateTime<Utc>>,
    /// Full size in octets.
    pub size: u64,
    /// The bytes.
    pub raw: Vec<u8>,
    /// Whether `raw` is the whole mail.
    pub whole: bool,
    /// Whether an acknowledgement may be sent.
    pub acknowledge: bool,
    /// How often reading it was tried, this time included.
    pub attempts: i64,
}

/// Keeps a mail with its first attempt counted. `false`: its place is in the ledger already.
pub async fn insert_mail(tx: &mut Tx, mail: &NewMail<'_>) -> Result<bool, StoreError> {
    let inserted = insert_mails(tx, std::slice::from_ref(mail)).await?;
    Ok(!inserted.is_empty())
}

/// Keeps mails with their first attempt counted, all in one statement; returns the keys of those whose place
/// was not in the ledger before.
pub async fn insert_mails(tx: &mut Tx, mails: &[NewMail<'_>]) -> Result<Vec<Uuid>, StoreError> {
    if mails.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = Vec::with_capacity(mails.len());
    for mail in mails {
        let packed = zstd::bulk::compress(mail.raw, COMPRESSION_LEVEL).map_err(StoreError::Compression)?;
        rows.push((mail, packed));
    }
    let inserted = on_db!(tx, |conn| {
        let mut insert = sqlx::QueryBuilder::new(
            "insert into mails (id, source, mailbox, uid_validity, uid, received_at, size, content_hash, raw,
                                whole, acknowledge, arrived_at, attempts) ",
        );
        insert.push_values(rows, |mut row, (mail, packed)| {
            row.push_bind(mail.id)
                .push_bind(mail.source)
                .push_bind(mail.mailbox)
                .push_bind(mail.place.map(|place| i64::from(place.uid_validity)))
                .push_bind(mail.place.map(|place| i64::from(place.uid)))
                .push_bind(mail.received_at.timestamp_millis())
                .push_bind(i64::try_from(mail.size).unwrap_or(i64::MAX))
                .push_bind(mail.content_hash)
                .push_bind(packed)
                .push_bind(mail.whole)
                .push_bind(mail.acknowledge)
                .push_bind(mail.arrived_at.map(|at| at.timestamp_millis()))
                .push_bind(1_i64);
        });
        insert.push(" on conflict do nothing returning id");
        insert
            .build_query_scalar::<Uuid>()
            .persistent(false)
            .fetch_all(conn)
            .await
    })?;
    Ok(inserted)
}

/// Ids of mails that have no outcome yet, oldest first.
pub async fn list_waiting_mails(tx: &mut Tx, limit: i64) -> Result<Vec<Uuid>, StoreError> {
    let ids = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Uuid>(
            "select id from mails where outcome is null order by received_at, id limit $1",
        )
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    Ok(ids)
}

/// Which of these mails still have no outcome; they are kept from every other writer until the transaction ends,
/// so that a mail has one effect whoever takes it through: a scan, a retry, or a command beside it.
pub async fn lock_waiting(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let lock = tx.text("", " for update");
    let waiting = on_db!(tx, |conn| {
        let mut query = sqlx::QueryBuilder::new("select id from mails where outcome is null and id in (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        // In one order, so that two that want the same mails wait for each other and never in a circle.
        query.push(") order by id").push(lock);
        query.build_query_scalar::<Uuid>().fetch_all(conn).await
    })?;
    Ok(waiting)
}

/// Counts one more attempt of a mail that was left without outcome; committed before it is read again.
pub async fn raise_attempts(tx: &mut Tx, id: Uuid) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update mails set attempts = attempts + 1 where id = $1")
            .bind(id)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Records why an attempt failed.
pub async fn mark_attempt_failed(tx: &mut Tx, id: Uuid, error: &str) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update mails set last_error = $2 where id = $1")
            .bind(id)
            .bind(error)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct MailRow {
    mailbox: String,
    in_mailbox: bool,
    content_hash: String,
    received_at: i64,
    arrived_at: Option<i64>,
    size: i64,
    raw: Option<Vec<u8>>,
    whole: bool,
    acknowledge: bool,
    attempts: i64,
}

/// A kept mail with its bytes; `None` when there is no such mail.
pub async fn find_mail(tx: &mut Tx, id: Uuid) -> Result<Option<StoredMail>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, MailRow>(
            "select mailbox, uid is not null as in_mailbox, content_hash, received_at, arrived_at, size, raw, whole, acknowledge, attempts
             from mails where id = $1",
        )
        .bind(id)
        .fetch_optional(conn)
        .await
    })?;
    row.map(|row| stored(id, row)).transpose()
}

fn stored(id: Uuid, row: MailRow) -> Result<StoredMail, StoreError> {
    let place = Place {
        table: "mails",
        row: &id,
    };
    let packed = row.raw.unwrap_or_default();
    let size: u64 = place.narrow("size", row.size)?;
    // The header alone may have been kept, so the size is only a hint, and never trusted beyond the limit.
    let raw = if packed.is_empty() {
        Vec::new()
    } else {
        zstd::bulk::decompress(&packed, capacity(&packed)).map_err(StoreError::Compression)?
    };
    Ok(StoredMail {
        id,
        mailbox: row.mailbox,
        in_mailbox: row.in_mailbox,
        content_hash: row.content_hash,
        received_at: from_millis(row.received_at),
        arrived_at: row.arrived_at.map(from_millis),
        size,
        raw,
        whole: row.whole,
        acknowledge: row.acknowledge,
        attempts: row.attempts,
    })
}

/// The Message-ID of a mail that was read, as text.
pub async fn find_message_id(tx: &mut Tx, id: Uuid) -> Result<Option<String>, StoreError> {
    let found = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Option<String>>("select message_id from mails where id = $1")
            .bind(id)
            .fetch_optional(conn)
            .await
    })?;
    Ok(found.flatten())
}

/// The unpacked size, which the packed form carries.
fn capacity(packed: &[u8]) -> usize {
    let told = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    told.and_then(|size| usize::try_from(size).ok())
        .unwrap_or(MAX_RAW_OCTETS)
        .min(MAX_RAW_OCTETS)
}

/// The earlier mail with the same content that has an outcome, if there is one.
pub async fn find_same_content(tx: &mut Tx, hash: &str, but: Uuid) -> Result<Option<Uuid>, StoreError> {
    let id = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Uuid>(
            "select id from mails where content_hash = $1 and id <> $2 and outcome is not null
             and outcome not in ('duplicate', 'quarantined') order by received_at limit 1",
        )
        .bind(hash)
        .bind(but)
        .fetch_optional(conn)
        .await
    })?;
    Ok(id)
}

/// Records the one outcome of a mail. `false`: it has one already, and nothing was changed.
pub async fn mark_outcome(
    tx: &mut Tx,
    id: Uuid,
    outcome: MailOutcome,
    reason: &str,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query(
            "update mails set outcome = $2, reason = $3, outcome_at = $4 where id = $1 and outcome is null",
        )
        .bind(id)
        .bind(outcome.as_str())
        .bind(reason)
        .bind(at.timestamp_millis())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// What a mail that was read ended in.
#[derive(Debug, Clone, Copy)]
pub struct ReadMail<'a> {
    /// Its Message-ID.
    pub message_id: Option<&'a str>,
    /// The ticket it went to.
    pub ticket: Option<Uuid>,
    /// Its one outcome.
    pub outcome: MailOutcome,
    /// Why.
    pub reason: &'a str,
}

/// Records what became of a mail that was read. `false`: it has its outcome already, and nothing was changed.
pub async fn mark_read(
    tx: &mut Tx,
    id: Uuid,
    read: ReadMail<'_>,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query(
            "update mails set message_id = $2, ticket_id = $3, outcome = $4, reason = $5, outcome_at = $6
             where id = $1 and outcome is null",
        )
        .bind(id)
        .bind(read.message_id)
        .bind(read.ticket)
        .bind(read.outcome.as_str())
        .bind(read.reason)
        .bind(at.timestamp_millis())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// How many mails ended in each outcome; the empty name counts those without one.
pub async fn count_outcomes(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (String, i64)>(
            "select coalesce(outcome, ''), count(*) from mails group by 1 order by 1",
        )
        .fetch_all(conn)
        .await
    })?;
    Ok(rows)
}
