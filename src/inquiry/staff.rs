//! Mail from staff: whether it may speak in the desk's name, and what it says (SPEC §6, §13).
//!
//! The failure to rule out is a stranger's text relayed to a customer. So every condition is named here in
//! one place, and whatever misses one is held: stored, shown to staff, never relayed, never a command.

use chrono::TimeDelta;

use super::account_ids::Place;
use super::commands::{StaffText, read_staff_text};
use super::decision::{Decision, Effect, Hold, StaffAct};
use super::redaction::find_all;
use super::screening::{Screening, SenderKind};
use super::situation::{Policy, Situation, TicketFacts};
use crate::authentication::TokenPurpose;
use crate::mail::{InboundMessage, TextSource};
use crate::registry::StaffMember;
use crate::ticket::MailOutcome;

/// Days a token counts after its ticket was closed (SPEC §6).
const TOKEN_DAYS_AFTER_CLOSE: i64 = 180;

/// The line that opens every notification to staff. Text that carries it must not reach a customer.
pub const NOTIFICATION_MARK: &str = "──── 窓口からの通知(お客様には送信されません) ────";

/// A mail that claims or tries to speak for the desk; `None` when it does neither.
pub(super) fn decide_staff(
    mail: &InboundMessage,
    situation: &Situation,
    screening: &Screening,
) -> Option<Decision> {
    let by_staff = situation.staff.is_some();
    // A customer who got hold of a token address writes as a customer; a stranger with one is held.
    let stranger_with_token = situation.authentication.token_attempted && situation.contacts.is_empty();
    if !by_staff && !stranger_with_token {
        return None;
    }
    Some(match authority(mail, situation, screening) {
        Ok((staff, facts)) => {
            let decision = speak(mail, staff, facts, screening);
            leaks(&decision, situation).map_or(decision, |(reason, held)| {
                Decision::new(MailOutcome::Held, reason, screening.clone(), Effect::Hold(held))
            })
        }
        Err(Refusal::AnsweredOutside(staff, facts)) => {
            let effect = Effect::Record {
                ticket: facts.ticket.id,
                staff: staff.serial,
            };
            Decision::new(
                MailOutcome::AnsweredOutside,
                "answered-outside",
                screening.clone(),
                effect,
            )
        }
        Err(Refusal::Hold(reason)) => hold(reason, mail, situation, screening),
    })
}

/// A mail in the desk's own name that the desk did not write ("send as", or forged): a person looks at it,
/// and it is never taken for the desk's own (SPEC §6).
pub(super) fn decide_send_as(
    mail: &InboundMessage,
    situation: &Situation,
    policy: &Policy,
    screening: &Screening,
) -> Option<Decision> {
    let author = mail.single_author()?;
    let human = matches!(screening.kind, SenderKind::Person | SenderKind::MailingList);
    (human && policy.own_addresses.contains(&author.address))
        .then(|| hold("own-address", mail, situation, screening))
}

enum Refusal<'a> {
    /// A staff member wrote to the customer directly; the desk only records it.
    AnsweredOutside(&'a StaffMember, &'a TicketFacts),
    Hold(&'static str),
}

/// All conditions of SPEC §6, in the order in which a person would want to hear of them.
fn authority<'a>(
    mail: &InboundMessage,
    situation: &'a Situation,
    screening: &Screening,
) -> Result<(&'a StaffMember, &'a TicketFacts), Refusal<'a>> {
    let held = |reason| Err(Refusal::Hold(reason));
    let Some(author) = mail.single_author() else {
        return held("author-ambiguous");
    };
    let Some(staff) = situation.staff.as_ref() else {
        return held("not-a-staff-address");
    };
    if !staff.is_enabled() || !author.address.has_ascii_domain() {
        return held("not-an-enabled-staff-address");
    }
    if mail
        .sender
        .as_ref()
        .is_some_and(|sender| sender.address != author.address)
    {
        return held("sender-disagrees");
    }
    if screening.kind != SenderKind::Person {
        return held("automatic");
    }
    if !situation.authentication.anchor_passes {
        return held("anchor-failed");
    }
    let Some(token) = situation.authentication.token else {
        return match situation.answered.first() {
            Some(facts) if !situation.authentication.token_attempted && names_author_of(mail, facts) => {
                Err(Refusal::AnsweredOutside(staff, facts))
            }
            _ if situation.authentication.token_attempted => held("token-invalid"),
            _ => held("no-token"),
        };
    };
    let Some(facts) = situation.by_token.as_ref() else {
        return held("token-of-no-ticket");
    };
    if token.purpose != TokenPurpose::Reply || is_expired(token.last_day, facts, situation) {
        return held("token-expired");
    }
    // Mail clients complete old token addresses: the mail must also answer a mail of that very ticket.
    if !situation
        .answered
        .iter()
        .any(|answered| answered.ticket.id == facts.ticket.id)
    {
        return held("answers-another-ticket");
    }
    if !staff.serves(facts.ticket.desk) {
        return held("not-on-this-desk");
    }
    Ok((staff, facts))
}

