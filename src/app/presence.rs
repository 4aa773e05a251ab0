//! This process among the others: it says that it is there, and notices who is gone, so that mails a dead process
//! was sending are taken over in a minute instead of after their lease. Whether they went is unknown either way.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{AFTER_FAILURE, rest};
use crate::store::processes::{self, Description};
use crate::store::{Database, StoreError};

/// How often a process says that it is there.
const BEAT_EVERY: Duration = Duration::from_secs(5);

/// How long its word counts. A mail in doubt is tried once more after 15 minutes, so haste brings nothing, while
/// a process that was cut off from the database for some seconds still knows how its mails ended.
const TERM: Duration = Duration::from_mins(1);

/// How long a process that is gone is remembered, for people who look for it.
const REMEMBERED: Duration = Duration::from_hours(24);

/// One process's place among the others.
#[derive(Debug)]
pub(super) struct Presence {
    database: Database,
    own: Description,
}

impl Presence {
    /// Enters; on a database that only one process may serve, every earlier one is gone.
    pub(super) async fn enter(database: &Database) -> Result<Self, StoreError> {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let presence = Self {
            database: database.clone(),
            own: Description {
                host: host.trim().to_owned(),
                pid: std::process::id(),
                version: env!("CARGO_PKG_VERSION"),
            },
        };
        let mut tx = database.begin().await?;
        processes::announce(&mut tx, &presence.own, TERM).await?;
        if !database.is_shared() {
            processes::mark_others_gone(&mut tx).await?;
        }
        processes::forget_gone(&mut tx, REMEMBERED).await?;
        tx.commit().await?;
        Ok(presence)
    }

    /// Stays, until the process stops.
    pub(super) async fn stay(self, wake: Arc<tokio::sync::Notify>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.beat().await {
                Ok(0) => BEAT_EVERY,
                Ok(gone) => {
                    tracing::warn!(
                        gone,
                        "processes have ended without a word; what they were sending is taken over"
                    );
                    wake.notify_waiters();
                    BEAT_EVERY
                }
                Err(error) => {
                    if error.is_storage_trouble() {
                        tracing::debug!(%error, "this process cannot say that it is there");
                    } else {
                        tracing::warn!(%error, "the other processes cannot be told that this one is there");
                    }
                    AFTER_FAILURE
                }
            };
            rest(pause, &stop).await;
        }
    }

    async fn beat(&self) -> Result<u64, StoreError> {
        let mut tx = self.database.begin().await?;
        if !processes::announce(&mut tx, &self.own, TERM).await? {
            tracing::warn!(
                "the others took this process for gone; mails it was sending may be tried once more"
            );
        }
        let gone = processes::mark_gone(&mut tx).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

/// Leaves, when nothing of this process is under way any more.
pub(super) async fn leave(database: &Database) {
    let left = async {
        let mut tx = database.begin().await?;
        processes::leave(&mut tx).await?;
        tx.commit().await
    };
    if let Err(error) = left.await {
        tracing::warn!(%error, "the other processes could not be told that this one is leaving");
    }
}
