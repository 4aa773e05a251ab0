//! What was read of the registry, kept while it stays the same: the registry is asked several times for every
//! mail and changes a few times a month.
//!
//! Triggers count every change of the registry's tables in the database itself, whoever makes it. A transaction
//! reads that count once; what was read under another count is forgotten, so that a process never decides by
//! what another one has changed since. It must not outlive a change: a transaction that changes the registry
//! asks the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::database::{Tx, on_db};
use super::error::StoreError;
use crate::registry::{Account, Contact, Customer, StaffMember};

/// Entries of one kind that are kept; a desk with more starts over, which costs no more than reading.
const MOST_ENTRIES: usize = 20_000;

/// The registry as one process remembers it.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    changes: i64,
    pub(super) contacts: HashMap<String, Vec<Contact>>,
    pub(super) customers: HashMap<String, Option<Customer>>,
    pub(super) accounts: HashMap<String, Vec<Account>>,
    pub(super) staff: HashMap<(), Vec<StaffMember>>,
}

/// The memory as one transaction sees it.
#[derive(Debug)]
pub(super) struct Memory {
    shared: Arc<Mutex<Remembered>>,
    standing: Standing,
}

#[derive(Debug, Clone, Copy)]
enum Standing {
    /// The count of changes was not read yet.
    Unread,
    /// The transaction sees the registry after so many changes.
    After(i64),
    /// The transaction changes the registry itself.
    Changing,
}

impl Memory {
    pub(super) const fn new(shared: Arc<Mutex<Remembered>>) -> Self {
        Self {
            shared,
            standing: Standing::Unread,
        }
    }

    /// From here on the transaction asks the database: it changes what is remembered.
    pub(super) const fn bypass(&mut self) {
        self.standing = Standing::Changing;
    }

    /// Runs `look` on what is remembered of the registry as this transaction sees it.
    fn with<T>(&self, look: impl FnOnce(&mut Remembered) -> T) -> Option<T> {
        let Standing::After(changes) = self.standing else {
            return None;
        };
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.changes < changes {
            *shared = Remembered {
                changes,
                ..Remembered::default()
            };
        }
        // A transaction that began before a change neither reads nor adds what belongs to the time after it.
        (shared.changes == changes).then(|| look(&mut shared))
    }
}

/// What is remembered under a key of one of the kinds.
pub(super) async fn recall<K, V>(
    tx: &mut Tx,
    key: &K,
    kind: impl FnOnce(&mut Remembered) -> &mut HashMap<K, V> + Send,
) -> Result<Option<V>, StoreError>
where
    K: std::hash::Hash + Eq + Sync,
    V: Clone,
{
    if matches!(tx.memory.standing, Standing::Unread) {
        let changes = on_db!(tx, |conn| {
            sqlx::query_scalar::<_, i64>("select value from counters where name = 'registry-changes'")
                .fetch_one(conn)
                .await
        })?;
        tx.memory.standing = Standing::After(changes);
    }
    Ok(tx.memory.with(|shared| kind(shared).get(key).cloned()).flatten())
}

/// Remembers what was read.
pub(super) fn remember<K, V>(
    tx: &Tx,
    (key, value): (K, &V),
    kind: impl FnOnce(&mut Remembered) -> &mut HashMap<K, V>,
) where
    K: std::hash::Hash + Eq,
    V: Clone,
{
    tx.memory.with(|shared| {
        let entries = kind(shared);
        if entries.len() >= MOST_ENTRIES {
            entries.clear();
        }
        entries.insert(key, value.clone());
    });
}
