//! What keeps machines from talking to each other: tickets that are quiet for a while, acknowledgements that
//! wait, and the instants by which a loop is known.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::Place;
use crate::clock::from_millis;
use crate::mail::EmailAddress;

/// Sends nothing automatic on a ticket until then.
pub async fn insert_quiet(tx: &mut Tx, ticket: Uuid, until: DateTime<Utc>) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into quiet_tickets (ticket_id, until) values ($1, $2)
             on conflict (ticket_id) do update set until = excluded.until",
        )
        .bind(ticket)
        .bind(until.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Whether a ticket is quiet now.
pub async fn is_quiet(tx: &mut Tx, ticket: Uuid, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let until = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>("select until from quiet_tickets where ticket_id = $1")
            .bind(ticket)
            .fetch_optional(conn)
            .await
    })?;
    Ok(until.is_some_and(|until| until > now.timestamp_millis()))
}

/// When the customer's side wrote in a ticket, and when mails of ours to it were accepted.
pub async fn list_exchange(
    tx: &mut Tx,
    ticket: Uuid,
    since: DateTime<Utc>,
) -> Result<(Vec<DateTime<Utc>>, Vec<DateTime<Utc>>), StoreError> {
    let inbound = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select created_at from messages where ticket_id = $1 and created_at >= $2
             and kind in ('from-customer', 'system') order by created_at",
        )
        .bind(ticket)
        .bind(since.timestamp_millis())
        .fetch_all(conn)
        .await
    })?;
    let sent = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select finished_at from outbox where ticket_id = $1 and finished_at >= $2 and state = 'sent'
             and purpose not in ('notification', 'receipt', 'alarm', 'held-notice') order by finished_at",
        )
        .bind(ticket)
        .bind(since.timestamp_millis())
        .fetch_all(conn)
        .await
    })?;
    let instants = |millis: Vec<i64>| millis.into_iter().map(from_millis).collect();
    Ok((instants(inbound), instants(sent)))
}

/// How many tickets an address opened since an instant.
pub async fn count_opened_by(
    tx: &mut Tx,
    author: &EmailAddress,
    since: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let count = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>("select count(*) from tickets where author = $1 and opened_at >= $2")
            .bind(author.as_str())
            .bind(since.timestamp_millis())
            .fetch_one(conn)
            .await
    })?;
    Ok(count)
}

/// Lets the acknowledgement of a ticket wait.
pub async fn insert_waiting_acknowledgement(
    tx: &mut Tx,
    ticket: Uuid,
    address: &EmailAddress,
    due_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into waiting_acknowledgements (ticket_id, address, due_at) values ($1, $2, $3)
             on conflict do nothing",
        )
        .bind(ticket)
        .bind(address.folded())
        .bind(due_at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// An address whose acknowledgements are due.
pub async fn find_due_acknowledgements(
    tx: &mut Tx,
    now: DateTime<Utc>,
) -> Result<Option<EmailAddress>, StoreError> {
    let address = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, String>(
            "select address from waiting_acknowledgements where due_at <= $1 order by due_at, ticket_id limit 1",
        )
        .bind(now.timestamp_millis())
        .fetch_optional(conn)
        .await
    })?;
    let place = Place {
        table: "waiting_acknowledgements",
        row: &"address",
    };
    address.map(|address| place.read("address", &address)).transpose()
}

/// Takes every waiting acknowledgement of an address; returns their tickets, oldest first. Whoever takes them
/// in its transaction sends them.
pub async fn take_waiting_acknowledgements(
    tx: &mut Tx,
    address: &EmailAddress,
) -> Result<Vec<Uuid>, StoreError> {
    let mut tickets = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Uuid>(
            "delete from waiting_acknowledgements where address = $1 returning ticket_id",
        )
        .bind(address.folded())
        .fetch_all(conn)
        .await
    })?;
    tickets.sort_unstable();
    Ok(tickets)
}