fn names_author_of(mail: &InboundMessage, facts: &TicketFacts) -> bool {
    mail.to
        .iter()
        .chain(&mail.cc)
        .any(|mailbox| mailbox.address == facts.ticket.author)
}

fn is_expired(last_day: u16, facts: &TicketFacts, situation: &Situation) -> bool {
    let today = situation.now.timestamp().div_euclid(86_400);
    let closed_too_long = facts
        .ticket
        .closed_at
        .is_some_and(|closed| situation.now - closed > TimeDelta::days(TOKEN_DAYS_AFTER_CLOSE));
    closed_too_long || today > i64::from(last_day)
}

fn speak(mail: &InboundMessage, staff: &StaffMember, facts: &TicketFacts, screening: &Screening) -> Decision {
    let ticket = facts.ticket.id;
    let written = mail.reply.written();
    let act = |text, commands| StaffAct {
        ticket,
        staff: staff.serial,
        text,
        commands,
    };
    let decided = |outcome, reason, effect| Decision::new(outcome, reason, screening.clone(), effect);
    let hold = |reason| {
        let hold = Hold {
            ticket: Some(ticket),
            staff: Some(staff.serial),
            body: written.clone(),
        };
        decided(MailOutcome::Held, reason, Effect::Hold(hold))
    };
    let returned = |line| {
        let effect = Effect::Return {
            ticket,
            staff: staff.serial,
            line,
        };
        decided(MailOutcome::StaffCommand, "command-not-understood", effect)
    };
    let text = read_staff_text(&written);
    if mail.text_source == TextSource::Html && has_commands(&text) {
        return hold("command-in-html");
    }
    match text {
        StaffText::Answer { text, .. } if carries_notification(&text) => hold("notification-in-text"),
        StaffText::Answer { text, commands } => decided(
            MailOutcome::StaffReply,
            "staff-answer",
            Effect::Relay(act(text, commands)),
        ),
        StaffText::Note { text, commands } => decided(
            MailOutcome::StaffCommand,
            "staff-note",
            Effect::Inside(act(text, commands)),
        ),
        StaffText::CommandsOnly(commands) => decided(
            MailOutcome::StaffCommand,
            "staff-command",
            Effect::Inside(act(String::new(), commands)),
        ),
        StaffText::Empty => returned(String::new()),
        StaffText::Unknown(line) => returned(line),
        StaffText::CommandInText(line) => hold("command-in-text").because(line),
    }
}

/// The leak guard (SPEC §13): an answer that would carry a secret or another customer's account is held.
fn leaks(decision: &Decision, situation: &Situation) -> Option<(&'static str, Hold)> {
    let Effect::Relay(act) = &decision.effect else {
        return None;
    };
    let named = situation
        .findings
        .candidates
        .iter()
        .filter(|c| c.place == Place::Written);
    let foreign = named
        .into_iter()
        .any(|c| situation.foreign_accounts.contains(&c.id));
    let reason = if !find_all(&act.text, &[]).is_empty() {
        "secret-in-text"
    } else if foreign {
        "foreign-account-in-text"
    } else {
        return None;
    };
    let held = Hold {
        ticket: Some(act.ticket),
        staff: Some(act.staff),
        body: act.text.clone(),
    };
    Some((reason, held))
}

fn has_commands(text: &StaffText) -> bool {
    match text {
        StaffText::Answer { commands, .. } => !commands.is_empty(),
        StaffText::Empty => false,
        StaffText::Note { .. }
        | StaffText::CommandsOnly(_)
        | StaffText::Unknown(_)
        | StaffText::CommandInText(_) => true,
    }
}

/// Whether text meant for the customer still holds a piece of our notification.
fn carries_notification(text: &str) -> bool {
    text.lines()
        .any(|line| line.contains(NOTIFICATION_MARK.trim_matches(['─', ' '])))
}

fn hold(
    reason: &'static str,
    mail: &InboundMessage,
    situation: &Situation,
    screening: &Screening,
) -> Decision {
    let by_token = situation.by_token.as_ref().or(situation.answered.first());
    let hold = Hold {
        ticket: by_token.map(|facts| facts.ticket.id),
        staff: situation.staff.as_ref().map(|staff| staff.serial),
        body: mail.reply.written(),
    };
    Decision::new(MailOutcome::Held, reason, screening.clone(), Effect::Hold(hold))
}
