//! What people look at: a ticket's mails, what has not gone, what waits, how many are in each state.

use uuid::Uuid;

use super::{COLUMNS_OF_ENTRY, EntryRow, OutboxEntry};
use crate::store::database::{Tx, on_db};
use crate::store::error::StoreError;

/// Outgoing mails of a ticket, oldest first.
pub async fn list_outbox_of(tx: &mut Tx, ticket: Uuid) -> Result<Vec<OutboxEntry>, StoreError> {
    let sql = format!("select {COLUMNS_OF_ENTRY} from outbox where ticket_id = $1 order by created_at, id");
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, EntryRow>(sqlx::AssertSqlSafe(sql))
            .bind(ticket)
            .fetch_all(conn)
            .await
    })?;
    rows.into_iter().map(EntryRow::typed).collect()
}

/// Mails that have not reached `sent`, oldest first.
pub async fn list_unsent(tx: &mut Tx, limit: i64) -> Result<Vec<OutboxEntry>, StoreError> {
    list_where(
        tx,
        "state not in ('sent', 'recalled') and created_at >= $1",
        0,
        limit,
    )
    .await
}

/// All mails, newest first.
pub async fn list_outbox(tx: &mut Tx, limit: i64) -> Result<Vec<OutboxEntry>, StoreError> {
    let mut entries = list_where(tx, "created_at >= $1", 0, limit).await?;
    entries.reverse();
    Ok(entries)
}

/// Mails that wait for an attempt or for a person, oldest first.
pub(in crate::store) async fn list_open(tx: &mut Tx, limit: i64) -> Result<Vec<OutboxEntry>, StoreError> {
    list_where(
        tx,
        "state in ('queued', 'sending', 'deferred', 'unknown') and created_at >= $1",
        0,
        limit,
    )
    .await
}

/// The mail of that key.
pub(in crate::store) async fn list_by_id(tx: &mut Tx, id: Uuid) -> Result<Vec<OutboxEntry>, StoreError> {
    let sql = format!("select {COLUMNS_OF_ENTRY} from outbox where id = $1");
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, EntryRow>(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_all(conn)
            .await
    })?;
    rows.into_iter().map(EntryRow::typed).collect()
}

async fn list_where(
    tx: &mut Tx,
    condition: &'static str,
    value: i64,
    limit: i64,
) -> Result<Vec<OutboxEntry>, StoreError> {
    // Only fixed text enters the statement; values are bound.
    let sql = format!(
        "select {COLUMNS_OF_ENTRY} from outbox where id in (select id from outbox where {condition}
         order by created_at desc, id desc limit $2) order by created_at, id"
    );
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, EntryRow>(sqlx::AssertSqlSafe(sql))
            .bind(value)
            .bind(limit)
            .fetch_all(conn)
            .await
    })?;
    rows.into_iter().map(EntryRow::typed).collect()
}

/// How many mails are in each state.
pub async fn count_outbox_states(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (String, i64)>("select state, count(*) from outbox group by 1 order by 1")
            .fetch_all(conn)
            .await
    })?;
    Ok(rows)
}
