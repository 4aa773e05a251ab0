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
             and purpose in ('acknowledgement', 'account-completed', 'clock-changed', 'reminder', 'closed',
                 'answer') order by finished_at",
        )
        .bind(ticket)
        .bind(since.timestamp_millis())
        .fetch_all(conn)
        .await
    })?;
    let instants = |millis: Vec<i64>| millis.into_iter().map(from_millis).collect();
    Ok((instants(inbound), instants(sent)))
}

/// An acknowledgement that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingAcknowledgement {
    /// Its ticket.
    pub ticket: Uuid,
    /// What it has to say, kebab-case.
    pub kind: String,
    /// Whether its inquiry was proven to be its author's.
    pub proven: bool,
}

/// Lets the acknowledgement of a ticket wait.
pub async fn insert_waiting_acknowledgement(
    tx: &mut Tx,
    waiting: &WaitingAcknowledgement,
    address: &EmailAddress,
    due_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into waiting_acknowledgements (ticket_id, kind, address, due_at, proven)
             values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(waiting.ticket)
        .bind(&waiting.kind)
        .bind(address.folded())
        .bind(due_at.timestamp_millis())
        .bind(waiting.proven)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// How many acknowledgements wait for an address.
pub async fn count_waiting_acknowledgements(tx: &mut Tx, address: &EmailAddress) -> Result<i64, StoreError> {
    let count = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>("select count(*) from waiting_acknowledgements where address = $1")
            .bind(address.folded())
            .fetch_one(conn)
            .await
    })?;
    Ok(count)
}

/// Lets what waits in an address's name without proof wait on.
pub async fn put_off_unproven(
    tx: &mut Tx,
    address: &EmailAddress,
    due_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update waiting_acknowledgements set due_at = $2 where address = $1 and proven = $3")
            .bind(address.folded())
            .bind(due_at.timestamp_millis())
            .bind(false)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Lets everything that waits for an address wait on.
pub async fn put_off_acknowledgements(
    tx: &mut Tx,
    address: &EmailAddress,
    due_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update waiting_acknowledgements set due_at = $2 where address = $1")
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

/// Takes the waiting acknowledgements of an address, oldest ticket first; those without proof only once they are
/// due themselves. Whoever takes them in its transaction sends them.
pub async fn take_waiting_acknowledgements(
    tx: &mut Tx,
    address: &EmailAddress,
    now: DateTime<Utc>,
) -> Result<Vec<WaitingAcknowledgement>, StoreError> {
    let mut taken = on_db!(tx, |conn| {
        sqlx::query_as::<_, (Uuid, String, bool)>(
            "delete from waiting_acknowledgements where address = $1 and (proven = $2 or due_at <= $3)
             returning ticket_id, kind, proven",
        )
        .bind(address.folded())
        .bind(true)
        .bind(now.timestamp_millis())
        .fetch_all(conn)
        .await
    })?;
    taken.sort_unstable();
    let waiting = |(ticket, kind, proven)| WaitingAcknowledgement { ticket, kind, proven };
    Ok(taken.into_iter().map(waiting).collect())
}
