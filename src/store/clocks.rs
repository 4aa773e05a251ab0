//! Where the clock of each ticket stands, what is not counted, and what the passing of time has caused.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::{instant, millis};
use crate::clock::from_millis;

/// Name of the counter that holds the fingerprint of the hours and targets in force.
const POLICY_COUNTER: &str = "clock-policy";

/// The clock of one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketClock {
    /// The ticket.
    pub ticket_id: Uuid,
    /// Since when it has had its status; a further answer counts as a new beginning.
    pub status_since: DateTime<Utc>,
    /// Since when the customer has waited for an answer; `None` while nobody waits.
    pub waiting_since: Option<DateTime<Utc>>,
    /// Whether the answer that is waited for is the ticket's first.
    pub is_first: bool,
    /// When the passing of time may have to cause something; `None` where it cannot.
    pub look_at: Option<DateTime<Utc>>,
}

/// A stretch that is not counted; `until` is `None` while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredPause {
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: Option<DateTime<Utc>>,
}

/// Something that was caused once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReminder {
    /// What.
    pub kind: String,
    /// The beginning of the wait or status it is about.
    pub since: DateTime<Utc>,
    /// When.
    pub told_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct ClockRow {
    ticket_id: Uuid,
    status_since: i64,
    waiting_since: Option<i64>,
    is_first: bool,
    look_at: Option<i64>,
}

/// Writes a ticket's clock, new or changed.
pub async fn put_clock(tx: &mut Tx, clock: &TicketClock) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into clocks (ticket_id, status_since, waiting_since, is_first, look_at)
             values ($1, $2, $3, $4, $5)
             on conflict (ticket_id) do update set status_since = excluded.status_since,
                 waiting_since = excluded.waiting_since, is_first = excluded.is_first,
                 look_at = excluded.look_at",
        )
        .bind(clock.ticket_id)
        .bind(clock.status_since.timestamp_millis())
        .bind(millis(clock.waiting_since))
        .bind(clock.is_first)
        .bind(millis(clock.look_at))
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// A ticket's clock.
pub async fn find_clock(tx: &mut Tx, ticket: Uuid) -> Result<Option<TicketClock>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, ClockRow>(
            "select ticket_id, status_since, waiting_since, is_first, look_at from clocks where ticket_id = $1",
        )
        .bind(ticket)
        .fetch_optional(conn)
        .await
    })?;
    Ok(row.map(|row| TicketClock {
        ticket_id: row.ticket_id,
        status_since: from_millis(row.status_since),
        waiting_since: instant(row.waiting_since),
        is_first: row.is_first,
        look_at: instant(row.look_at),
    }))
}

/// Tickets whose clock has to be looked at, longest due first.
pub async fn list_due_clocks(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<Uuid>, StoreError> {
    let ids = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Uuid>(
            "select ticket_id from clocks where look_at <= $1 order by look_at, ticket_id limit $2",
        )
        .bind(now.timestamp_millis())
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    Ok(ids)
}

/// When the next clock has to be looked at.
pub async fn find_next_look(tx: &mut Tx) -> Result<Option<DateTime<Utc>>, StoreError> {
    let next = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Option<i64>>("select min(look_at) from clocks where look_at is not null")
            .fetch_one(conn)
            .await
    })?;
    Ok(instant(next))
}

/// Has every open ticket's clock looked at, after hours or targets have changed.
pub async fn revive_clocks(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let revived = on_db!(tx, |conn| {
        sqlx::query(
            "update clocks set look_at = $1 where ticket_id in (select id from tickets where status <> 'closed')",
        )
        .bind(now.timestamp_millis())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(revived)
}

/// Remembers the fingerprint of hours and targets; `true` where it differs from the one before.
pub async fn note_clock_policy(tx: &mut Tx, fingerprint: i64) -> Result<bool, StoreError> {
    let changed = on_db!(tx, |conn| {
        sqlx::query(
            "insert into counters (name, value) values ($1, $2)
             on conflict (name) do update set value = excluded.value where counters.value <> excluded.value",
        )
        .bind(POLICY_COUNTER)
        .bind(fingerprint)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(changed > 0)
}

/// Begins a stretch that is not counted; one that lasts already goes on.
pub async fn begin_pause(tx: &mut Tx, ticket: Uuid, at: DateTime<Utc>) -> Result<(), StoreError> {
    if list_pauses(tx, ticket)
        .await?
        .iter()
        .any(|pause| pause.until.is_none())
    {
        return Ok(());
    }
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into pauses (ticket_id, from_at, until_at) values ($1, $2, null)
             on conflict (ticket_id, from_at) do update set until_at = null",
        )
        .bind(ticket)
        .bind(at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Ends the stretch that lasts, where one does.
pub async fn end_pause(tx: &mut Tx, ticket: Uuid, at: DateTime<Utc>) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update pauses set until_at = $2 where ticket_id = $1 and until_at is null")
            .bind(ticket)
            .bind(at.timestamp_millis())
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Forgets the stretches of a wait that is over.
pub async fn forget_pauses(tx: &mut Tx, ticket: Uuid) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("delete from pauses where ticket_id = $1")
            .bind(ticket)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// The stretches of a ticket's wait that are not counted, in order.
pub async fn list_pauses(tx: &mut Tx, ticket: Uuid) -> Result<Vec<StoredPause>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (i64, Option<i64>)>(
            "select from_at, until_at from pauses where ticket_id = $1 order by from_at",
        )
        .bind(ticket)
        .fetch_all(conn)
        .await
    })?;
    let typed = |(from, until)| StoredPause {
        from: from_millis(from),
        until: instant(until),
    };
    Ok(rows.into_iter().map(typed).collect())
}

/// Claims the one reminder of that kind about a wait; `false` where it was given before, by whomever.
pub async fn claim_reminder(
    tx: &mut Tx,
    ticket: Uuid,
    reminder: &StoredReminder,
) -> Result<bool, StoreError> {
    let claimed = on_db!(tx, |conn| {
        sqlx::query(
            "insert into reminders (ticket_id, kind, since, told_at) values ($1, $2, $3, $4)
             on conflict do nothing",
        )
        .bind(ticket)
        .bind(&reminder.kind)
        .bind(reminder.since.timestamp_millis())
        .bind(reminder.told_at.timestamp_millis())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(claimed == 1)
}

/// What was caused about a ticket since that beginning.
pub async fn list_reminders(
    tx: &mut Tx,
    ticket: Uuid,
    since: DateTime<Utc>,
) -> Result<Vec<StoredReminder>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (String, i64, i64)>(
            "select kind, since, told_at from reminders where ticket_id = $1 and since = $2
             order by told_at, kind",
        )
        .bind(ticket)
        .bind(since.timestamp_millis())
        .fetch_all(conn)
        .await
    })?;
    let typed = |(kind, since, told_at)| StoredReminder {
        kind,
        since: from_millis(since),
        told_at: from_millis(told_at),
    };
    Ok(rows.into_iter().map(typed).collect())
}
