//! The notification to staff: everything a person needs to answer from their mail client (SPEC §13).

use chrono::TimeDelta;

use super::PipelineError;
use super::enclosing::to_staff_of;
use super::letters::{Letters, Outgoing};
use super::remarking::Remarks;
use super::writing::Case;
use crate::correspondence::Draft;
use crate::correspondence::letter::{
    account_value, staff_category_words, stays_behind_words, undecided_customers,
};
use crate::correspondence::staff_words::{related_words, status_words};
use crate::correspondence::values::NotificationValues;
use crate::inquiry::NOTIFICATION_MARK;
use crate::inquiry::classification::Classification;
use crate::inquiry::duty_roster::calls_out;
use crate::inquiry::passing::to_staff;
use crate::inquiry::redaction::redacted;
use crate::inquiry::response_clock::Hours;
use crate::mail::InboundMessage;
use crate::registry::{AccountId, StaffMember};
use crate::store::outbox::Purpose;
use crate::store::{Tx, threads, tickets};
use crate::ticket::{Language, Ticket};

/// How far back earlier tickets of the customer are shown.
const EARLIER_DAYS: i64 = 90;

/// How many of them.
const EARLIER_TICKETS: i64 = 6;

/// Pieces of evidence that are shown; the ticket shows all, with their rules.
const MAX_EVIDENCE: usize = 6;

/// The rule whose pieces are shreds of words, which tell a reader nothing.
const LEARNED: &str = "learned-words";

