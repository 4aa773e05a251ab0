//! What comes to be known of a mail of ours after it went: the Message-ID under which its recipient knows it, where
//! the server wrote its own; and that it went at all, where its copy has come back.

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

    /// A mail of ours has come back: where nobody knew whether the server had it, it is known now, and it is not
    /// tried again.
    pub(super) async fn notice_own_copy(&self, tx: &mut Tx, id: &MessageId) -> Result<(), PipelineError> {
        let words = "the line was lost, and the copy to ourselves came back";
        if outbox::prove_sent(tx, id, words, self.clock.now()).await? {
            tracing::info!(message_id = %id, "a mail whose end was not known was sent: its copy came back");
        }
        Ok(())
    }
}
