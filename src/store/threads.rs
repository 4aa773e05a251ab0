//! Tickets joined and divided, and who among the staff hears of them. Which may be joined is decided
//! elsewhere; here nothing is judged.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::Place;

/// The ticket under which another goes on; itself while it was not merged.
pub async fn find_survivor(tx: &mut Tx, ticket: Uuid) -> Result<Uuid, StoreError> {
    let into = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Uuid>("select into_id from merges where ticket_id = $1")
            .bind(ticket)
            .fetch_optional(conn)
            .await
    })?;
    Ok(into.unwrap_or(ticket))
}

/// What moves when ticket `$1` goes on under `$2`.
const MOVES: &[&str] = &[
    "update merges set into_id = $2 where into_id = $1",
    "update messages set ticket_id = $2 where ticket_id = $1",
    "update held set ticket_id = $2 where ticket_id = $1",
    "insert into message_ids (message_id, ticket_id, origin, recorded_at)
     select message_id, $2, origin, recorded_at from message_ids where ticket_id = $1
     on conflict do nothing",
    "delete from message_ids where ticket_id = $1 and ticket_id <> $2",
    "insert into participants (ticket_id, address, added_by)
     select $2, address, added_by from participants where ticket_id = $1
     on conflict do nothing",
    "insert into watchers (ticket_id, staff) select $2, staff from watchers where ticket_id = $1
     on conflict do nothing",
];

/// Lets a ticket go on under another: messages, Message-IDs, participants and watchers move. `into` must not
/// have been merged itself.
pub async fn merge_ticket(
    tx: &mut Tx,
    ticket: Uuid,
    into: Uuid,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("insert into merges (ticket_id, into_id, merged_at) values ($1, $2, $3)")
            .bind(ticket)
            .bind(into)
            .bind(at.timestamp_millis())
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    for sql in MOVES {
        on_db!(tx, |conn| {
            sqlx::query(*sql)
                .bind(ticket)
                .bind(into)
                .execute(conn)
                .await
                .map(|_| ())
        })?;
    }
    Ok(())
}

/// Moves one message, and the Message-ID it came with, to another ticket.
pub async fn move_message(
    tx: &mut Tx,
    message: Uuid,
    message_id: Option<&str>,
    (from, to): (Uuid, Uuid),
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update messages set ticket_id = $2 where id = $1")
            .bind(message)
            .bind(to)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    on_db!(tx, |conn| {
        sqlx::query("update message_ids set ticket_id = $3 where message_id = $1 and ticket_id = $2")
            .bind(message_id)
            .bind(from)
            .bind(to)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Lets a staff member hear of a ticket; twice changes nothing.
pub async fn insert_watcher(tx: &mut Tx, ticket: Uuid, staff: u32) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("insert into watchers (ticket_id, staff) values ($1, $2) on conflict do nothing")
            .bind(ticket)
            .bind(i64::from(staff))
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Staff who hear of a ticket, by serial.
pub async fn list_watchers(tx: &mut Tx, ticket: Uuid) -> Result<Vec<u32>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>("select staff from watchers where ticket_id = $1 order by staff")
            .bind(ticket)
            .fetch_all(conn)
            .await
    })?;
    let place = Place {
        table: "watchers",
        row: &ticket,
    };
    rows.into_iter()
        .map(|serial| place.narrow("staff", serial))
        .collect()
}
