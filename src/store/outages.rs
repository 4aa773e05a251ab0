//! What is out of order now, told once; and the mails to ourselves that prove the whole way.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::instant;
use crate::clock::from_millis;

/// Records that something is out of order; `true` for whoever is the first to see it.
pub async fn insert_outage(
    tx: &mut Tx,
    name: &str,
    since: DateTime<Utc>,
    detail: &str,
) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query("insert into outages (name, since, detail) values ($1, $2, $3) on conflict do nothing")
            .bind(name)
            .bind(since.timestamp_millis())
            .bind(detail)
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// Records that it is in order again; since when it was not, for whoever is the first to see that.
pub async fn end_outage(tx: &mut Tx, name: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
    let since = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>("delete from outages where name = $1 returning since")
            .bind(name)
            .fetch_optional(conn)
            .await
    })?;
    Ok(instant(since))
}

/// Everything that is out of order now, with the instant it began and what is known of it.
pub async fn list_outages(tx: &mut Tx) -> Result<Vec<(String, DateTime<Utc>, String)>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (String, i64, String)>("select name, since, detail from outages order by name")
            .fetch_all(conn)
            .await
    })?;
    let typed = |(name, since, detail)| (name, from_millis(since), detail);
    Ok(rows.into_iter().map(typed).collect())
}

/// The last mail to ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SelfProbe {
    /// Its row in the outbox.
    pub outbox_id: Uuid,
    /// When it was written.
    pub written_at: DateTime<Utc>,
    /// When the ledger had it.
    pub arrived_at: Option<DateTime<Utc>>,
}

/// Records a mail to ourselves.
pub async fn insert_self_probe(tx: &mut Tx, outbox: Uuid, at: DateTime<Utc>) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("insert into self_probes (outbox_id, written_at) values ($1, $2)")
            .bind(outbox)
            .bind(at.timestamp_millis())
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// The last one that was written.
pub async fn find_last_self_probe(tx: &mut Tx) -> Result<Option<SelfProbe>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, (Uuid, i64, Option<i64>)>(
            "select outbox_id, written_at, arrived_at from self_probes order by written_at desc limit 1",
        )
        .fetch_optional(conn)
        .await
    })?;
    Ok(row.map(|(outbox_id, written_at, arrived_at)| SelfProbe {
        outbox_id,
        written_at: from_millis(written_at),
        arrived_at: instant(arrived_at),
    }))
}

/// Records those as arrived that the ledger has under the Message-ID they were sent with.
pub async fn mark_arrived_self_probes(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query(
            "update self_probes set arrived_at = $1 where arrived_at is null and exists (
                 select 1 from outbox join mails on mails.outcome = 'own-mail'
                 and mails.received_at >= outbox.created_at
                 and mails.message_id in (outbox.message_id, outbox.sent_as)
                 where outbox.id = self_probes.outbox_id)",
        )
        .bind(now.timestamp_millis())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(rows)
}

/// Forgets mails to ourselves that were written before an instant, with their rows in the outbox.
pub async fn delete_self_probes(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let gone = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Uuid>("delete from self_probes where written_at < $1 returning outbox_id")
            .bind(before.timestamp_millis())
            .fetch_all(conn)
            .await
    })?;
    for id in &gone {
        on_db!(tx, |conn| {
            sqlx::query("delete from outbox where id = $1")
                .bind(id)
                .execute(conn)
                .await
                .map(|_| ())
        })?;
    }
    Ok(u64::try_from(gone.len()).unwrap_or(u64::MAX))
}
