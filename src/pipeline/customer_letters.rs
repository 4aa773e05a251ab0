//! What customers are sent (SPEC §12): acknowledgement, account filed, answer. Comes in: the ticket and the
//! decision. Goes out: values, the text of a template, and a queued mail.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::PipelineError;
use super::letters::{Letters, Outgoing};
use super::writing::goes_out_at;
use crate::correspondence::letter::{account_value, category_words, instant_words, quoted, salutation};
use crate::correspondence::values::{AcknowledgementValues, AnswerValues};
use crate::correspondence::{Automation, Draft};
use crate::inquiry::account_ids::AccountReason;
use crate::inquiry::response_clock::Hours;
use crate::inquiry::{Acknowledgement, NewTicket, StaffAct};
use crate::mail::EmailAddress;
use crate::registry::{AnswerMode, Customer};
use crate::store::outbox::Purpose;
use crate::store::{Tx, messages, tickets};
use crate::ticket::{Category, MessageKind, Ticket};

/// What has been queued for the customer's side, for the receipt.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) recipients: Vec<EmailAddress>,
    pub(super) text: String,
    pub(super) due_at: DateTime<Utc>,
}

impl Letters<'_> {
    /// Acknowledges a new inquiry, to its author alone.
    pub(super) async fn acknowledge(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        new: &NewTicket,
    ) -> Result<(), PipelineError> {
        let template = match new.acknowledgement {
            Acknowledgement::Full => "acknowledgement.txt",
            Acknowledgement::Fixed => "acknowledgement-fixed.txt",
            Acknowledgement::TooLarge => "too-large.txt",
            Acknowledgement::CannotRead => "cannot-read-encrypted.txt",
            Acknowledgement::None(_) => return Ok(()),
        };
        let accounts = self.accounts_of(tx, ticket).await?;
        let mut values = self.acknowledgement_values(ticket, new.customer.as_ref());
        values.asks_account = new.account_id.is_none() && new.acknowledgement == Acknowledgement::Full;
        let assumed = new.account.reason == AccountReason::OnlyAccount;
        values.account = ticket.account_id.map(|id| account_value(id, &accounts, assumed));
        let others = new.account.ids.iter().filter(|id| Some(**id) != new.account_id);
        let (also, unknown): (Vec<_>, Vec<_>) =
            others.partition(|id| accounts.iter().any(|account| account.account_id == **id));
        values.also_accounts = also.into_iter().map(ToString::to_string).collect();
        values.unknown_accounts = unknown.into_iter().map(ToString::to_string).collect();
        let templates = &self.pipeline.templates;
        let text = templates.render(ticket.language, template, &values)?;
        let subject = match new.acknowledgement {
            // No echo: the subject of a mail that may be forged is not sent to whom it names.
            Acknowledgement::Fixed => {
                templates.render(ticket.language, "acknowledgement-fixed.subject", &values)?
            }
            Acknowledgement::Full
            | Acknowledgement::TooLarge
            | Acknowledgement::CannotRead
            | Acknowledgement::None(_) => self.subject(ticket),
        };
        let name = Some(new.author_name.clone())
            .filter(|name| new.acknowledgement != Acknowledgement::Fixed && !name.is_empty());
        let draft = self
            .customer_draft(tx, ticket, (subject, text), Automation::Replied)
            .await?;
        let draft = Draft {
            to: vec![(name, ticket.author.clone())],
            ..draft
        };
        self.queue(
            tx,
            Outgoing {
                purpose: Purpose::Acknowledgement,
                ticket: Some(ticket.id),
                mail: self.cause.map(|case| case.stored.id),
                draft,
                recipients: std::slice::from_ref(&ticket.author),
                due_at: new.acknowledges_at,
            },
        )
        .await
    }

    /// Tells the author that the account ID has been filed.
    pub(super) async fn account_completed(&self, tx: &mut Tx, ticket: &Ticket) -> Result<(), PipelineError> {
        self.told(tx, ticket, "account-completed.txt", Purpose::AccountCompleted)
            .await
    }

    /// Tells the author that a further mail is encrypted; it counts against the budget of acknowledgements.
    pub(super) async fn cannot_read(&self, tx: &mut Tx, ticket: &Ticket) -> Result<(), PipelineError> {
        self.told(tx, ticket, "cannot-read-encrypted.txt", Purpose::Acknowledgement)
            .await
    }

    async fn told(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        template: &str,
        purpose: Purpose,
    ) -> Result<(), PipelineError> {
        let accounts = self.accounts_of(tx, ticket).await?;
        let customer = self.customer_of(tx, ticket).await?;
        let mut values = self.acknowledgement_values(ticket, customer.as_ref());
        values.account = ticket.account_id.map(|id| account_value(id, &accounts, false));
        let text = self
            .pipeline
            .templates
            .render(ticket.language, template, &values)?;
        let draft = self
            .customer_draft(tx, ticket, (self.subject(ticket), text), Automation::Replied)
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

    /// Relays a staff answer to the author and everybody who takes part.
    pub(super) async fn answer(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        act: &StaffAct,
        mail: Uuid,
    ) -> Result<Queued, PipelineError> {
        let text = self.answer_text(tx, ticket, act).await?;
        let participants = tickets::list_participants(tx, ticket.id).await?;
        let draft = self
            .customer_draft(
                tx,
                ticket,
                (self.subject(ticket), text.clone()),
                Automation::Person,
            )
            .await?;
        let draft = Draft {
            cc: participants.clone(),
            ..draft
        };
        let recipients: Vec<EmailAddress> = std::iter::once(ticket.author.clone())
            .chain(participants.into_iter().filter(|p| *p != ticket.author))
            .collect();
        let due_at = goes_out_at(self.now, self.pipeline.settings.relay_delay_seconds);
        self.queue(
            tx,
            Outgoing {
                purpose: Purpose::Answer,
                ticket: Some(ticket.id),
                mail: Some(mail),
                draft,
                recipients: &recipients,
                due_at,
            },
        )
        .await?;
        Ok(Queued {
            recipients,
            text,
            due_at,
        })
    }

    /// The staff member's words as a letter, or the notice that an answer is registered.
    async fn answer_text(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        act: &StaffAct,
    ) -> Result<String, PipelineError> {
        let settings = &self.pipeline.settings;
        let customer = self.customer_of(tx, ticket).await?;
        let last = self.last_words(tx, ticket).await?;
        let notice = customer
            .as_ref()
            .is_some_and(|customer| customer.answer_mode == AnswerMode::Notice);
        let staff_name = self
            .staff_member(act.staff)
            .map(|member| member.name.clone())
            .unwrap_or_default();
        let values = AnswerValues {
            number: self.number(ticket),
            salutation: salutation(ticket.language, customer.as_ref(), &ticket.author_name),
            desk_name: settings.desk_names.text(ticket.language).to_owned(),
            text: act.text.clone(),
            quote: last.as_ref().map(|(_, words)| quoted(words)).unwrap_or_default(),
            quoted_at: last
                .map(|(at, _)| instant_words(ticket.language, at))
                .unwrap_or_default(),
            page: self.page(ticket),
            signature: format!("{}\n{staff_name}", settings.signatures.text(ticket.language)),
        };
        let template = if notice { "answer-notice.txt" } else { "answer.txt" };
        Ok(self
            .pipeline
            .templates
            .render(ticket.language, template, &values)?)
    }

    fn acknowledgement_values(&self, ticket: &Ticket, customer: Option<&Customer>) -> AcknowledgementValues {
        let (settings, policy) = (&self.pipeline.settings, self.pipeline.policy());
        let start = policy.response.starts_at(ticket.desk, self.now, &policy.calendar);
        // A ticket that a person still has to sort names neither category nor desk hours (SPEC §9).
        let sorted = ticket.category != Category::NeedsTriage;
        AcknowledgementValues {
            number: self.number(ticket),
            salutation: salutation(ticket.language, customer, &ticket.author_name),
            desk_name: settings.desk_names.text(ticket.language).to_owned(),
            category: category_words(ticket.language, ticket.category).map(str::to_owned),
            account: None,
            also_accounts: Vec::new(),
            unknown_accounts: Vec::new(),
            asks_account: false,
            business_hours: sorted && start.hours == Hours::Business,
            starts_at_once: start.at_once,
            starts: start.spoken(ticket.language),
            limit_megabytes: settings.limit_megabytes,
            page: self.page(ticket),
            signature: settings.signatures.text(ticket.language).to_owned(),
        }
    }

    /// The customer's last words and when they came.
    async fn last_words(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
    ) -> Result<Option<(DateTime<Utc>, String)>, PipelineError> {
        let all = messages::list_messages(tx, ticket.id).await?;
        let last = all
            .into_iter()
            .rev()
            .find(|message| message.kind == MessageKind::FromCustomer);
        Ok(last.map(|message| {
            let words = if message.visible.is_empty() {
                message.body
            } else {
                message.visible
            };
            (message.created_at, words)
        }))
    }
}
