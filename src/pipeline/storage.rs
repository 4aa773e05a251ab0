//! Storage that is full or broken (SPEC §3): work stops before the disk is full, mail stays where it lies, and no
//! mail pays for it. Comes in: how much room there must be, and failures. Goes out: a refusal, one word when trouble
//! begins and one when it is over, and which mails have an attempt left that was counted and not made.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::{Pipeline, PipelineError};

const MEGABYTE: u64 = 1024 * 1024;

/// What is known of the storage below one desk.
#[derive(Debug, Default)]
pub struct Storage {
    /// Octets that must be free before a mail is taken.
    floor: u64,
    troubled: AtomicBool,
    /// Mails whose last attempt failed because of the database.
    spared: Mutex<BTreeSet<Uuid>>,
}

impl Storage {
    /// Storage on which so many octets must stay free.
    pub fn with_floor(floor: u64) -> Self {
        Self {
            floor,
            ..Self::default()
        }
    }

    /// Records that the storage failed; `true` for whoever is the first to see it.
    pub fn begins_trouble(&self) -> bool {
        !self.troubled.swap(true, Ordering::Relaxed)
    }

    /// Records that it works; `true` for whoever is the first to see that after it had failed.
    pub fn ends_trouble(&self) -> bool {
        self.troubled.swap(false, Ordering::Relaxed)
    }

    /// Leaves mails the attempt that was counted for them. Kept in memory alone, since it is the database that does
    /// not take anything; a process that dies meanwhile costs a mail one attempt of three.
    pub(super) fn spare(&self, mails: impl Iterator<Item = Uuid>) {
        self.spared().extend(mails);
    }

    /// Whether the mail has an attempt left that was counted; it is used up with this.
    pub(super) fn takes_spared(&self, mail: Uuid) -> bool {
        self.spared().remove(&mail)
    }

    fn spared(&self) -> std::sync::MutexGuard<'_, BTreeSet<Uuid>> {
        self.spared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the room that is left compares with what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// There is enough, or nobody can say.
    Enough,
    /// Enough to work, too little to say that it is over.
    Scarce,
    /// Less than must be free.
    TooLittle,
}

impl Pipeline {
    /// Refuses work while there is less room than must be free: what is begun then could not be ended.
    pub fn wants_room(&self) -> Result<(), PipelineError> {
        match self.database.free_octets() {
            Some(free) if free < self.storage.floor => Err(PipelineError::NoRoom {
                free: free / MEGABYTE,
                wanted: self.storage.floor / MEGABYTE,
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// How much room there is, and whether the storage has just failed.
    pub(super) fn room(&self) -> Room {
        let floor = self.storage.floor;
        if self.storage.troubled.load(Ordering::Relaxed) {
            return Room::TooLittle;
        }
        match self.database.free_octets() {
            Some(free) if free < floor => Room::TooLittle,
            // A disk at its limit goes to and fro; the word that it is over is given once.
            Some(free) if free < floor.saturating_add(floor / 4) => Room::Scarce,
            Some(_) | None => Room::Enough,
        }
    }
}