impl Letters<'_> {
    /// Tells the people of the desk: the assignee, or everybody who serves it while nobody is assigned.
    pub(super) async fn notify(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        kind: &'static str,
        classification: Option<&Classification>,
    ) -> Result<(), PipelineError> {
        // What is told again was told with its files before.
        let told = self.cause.filter(|_| !is_told_again(kind));
        let enclosed = told.map(to_staff_of).unwrap_or_default();
        let values = self.notification_values(tx, ticket, kind, classification).await?;
        let language = self.pipeline.settings.staff_language;
        let subject = self
            .pipeline
            .templates
            .render(language, "notification.subject", &values)?;
        let text = self
            .pipeline
            .templates
            .render(language, "notification.txt", &values)?;
        let policy = self.pipeline.policy();
        let watching = if kind == "assigned" {
            Vec::new()
        } else {
            self.watching(tx, ticket).await?
        };
        for member in policy
            .duty
            .told((ticket.desk, ticket.assignee), self.now, self.staff)
            .into_iter()
            .chain(watching)
        {
            let Some(address) = member.addresses.first() else {
                continue;
            };
            // Who passed the mail on is asked about it in a mail of its own.
            if kind == "proposed" && member.addresses.contains(&ticket.author) {
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
        if kind == "update" && calls_out(ticket.severity) {
            self.call_for_update(tx, ticket).await?;
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
        kind: &'static str,
        classification: Option<&Classification>,
    ) -> Result<NotificationValues, PipelineError> {
        let (settings, policy) = (&self.pipeline.settings, self.pipeline.policy());
        let language = settings.staff_language;
        let accounts = self.known_accounts(tx, ticket).await?;
        let start = policy.response.starts_at(ticket.desk, self.now, &policy.calendar);
        let ids: Vec<AccountId> = accounts.iter().map(|account| account.account_id).collect();
        // What moves a ticket is a command, whose own words are no customer's.
        let told = self.cause.filter(|_| !is_told_again(kind));
        let shown = match told {
            Some(case) => shown_of(case, ticket, language),
            None => self.shown_again(tx, ticket).await?,
        }
        .redacted(&ids);
        let about = match told {
            Some(case) => self.remarks(ticket, case, &accounts)?,
            None => Remarks::default(),
        };
        Ok(NotificationValues {
            mark: NOTIFICATION_MARK.to_owned(),
            kind,
            number: self.number(ticket),
            earlier: self.earlier_tickets(tx, ticket).await?,
            customer: self.customer_words(tx, ticket, told).await?,
            person: ticket.author_name.clone(),
            author: shown.author,
            verdict: shown.verdict,
            subject: shown.subject,
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
            evidence: classification.map(evidence).unwrap_or_default(),
            attachments: shown.attachments,
            detail: self.related(tx, ticket, told).await?,
            text: shown.text,
        })
    }

    /// The customer's last words once more, for people who have not seen them.
    async fn shown_again(&self, tx: &mut Tx, ticket: &Ticket) -> Result<Shown, PipelineError> {
        let words = self.last_words(tx, ticket).await?;
        Ok(Shown {
            author: ticket.author.to_string(),
            verdict: "",
            subject: ticket.subject.clone(),
            attachments: Vec::new(),
            text: words.map(|(_, words)| words).unwrap_or_default(),
        })
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

/// Kinds of notification that a command causes, whose own words are no customer's.
fn is_told_again(kind: &str) -> bool {
    matches!(kind, "moved" | "assigned" | "split")
}

/// What a notification shows of a mail.
struct Shown {
    author: String,
    verdict: &'static str,
    subject: String,
    attachments: Vec<String>,
    text: String,
}

impl Shown {
    /// The same without what must not be mailed around.
    fn redacted(self, accounts: &[AccountId]) -> Self {
        let clear = |text: &str| redacted(text, accounts).into_owned();
        Self {
            subject: clear(&self.subject),
            attachments: self.attachments.iter().map(|name| clear(name)).collect(),
            text: clear(&self.text),
            ..self
        }
    }
}

fn shown_of(case: &Case<'_>, ticket: &Ticket, language: Language) -> Shown {
    let mail = case.message;
    let words = mail.reply.written();
    Shown {
        author: mail
            .single_author()
            .map_or_else(|| ticket.author.to_string(), |author| author.address.to_string()),
        verdict: case.situation.authentication.sender.as_str(),
        subject: mail.subject.clone(),
        attachments: attachments(mail, language),
        text: if words.is_empty() {
            mail.text.trim().to_owned()
        } else {
            words
        },
    }
}

fn evidence(found: &Classification) -> Vec<String> {
    let of_category = found.evidence.iter().filter(|one| one.flag.is_none());
    let texts: Vec<&str> = of_category
        .filter(|one| one.rule != LEARNED)
        .map(|one| one.text.as_str())
        .collect();
    let mut told: Vec<&str> = Vec::new();
    for text in &texts {
        // A piece of another piece says nothing more.
        let within = texts.iter().any(|other| other != text && other.contains(text));
        if !within && !told.contains(text) {
            told.push(text);
        }
    }
    let shown = told.into_iter().take(MAX_EVIDENCE);
    shown.map(|text| format!("「{text}」")).collect()
}

/// What the mail carries, and what of it was not passed on.
fn attachments(mail: &InboundMessage, language: Language) -> Vec<String> {
    let passings = to_staff(&mail.attachments);
    let shown = mail.attachments.iter().zip(passings);
    let shown = shown.filter(|(attachment, passing)| !attachment.inline || passing.stays.is_some());
    shown
        .map(|(attachment, passing)| {
            let kilobytes = attachment.size.div_ceil(1024);
            let name = passing.name;
            match (passing.stays, language) {
                (None, _) => format!("{name} ({kilobytes} KB)"),
                (Some(why), Language::Japanese) => format!(
                    "{name} ({kilobytes} KB、{}このメールには添付していません)",
                    stays_behind_words(language, why)
                ),
                (Some(why), Language::English) => format!(
                    "{name} ({kilobytes} KB, not attached: {})",
                    stays_behind_words(language, why)
                ),
            }
        })
        .collect()
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0–100 before"
)]
fn percent(confidence: f64) -> u32 {
    (confidence.clamp(0.0, 1.0) * 100.0).round() as u32
}
