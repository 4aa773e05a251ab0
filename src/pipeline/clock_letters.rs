//! What customers are sent because hours, account or silence call for it (SPEC §11, §12): other hours, a
//! corrected account, the reminder of the desk's question, the closing. To the author alone, marked as a
//! machine's, threaded like every letter.

use chrono::{DateTime, Utc};

use super::PipelineError;
use super::letters::{Letters, Outgoing};
use crate::calendar::to_jst;
use crate::correspondence::Automation;
use crate::correspondence::letter::{account_value, salutation};
use crate::correspondence::values::PendingValues;
use crate::inquiry::response_clock::spoken_day;
use crate::store::Tx;
use crate::store::outbox::{self, Purpose};
use crate::ticket::Ticket;

impl Letters<'_> {
    /// Whether the author was written to before under their own subject: a sender who failed authentication
    /// or is not registered was not, and gets no letter of the clock either.
    pub(super) async fn has_written_openly(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
    ) -> Result<bool, PipelineError> {
        let subject = self.subject(ticket);
        Ok(outbox::was_written_to(tx, ticket.id, &ticket.author, &subject).await?)
    }

    /// Tells the author that other hours apply from now on.
    pub(super) async fn clock_changed(&self, tx: &mut Tx, ticket: &Ticket) -> Result<(), PipelineError> {
        let customer = self.customer_of(tx, ticket).await?;
        let values = self.acknowledgement_values(ticket, customer.as_ref());
        let templates = &self.pipeline.templates;
        let text = templates.render(ticket.language, "clock-changed.txt", &values)?;
        self.write_author(tx, ticket, Purpose::ClockChanged, text).await
    }

    /// Acknowledges a mail that a person has made a ticket of its own.
    pub(super) async fn acknowledge_divided(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
    ) -> Result<(), PipelineError> {
        let accounts = self.accounts_of(tx, ticket).await?;
        let customer = self.customer_of(tx, ticket).await?;
        let mut values = self.acknowledgement_values(ticket, customer.as_ref());
        values.account = ticket.account_id.map(|id| account_value(id, &accounts, false));
        let templates = &self.pipeline.templates;
        let text = templates.render(ticket.language, "acknowledgement.txt", &values)?;
        self.write_author(tx, ticket, Purpose::Acknowledgement, text)
            .await
    }

    /// Tells the author that a person has corrected the account.
    pub(super) async fn account_corrected(&self, tx: &mut Tx, ticket: &Ticket) -> Result<(), PipelineError> {
        let accounts = self.accounts_of(tx, ticket).await?;
        let customer = self.customer_of(tx, ticket).await?;
        let mut values = self.acknowledgement_values(ticket, customer.as_ref());
        values.account = ticket.account_id.map(|id| account_value(id, &accounts, false));
        let templates = &self.pipeline.templates;
        let text = templates.render(ticket.language, "account-corrected.txt", &values)?;
        self.write_author(tx, ticket, Purpose::AccountCompleted, text)
            .await
    }

    /// Reminds the author of the desk's question, waited for since then, and says when it is given up.
    pub(super) async fn remind_author(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (since, closes): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), PipelineError> {
        let values = self.pending_values(tx, ticket, (since, closes)).await?;
        let templates = &self.pipeline.templates;
        let text = templates.render(ticket.language, "pending-reminder.txt", &values)?;
        self.write_author(tx, ticket, Purpose::Reminder, text).await
    }

    /// Tells the author that the inquiry is closed because nobody answered the desk's question.
    pub(super) async fn tell_closed(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        since: DateTime<Utc>,
    ) -> Result<(), PipelineError> {
        let values = self.pending_values(tx, ticket, (since, self.now)).await?;
        let templates = &self.pipeline.templates;
        let text = templates.render(ticket.language, "pending-closed.txt", &values)?;
        self.write_author(tx, ticket, Purpose::Closed, text).await
    }

    async fn pending_values(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (since, closes): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<PendingValues, PipelineError> {
        let settings = &self.pipeline.settings;
        let customer = self.customer_of(tx, ticket).await?;
        Ok(PendingValues {
            number: self.number(ticket),
            salutation: salutation(ticket.language, customer.as_ref(), &ticket.author_name),
            desk_name: settings.desk_names.text(ticket.language).to_owned(),
            since: spoken_day(to_jst(since), ticket.language),
            closes: spoken_day(to_jst(closes), ticket.language),
            page: self.page(ticket),
            signature: settings.signatures.text(ticket.language).to_owned(),
        })
    }

    async fn write_author(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        purpose: Purpose,
        text: String,
    ) -> Result<(), PipelineError> {
        let words = (self.subject(ticket), text);
        let draft = self
            .customer_draft(tx, ticket, words, Automation::Generated)
            .await?;
        self.queue(
            tx,
            Outgoing {
                purpose,
                ticket: Some(ticket.id),
                mail: self.cause.map(|case| case.stored.id),
                draft,
                recipients: std::slice::from_ref(&ticket.author),
                due_at: self.now,
            },
        )
        .await
    }
}
