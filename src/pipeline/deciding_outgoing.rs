//! What a person decides on outgoing mail (SPEC §14). Comes in: an id or a reason, and who decides. Goes out:
//! the changed rows, with an event where a ticket is concerned. It changes no mail's bytes.

use uuid::Uuid;

use super::{Pipeline, PipelineError};
use crate::registry::StaffMember;
use crate::store::outbox::OutboxEntry;
use crate::store::outbox_control::{self, Freeze};
use crate::store::{Tx, registry};
use crate::ticket::{Actor, EventKind};

/// Why a decision changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboxRefusal {
    /// There is no such mail.
    #[error("no outgoing mail has the id {0}; `madoguchi outbox list` shows them")]
    Missing(Uuid),
    /// It is on its way, or was sent.
    #[error(
        "it is {0}; a mail that failed or whose end is unknown can be tried again, one that waits or is unknown can be given up"
    )]
    State(String),
}

impl Pipeline {
    /// Sends a mail once more that failed, or whose end nobody knows: the same bytes under the same
    /// Message-ID.
    pub async fn retry_outgoing(
        &self,
        id: Uuid,
        by: &str,
    ) -> Result<Result<(), OutboxRefusal>, PipelineError> {
        let mut tx = self.database.begin().await?;
        let Some(entry) = outbox_control::find_outbox(&mut tx, id).await? else {
            return Ok(Err(OutboxRefusal::Missing(id)));
        };
        let before = entry.last_reply.as_deref().unwrap_or_default();
        let note = format!("to be sent again by {by}; before: {before}");
        if !outbox_control::retry_outbox(&mut tx, id, &note, self.clock.now()).await? {
            return Ok(Err(OutboxRefusal::State(entry.state.to_string())));
        }
        self.keep_decision(&mut tx, &entry, "sent again").await?;
        tx.commit().await?;
        tracing::info!(outbox = %id, by, "a person sends the mail again");
        Ok(Ok(()))
    }

    /// Gives a mail up that waits, or whose end nobody knows.
    pub async fn give_up_outgoing(
        &self,
        id: Uuid,
        by: &str,
    ) -> Result<Result<(), OutboxRefusal>, PipelineError> {
        let mut tx = self.database.begin().await?;
        let Some(entry) = outbox_control::find_outbox(&mut tx, id).await? else {
            return Ok(Err(OutboxRefusal::Missing(id)));
        };
        let before = entry.last_reply.as_deref().unwrap_or_default();
        let note = format!("given up by {by}; before: {before}");
        if !outbox_control::give_up_outbox(&mut tx, id, &note, self.clock.now()).await? {
            return Ok(Err(OutboxRefusal::State(entry.state.to_string())));
        }
        self.keep_decision(&mut tx, &entry, "given up").await?;
        tx.commit().await?;
        tracing::info!(outbox = %id, by, "a person gives the mail up");
        Ok(Ok(()))
    }

    /// Lets nothing go out until [`release_outbox`](Self::release_outbox); `false` when it is so already.
    pub async fn freeze_outbox(&self, reason: &str, by: &str) -> Result<bool, PipelineError> {
        let mut tx = self.database.begin().await?;
        let freeze = Freeze {
            reason: reason.to_owned(),
            by: by.to_owned(),
            at: self.clock.now(),
        };
        let frozen = outbox_control::freeze_outbox(&mut tx, self.clock.fresh_id(), &freeze).await?;
        tx.commit().await?;
        if frozen {
            tracing::error!(
                reason,
                by,
                "the outbox is frozen; nothing goes out until it is released"
            );
        }
        Ok(frozen)
    }

    /// Lets mail go out again; `false` when it was not frozen.
    pub async fn release_outbox(&self, by: &str) -> Result<bool, PipelineError> {
        let mut tx = self.database.begin().await?;
        let released = outbox_control::release_outbox(&mut tx, by, self.clock.now()).await?;
        tx.commit().await?;
        if released {
            tracing::warn!(by, "the outbox is released");
        }
        Ok(released)
    }

    async fn keep_decision(
        &self,
        tx: &mut Tx,
        entry: &OutboxEntry,
        decision: &str,
    ) -> Result<(), PipelineError> {
        let Some(ticket) = entry.ticket_id else {
            return Ok(());
        };
        let staff: Vec<StaffMember> = registry::list_staff(tx).await?;
        let letters = self.letters(&staff);
        let ticket = letters.ticket(tx, ticket).await?;
        let detail = format!(
            "{} to {}: {decision}, was {}",
            entry.purpose, entry.recipient, entry.state
        );
        letters
            .keep_event(tx, &ticket, (Actor::Operator, EventKind::DeliveryDecided), detail)
            .await
    }
}
