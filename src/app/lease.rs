//! The right to do alone what only one process may do, kept by renewing it. Comes in: a database that several
//! processes share. Goes out: a lease while nobody else holds it, and the moment it is lost.

use std::time::Duration;

use crate::store::leases::{self, Fence};
use crate::store::{Database, StoreError};

/// How long a lease counts without being renewed. After a `kill -9` the next process goes on within this, the
/// pause of [`ASK_EVERY`] and a sign-in: below ten seconds. Shorter, and a busy machine would lose its lease.
const TERM: Duration = Duration::from_secs(6);

/// How often it is renewed: two renewals may fail before it runs out.
const RENEW_EVERY: Duration = Duration::from_secs(2);

/// How often those who wait ask for it: the pause in service when a process stops and gives its lease back.
pub(super) const ASK_EVERY: Duration = Duration::from_millis(500);

/// A lease that is held; [`keep`](Self::keep) must run while it is used.
#[derive(Debug)]
pub(super) struct Lease {
    database: Database,
    fence: Fence,
}

impl Lease {
    /// Takes a lease; `None` while another process holds it.
    pub(super) async fn acquire(database: &Database, name: &str) -> Result<Option<Self>, StoreError> {
        let mut tx = database.begin().await?;
        let fence = leases::acquire_lease(&mut tx, name, TERM).await?;
        tx.commit().await?;
        Ok(fence.map(|fence| Self {
            database: database.clone(),
            fence,
        }))
    }

    /// What commits depend on.
    pub(super) fn fence(&self) -> Fence {
        self.fence.clone()
    }

    /// Renews the lease again and again; returns when it is lost.
    pub(super) async fn keep(&self) {
        loop {
            tokio::time::sleep(RENEW_EVERY.min(self.fence.left())).await;
            match tokio::time::timeout(self.fence.left(), self.renew()).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => return,
                Ok(Err(error)) => {
                    tracing::warn!(lease = self.fence.name(), %error, "the lease could not be renewed");
                }
                Err(_) => {
                    tracing::warn!(lease = self.fence.name(), "the database did not answer in time");
                }
            }
            if self.fence.left().is_zero() {
                return;
            }
        }
    }

    /// Lets the next process go on at once.
    pub(super) async fn give_back(self) {
        let given = async {
            let mut tx = self.database.begin().await?;
            leases::release_lease(&mut tx, &self.fence).await?;
            tx.commit().await
        };
        if let Err(error) = given.await {
            tracing::warn!(lease = self.fence.name(), %error, "the lease could not be given back; it runs out");
        }
    }

    async fn renew(&self) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let renewed = leases::renew_lease(&mut tx, &self.fence, TERM).await?;
        tx.commit().await?;
        Ok(renewed)
    }
}
