//! Staff mail that was not trusted enough: kept until a person decides.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::{Place, instant};
use crate::clock::from_millis;

crate::slug_enum! {
    /// What became of a held mail.
    pub enum HeldState {
        /// Nobody has decided.
        Waiting = "waiting",
        /// A person released it.
        Released = "released",
    }
}

/// One held mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMail {
    /// Key.
    pub id: Uuid,
    /// The raw mail.
    pub mail_id: Uuid,
    /// The ticket it is about, where one is known.
    pub ticket_id: Option<Uuid>,
    /// The staff member it claims to come from.
    pub staff_serial: Option<u32>,
    /// Why it was held, kebab-case.
    pub reason: String,
    /// Why, in words.
    pub detail: String,
    /// What would have gone out.
    pub body: String,
    /// What became of it.
    pub state: HeldState,
    /// When it was held.
    pub held_at: DateTime<Utc>,
    /// When a person decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who decided.
    pub decided_by: Option<String>,
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    id: Uuid,
    mail_id: Uuid,
    ticket_id: Option<Uuid>,
    staff_serial: Option<i64>,
    reason: String,
    detail: String,
    body: String,
    state: String,
    held_at: i64,
    decided_at: Option<i64>,
    decided_by: Option<String>,
}

impl HeldRow {
    fn typed(self) -> Result<HeldMail, StoreError> {
        let place = Place {
            table: "held",
            row: &self.id,
        };
        Ok(HeldMail {
            staff_serial: self
                .staff_serial
                .map(|serial| place.narrow("staff_serial", serial))
                .transpose()?,
            state: place.read("state", &self.state)?,
            id: self.id,
            mail_id: self.mail_id,
            ticket_id: self.ticket_id,
            reason: self.reason,
            detail: self.detail,
            body: self.body,
            held_at: from_millis(self.held_at),
            decided_at: instant(self.decided_at),
            decided_by: self.decided_by,
        })
    }
}

/// Keeps a held mail.
pub async fn insert_held(tx: &mut Tx, held: &HeldMail) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into held (id, mail_id, ticket_id, staff_serial, reason, detail, body, state, held_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(held.id)
        .bind(held.mail_id)
        .bind(held.ticket_id)
        .bind(held.staff_serial.map(i64::from))
        .bind(&held.reason)
        .bind(&held.detail)
        .bind(&held.body)
        .bind(held.state.as_str())
        .bind(held.held_at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// One held mail.
pub async fn find_held(tx: &mut Tx, id: Uuid) -> Result<Option<HeldMail>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, HeldRow>("select * from held where id = $1")
            .bind(id)
            .fetch_optional(conn)
            .await
    })?;
    row.map(HeldRow::typed).transpose()
}

/// Held mails, newest first; decided ones only when asked for.
pub async fn list_held(tx: &mut Tx, with_decided: bool, limit: i64) -> Result<Vec<HeldMail>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, HeldRow>(
            "select * from held where ($1 or state = 'waiting') order by held_at desc, id desc limit $2",
        )
        .bind(with_decided)
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    rows.into_iter().map(HeldRow::typed).collect()
}

/// Records a person's decision. `false`: it was decided before, and nothing was changed.
pub async fn mark_held_released(
    tx: &mut Tx,
    id: Uuid,
    by: &str,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query(
            "update held set state = 'released', decided_at = $3, decided_by = $2
             where id = $1 and state = 'waiting'",
        )
        .bind(id)
        .bind(by)
        .bind(at.timestamp_millis())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// Sets when a mail that could not be judged is judged again; `None`: not any more.
pub async fn set_held_retry(tx: &mut Tx, id: Uuid, at: Option<DateTime<Utc>>) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update held set retry_at = $2 where id = $1")
            .bind(id)
            .bind(super::rows::millis(at))
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Held mails that are to be judged again now, oldest first.
pub async fn list_held_to_retry(
    tx: &mut Tx,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<HeldMail>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, HeldRow>(
            "select * from held where state = 'waiting' and retry_at <= $1 order by held_at, id limit $2",
        )
        .bind(now.timestamp_millis())
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    rows.into_iter().map(HeldRow::typed).collect()
}

/// Records why a mail is held after all, once it could be judged. `false`: somebody else judged it meanwhile,
/// and nothing was changed.
pub async fn mark_held_judged(tx: &mut Tx, id: Uuid, reason: &str, detail: &str) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query(
            "update held set reason = $2, detail = $3, retry_at = null
             where id = $1 and state = 'waiting' and retry_at is not null",
        )
        .bind(id)
        .bind(reason)
        .bind(detail)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}
