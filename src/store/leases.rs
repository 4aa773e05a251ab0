//! Who alone does something, among several processes. A lease has a holder, an end by the database's time, and
//! an epoch that rises with every new holder. Whoever works under a lease commits behind its [`Fence`]: a process
//! that was suspended and comes back after its lease was taken over has every commit refused.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;

/// What a commit depends on: that the lease is still held, under the same epoch.
#[derive(Debug, Clone)]
pub struct Fence {
    name: Arc<str>,
    holder: Uuid,
    epoch: i64,
    /// The holder's own view of the lease's end, so that it stops by itself when the database is silent.
    good_until: Arc<Mutex<Instant>>,
}

impl Fence {
    /// The lease's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How much is left of the lease as far as its holder knows; zero when it ran out.
    pub fn left(&self) -> Duration {
        let good_until = *self.good_until.lock().unwrap_or_else(PoisonError::into_inner);
        good_until.saturating_duration_since(Instant::now())
    }

    /// Refuses when the lease ran out by the holder's own watch.
    pub(super) fn check_time(&self) -> Result<(), StoreError> {
        if self.left().is_zero() {
            return Err(self.lost());
        }
        Ok(())
    }

    /// Refuses unless the lease is held, and keeps others from taking it until the transaction ends.
    pub(super) async fn check(&self, tx: &mut Tx) -> Result<(), StoreError> {
        // A key share: it meets the taker, who changes the key, and not the renewal.
        let sql = tx.text(
            "select 1 from leases where name = $1 and holder = $2 and epoch = $3",
            "select 1::bigint from leases where name = $1 and holder = $2 and epoch = $3 for key share",
        );
        let held = on_db!(tx, |conn| {
            sqlx::query_scalar::<_, i64>(sql)
                .bind(&*self.name)
                .bind(self.holder)
                .bind(self.epoch)
                .fetch_optional(conn)
                .await
        })?;
        held.map(|_| ()).ok_or_else(|| self.lost())
    }

    fn lost(&self) -> StoreError {
        StoreError::LeaseLost {
            name: self.name.to_string(),
        }
    }
}

/// Takes a lease that is free or has run out; `None` while somebody holds it.
pub async fn acquire_lease(tx: &mut Tx, name: &str, term: Duration) -> Result<Option<Fence>, StoreError> {
    let asked_at = Instant::now();
    let now = database_now(tx).await?;
    let holder = tx.process;
    let epoch = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "insert into leases (name, holder, epoch, held_until) values ($1, $2, 1, $4)
             on conflict (name) do update set holder = excluded.holder, epoch = leases.epoch + 1,
                 held_until = excluded.held_until
             where leases.holder is null or leases.held_until <= $3
             returning epoch",
        )
        .bind(name)
        .bind(holder)
        .bind(now)
        .bind(after(now, term))
        .fetch_optional(conn)
        .await
    })?;
    Ok(epoch.map(|epoch| Fence {
        name: name.into(),
        holder,
        epoch,
        good_until: Arc::new(Mutex::new(asked_at + term)),
    }))
}

/// Holds a lease for another term. `false`: somebody else has taken it.
pub async fn renew_lease(tx: &mut Tx, fence: &Fence, term: Duration) -> Result<bool, StoreError> {
    let asked_at = Instant::now();
    let now = database_now(tx).await?;
    let renewed = on_db!(tx, |conn| {
        sqlx::query("update leases set held_until = $4 where name = $1 and holder = $2 and epoch = $3")
            .bind(&*fence.name)
            .bind(fence.holder)
            .bind(fence.epoch)
            .bind(after(now, term))
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
    })?;
    if renewed == 1 {
        *fence.good_until.lock().unwrap_or_else(PoisonError::into_inner) = asked_at + term;
    }
    Ok(renewed == 1)
}

/// Gives a lease back, so that the next holder need not wait for its end; nothing behind its fence is committed
/// from here on.
pub async fn release_lease(tx: &mut Tx, fence: &Fence) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "update leases set holder = null, held_until = 0 where name = $1 and holder = $2 and epoch = $3",
        )
        .bind(&*fence.name)
        .bind(fence.holder)
        .bind(fence.epoch)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// The database's own time in milliseconds: the one clock that all processes share.
pub(super) async fn database_now(tx: &mut Tx) -> Result<i64, StoreError> {
    let sql = tx.text(
        "select cast(unixepoch('subsec') * 1000 as integer)",
        "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)",
    );
    Ok(on_db!(tx, |conn| sqlx::query_scalar::<_, i64>(sql)
        .fetch_one(conn)
        .await)?)
}

/// An instant of the database's time after another.
pub(super) fn after(now: i64, term: Duration) -> i64 {
    let term = TimeDelta::from_std(term).unwrap_or(TimeDelta::MAX);
    now.saturating_add(term.num_milliseconds())
}
