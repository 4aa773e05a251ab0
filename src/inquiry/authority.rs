//! Whether a mail may speak in the desk's name: every condition of SPEC §6, in one place.
//!
//! The failure to rule out is a stranger's text relayed to a customer. Whatever misses one condition is held.

use chrono::TimeDelta;

use super::on_behalf::Forwarded;
use super::screening::{Screening, SenderKind};
use super::situation::{Situation, TicketFacts};
use crate::authentication::{AnchorVerdict, TokenPurpose};
use crate::mail::{EmailAddress, InboundMessage};
use crate::registry::StaffMember;

/// Days a token counts after its ticket was closed (SPEC §6).
const TOKEN_DAYS_AFTER_CLOSE: i64 = 180;

/// Why a mail does not speak for the desk.
pub(super) enum Refusal<'a> {
    /// A staff member wrote to the customer directly; the desk only records it.
    AnsweredOutside(&'a StaffMember, &'a TicketFacts),
    /// It passes a customer's mail on.
    PassesOn(&'a StaffMember, &'a Forwarded),
    /// It did what it does once already.
    Replay(uuid::Uuid),
    /// A person has to look at it: the reason, and its particulars.
    Hold(&'static str, &'static str),
}

/// All conditions, in the order in which a person would want to hear of them.
pub(super) fn authority<'a>(
    mail: &InboundMessage,
    situation: &'a Situation,
    screening: &Screening,
) -> Result<(&'a StaffMember, &'a TicketFacts), Refusal<'a>> {
    let held = |reason| Err(Refusal::Hold(reason, ""));
    let staff = author(mail, situation, screening)?;
    let Some(token) = situation.authentication.token else {
        let attempted = situation.authentication.token_attempted;
        return match situation.answered.first() {
            Some(facts) if !attempted && names_customer(mail, facts, situation) => {
                Err(Refusal::AnsweredOutside(staff, facts))
            }
            _ if attempted => held("token-invalid"),
            // A forward of what a ticket holds already is no new inquiry.
            Some(_) => held("no-token"),
            None => passes_on(staff, situation),
        };
    };
    let Some(facts) = situation.by_token.as_ref() else {
        return held("token-of-no-ticket");
    };
    if token.purpose != TokenPurpose::Reply || is_expired(token.last_day, facts, situation) {
        return held("token-expired");
    }
    // Mail clients complete old token addresses: the mail must also answer a mail of that very ticket.
    let answers = situation
        .answered
        .iter()
        .any(|answered| answered.ticket.id == facts.ticket.id);
    if !answers || subject_disagrees(facts, situation) {
        return held("answers-another-ticket");
    }
    if !staff.serves(facts.ticket.desk) {
        return held("not-on-this-desk");
    }
    if !situation.standing.enrolled {
        return held("not-enrolled");
    }
    match situation.standing.replay_of {
        Some(earlier) => Err(Refusal::Replay(earlier)),
        None => Ok((staff, facts)),
    }
}

/// What a mail without a token and of no ticket does: it may pass a customer's mail on.
fn passes_on<'a>(
    staff: &'a StaffMember,
    situation: &'a Situation,
) -> Result<(&'a StaffMember, &'a TicketFacts), Refusal<'a>> {
    match (situation.standing.replay_of, situation.forwarded.as_deref()) {
        (Some(earlier), Some(_)) => Err(Refusal::Replay(earlier)),
        (None, Some(forwarded)) => Err(Refusal::PassesOn(staff, forwarded)),
        (_, None) => Err(Refusal::Hold("no-token", "")),
    }
}

/// The staff member whose own hand wrote the mail, as far as the anchor shows it.
fn author<'a>(
    mail: &InboundMessage,
    situation: &'a Situation,
    screening: &Screening,
) -> Result<&'a StaffMember, Refusal<'a>> {
    let held = |reason| Err(Refusal::Hold(reason, ""));
    let Some(author) = mail.single_author() else {
        return held("author-ambiguous");
    };
    let Some(staff) = situation.staff.as_ref() else {
        return held("not-a-staff-address");
    };
    if !staff.is_enabled() || !author.address.has_ascii_domain() {
        return held("not-an-enabled-staff-address");
    }
    if sender_disagrees(mail, &author.address) {
        return held("sender-disagrees");
    }
    if screening.kind != SenderKind::Person {
        return held("automatic");
    }
    match situation.authentication.anchor {
        AnchorVerdict::Passes => Ok(staff),
        // The author signed it, but not for today: a person tells a replay from a mail that was long under way.
        AnchorVerdict::Fails("date-too-far") => held("date-too-far"),
        AnchorVerdict::Fails(why) => Err(Refusal::Hold("anchor-failed", why)),
        AnchorVerdict::Undetermined => held("anchor-undetermined"),
    }
}

/// Whether Sender names anybody but the author, or nobody who can be told (RFC 5322 §3.6.2).
pub(super) fn sender_disagrees(mail: &InboundMessage, author: &EmailAddress) -> bool {
    match &mail.sender {
        Some(sender) => sender.address != *author,
        None => mail.header("Sender").is_some(),
    }
}

/// Whether To or Cc names the customer's side of a ticket: its author, a participant, or a contact.
pub(super) fn names_customer(mail: &InboundMessage, facts: &TicketFacts, situation: &Situation) -> bool {
    let named = |address: &EmailAddress| {
        mail.to
            .iter()
            .chain(&mail.cc)
            .any(|mailbox| mailbox.address == *address)
    };
    let contact = facts.ticket.customer_id.as_ref().is_some_and(|customer| {
        situation
            .cc_contacts
            .iter()
            .any(|contact| contact.customer_id == *customer)
    });
    contact || named(&facts.ticket.author) || facts.participants.iter().any(named)
}

/// Whether the subject names another ticket, and that is not in the customer's own words.
fn subject_disagrees(facts: &TicketFacts, situation: &Situation) -> bool {
    situation.by_number.as_ref().is_some_and(|named| {
        let number = named.ticket.number;
        let spelled = [number.with_prefix(""), format!("-{}", number.0)];
        named.ticket.id != facts.ticket.id
            && !spelled
                .iter()
                .any(|spelling| facts.ticket.subject.contains(spelling))
    })
}

fn is_expired(last_day: u16, facts: &TicketFacts, situation: &Situation) -> bool {
    let today = situation.now.timestamp().div_euclid(86_400);
    let closed_too_long = facts
        .ticket
        .closed_at
        .is_some_and(|closed| situation.now - closed > TimeDelta::days(TOKEN_DAYS_AFTER_CLOSE));
    closed_too_long || today > i64::from(last_day)
}
