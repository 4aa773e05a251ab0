//! Mails that join a ticket without a word to anybody (SPEC §4): password notices, calendar answers, reactions,
//! recall requests. Comes in: the mail and its situation. Goes out: a decision, or `None` for every other mail
//! and for those that lead to no ticket: a wrong guess must not lose an inquiry.

use super::decision::{Decision, Effect};
use super::screening::Screening;
use super::situation::{Situation, TicketFacts};
use super::threading::belongs;
use crate::authentication::SenderVerdict;
use crate::mail::{InboundMessage, SpecialMail};
use crate::ticket::MailOutcome;

/// Decides on a mail that is kept and not answered. It is stored with its ticket as a machine's mail is: no
/// status changes, nobody is notified, and a password is never sent round or quoted.
pub(super) fn decide_quiet(
    mail: &InboundMessage,
    situation: &Situation,
    screening: &Screening,
) -> Option<Decision> {
    if situation.staff.is_some() || situation.authentication.sender == SenderVerdict::Failed {
        return None;
    }
    let special = mail.special.filter(|special| special.asks_nothing());
    let reason = match special {
        Some(special) => special.as_str(),
        None if mail.is_password_notice() => "password-notice",
        None => return None,
    };
    let decision = |outcome, effect| Decision::new(outcome, reason, screening.clone(), effect);
    match target(mail, situation) {
        Some(facts) => {
            let ticket = facts.ticket.id;
            Some(decision(MailOutcome::FollowUp, Effect::Store { ticket }))
        }
        // A thumb for a mail the desk does not know says nothing that could be lost.
        None if special == Some(SpecialMail::Reaction) => {
            Some(decision(MailOutcome::AutoReply, Effect::Nothing))
        }
        None => None,
    }
}

/// The ticket it answers, where the author belongs to it, or the one that was found beside it.
fn target<'a>(mail: &InboundMessage, situation: &'a Situation) -> Option<&'a TicketFacts> {
    let author = &mail.single_author()?.address;
    situation
        .answered
        .iter()
        .find(|facts| belongs(author, facts, &situation.contacts))
        .or(situation.beside.as_ref())
}
