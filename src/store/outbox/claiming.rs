//! Who sends a mail: due rows are claimed for one attempt each, given back untried, or taken over from whoever is
//! gone. Comes in: the instant and how long a claim counts. Goes out: rows of which nobody else sends one.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{COLUMNS_OF_ENTRY, EntryRow, OutboxEntry};
use crate::store::database::{Tx, on_db};
use crate::store::error::StoreError;
use crate::store::rows::instant;

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

/// Takes over the attempts whose process is gone, or is not known and has let its lease run out, each by one taker.
/// A process that is there keeps what it sends however far a clock jumps. Whether the mails went is unknown: which
/// attempts were begun is not recorded. Whoever took them records so.
pub async fn take_abandoned(
    tx: &mut Tx,
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
) -> Result<Vec<OutboxEntry>, StoreError> {
    let sql = format!(
        "update outbox set process_id = $3, lease_until = $2 where state = 'sending'
         and (process_id in (select id from processes where gone = $4)
              or lease_until < $1 and not exists (select 1 from processes where id = process_id))
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

/// Gives back a mail that was claimed and may not go before an instant.
pub async fn put_off(tx: &mut Tx, id: Uuid, until: DateTime<Utc>) -> Result<(), StoreError> {
    give_back(tx, &[id]).await?;
    on_db!(tx, |conn| {
        sqlx::query("update outbox set due_at = $2 where id = $1 and state in ('queued', 'deferred')")
            .bind(id)
            .bind(until.timestamp_millis())
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}
