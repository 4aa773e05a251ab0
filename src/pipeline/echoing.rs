//! How much of what customers wrote an answer repeats (SPEC §12). Comes in: the ticket. Goes out: the words to quote
//! and the subject. What failed its own domain's policy may be anybody's: nothing of it is sent back to whom it names,
//! neither by machine nor beneath a colleague's words.

use chrono::{DateTime, Utc};

use super::PipelineError;
use super::letters::Letters;
use crate::inquiry::redaction::redacted;
use crate::registry::AccountId;
use crate::store::{Tx, messages};
use crate::ticket::{Message, MessageKind, Ticket};

/// How an answer is headed.
#[derive(Debug)]
pub(super) struct Echo {
    /// The customer's own subject, or one that repeats nothing.
    pub(super) subject: String,
    /// Whether the recipient is named.
    pub(super) name: bool,
}

impl Letters<'_> {
    /// The customer's last words and when they came, without secrets; for the desk's eyes.
    pub(super) async fn last_words(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
    ) -> Result<Option<(DateTime<Utc>, String)>, PipelineError> {
        let mut all = messages::list_messages(tx, ticket.id).await?;
        all.retain(|message| message.kind == MessageKind::FromCustomer);
        self.clear_words(tx, ticket, all.pop()).await
    }

    /// The same as an answer quotes them: the last ones that may be sent back.
    pub(super) async fn quotable_words(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
    ) -> Result<Option<(DateTime<Utc>, String)>, PipelineError> {
        let unechoed = messages::list_unechoed(tx, ticket.id).await?;
        let mut all = messages::list_messages(tx, ticket.id).await?;
        all.retain(|message| message.kind == MessageKind::FromCustomer && !unechoed.contains(&message.id));
        self.clear_words(tx, ticket, all.pop()).await
    }

    /// How an answer is headed: a ticket that such a mail has opened bears that mail's subject.
    pub(super) async fn answer_echo(&self, tx: &mut Tx, ticket: &Ticket) -> Result<Echo, PipelineError> {
        let unechoed = messages::list_unechoed(tx, ticket.id).await?;
        let all = messages::list_messages(tx, ticket.id).await?;
        let opening = all
            .iter()
            .find(|message| message.kind == MessageKind::FromCustomer);
        if opening.is_none_or(|message| !unechoed.contains(&message.id)) {
            return Ok(Echo {
                subject: self.subject(ticket),
                name: true,
            });
        }
        let values = self.acknowledgement_values(ticket, None);
        let templates = &self.pipeline.templates;
        Ok(Echo {
            subject: templates.render(ticket.language, "acknowledgement-fixed.subject", &values)?,
            name: false,
        })
    }

    async fn clear_words(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        message: Option<Message>,
    ) -> Result<Option<(DateTime<Utc>, String)>, PipelineError> {
        let Some(message) = message else {
            return Ok(None);
        };
        let accounts = self.accounts_of(tx, ticket).await?;
        let own: Vec<AccountId> = accounts.iter().map(|account| account.account_id).collect();
        let words = if message.visible.is_empty() {
            message.body
        } else {
            message.visible
        };
        Ok(Some((message.created_at, redacted(&words, &own).into_owned())))
    }
}
