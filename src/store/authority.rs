//! Who may speak for the desk: proven anchors, requests about held mail, and what was acted upon before.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::{Place, instant};
use crate::clock::from_millis;
use crate::mail::EmailAddress;

/// What a person is told of one held mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRequest {
    /// Its number, part of the address that answers it.
    pub number: i64,
    /// The held mail.
    pub held_id: Uuid,
    /// Who is told.
    pub staff_serial: u32,
    /// Hash of the held mail's content: an answer counts for nothing else.
    pub content_hash: String,
    /// Whether an answer lets the mail go.
    pub confirms: bool,
    /// When the mail was held.
    pub created_at: DateTime<Utc>,
    /// When the person was told; `None`: it waits for the next digest.
    pub asked_at: Option<DateTime<Utc>>,
    /// When it was answered; once only.
    pub used_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct RequestRow {
    number: i64,
    held_id: Uuid,
    staff_serial: i64,
    content_hash: String,
    confirms: bool,
    created_at: i64,
    asked_at: Option<i64>,
    used_at: Option<i64>,
}

impl RequestRow {
    fn typed(self) -> Result<HeldRequest, StoreError> {
        let place = Place {
            table: "held_requests",
            row: &self.number,
        };
        Ok(HeldRequest {
            staff_serial: place.narrow("staff_serial", self.staff_serial)?,
            number: self.number,
            held_id: self.held_id,
            content_hash: self.content_hash,
            confirms: self.confirms,
            created_at: from_millis(self.created_at),
            asked_at: instant(self.asked_at),
            used_at: instant(self.used_at),
        })
    }
}

/// Records that the anchor was seen to pass for a staff member's address; twice changes nothing.
pub async fn mark_enrolled(
    tx: &mut Tx,
    (serial, address): (u32, &EmailAddress),
    anchor: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into staff_anchors (staff_serial, address, anchor, passed_at) values ($1, $2, $3, $4)
             on conflict do nothing",
        )
        .bind(i64::from(serial))
        .bind(address.folded())
        .bind(anchor)
        .bind(at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Whether that anchor was seen to pass for a staff member's address.
pub async fn is_enrolled(
    tx: &mut Tx,
    (serial, address): (u32, &EmailAddress),
    anchor: &str,
) -> Result<bool, StoreError> {
    let found = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select passed_at from staff_anchors where staff_serial = $1 and address = $2 and anchor = $3",
        )
        .bind(i64::from(serial))
        .bind(address.folded())
        .bind(anchor)
        .fetch_optional(conn)
        .await
    })?;
    Ok(found.is_some())
}

/// Every staff serial and folded address for which that anchor was seen to pass.
pub async fn list_enrolled(tx: &mut Tx, anchor: &str) -> Result<BTreeSet<(u32, String)>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (i64, String)>(
            "select staff_serial, address from staff_anchors where anchor = $1",
        )
        .bind(anchor)
        .fetch_all(conn)
        .await
    })?;
    let typed = |(serial, address): (i64, String)| {
        let place = Place {
            table: "staff_anchors",
            row: &address,
        };
        Ok((place.narrow("staff_serial", serial)?, address.clone()))
    };
    rows.into_iter().map(typed).collect()
}

/// Keeps a request about a held mail, not yet asked, and returns its number.
pub async fn insert_held_request(
    tx: &mut Tx,
    (held, staff): (Uuid, u32),
    content_hash: &str,
    confirms: bool,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let number = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "update counters set value = value + 1 where name = 'held-request' returning value",
        )
        .fetch_one(conn)
        .await
    })?;
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into held_requests (number, held_id, staff_serial, content_hash, confirms, created_at)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(number)
        .bind(held)
        .bind(i64::from(staff))
        .bind(content_hash)
        .bind(confirms)
        .bind(at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(number)
}

/// One request.
pub async fn find_held_request(tx: &mut Tx, number: i64) -> Result<Option<HeldRequest>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, RequestRow>("select * from held_requests where number = $1")
            .bind(number)
            .fetch_optional(conn)
            .await
    })?;
    row.map(RequestRow::typed).transpose()
}

/// The requests to a person about held mails in their own name on a ticket, newest first.
pub async fn list_requests_on(
    tx: &mut Tx,
    staff: u32,
    ticket: Uuid,
    limit: i64,
) -> Result<Vec<HeldRequest>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, RequestRow>(
            "select r.* from held_requests r join held h on h.id = r.held_id
             where r.staff_serial = $1 and h.staff_serial = $1 and h.ticket_id = $2 and h.state = 'waiting'
             order by r.number desc limit $3",
        )
        .bind(i64::from(staff))
        .bind(ticket)
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    rows.into_iter().map(RequestRow::typed).collect()
}

/// Requests to a person that wait for the next digest and whose mail still waits, oldest first.
pub async fn list_unasked(tx: &mut Tx, staff: u32, limit: i64) -> Result<Vec<HeldRequest>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, RequestRow>(
            "select r.* from held_requests r join held h on h.id = r.held_id
             where r.staff_serial = $1 and r.asked_at is null and h.state = 'waiting' order by r.number limit $2",
        )
        .bind(i64::from(staff))
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    rows.into_iter().map(RequestRow::typed).collect()
}

/// Everybody who has a request waiting and was told of none since that instant.
pub async fn list_staff_to_ask(tx: &mut Tx, since: DateTime<Utc>) -> Result<Vec<u32>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select distinct r.staff_serial from held_requests r join held h on h.id = r.held_id
             where r.asked_at is null and h.state = 'waiting' and not exists (
                 select 1 from held_requests o where o.staff_serial = r.staff_serial and o.asked_at > $1)
             order by r.staff_serial",
        )
        .bind(since.timestamp_millis())
        .fetch_all(conn)
        .await
    })?;
    let place = Place {
        table: "held_requests",
        row: &"staff_serial",
    };
    rows.into_iter()
        .map(|serial| place.narrow("staff_serial", serial))
        .collect()
}

/// Records that a person is told now. `false`: another process tells them, and nothing was changed.
pub async fn mark_asked(tx: &mut Tx, number: i64, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query("update held_requests set asked_at = $2 where number = $1 and asked_at is null")
            .bind(number)
            .bind(at.timestamp_millis())
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// Uses a request up. `false`: it was used before, and nothing was changed.
pub async fn mark_held_request_used(tx: &mut Tx, number: i64, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query("update held_requests set used_at = $2 where number = $1 and used_at is null")
            .bind(number)
            .bind(at.timestamp_millis())
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// Remembers a staff mail that was acted upon.
pub async fn insert_replay(
    tx: &mut Tx,
    (staff, proof, message_id): (u32, &str, &str),
    mail: Uuid,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into replays (staff_serial, proof, message_id, mail_id, seen_at) values ($1, $2, $3, $4, $5)
             on conflict do nothing",
        )
        .bind(i64::from(staff))
        .bind(proof)
        .bind(message_id)
        .bind(mail)
        .bind(at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// The mail with that proof and Message-ID that was acted upon before.
pub async fn find_replay(
    tx: &mut Tx,
    (staff, proof, message_id): (u32, &str, &str),
) -> Result<Option<Uuid>, StoreError> {
    let found = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Uuid>(
            "select mail_id from replays where staff_serial = $1 and proof = $2 and message_id = $3",
        )
        .bind(i64::from(staff))
        .bind(proof)
        .bind(message_id)
        .fetch_optional(conn)
        .await
    })?;
    Ok(found)
}

/// Forgets what was acted upon before that instant.
pub async fn delete_replays(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query("delete from replays where seen_at < $1")
            .bind(before.timestamp_millis())
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(rows)
}
