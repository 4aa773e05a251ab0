//! Warnings to the people of a desk and to its on-call address (SPEC §1, §11): a target that is near or
//! missed, a grave severity, a call that nobody has answered. Each is claimed in the transaction that queues
//! it, so that it is given once, whatever restarts and whoever runs beside.

use chrono::{DateTime, Utc};

use super::PipelineError;
use super::letters::{Letters, Outgoing};
use super::ticking::{call_kind, reminder_kind};
use crate::correspondence::Draft;
use crate::correspondence::letter::{instant_words, staff_category_words};
use crate::correspondence::staff_words::{severity_words, status_words};
use crate::correspondence::values::WarningValues;
use crate::inquiry::response_clock::{Reminder, Response, Standing, Waiting};
use crate::mail::EmailAddress;
use crate::registry::StaffMember;
use crate::store::Tx;
use crate::store::clocks::{self, StoredReminder};
use crate::store::outbox::Purpose;
use crate::ticket::Ticket;

/// What a warning is about, as its template names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Warning {
    Approaching,
    Breached,
    Severity,
    Update,
    NextLine,
}

impl Warning {
    const fn kind(self) -> &'static str {
        match self {
            Self::Approaching => "approaching",
            Self::Breached => "breached",
            Self::Severity => "severity",
            Self::Update => "update",
            Self::NextLine => "next-line",
        }
    }
}

