//! What was sent automatically, for budgets and loops: acknowledgements by address, domain and altogether in
//! sliding windows, and automatic mails that were sent lately. Written in the transaction that sends, so that
//! a restart forgets nothing.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use crate::clock::from_millis;
use crate::mail::EmailAddress;

/// Automatic mails that are looked at; more of them to one address within the time would be a loop already.
const MOST_AUTOMATIC: i64 = 20;

/// The longest time over which acknowledgements are counted; what is older tells nothing.
pub const LONGEST_WINDOW: TimeDelta = TimeDelta::days(7);

/// What an address has had and has caused lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddressCounts {
    /// Acknowledgements to it within ten minutes.
    pub ten_minutes: i64,
    /// Acknowledgements to it within 24 hours.
    pub day: i64,
    /// Acknowledgements to it within [`LONGEST_WINDOW`].
    pub week: i64,
    /// Tickets it opened within 24 hours.
    pub opened_day: i64,
}

/// What strangers share a budget of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SharedCounts {
    /// Acknowledgements to the address's domain within an hour.
    pub domain_hour: i64,
    /// Acknowledgements to everybody within an hour.
    pub overall_hour: i64,
}

/// Records an acknowledgement.
pub async fn insert_acknowledgement(
    tx: &mut Tx,
    ticket: Uuid,
    address: &EmailAddress,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("insert into acknowledgements (ticket_id, address, domain, at) values ($1, $2, $3, $4)")
            .bind(ticket)
            .bind(address.folded())
            .bind(address.domain())
            .bind(at.timestamp_millis())
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Counts what was lately written to an address, and what it opened.
pub async fn count_of_address(
    tx: &mut Tx,
    address: &EmailAddress,
    now: DateTime<Utc>,
) -> Result<AddressCounts, StoreError> {
    let before = |span: TimeDelta| (now - span).timestamp_millis();
    let (ten_minutes, day, week, opened_day) = on_db!(tx, |conn| {
        sqlx::query_as::<_, (i64, i64, i64, i64)>(
            "select count(case when at > $2 then 1 end), count(case when at > $3 then 1 end), count(*),
                 (select count(*) from tickets where lower(author) = $5 and opened_at >= $3)
             from acknowledgements where address = $1 and at > $4",
        )
        .bind(address.folded())
        .bind(before(TimeDelta::minutes(10)))
        .bind(before(TimeDelta::days(1)))
        .bind(before(LONGEST_WINDOW))
        .bind(address.as_str().to_ascii_lowercase())
        .fetch_one(conn)
        .await
    })?;
    Ok(AddressCounts {
        ten_minutes,
        day,
        week,
        opened_day,
    })
}

/// Counts what was written within an hour to a domain and to everybody, each up to `most`, so that it costs
/// the same however much the desk has to do.
pub async fn count_shared(
    tx: &mut Tx,
    domain: &str,
    most: i64,
    now: DateTime<Utc>,
) -> Result<SharedCounts, StoreError> {
    let (domain_hour, overall_hour) = on_db!(tx, |conn| {
        sqlx::query_as::<_, (i64, i64)>(
            "select (select count(*) from
                     (select 1 from acknowledgements where domain = $1 and at > $2 limit $3) as of_domain),
                 (select count(*) from (select 1 from acknowledgements where at > $2 limit $3) as of_all)",
        )
        .bind(domain)
        .bind((now - TimeDelta::hours(1)).timestamp_millis())
        .bind(most)
        .fetch_one(conn)
        .await
    })?;
    Ok(SharedCounts {
        domain_hour,
        overall_hour,
    })
}

/// Forgets the acknowledgements that were written before an instant.
pub async fn delete_acknowledgements(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query("delete from acknowledgements where at < $1")
            .bind(before.timestamp_millis())
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(rows)
}

/// An automatic mail of ours that was sent to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentAutomatically {
    /// Its subject.
    pub subject: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// When the server accepted it.
    pub at: DateTime<Utc>,
}

/// The automatic mails that were sent to an address since an instant, newest first.
pub async fn list_automatic_to(
    tx: &mut Tx,
    address: &EmailAddress,
    since: DateTime<Utc>,
) -> Result<Vec<SentAutomatically>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (String, Vec<u8>, i64)>(
            "select subject, bytes, finished_at from outbox where lower(recipient) = $1 and finished_at >= $2
             and state = 'sent' and purpose in ('acknowledgement', 'account-completed', 'clock-changed',
                 'reminder', 'closed') order by finished_at desc limit $3",
        )
        .bind(address.as_str().to_ascii_lowercase())
        .bind(since.timestamp_millis())
        .bind(MOST_AUTOMATIC)
        .fetch_all(conn)
        .await
    })?;
    let sent = |(subject, bytes, at)| SentAutomatically {
        subject,
        bytes,
        at: from_millis(at),
    };
    Ok(rows.into_iter().map(sent).collect())
}

/// When an address opened tickets since an instant, newest first.
pub async fn list_openings_by(
    tx: &mut Tx,
    author: &EmailAddress,
    since: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, StoreError> {
    let opened = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select opened_at from tickets where lower(author) = $1 and opened_at >= $2
             order by opened_at desc limit $3",
        )
        .bind(author.as_str().to_ascii_lowercase())
        .bind(since.timestamp_millis())
        .bind(MOST_AUTOMATIC.saturating_mul(10))
        .fetch_all(conn)
        .await
    })?;
    Ok(opened.into_iter().map(from_millis).collect())
}
