//! What staff are told of in lists: tickets of unregistered senders, mails left in the junk folder, and the
//! stretches of time for which a list was sent.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use crate::clock::from_millis;
use crate::mail::EmailAddress;

/// A ticket that staff have not been told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UntoldTicket {
    /// The ticket.
    pub ticket: Uuid,
    /// How far its author could be believed, kebab-case.
    pub verdict: String,
}

/// Lets a ticket wait for the next list; one that waits already goes on.
pub async fn insert_untold(tx: &mut Tx, untold: &UntoldTicket, at: DateTime<Utc>) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into untold_tickets (ticket_id, since, verdict) values ($1, $2, $3) on conflict do nothing",
        )
        .bind(untold.ticket)
        .bind(at.timestamp_millis())
        .bind(&untold.verdict)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Since when the ticket that has waited longest waits.
pub async fn find_longest_untold(tx: &mut Tx) -> Result<Option<DateTime<Utc>>, StoreError> {
    let since = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Option<i64>>("select min(since) from untold_tickets")
            .fetch_one(conn)
            .await
    })?;
    Ok(since.map(from_millis))
}

/// Takes the tickets that wait, oldest first. Whoever takes them in its transaction tells staff.
pub async fn take_untold(tx: &mut Tx) -> Result<Vec<UntoldTicket>, StoreError> {
    let mut taken = on_db!(tx, |conn| {
        sqlx::query_as::<_, (Uuid, String)>("delete from untold_tickets returning ticket_id, verdict")
            .fetch_all(conn)
            .await
    })?;
    taken.sort_unstable();
    let untold = |(ticket, verdict)| UntoldTicket { ticket, verdict };
    Ok(taken.into_iter().map(untold).collect())
}

/// Whether staff have marked a ticket of this author as spam.
pub async fn is_spam_author(tx: &mut Tx, author: &EmailAddress) -> Result<bool, StoreError> {
    let marked = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select count(*) from tickets join events on events.ticket_id = tickets.id
             where lower(tickets.author) = $1 and events.kind = 'marked-spam'",
        )
        .bind(author.as_str().to_ascii_lowercase())
        .fetch_one(conn)
        .await
    })?;
    Ok(marked > 0)
}

/// Mails recorded under a reason from an instant on, before another one, oldest first.
pub async fn list_left(
    tx: &mut Tx,
    reason: &str,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let ids = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Uuid>(
            "select id from mails where reason = $1 and received_at >= $2 and received_at < $3
             order by received_at, id limit $4",
        )
        .bind(reason)
        .bind(from.timestamp_millis())
        .bind(until.timestamp_millis())
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    Ok(ids)
}

/// How many there are.
pub async fn count_left(
    tx: &mut Tx,
    reason: &str,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<i64, StoreError> {
    let count = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select count(*) from mails where reason = $1 and received_at >= $2 and received_at < $3",
        )
        .bind(reason)
        .bind(from.timestamp_millis())
        .bind(until.timestamp_millis())
        .fetch_one(conn)
        .await
    })?;
    Ok(count)
}

/// Up to when a list has been sent; 1970 where none ever was.
pub async fn find_listed_until(tx: &mut Tx, list: &str) -> Result<DateTime<Utc>, StoreError> {
    let value = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>("select value from counters where name = $1")
            .bind(list)
            .fetch_optional(conn)
            .await
    })?;
    Ok(from_millis(value.unwrap_or_default()))
}

/// Takes the stretch from `from` up to `until` for a list; `false` where another process was first.
pub async fn claim_stretch(
    tx: &mut Tx,
    list: &str,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<bool, StoreError> {
    let claimed = on_db!(tx, |conn| {
        sqlx::query(
            "insert into counters (name, value) values ($1, $3)
             on conflict (name) do update set value = excluded.value where counters.value = $2",
        )
        .bind(list)
        .bind(from.timestamp_millis())
        .bind(until.timestamp_millis())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(claimed == 1)
}
