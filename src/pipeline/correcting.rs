//! What a person corrects about a ticket (SPEC §9, §11, §13): by a command in a mail, or by `ticket set`.
//! Comes in: the ticket and the correction. Goes out: events, the labelled example, the new clock, and the
//! letters that customers and staff are due. A correction is final: no later mail classifies the ticket again.

use super::letters::Letters;
use super::notifying::Notice;
use super::writing::set_status;
use super::{Pipeline, PipelineError};
use crate::calendar::to_jst;
use crate::correspondence::NotificationKind;
use crate::inquiry::classification::Inquiry;
use crate::inquiry::duty_roster::calls_out;
use crate::inquiry::response_clock::{ClockChange, recategorised};
use crate::inquiry::secrets::redact;
use crate::registry::AccountId;
use crate::store::corrections::{self, CorrectedField, StoredCorrection};
use crate::store::{StoreError, Tx, messages, registry, tickets};
use crate::ticket::{
    Actor, Category, EventKind, Happening, MessageKind, Severity, Ticket, TicketNumber, TicketStatus,
};

/// What a person corrects; `None` leaves as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Correction {
    /// What it is about.
    pub category: Option<Category>,
    /// The account it is filed under.
    pub account: Option<AccountId>,
    /// How hard the customer is hit.
    pub severity: Option<Severity>,
    /// Where it stands.
    pub status: Option<TicketStatus>,
}

/// Why a correction was refused; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionRefusal {
    /// There is none with that number.
    #[error("there is no ticket {0}")]
    Missing(String),
    /// Nothing was asked for.
    #[error("say what to correct: --category, --account, --severity or --status")]
    Nothing,
    /// The machine's word for not knowing.
    #[error("needs-triage is what the machine says when it does not know; name the right category")]
    Category,
    /// The account is not one that this ticket's author may ask about.
    #[error(
        "{0} is no account of this ticket's customer that its author may ask about; `madoguchi registry export` shows accounts and scopes"
    )]
    Account(AccountId),
    /// Only the machine gives that status.
    #[error(
        "the status {0} is given by the machine alone; write open, answered, pending-customer, escalated or closed"
    )]
    Status(TicketStatus),
}

impl Correction {
    fn refusal(&self, open_to: &[AccountId]) -> Option<CorrectionRefusal> {
        if *self == Self::default() {
            return Some(CorrectionRefusal::Nothing);
        }
        if self.category == Some(Category::NeedsTriage) {
            return Some(CorrectionRefusal::Category);
        }
        if let Some(status) = self.status
            && matches!(status, TicketStatus::New | TicketStatus::AwaitingAccount)
        {
            return Some(CorrectionRefusal::Status(status));
        }
        let account = self.account.filter(|id| !open_to.contains(id));
        account.map(CorrectionRefusal::Account)
    }
}

impl Pipeline {
    /// Corrects a ticket on the word of whoever is at the command line.
    pub async fn correct_ticket(
        &self,
        number: TicketNumber,
        correction: &Correction,
    ) -> Result<Result<Ticket, CorrectionRefusal>, PipelineError> {
        let mut tx = self.database.begin().await?;
        let staff = registry::list_staff(&mut tx).await?;
        let found = match tickets::find_ticket_by_number(&mut tx, number).await? {
            Some(ticket) => tickets::lock_ticket(&mut tx, ticket.id).await?,
            None => None,
        };
        let Some(mut ticket) = found else {
            let written = number.with_prefix(&self.policy().number_prefix);
            return Ok(Err(CorrectionRefusal::Missing(written)));
        };
        let letters = Letters {
            pipeline: self,
            now: self.clock.now(),
            staff: &staff,
            cause: None,
            fresh: None,
        };
        let open_to = accounts_open_to(&mut tx, &ticket, letters.now).await?;
        if let Some(refusal) = correction.refusal(&open_to) {
            return Ok(Err(refusal));
        }
        correct(&letters, &mut tx, &mut ticket, correction, Actor::Operator).await?;
        tx.commit().await?;
        Ok(Ok(ticket))
    }
}