impl Letters<'_> {
    /// Reminds the people of a ticket and its desk's on-call address of a target; `false` where they were.
    pub(super) async fn remind_staff(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (reminder, standing): (Reminder, &Standing),
    ) -> Result<bool, PipelineError> {
        let Some(waiting) = &standing.waiting else {
            return Ok(false);
        };
        if !self
            .claim(tx, ticket, (reminder_kind(reminder, ticket.desk), waiting.since))
            .await?
        {
            return Ok(false);
        }
        let policy = self.pipeline.policy();
        let members = policy
            .duty
            .told((ticket.desk, ticket.assignee), self.now, self.staff);
        let mut addresses: Vec<EmailAddress> = members
            .iter()
            .filter_map(|member| member.addresses.first().cloned())
            .collect();
        if let Some(on_call) = policy.duty.on_call(ticket.desk, 0)
            && !members.iter().any(|member| member.addresses.contains(on_call))
        {
            addresses.push(on_call.clone());
        }
        let warning = match reminder {
            Reminder::Approaching => Warning::Approaching,
            Reminder::Breached => Warning::Breached,
        };
        if reminder == Reminder::Breached {
            self.claim(tx, ticket, (call_kind(0, ticket.desk), waiting.since))
                .await?;
        }
        self.warn(tx, ticket, (warning, Some(waiting)), &addresses)
            .await?;
        Ok(true)
    }

    /// Calls an on-call line because nobody has answered the one before; `false` where it was called.
    pub(super) async fn call_line(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (line, standing): (usize, &Standing),
    ) -> Result<bool, PipelineError> {
        let policy = self.pipeline.policy();
        let on_call = policy.duty.on_call(ticket.desk, line);
        let (Some(waiting), Some(address)) = (&standing.waiting, on_call) else {
            return Ok(false);
        };
        if !self
            .claim(tx, ticket, (call_kind(line, ticket.desk), waiting.since))
            .await?
        {
            return Ok(false);
        }
        let to = std::slice::from_ref(address);
        self.warn(tx, ticket, (Warning::NextLine, Some(waiting)), to)
            .await?;
        Ok(true)
    }

    /// Calls out for a severity that a person has raised, once for each severity of a wait.
    pub(super) async fn call_for_severity(&self, tx: &mut Tx, ticket: &Ticket) -> Result<(), PipelineError> {
        let Some(clock) = clocks::find_clock(tx, ticket.id).await? else {
            return Ok(());
        };
        let standing = self.standing(tx, ticket, &clock).await?;
        let Some(waiting) = &standing.waiting else {
            return Ok(());
        };
        let kind = format!("severity-{}@{}", ticket.severity, ticket.desk);
        if self.claim(tx, ticket, (kind, waiting.since)).await? {
            self.call_first_line(tx, ticket, (Warning::Severity, waiting))
                .await?;
            self.wind(tx, ticket, clock).await?;
        }
        Ok(())
    }

    /// Tells the on-call address that the customer of a grave ticket has written.
    pub(super) async fn call_for_update(&self, tx: &mut Tx, ticket: &Ticket) -> Result<(), PipelineError> {
        let Some(clock) = clocks::find_clock(tx, ticket.id).await? else {
            return Ok(());
        };
        let standing = self.standing(tx, ticket, &clock).await?;
        if let Some(waiting) = &standing.waiting {
            self.call_first_line(tx, ticket, (Warning::Update, waiting))
                .await?;
            self.wind(tx, ticket, clock).await?;
        }
        Ok(())
    }

    /// The first line; without any, the people who are told of the ticket anyway.
    async fn call_first_line(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (warning, waiting): (Warning, &Waiting),
    ) -> Result<(), PipelineError> {
        let policy = self.pipeline.policy();
        let addresses: Vec<EmailAddress> = match policy.duty.on_call(ticket.desk, 0) {
            Some(address) => {
                self.claim(tx, ticket, (call_kind(0, ticket.desk), waiting.since))
                    .await?;
                vec![address.clone()]
            }
            // They are notified of an update all the same.
            None if warning == Warning::Update => Vec::new(),
            None => {
                let members = policy
                    .duty
                    .told((ticket.desk, ticket.assignee), self.now, self.staff);
                members
                    .iter()
                    .filter_map(|member| member.addresses.first().cloned())
                    .collect()
            }
        };
        self.warn(tx, ticket, (warning, Some(waiting)), &addresses).await
    }

    async fn claim(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (kind, since): (String, DateTime<Utc>),
    ) -> Result<bool, PipelineError> {
        let reminder = StoredReminder {
            kind,
            since,
            told_at: self.now,
        };
        Ok(clocks::claim_reminder(tx, ticket.id, &reminder).await?)
    }

    async fn warn(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (warning, waiting): (Warning, Option<&Waiting>),
        addresses: &[EmailAddress],
    ) -> Result<(), PipelineError> {
        let values = self.warning_values(tx, ticket, (warning, waiting)).await?;
        let (language, templates) = (self.pipeline.settings.staff_language, &self.pipeline.templates);
        for address in addresses {
            let member = self.answering_member(ticket, address);
            let values = WarningValues {
                answerable: member.is_some(),
                ..values.clone()
            };
            let subject = templates.render(language, "warning.subject", &values)?;
            let text = templates.render(language, "warning.txt", &values)?;
            let draft = self.warning_draft(ticket, (member, address), subject, text);
            let outgoing = Outgoing {
                purpose: Purpose::Warning,
                ticket: Some(ticket.id),
                mail: self.cause.map(|case| case.stored.id),
                draft,
                recipients: std::slice::from_ref(address),
                due_at: self.now,
            };
            self.queue(tx, outgoing).await?;
        }
        Ok(())
    }

    /// The member behind an address, where a reply of theirs would be relayed.
    fn answering_member(&self, ticket: &Ticket, address: &EmailAddress) -> Option<&StaffMember> {
        self.staff
            .iter()
            .find(|member| member.addresses.contains(address) && member.serves(ticket.desk))
    }

    /// A member gets a reply address of their own; an address that is nobody's gets none, since whoever
    /// answered from it could not be told apart.
    fn warning_draft(
        &self,
        ticket: &Ticket,
        (member, address): (Option<&StaffMember>, &EmailAddress),
        subject: String,
        text: String,
    ) -> Draft {
        let nobody = StaffMember {
            serial: 0,
            name: String::new(),
            addresses: Vec::new(),
            desks: Vec::new(),
            role: crate::registry::Role::Disabled,
        };
        let draft = self.staff_draft(ticket, member.unwrap_or(&nobody), subject, text);
        let name = member.map(|member| member.name.clone());
        Draft {
            to: vec![(name, address.clone())],
            reply_to: draft.reply_to.clone().filter(|_| member.is_some()),
            answer_mark: draft.answer_mark.clone().filter(|_| member.is_some()),
            ..draft
        }
    }

    async fn warning_values(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (warning, waiting): (Warning, Option<&Waiting>),
    ) -> Result<WarningValues, PipelineError> {
        let policy = self.pipeline.policy();
        let language = self.pipeline.settings.staff_language;
        let customer = self.customer_of(tx, ticket).await?;
        let due = waiting.and_then(|waiting| waiting.due(&policy.response, &policy.calendar));
        let assignee = ticket.assignee.and_then(|serial| self.staff_member(serial));
        let words = self.last_words(tx, ticket).await?;
        Ok(WarningValues {
            mark: self.mark(),
            kind: warning.kind(),
            number: self.number(ticket),
            customer: customer.map(|customer| customer.name),
            person: ticket.author_name.clone(),
            author: ticket.author.to_string(),
            subject: ticket.subject.clone(),
            category: staff_category_words(language, ticket.category).to_owned(),
            severity: severity_words(language, ticket.severity).to_owned(),
            status: status_words(language, ticket.status).to_owned(),
            assignee: assignee.map(|member| member.name.clone()),
            since: waiting.map(|waiting| instant_words(language, waiting.since)),
            due: due.map(|due| instant_words(language, due.at)),
            first: waiting.is_some_and(|waiting| waiting.response == Response::First),
            answerable: false,
            text: words.map(|(_, words)| words).unwrap_or_default(),
        })
    }
}
