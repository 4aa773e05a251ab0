//! The processes that serve the desk, and which of them are gone: what a gone process was sending is taken over
//! by [`outbox::take_abandoned`](super::outbox::take_abandoned). A process is the one that opened the database.

use std::time::Duration;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::leases::{after, database_now};

/// What people know a process by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The machine's name.
    pub host: String,
    /// The process's number there.
    pub pid: u32,
    /// The program's version.
    pub version: &'static str,
}

/// Says that this process is there, and will be for the term. `false`: the others had taken it for gone.
pub async fn announce(tx: &mut Tx, own: &Description, term: Duration) -> Result<bool, StoreError> {
    let now = database_now(tx).await?;
    let id = tx.process;
    let was_gone = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, bool>("select gone from processes where id = $1")
            .bind(id)
            .fetch_optional(conn)
            .await
    })?;
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into processes (id, host, pid, version, started_at, present_until, gone)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (id) do update set present_until = excluded.present_until, gone = excluded.gone",
        )
        .bind(id)
        .bind(&own.host)
        .bind(i64::from(own.pid))
        .bind(own.version)
        .bind(now)
        .bind(after(now, term))
        .bind(false)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(was_gone != Some(true))
}

/// Marks the processes whose term is over; returns how many there were.
pub async fn mark_gone(tx: &mut Tx) -> Result<u64, StoreError> {
    let now = database_now(tx).await?;
    let gone = on_db!(tx, |conn| {
        sqlx::query("update processes set gone = $1 where gone = $2 and present_until < $3")
            .bind(true)
            .bind(false)
            .bind(now)
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(gone)
}

/// Marks every other process as gone: for whoever knows that it is alone.
pub async fn mark_others_gone(tx: &mut Tx) -> Result<u64, StoreError> {
    let id = tx.process;
    let gone = on_db!(tx, |conn| {
        sqlx::query("update processes set gone = $1 where gone = $2 and id <> $3")
            .bind(true)
            .bind(false)
            .bind(id)
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(gone)
}

/// Says that this process is going; what it leaves in sending is taken over at once.
pub async fn leave(tx: &mut Tx) -> Result<(), StoreError> {
    let id = tx.process;
    on_db!(tx, |conn| {
        sqlx::query("update processes set gone = $1 where id = $2")
            .bind(true)
            .bind(id)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Forgets processes that have been gone for that long and have left nothing.
pub async fn forget_gone(tx: &mut Tx, since: Duration) -> Result<u64, StoreError> {
    let now = database_now(tx).await?;
    let before = now.saturating_sub(after(0, since));
    let forgotten = on_db!(tx, |conn| {
        sqlx::query(
            "delete from processes where gone = $1 and present_until < $2 and id not in (
                 select process_id from outbox where state = 'sending' and process_id is not null)",
        )
        .bind(true)
        .bind(before)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(forgotten)
}