/// The accounts a ticket may be filed under: those of its customer, as far as its author may ask about them.
pub(super) async fn accounts_open_to(
    tx: &mut Tx,
    ticket: &Ticket,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<AccountId>, StoreError> {
    let Some(customer) = &ticket.customer_id else {
        return Ok(Vec::new());
    };
    let today = to_jst(now).date_naive();
    let mut scopes = registry::find_contacts(tx, &ticket.author).await?;
    scopes.retain(|contact| contact.customer_id == *customer && contact.is_valid_on(today));
    let accounts = registry::list_accounts_of(tx, customer).await?;
    let ids = accounts.into_iter().map(|account| account.account_id);
    let within =
        |id: &AccountId| scopes.is_empty() || scopes.iter().any(|one| one.account_scope.includes(*id));
    Ok(ids.filter(within).collect())
}

/// Carries a correction out that was not refused.
pub(super) async fn correct(
    letters: &Letters<'_>,
    tx: &mut Tx,
    ticket: &mut Ticket,
    correction: &Correction,
    actor: Actor,
) -> Result<(), PipelineError> {
    if *correction == Correction::default() {
        return Ok(());
    }
    let before = ticket.clone();
    let change = match correction.category {
        Some(category) => letters.recategorise(tx, ticket, category, &actor).await?,
        None => None,
    };
    if let Some(account) = correction.account {
        letters.file_under(tx, ticket, account, &actor).await?;
    }
    if let Some(severity) = correction
        .severity
        .filter(|severity| *severity != before.severity)
    {
        ticket.severity = severity;
        let words = (before.severity.to_string(), severity.to_string());
        letters
            .keep_corrected(tx, ticket, (CorrectedField::Severity, words), &actor)
            .await?;
    }
    let status = correction.status.unwrap_or_else(|| {
        if before.account_id.is_none() && ticket.account_id.is_some() {
            ticket.status.after(Happening::AccountArrived)
        } else {
            ticket.status
        }
    });
    set_status(letters, tx, ticket, status, actor).await?;
    letters.tell_correction(tx, (&before, ticket), change).await
}

impl Letters<'_> {
    async fn recategorise(
        &self,
        tx: &mut Tx,
        ticket: &mut Ticket,
        category: Category,
        actor: &Actor,
    ) -> Result<Option<ClockChange>, PipelineError> {
        let policy = self.pipeline.policy();
        let was = std::mem::replace(&mut ticket.category, category);
        let change = recategorised((was, category), self.now, &policy.response, &policy.calendar);
        ticket.confidence = 1.0;
        ticket.desk = category.desk();
        if let Some(change) = &change {
            ticket.clock_starts_at = change.start.at.to_utc();
        }
        let assignee = ticket.assignee.and_then(|serial| self.staff_member(serial));
        if assignee.is_some_and(|member| !member.serves(ticket.desk)) {
            ticket.assignee = None;
        }
        let words = (was.to_string(), category.to_string());
        self.keep_corrected(tx, ticket, (CorrectedField::Category, words), actor)
            .await?;
        Ok(change)
    }

    /// Files a ticket under another account; whom only a Cc brought in and whose scope does not include that
    /// account takes part no longer.
    async fn file_under(
        &self,
        tx: &mut Tx,
        ticket: &mut Ticket,
        account: AccountId,
        actor: &Actor,
    ) -> Result<(), PipelineError> {
        let was = ticket.account_id.replace(account);
        "resolved".clone_into(&mut ticket.account_outcome);
        let words = (
            was.map(|id| id.to_string()).unwrap_or_default(),
            account.to_string(),
        );
        self.keep_corrected(tx, ticket, (CorrectedField::Account, words), actor)
            .await?;
        self.drop_copied_readers(tx, ticket).await
    }

    /// Whom only a Cc brought in takes part as long as they are a contact of the customer whose scope includes the
    /// account, and no longer.
    pub(super) async fn drop_copied_readers(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
    ) -> Result<(), PipelineError> {
        let today = to_jst(self.now).date_naive();
        for address in tickets::list_participants(tx, ticket.id).await? {
            let contacts = registry::find_contacts(tx, &address).await?;
            let may = contacts.iter().any(|contact| {
                Some(&contact.customer_id) == ticket.customer_id.as_ref()
                    && contact.is_valid_on(today)
                    && ticket
                        .account_id
                        .is_none_or(|account| contact.account_scope.includes(account))
            });
            if !may {
                tickets::delete_copied_participant(tx, ticket.id, &address).await?;
            }
        }
        Ok(())
    }

    /// Keeps the event, and the inquiry as an example of the right answer. A person who confirms what was
    /// there leaves no event, yet has the last word.
    async fn keep_corrected(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (field, (was, became)): (CorrectedField, (String, String)),
        actor: &Actor,
    ) -> Result<(), PipelineError> {
        if was != became {
            let detail = format!("{field} {} → {became}", if was.is_empty() { "-" } else { &was });
            self.keep_event(tx, ticket, (actor.clone(), EventKind::Corrected), detail)
                .await?;
        }
        let (subject, body) = self.first_words(tx, ticket).await?;
        let found = self.pipeline.policy().rules.classify(&Inquiry {
            subject: &subject,
            written: &body,
            ..Inquiry::default()
        });
        let flags: Vec<String> = found.flags.iter().map(ToString::to_string).collect();
        let correction = StoredCorrection {
            ticket_id: ticket.id,
            field,
            was,
            became,
            corrected_at: self.now,
            corrected_by: actor.to_string(),
            subject,
            body,
            flags: flags.join(" "),
        };
        Ok(corrections::keep_correction(tx, &correction).await?)
    }

    /// Subject and text of the inquiry itself, without what must not be kept a second time.
    async fn first_words(&self, tx: &mut Tx, ticket: &Ticket) -> Result<(String, String), PipelineError> {
        let accounts = self.accounts_of(tx, ticket).await?;
        let own: Vec<AccountId> = accounts.iter().map(|account| account.account_id).collect();
        let all = messages::list_messages(tx, ticket.id).await?;
        let first = all
            .into_iter()
            .find(|message| message.kind == MessageKind::FromCustomer);
        let words = first.map(|message| {
            if message.visible.is_empty() {
                message.body
            } else {
                message.visible
            }
        });
        Ok((
            redact(&ticket.subject, &own),
            redact(&words.unwrap_or_default(), &own),
        ))
    }

    /// Tells customer and staff what follows from a correction. Nobody is told of hours or accounts who was
    /// not answered openly before, and nobody whose inquiry is done.
    async fn tell_correction(
        &self,
        tx: &mut Tx,
        (before, ticket): (&Ticket, &Ticket),
        change: Option<ClockChange>,
    ) -> Result<(), PipelineError> {
        let in_hand = !matches!(ticket.status, TicketStatus::Answered | TicketStatus::Closed);
        let open = in_hand && self.has_written_openly(tx, ticket).await?;
        if open && ticket.account_id != before.account_id {
            self.account_corrected(tx, ticket).await?;
        }
        if open && change.is_some_and(|change| change.tell_customer) {
            self.clock_changed(tx, ticket).await?;
        }
        if ticket.desk != before.desk && ticket.status != TicketStatus::Closed {
            self.notify(tx, ticket, Notice::of(NotificationKind::Moved))
                .await?;
        }
        if ticket.severity > before.severity && calls_out(ticket.severity) {
            self.call_for_severity(tx, ticket).await?;
        }
        Ok(())
    }
}
