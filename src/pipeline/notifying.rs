//! The notification to staff: everything a person needs to answer from their mail client (SPEC §13).

use chrono::{DateTime, TimeDelta, Utc};

use super::PipelineError;
use super::enclosing::to_staff_of;
use super::letters::{Letters, Outgoing};
use super::remarking::Remarks;
use super::showing::{Shown, evidence, percent, shown_of};
use super::writing::Case;
use crate::correspondence::letter::{
    account_value, instant_words, staff_category_words, undecided_customers,
};
use crate::correspondence::staff_words::{recallable_words, related_words, status_words};
use crate::correspondence::values::NotificationValues;
use crate::correspondence::{Draft, NotificationKind};
use crate::inquiry::classification::Classification;
use crate::inquiry::duty_roster::calls_out;
use crate::inquiry::response_clock::Hours;
use crate::inquiry::{Effect, base_subject, waiting_copies};
use crate::mail::EmailAddress;
use crate::registry::{AccountId, StaffMember};
use crate::store::outbox::Purpose;
use crate::store::{Tx, threads, tickets};
use crate::ticket::{MailOutcome, Ticket};

/// How far back earlier tickets of the customer are shown.
const EARLIER_DAYS: i64 = 90;

/// How many of them.
const EARLIER_TICKETS: i64 = 6;

/// Why people are told of a ticket, beside the ticket itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Notice<'a> {
    /// What it is about.
    pub(super) kind: NotificationKind,
    /// Why the inquiry is taken for what it is; of a new one.
    pub(super) classification: Option<&'a Classification>,
    /// The colleague who causes it.
    pub(super) colleague: Option<&'a StaffMember>,
    /// What the colleague has written to the customer, and the moment it goes out.
    pub(super) answer: Option<(&'a str, DateTime<Utc>)>,
}

impl Notice<'_> {
    /// A notification that no colleague causes.
    pub(super) const fn of(kind: NotificationKind) -> Self {
        Self {
            kind,
            classification: None,
            colleague: None,
            answer: None,
        }
    }

    /// A notification of what has just been classified.
    pub(super) const fn explained(kind: NotificationKind, found: &Classification) -> Notice<'_> {
        Notice {
            classification: Some(found),
            ..Notice::of(kind)
        }
    }
}

/// Addresses that wait and are named; more of them are counted.
const MOST_WAITING: usize = 10;

