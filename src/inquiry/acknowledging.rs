//! Whether, how and when an inquiry is acknowledged (SPEC §5). Comes in: the mail and its situation, with what
//! was sent to the author lately. Goes out: a word for the decision. Pure. What it refuses loses nothing: the
//! ticket is opened all the same. A verified contact is made to wait and never refused for a budget's sake; an
//! unproven one waits too, and whether somebody uses the name is asked again before the letter goes out.

use chrono::{DateTime, TimeDelta, Utc};

use super::decision::{Acknowledgement, Waiting};
use super::ping_pong::{answers_automatic_mail, comes_unread, is_machine_at_address};
use super::screening::Screening;
use super::situation::{Policy, Situation};
use crate::authentication::SenderVerdict;
use crate::mail::{InboundMessage, SpecialMail};

/// Tickets of one address within 24 hours from which on an unproven author is answered nothing more.
const BURST: i64 = 10;

/// How long an acknowledgement waits at the least: long enough for what is sent in a row to be answered by one
/// letter.
pub const WAITS_FOR: TimeDelta = TimeDelta::minutes(10);

/// Recipients up to which a mail is an inquiry to the desk; one to more is a mail to everybody, with the desk
/// among them, and whoever answers all would be acknowledged in turn.
const MOST_RECIPIENTS: usize = 50;

/// Decides on the acknowledgement of an inquiry.
pub(super) fn acknowledge(
    mail: &InboundMessage,
    situation: &Situation,
    policy: &Policy,
    screening: &Screening,
) -> Acknowledgement {
    if let Some(why) = refusal(mail, situation, policy, screening) {
        return Acknowledgement::None(why);
    }
    let verdict = situation.authentication.sender;
    let known = !situation.contacts.is_empty();
    let wanted = match (known, verdict) {
        (false, SenderVerdict::Verified) if situation.spent.week < policy.budget.unregistered_per_week => {
            Acknowledgement::Fixed
        }
        (false, _) => return Acknowledgement::None("unregistered"),
        (true, SenderVerdict::Failed) => Acknowledgement::Fixed,
        (true, _) if mail.special.is_some_and(SpecialMail::is_encrypted) => Acknowledgement::CannotRead,
        (true, _) if !situation.intake.whole => Acknowledgement::TooLarge,
        (true, _) => Acknowledgement::Full,
    };
    let spent = if situation.contacts.is_empty() {
        policy.budget.is_spent_for_strangers(&situation.spent)
    } else {
        policy.budget.is_spent(&situation.spent)
    };
    let unproven = known && verdict == SenderVerdict::Unproven;
    // While something waits in a name that nothing proves, what follows in it waits along.
    let waits_along = unproven && situation.spent.waiting > 0;
    if !spent && screening.acknowledge && !waits_along {
        wanted
    } else if is_verified_contact(situation) || unproven {
        later(wanted)
    } else {
        Acknowledgement::None("budget-spent")
    }
}

/// Why it is not acknowledged at all.
fn refusal(
    mail: &InboundMessage,
    situation: &Situation,
    policy: &Policy,
    screening: &Screening,
) -> Option<&'static str> {
    let verified = is_verified_contact(situation);
    let own = |author: &crate::mail::Mailbox| policy.own_addresses.contains(&author.address);
    let unanswered = situation.answered.is_empty();
    let known = (policy.number_prefix.as_str(), situation.now);
    if !situation.intake.acknowledge {
        Some("import")
    } else if !(screening.acknowledge || (verified && screening.only_delays_contacts())) {
        Some("not-a-person")
    } else if screening.is_never_answered(mail) {
        Some("daemon-or-list")
    } else if is_round(mail) {
        Some("round-mail")
    } else if mail.single_author().is_some_and(own) {
        Some("own-address")
    } else if mail.special.is_some_and(SpecialMail::asks_nothing) {
        Some("asks-nothing")
    } else if unanswered && answers_automatic_mail(mail, &situation.automatic, known) {
        Some("answers-our-automatic-mail")
    } else if is_machine_at_address(&situation.openings, &situation.automatic, situation.now)
        || (!verified && comes_unread(&situation.automatic, situation.intake.arrived_at))
    {
        Some("answers-at-once")
    } else if is_burst(situation) {
        Some("burst")
    } else {
        None
    }
}

/// Whether a mail goes to everybody, with the desk among them.
fn is_round(mail: &InboundMessage) -> bool {
    mail.to.len().saturating_add(mail.cc.len()) > MOST_RECIPIENTS
}

/// Whether the author is a contact whose name the mail proves.
pub(super) fn is_verified_contact(situation: &Situation) -> bool {
    situation.authentication.sender == SenderVerdict::Verified && !situation.contacts.is_empty()
}

/// Whether so many tickets bear an unproven author's name that somebody may be using it.
pub(super) fn is_burst(situation: &Situation) -> bool {
    is_burst_in_name(situation.spent.opened_day, is_verified_contact(situation))
}

/// Whether somebody may be using a name in which so many tickets were opened within 24 hours.
pub const fn is_burst_in_name(opened: i64, proven: bool) -> bool {
    opened >= BURST && !proven
}

/// Whether staff are told of the ticket in the hourly list: its author is not registered and does not answer a
/// mail of a ticket alone, or there are too many to be told one by one.
pub(super) fn is_listed(mail: &InboundMessage, situation: &Situation) -> bool {
    let answers = !situation.answered.is_empty() && !is_round(mail);
    is_burst(situation) || (situation.contacts.is_empty() && !answers)
}

const fn later(wanted: Acknowledgement) -> Acknowledgement {
    match wanted {
        Acknowledgement::Full => Acknowledgement::Later(Waiting::Full),
        Acknowledgement::TooLarge => Acknowledgement::Later(Waiting::TooLarge),
        Acknowledgement::CannotRead => Acknowledgement::Later(Waiting::CannotRead),
        // A fixed text is no verified contact's, and what is refused stays refused.
        Acknowledgement::Fixed | Acknowledgement::Later(_) | Acknowledgement::None(_) => wanted,
    }
}

/// When it goes out.
pub(super) fn goes_out_at(acknowledgement: Acknowledgement, now: DateTime<Utc>) -> DateTime<Utc> {
    match acknowledgement {
        Acknowledgement::Later(_) => now + WAITS_FOR,
        Acknowledgement::Full
        | Acknowledgement::Fixed
        | Acknowledgement::TooLarge
        | Acknowledgement::CannotRead
        | Acknowledgement::None(_) => now,
    }
}
