//! What a staff member gets back (SPEC §13): the receipt of what goes out, or the word that nothing was done.

use super::PipelineError;
use super::customer_letters::Queued;
use super::enclosing::left_behind_words;
use super::letters::{Letters, Outgoing};
use crate::correspondence::letter::instant_words;
use crate::correspondence::staff_words::status_words;
use crate::correspondence::values::{ReceiptValues, ReturnedValues};
use crate::correspondence::{Draft, trouble_words};
use crate::inquiry::redaction::redacted;
use crate::inquiry::{Refused, StaffAct};
use crate::registry::AccountId;
use crate::store::Tx;
use crate::store::outbox::Purpose;
use crate::ticket::Ticket;

impl Letters<'_> {
    /// Tells the staff member what goes out, or what was recorded.
    pub(super) async fn receipt(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        act: &StaffAct,
        sent: Option<&Queued>,
    ) -> Result<(), PipelineError> {
        let language = self.pipeline.settings.staff_language;
        let accounts = self.accounts_of(tx, ticket).await?;
        let accounts: Vec<AccountId> = accounts.iter().map(|account| account.account_id).collect();
        // What must not be mailed around is not mailed back to its author either.
        let clear = |text: &str| redacted(text, &accounts).into_owned();
        let (note, text) = match sent {
            Some(sent) => ("", sent.text.as_str()),
            None => (act.text.as_str(), ""),
        };
        let values = ReceiptValues {
            mark: self.mark(),
            number: self.number(ticket),
            subject: ticket.subject.clone(),
            recipients: sent
                .map(|sent| sent.recipients.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            delayed: sent.is_some_and(|sent| sent.due_at > self.now),
            goes_out: sent
                .map(|sent| instant_words(language, sent.due_at))
                .unwrap_or_default(),
            status: status_words(language, ticket.status).to_owned(),
            attached: sent.map(|sent| sent.attached.clone()).unwrap_or_default(),
            left_behind: sent
                .map(|sent| left_behind_words(language, &sent.left_behind))
                .unwrap_or_default(),
            others: sent.map(|sent| sent.others.clone()).unwrap_or_default(),
            done: act.commands.iter().map(ToString::to_string).collect(),
            hidden: clear(note) != note || clear(text) != text,
            note: clear(note),
            text: clear(text),
        };
        let subject = self
            .pipeline
            .templates
            .render(language, "receipt.subject", &values)?;
        let text = self.pipeline.templates.render(language, "receipt.txt", &values)?;
        self.receipt_to(tx, ticket, (subject, text), act.staff).await
    }

    /// Sends a staff mail back because nothing was done.
    pub(super) async fn returned(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        staff: u32,
        refused: Option<&Refused>,
    ) -> Result<(), PipelineError> {
        let language = self.pipeline.settings.staff_language;
        let values = ReturnedValues {
            mark: self.mark(),
            number: self.number(ticket),
            subject: ticket.subject.clone(),
            line: refused
                .map(|refused| redacted(&refused.line, &[]).into_owned())
                .unwrap_or_default(),
            trouble: refused
                .map(|refused| trouble_words(language, refused.trouble))
                .unwrap_or_default()
                .to_owned(),
            hint: refused.map(|refused| refused.hint.clone()).unwrap_or_default(),
        };
        let subject = self
            .pipeline
            .templates
            .render(language, "returned.subject", &values)?;
        let text = self
            .pipeline
            .templates
            .render(language, "returned.txt", &values)?;
        self.receipt_to(tx, ticket, (subject, text), staff).await
    }

    async fn receipt_to(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (subject, text): (String, String),
        staff: u32,
    ) -> Result<(), PipelineError> {
        let Some(member) = self.staff_member(staff) else {
            return Ok(());
        };
        let Some(address) = member.addresses.first() else {
            return Ok(());
        };
        let answered = self.cause.and_then(|case| case.message.message_id.clone());
        let draft = Draft {
            in_reply_to: answered,
            ..self.staff_draft(ticket, member, subject, text)
        };
        self.queue(
            tx,
            Outgoing {
                purpose: Purpose::Receipt,
                ticket: Some(ticket.id),
                mail: self.cause.map(|case| case.stored.id),
                draft,
                recipients: std::slice::from_ref(address),
                due_at: self.now,
            },
        )
        .await
    }
}
