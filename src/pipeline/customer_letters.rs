//! What customers are sent (SPEC §12): acknowledgement, account filed, answer. Comes in: the ticket and the
//! decision. Goes out: values, the text of a template, and a queued mail.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::PipelineError;
use super::answering::goes_out_at;
use super::letters::{Letters, Outgoing};
use crate::calendar::to_jst;
use crate::correspondence::letter::{
    account_value, category_words, instant_words, named_account, opens_with_salutation, quoted, salutation,
};
use crate::correspondence::remarks::day_words;
use crate::correspondence::values::{AcknowledgementValues, AnswerValues, LapsedValue};
use crate::correspondence::{Automation, Draft, Enclosure};
use crate::inquiry::account_ids::AccountReason;
use crate::inquiry::coverage::{ContractRemark, ContractStanding, CoverageRemark};
use crate::inquiry::passing::Passing;
use crate::inquiry::response_clock::{Hours, Response, Waiting, spoken};
use crate::inquiry::{Acknowledgement, NewTicket, StaffAct};
use crate::mail::EmailAddress;
use crate::registry::{Account, AccountId, AnswerMode, Customer};
use crate::store::outbox::Purpose;
use crate::store::{Tx, tickets};
use crate::ticket::{Category, Language, Ticket, TicketStatus};