impl Letters<'_> {
    /// Tells the people of the desk: the assignee and whoever worked on it, or everybody who serves it now while
    /// nobody is assigned.
    pub(super) async fn notify(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        notice: Notice<'_>,
    ) -> Result<(), PipelineError> {
        let policy = self.pipeline.policy();
        let on_duty = policy
            .duty
            .told((ticket.desk, ticket.assignee), self.now, self.staff);
        let watching = self.watching(tx, ticket).await?;
        let members: Vec<&StaffMember> = on_duty.into_iter().chain(watching).collect();
        self.notify_members(tx, ticket, notice, &members).await?;
        if notice.kind == NotificationKind::Update && calls_out(ticket.severity) {
            self.call_for_update(tx, ticket).await?;
        }
        Ok(())
    }

    /// Tells these people alone.
    pub(super) async fn notify_members(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        notice: Notice<'_>,
        members: &[&StaffMember],
    ) -> Result<(), PipelineError> {
        // What is told again was told with its files before.
        let told = self.cause.filter(|_| !notice.kind.is_told_again());
        let enclosed = told.map(to_staff_of).unwrap_or_default();
        let values = self.notification_values(tx, ticket, notice).await?;
        let language = self.pipeline.settings.staff_language;
        let templates = &self.pipeline.templates;
        // Above the thread the bare subject says enough; the mail's own stands in the text.
        let short = NotificationValues {
            subject: base_subject(&values.subject, &self.pipeline.policy().number_prefix),
            ..values.clone()
        };
        let subject = templates.render(language, "notification.subject", &short)?;
        let text = templates.render(language, "notification.txt", &values)?;
        for member in members {
            let Some(address) = member.addresses.first() else {
                continue;
            };
            // Who passed the mail on is asked about it in a mail of its own.
            if notice.kind == NotificationKind::Proposed && member.addresses.contains(&ticket.author) {
                continue;
            }
            let draft = Draft {
                enclosures: enclosed.files.clone(),
                ..self.staff_draft(ticket, member, subject.clone(), text.clone())
            };
            self.queue(
                tx,
                Outgoing {
                    purpose: Purpose::Notification,
                    ticket: Some(ticket.id),
                    mail: self.cause.map(|case| case.stored.id),
                    draft,
                    recipients: std::slice::from_ref(address),
                    due_at: self.now,
                },
            )
            .await?;
        }
        Ok(())
    }

    /// Colleagues who worked on an assigned ticket hear of it beside its assignee.
    async fn watching(&self, tx: &mut Tx, ticket: &Ticket) -> Result<Vec<&StaffMember>, PipelineError> {
        let Some(assignee) = ticket.assignee else {
            return Ok(Vec::new());
        };
        let serials = threads::list_watchers(tx, ticket.id).await?;
        let others = serials.into_iter().filter(|serial| *serial != assignee);
        let members = others.filter_map(|serial| self.staff_member(serial));
        Ok(members
            .filter(|member| member.is_enabled() && member.serves(ticket.desk))
            .collect())
    }

    async fn notification_values(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        notice: Notice<'_>,
    ) -> Result<NotificationValues, PipelineError> {
        let (settings, policy) = (&self.pipeline.settings, self.pipeline.policy());
        let language = settings.staff_language;
        let accounts = self.known_accounts(tx, ticket).await?;
        let start = policy.response.starts_at(ticket.desk, self.now, &policy.calendar);
        let ids: Vec<AccountId> = accounts.iter().map(|account| account.account_id).collect();
        // What moves a ticket is a command, whose own words are no customer's.
        let told = self.cause.filter(|_| !notice.kind.is_told_again());
        let shown = self.shown(tx, ticket, (told, notice)).await?.redacted(&ids);
        let detail = match notice.answer.filter(|(_, at)| *at > self.now) {
            Some((_, at)) => recallable_words(language, &instant_words(language, at)),
            None => self.related(tx, ticket, told).await?,
        };
        let about = match told {
            Some(case) => self.remarks(ticket, case, &accounts)?,
            None => Remarks::default(),
        };
        let waiting = self.waiting_copies(tx, ticket, told).await?;
        let assignee = ticket.assignee.and_then(|serial| self.staff_member(serial));
        Ok(NotificationValues {
            assignee: assignee.map(|member| member.name.clone()),
            more_waiting: waiting.len().saturating_sub(MOST_WAITING),
            waiting: waiting.into_iter().take(MOST_WAITING).collect(),
            mark: self.mark(),
            kind: notice.kind,
            colleague: notice
                .colleague
                .map(|member| member.name.clone())
                .unwrap_or_default(),
            number: self.number(ticket),
            earlier: self.earlier_tickets(tx, ticket).await?,
            customer: self.customer_words(tx, ticket, told).await?,
            person: ticket.author_name.clone(),
            author: shown.author,
            verdict: shown.verdict,
            account: ticket.account_id.map(|id| account_value(id, &accounts, false)),
            account_note: about.account_note,
            category: staff_category_words(language, ticket.category).to_owned(),
            confidence: percent(ticket.confidence),
            starts: start.spoken(language),
            business_hours: start.hours == Hours::Business,
            status: status_words(language, ticket.status).to_owned(),
            remarks: about.told,
            secrets: about.secrets,
            drafts: about.drafts,
            evidence: notice
                .classification
                .map(|found| evidence(found, language))
                .unwrap_or_default(),
            attachments: shown.attachments,
            detail,
            fee: self.fee(ticket, told, (&shown.subject, &shown.text)),
            subject: shown.subject,
            text: shown.text,
        })
    }

    /// The mail that is told of, the colleague's answer, or the customer's last words once more.
    async fn shown(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (told, notice): (Option<&Case<'_>>, Notice<'_>),
    ) -> Result<Shown, PipelineError> {
        let text = match (told, notice.answer) {
            (Some(case), _) => {
                return Ok(shown_of(case, ticket, self.pipeline.settings.staff_language));
            }
            (None, Some((answer, _))) => answer.to_owned(),
            (None, None) => {
                let words = self.last_words(tx, ticket).await?;
                words.map(|(_, words)| words).unwrap_or_default()
            }
        };
        Ok(Shown {
            author: ticket.author.to_string(),
            verdict: "",
            subject: ticket.subject.clone(),
            attachments: Vec::new(),
            text,
        })
    }

    /// Who reads the customer's mail as a copy and does not take part.
    async fn waiting_copies(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        told: Option<&Case<'_>>,
    ) -> Result<Vec<String>, PipelineError> {
        let of_customer = |case: &&Case<'_>| {
            let by_person = matches!(case.decision.effect, Effect::Open(_) | Effect::Join(_));
            by_person && case.decision.outcome != MailOutcome::AwsNotice
        };
        let Some(case) = told.filter(of_customer) else {
            return Ok(Vec::new());
        };
        let policy = self.pipeline.policy();
        let of_the_desk = |address: &EmailAddress| {
            let of_member = |member: &StaffMember| member.addresses.contains(address);
            policy.own_addresses.contains(address)
                || self.staff.iter().any(of_member)
                || self.pipeline.keys.looks_like_token(&policy.contact, address)
        };
        if waiting_copies(case.message, &[], &of_the_desk).is_empty() {
            return Ok(Vec::new());
        }
        let mut taking_part = tickets::list_participants(tx, ticket.id).await?;
        taking_part.push(ticket.author.clone());
        let waiting = waiting_copies(case.message, &taking_part, &of_the_desk);
        Ok(waiting.into_iter().map(ToString::to_string).collect())
    }

    /// Whose inquiry it is; of a shared contact, every customer it may be.
    async fn customer_words(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        case: Option<&Case<'_>>,
    ) -> Result<Option<String>, PipelineError> {
        if let Some(customer) = self.customer_of(tx, ticket).await? {
            return Ok(Some(customer.name));
        }
        let contacts = case.into_iter().flat_map(|case| &case.situation.contacts);
        let names: Vec<&str> = contacts.map(|known| known.customer.name.as_str()).collect();
        let language = self.pipeline.settings.staff_language;
        Ok((!names.is_empty()).then(|| undecided_customers(language, &names)))
    }

    /// The older ticket that the mail may belong to.
    async fn related(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        told_of: Option<&Case<'_>>,
    ) -> Result<String, PipelineError> {
        let (Some(case), Some(id)) = (told_of, ticket.related_to) else {
            return Ok(String::new());
        };
        let number = self.number(&self.ticket(tx, id).await?);
        let language = self.pipeline.settings.staff_language;
        Ok(related_words(language, &number, case.decision.reason))
    }

    async fn earlier_tickets(&self, tx: &mut Tx, ticket: &Ticket) -> Result<Vec<String>, PipelineError> {
        let Some(customer) = &ticket.customer_id else {
            return Ok(Vec::new());
        };
        let since = self.now - TimeDelta::days(EARLIER_DAYS);
        let earlier = tickets::list_recent_tickets_of(tx, customer, since, EARLIER_TICKETS).await?;
        let language = self.pipeline.settings.staff_language;
        let line = |other: Ticket| {
            let status = status_words(language, other.status);
            format!("{} [{status}] {}", self.number(&other), other.subject)
        };
        Ok(earlier
            .into_iter()
            .filter(|other| other.id != ticket.id)
            .map(line)
            .collect())
    }
}
