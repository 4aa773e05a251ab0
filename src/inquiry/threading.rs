//! Which ticket a customer's mail belongs to (SPEC §7).
//!
//! Evidence in order: Message-IDs that are answered, then the number in the subject. Evidence only finds a
//! ticket; to join it the author must belong to it. Who does not belong gets a new ticket and learns
//! nothing of the old one.

use chrono::TimeDelta;
use uuid::Uuid;

use super::redaction::redacted;
use super::situation::{KnownContact, Policy, Situation, TicketFacts};
use super::subject::same_base;
use crate::mail::reply::PieceKind;
use crate::mail::{EmailAddress, InboundMessage};
use crate::ticket::TicketStatus;

/// Days within which a reply opens a closed ticket again (SPEC §7).
const REOPEN_DAYS: u32 = 14;

/// When this many of the fourteen days are closed weekdays, business days are counted instead: a customer
/// back from a long holiday must not lose the thread.
const MANY_CLOSED_WEEKDAYS: usize = 3;

/// Where a customer's mail goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threading<'a> {
    /// Into this ticket.
    Joins(&'a TicketFacts),
    /// Into a new one.
    Opens {
        /// A ticket it may belong to.
        related_to: Option<Uuid>,
        /// Why it is a new one.
        reason: &'static str,
    },
}

/// Finds where the mail goes.
pub fn thread<'a>(mail: &InboundMessage, situation: &'a Situation, policy: &Policy) -> Threading<'a> {
    let author = mail.single_author().map(|mailbox| &mailbox.address);
    let belongs =
        |facts: &TicketFacts| author.is_some_and(|author| belongs(author, facts, &situation.contacts));
    match situation.answered.iter().find(|facts| belongs(facts)) {
        Some(facts) => join_or_reopen(mail, facts, situation, policy),
        None => opens(situation, belongs),
    }
}

fn opens(situation: &Situation, belongs: impl Fn(&TicketFacts) -> bool) -> Threading<'_> {
    if let Some(answered) = situation.answered.first() {
        return Threading::Opens {
            related_to: Some(answered.ticket.id),
            reason: "author-not-in-ticket",
        };
    }
    match &situation.by_number {
        // A number alone is a hint for staff: it can be guessed and mistyped.
        Some(facts) if belongs(facts) => Threading::Opens {
            related_to: Some(facts.ticket.id),
            reason: "number-only",
        },
        Some(facts) => Threading::Opens {
            related_to: Some(facts.ticket.id),
            reason: "claims-ticket-of-others",
        },
        None => Threading::Opens {
            related_to: None,
            reason: "new-inquiry",
        },
    }
}

fn join_or_reopen<'a>(
    mail: &InboundMessage,
    facts: &'a TicketFacts,
    situation: &Situation,
    policy: &Policy,
) -> Threading<'a> {
    let related_to = Some(facts.ticket.id);
    if !may_reopen(facts, situation, policy) {
        return Threading::Opens {
            related_to,
            reason: "closed-too-long",
        };
    }
    let quotes = mail
        .reply
        .pieces
        .iter()
        .any(|piece| matches!(piece.kind, PieceKind::Quote | PieceKind::Forwarded));
    // A ticket keeps its subject without the secrets that stood in it.
    let subject = redacted(&mail.subject, &situation.own_accounts()).into_owned();
    if !quotes && !same_base(&subject, &facts.ticket.subject, &policy.number_prefix) {
        // An old mail was taken for its address only: a new question under a new subject.
        return Threading::Opens {
            related_to,
            reason: "new-subject",
        };
    }
    Threading::Joins(facts)
}

fn may_reopen(facts: &TicketFacts, situation: &Situation, policy: &Policy) -> bool {
    let (TicketStatus::Closed, Some(closed_at)) = (facts.ticket.status, facts.ticket.closed_at) else {
        return true;
    };
    let day = |at| crate::calendar::to_jst(at).date_naive();
    let (closed_on, today) = (day(closed_at), day(situation.now));
    let closed_weekdays = closed_on
        .iter_days()
        .skip(1)
        .take(usize::try_from(REOPEN_DAYS).unwrap_or_default())
        .filter(|date| policy.calendar.day_off_name(*date).is_some() && !is_weekend(*date))
        .count();
    if closed_weekdays >= MANY_CLOSED_WEEKDAYS {
        return today <= policy.calendar.add_business_days(closed_on, REOPEN_DAYS);
    }
    today - closed_on <= TimeDelta::days(i64::from(REOPEN_DAYS))
}

fn is_weekend(date: chrono::NaiveDate) -> bool {
    use chrono::{Datelike, Weekday};
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Whether somebody may speak in a ticket: its author, a participant, or a contact of its customer whose
/// scope includes its account.
pub fn belongs(author: &EmailAddress, facts: &TicketFacts, contacts: &[KnownContact]) -> bool {
    let ticket = &facts.ticket;
    let contact_of_customer = || {
        let of_customer =
            |known: &&KnownContact| ticket.customer_id.as_deref() == Some(known.customer.id.as_str());
        contacts.iter().filter(of_customer).any(|known| {
            ticket
                .account_id
                .is_none_or(|account| known.contact.account_scope.includes(account))
        })
    };
    // The author of a customer's ticket who is no contact any more speaks for nobody.
    let author_still = ticket.author == *author && (ticket.customer_id.is_none() || !contacts.is_empty());
    author_still || facts.participants.contains(author) || contact_of_customer()
}
