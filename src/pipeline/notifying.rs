//! The notification to staff: everything a person needs to answer from their mail client (SPEC §13).

use chrono::TimeDelta;

use super::PipelineError;
use super::letters::{Letters, Outgoing};
use crate::correspondence::letter::{account_value, category_words};
use crate::correspondence::values::NotificationValues;
use crate::inquiry::NOTIFICATION_MARK;
use crate::inquiry::classification::Classification;
use crate::inquiry::response_clock::Hours;
use crate::mail::InboundMessage;
use crate::registry::StaffMember;
use crate::store::outbox::Purpose;
use crate::store::{Tx, tickets};
use crate::ticket::{Language, Ticket};

/// How far back earlier tickets of the customer are shown.
const EARLIER_DAYS: i64 = 90;

/// How many of them.
const EARLIER_TICKETS: i64 = 6;

/// Evidence lines that are shown; the page shows all.
const MAX_EVIDENCE: usize = 6;

impl Letters<'_> {
    /// Tells the people of the desk: the assignee, or everybody who serves it while nobody is assigned.
    pub(super) async fn notify(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        kind: &'static str,
        classification: Option<&Classification>,
    ) -> Result<(), PipelineError> {
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
        for member in self.addressees(ticket) {
            let Some(address) = member.addresses.first() else {
                continue;
            };
            let draft = self.staff_draft(ticket, member, subject.clone(), text.clone());
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

    fn addressees(&self, ticket: &Ticket) -> Vec<&StaffMember> {
        let assignee = ticket
            .assignee
            .and_then(|serial| self.staff_member(serial))
            .filter(|member| member.is_enabled());
        match assignee {
            Some(member) => vec![member],
            None => self
                .staff
                .iter()
                .filter(|member| member.desks.contains(&ticket.desk) && member.is_enabled())
                .collect(),
        }
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
        let customer = self.customer_of(tx, ticket).await?;
        let accounts = self.accounts_of(tx, ticket).await?;
        let start = policy.response.starts_at(ticket.desk, self.now, &policy.calendar);
        let Some(case) = self.cause else {
            return Err(PipelineError::MissingTicket(ticket.id));
        };
        let mail = case.message;
        let author = mail
            .single_author()
            .map_or_else(|| ticket.author.to_string(), |author| author.address.to_string());
        let words = mail.reply.written();
        let related = ticket.related_to;
        Ok(NotificationValues {
            mark: NOTIFICATION_MARK.to_owned(),
            kind,
            number: self.number(ticket),
            earlier: self.earlier_tickets(tx, ticket).await?,
            customer: customer.map(|customer| customer.name),
            person: ticket.author_name.clone(),
            author,
            verdict: case.situation.authentication.sender.as_str(),
            subject: mail.subject.clone(),
            account: ticket.account_id.map(|id| account_value(id, &accounts, false)),
            account_outcome: ticket.account_outcome.clone(),
            category: category_words(language, ticket.category)
                .unwrap_or("要判断")
                .to_owned(),
            confidence: percent(ticket.confidence),
            starts: start.spoken(language),
            business_hours: start.hours == Hours::Business,
            status: ticket.status.to_string(),
            flags: classification
                .map(|found| found.flags.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            evidence: classification.map(evidence).unwrap_or_default(),
            attachments: attachments(mail, language),
            detail: if related.is_some() {
                format!("関連する可能性のある件があります({})", case.decision.reason)
            } else {
                String::new()
            },
            text: if words.is_empty() {
                mail.text.trim().to_owned()
            } else {
                words
            },
        })
    }

    async fn earlier_tickets(&self, tx: &mut Tx, ticket: &Ticket) -> Result<Vec<String>, PipelineError> {
        let Some(customer) = &ticket.customer_id else {
            return Ok(Vec::new());
        };
        let since = self.now - TimeDelta::days(EARLIER_DAYS);
        let earlier = tickets::list_recent_tickets_of(tx, customer, since, EARLIER_TICKETS).await?;
        let line = |other: Ticket| format!("{} [{}] {}", self.number(&other), other.status, other.subject);
        Ok(earlier
            .into_iter()
            .filter(|other| other.id != ticket.id)
            .map(line)
            .collect())
    }
}

fn evidence(found: &Classification) -> Vec<String> {
    found
        .evidence
        .iter()
        .take(MAX_EVIDENCE)
        .map(|one| format!("{}「{}」", one.rule, one.text))
        .collect()
}

fn attachments(mail: &InboundMessage, language: Language) -> Vec<String> {
    let shown = mail.attachments.iter().filter(|attachment| !attachment.inline);
    shown
        .map(|a| {
            let locked = match (a.encrypted, language) {
                (false, _) => "",
                (true, Language::Japanese) => "、パスワード付き",
                (true, Language::English) => ", needs a password",
            };
            let name = a.name.as_deref().unwrap_or(&a.media_type);
            format!("{name} ({} KB{locked})", a.size.div_ceil(1024))
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
