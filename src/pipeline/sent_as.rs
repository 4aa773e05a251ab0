//! Keeps under which Message-ID a recipient knows a mail of ours, where the server wrote its own.

use super::writing::origin_of;
use super::{Pipeline, PipelineError};
use crate::mail::MessageId;
use crate::store::outbox::{self, OutboxEntry};
use crate::store::{Tx, messages};

impl Pipeline {
    /// Records the identifier on the outbox row, for bounces, and on the ticket, for answers.
    pub async fn keep_sent_as(
        &self,
        tx: &mut Tx,
        entry: &OutboxEntry,
        id: &MessageId,
    ) -> Result<(), PipelineError> {
        outbox::mark_sent_as(tx, entry.id, id).await?;
        if let Some(ticket) = entry.ticket_id {
            let now = self.clock.now();
            messages::insert_message_id(tx, id, ticket, origin_of(entry.purpose), now).await?;
        }
        Ok(())
    }
}