/// What has been queued for the customer's side, for the receipt.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) recipients: Vec<EmailAddress>,
    pub(super) text: String,
    pub(super) due_at: DateTime<Utc>,
    /// Names of the files that go along.
    pub(super) attached: Vec<String>,
    /// What stays behind.
    pub(super) left_behind: Vec<Passing>,
    /// Colleagues who have answered the same question.
    pub(super) others: Vec<String>,
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
            Acknowledgement::Later(kind) => {
                return self
                    .wait_to_acknowledge(tx, ticket, (kind, new.acknowledges_at))
                    .await;
            }
            Acknowledgement::None(_) => return Ok(()),
        };
        let accounts = self.known_accounts(tx, ticket).await?;
        let values = AcknowledgementValues {
            prior_case: new.coverage.has(CoverageRemark::PriorAwsCase),
            ..self.account_values(ticket, new, &accounts)
        };
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
            | Acknowledgement::Later(_)
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

    /// What the acknowledgement says of the accounts in the mail.
    fn account_values(
        &self,
        ticket: &Ticket,
        new: &NewTicket,
        accounts: &[Account],
    ) -> AcknowledgementValues {
        let (language, found) = (ticket.language, &new.account);
        let asks = new.account_id.is_none() && new.acknowledgement == Acknowledgement::Full;
        let lapsed = |id: &AccountId| {
            new.coverage
                .contracts
                .iter()
                .any(|contract| contract.account == *id)
        };
        let own = |id: &AccountId| !lapsed(id) && accounts.iter().any(|account| account.account_id == *id);
        let named = |ids: Vec<&AccountId>| -> Vec<String> {
            ids.iter()
                .map(|id| named_account(language, **id, accounts))
                .collect()
        };
        let others = found.ids.iter().filter(|id| Some(**id) != new.account_id);
        let (known, unknown): (Vec<_>, Vec<_>) = others.filter(|id| !lapsed(id)).partition(|id| own(id));
        // A number that is perhaps no account at all is not repeated to the customer.
        let meant = matches!(found.reason, AccountReason::NotTheirs | AccountReason::Conflict);
        AcknowledgementValues {
            asks_account: asks,
            account: ticket
                .account_id
                .map(|id| account_value(id, accounts, found.reason == AccountReason::OnlyAccount)),
            also_accounts: named(known.clone()).into_iter().filter(|_| !asks).collect(),
            proposed_accounts: named(known).into_iter().filter(|_| asks).collect(),
            unknown_accounts: unknown
                .into_iter()
                .filter(|_| meant)
                .map(ToString::to_string)
                .collect(),
            lapsed_accounts: new
                .coverage
                .contracts
                .iter()
                .map(|c| lapsed_value(language, c, accounts))
                .collect(),
            ..self.acknowledgement_values(ticket, new.customer.as_ref())
        }
    }

    /// The accounts a letter may name with their labels: the customer's, or while that is not clear those of
    /// every customer the author writes for.
    pub(super) async fn known_accounts(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
    ) -> Result<Vec<Account>, PipelineError> {
        match (self.cause, &ticket.customer_id) {
            (Some(case), None) => Ok(case
                .situation
                .contacts
                .iter()
                .flat_map(|known| known.accounts.iter().chain(&known.dormant))
                .cloned()
                .collect()),
            _ => self.accounts_of(tx, ticket).await,
        }
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
        (mail, files): (Uuid, Vec<Enclosure>),
    ) -> Result<Queued, PipelineError> {
        let (text, whole) = self.answer_text(tx, ticket, act).await?;
        // The notice that an answer is registered goes without its files (the page has them).
        let enclosures = if whole { files } else { Vec::new() };
        let attached = enclosures.iter().map(|file| file.name.clone()).collect();
        self.drop_copied_readers(tx, ticket).await?;
        let mut participants = tickets::list_participants(tx, ticket.id).await?;
        participants.retain(|one| *one != ticket.author);
        let echo = self.answer_echo(tx, ticket).await?;
        let draft = self
            .customer_draft(tx, ticket, (echo.subject, text.clone()), Automation::Person)
            .await?;
        let named = draft
            .to
            .into_iter()
            .map(|(name, to)| (name.filter(|_| echo.name), to));
        let draft = Draft {
            to: named.collect(),
            cc: participants.clone(),
            enclosures,
            ..draft
        };
        let recipients: Vec<EmailAddress> = std::iter::once(ticket.author.clone())
            .chain(participants)
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
            attached,
            left_behind: Vec::new(),
            others: Vec::new(),
        })
    }

    /// The staff member's words as a letter, or the notice that an answer is registered; says which.
    async fn answer_text(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        act: &StaffAct,
    ) -> Result<(String, bool), PipelineError> {
        let settings = &self.pipeline.settings;
        let customer = self.customer_of(tx, ticket).await?;
        let last = self.quotable_words(tx, ticket).await?;
        let notice = customer
            .as_ref()
            .is_some_and(|customer| customer.answer_mode == AnswerMode::Notice);
        let staff_name = self
            .staff_member(act.staff)
            .map(|member| member.name.clone())
            .unwrap_or_default();
        let values = AnswerValues {
            number: self.number(ticket),
            salutation: if opens_with_salutation(&act.text) && !notice {
                String::new()
            } else {
                salutation(ticket.language, customer.as_ref(), &ticket.author_name)
            },
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
        let templates = &self.pipeline.templates;
        Ok((templates.render(ticket.language, template, &values)?, !notice))
    }

    /// Values of the letters that say how an inquiry is handled.
    pub(super) fn acknowledgement_values(
        &self,
        ticket: &Ticket,
        customer: Option<&Customer>,
    ) -> AcknowledgementValues {
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
            lapsed_accounts: Vec::new(),
            proposed_accounts: Vec::new(),
            asks_account: false,
            prior_case: false,
            business_hours: sorted && start.hours == Hours::Business,
            starts_at_once: start.at_once,
            starts: start.spoken(ticket.language),
            target: self.published_target(ticket).filter(|_| sorted),
            limit_megabytes: settings.limit_megabytes,
            page: self.page(ticket),
            signature: settings.signatures.text(ticket.language).to_owned(),
        }
    }

    /// By when the first answer is promised, in words; only where a target is configured, published and ahead.
    fn published_target(&self, ticket: &Ticket) -> Option<String> {
        let policy = self.pipeline.policy();
        let waiting = Waiting {
            category: ticket.category,
            severity: ticket.severity,
            response: Response::First,
            since: ticket.opened_at,
            pauses: Vec::new(),
        };
        let due = waiting.due(&policy.response, &policy.calendar);
        let open = ticket.answered_at.is_none() && ticket.status != TicketStatus::Closed;
        due.filter(|due| due.published && open && due.at > self.now)
            .map(|due| spoken(to_jst(due.at), ticket.language))
    }
}

/// An account whose contract does not run, as letters name it.
pub(super) fn lapsed_value(language: Language, remark: &ContractRemark, accounts: &[Account]) -> LapsedValue {
    LapsedValue {
        account: named_account(language, remark.account, accounts),
        ended: remark.standing == ContractStanding::Ended,
        day: remark.day.map(|day| day_words(language, day)).unwrap_or_default(),
    }
}
