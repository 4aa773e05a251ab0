//! Faults of delivery that a rehearsal seeds, to see whether the proof finds them. Only in programs built
//! with the feature `failpoints`; nothing here is how it should be done.

use super::dispatcher::{BATCH, Dispatcher, LEASE, Recording};
use crate::failpoints::{self, Fault};
use crate::pipeline::PipelineError;
use crate::store::outbox::{self, OutboxEntry};

impl Dispatcher {
    /// Sends what is due and records the attempts afterwards: whoever dies between does not know of them.
    pub(super) async fn step_recording_afterwards(&mut self) -> Result<usize, PipelineError> {
        let now = self.pipeline().clock.now();
        let mut tx = self.pipeline().database.begin().await?;
        let due = outbox::claim_outbox(&mut tx, now, now + LEASE, BATCH).await?;
        tx.rollback().await?;
        let mut outcomes = Vec::with_capacity(due.len());
        for entry in &due {
            outcomes.push(self.attempt(entry, &mut Recording::done()).await);
        }
        let mut tx = self.pipeline().database.begin().await?;
        outbox::claim_outbox(&mut tx, now, now + LEASE, BATCH).await?;
        tx.commit().await?;
        let count = due.len();
        for (entry, outcome) in due.into_iter().zip(outcomes) {
            if let Ok(attempt) = outcome {
                self.note(entry, attempt.outcome);
            }
        }
        self.settle().await?;
        Ok(count)
    }
}

/// The mail with an identifier of its own from the second attempt on, where that fault is seeded.
pub(super) fn reidentified(entry: &OutboxEntry) -> OutboxEntry {
    let mut entry = entry.clone();
    if failpoints::has(Fault::NewMessageId) && entry.attempts > 1 {
        let id = entry.message_id.as_str();
        let new = format!("again-{}-{id}", entry.attempts);
        let text = String::from_utf8_lossy(&entry.bytes).replacen(id, &new, 1);
        entry.bytes = text.into_bytes();
    }
    entry
}
