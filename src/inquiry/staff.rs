//! Mail from staff: whether it may speak in the desk's name, and what it says (SPEC §6, §13).
//!
//! The failure to rule out is a stranger's text relayed to a customer. So every condition is named here in
//! one place, and whatever misses one is held: stored, shown to staff, never relayed, never a command.

use super::authority::{Refusal, authority, names_customer, sender_disagrees};
use super::decision::{Decision, Effect, Hold};
use super::desk_answer::decide_desk_answer;
use super::on_behalf::open_for;
use super::screening::{Screening, SenderKind, screen};
use super::situation::{Policy, Situation, TicketFacts};
use super::speaking::{Holds, Speech};
use crate::authentication::AnchorVerdict;
use crate::mail::InboundMessage;
use crate::registry::StaffMember;
use crate::ticket::MailOutcome;

/// A mail that claims or tries to speak for the desk; `None` when it does neither.
pub(super) fn decide_staff(
    mail: &InboundMessage,
    situation: &Situation,
    policy: &Policy,
    screening: &Screening,
) -> Option<Decision> {
    if let Some(answer) = decide_desk_answer(mail, situation, screening) {
        return Some(answer);
    }
    let by_staff = situation.staff.is_some() || situation.standing.seen_in_from.is_some();
    // A customer who got hold of a token address writes as a customer; a stranger with one is held.
    let stranger_with_token = situation.authentication.token_attempted && situation.contacts.is_empty();
    if !by_staff && !stranger_with_token {
        return None;
    }
    Some(match authority(mail, situation, screening) {
        Ok((staff, ticket)) => {
            let speech = Speech {
                mail,
                staff,
                ticket,
                holds: Holds::All,
            };
            speech.decide(situation, policy, screening)
        }
        Err(Refusal::AnsweredOutside(staff, facts)) => outside(facts, Some(staff.serial), screening),
        Err(Refusal::PassesOn(member, forwarded)) => match mail.single_author() {
            Some(author) => open_for((member, &author.address), forwarded, policy, screening),
            None => hold("author-ambiguous", mail, situation, screening),
        },
        Err(Refusal::Replay(earlier)) => Decision::new(
            MailOutcome::Duplicate,
            "replay",
            screening.clone(),
            Effect::Nothing,
        )
        .because(earlier.to_string()),
        Err(Refusal::Hold(reason, detail)) => hold(reason, mail, situation, screening).because(detail),
    })
}

/// A mail in the desk's own name that the desk did not write ("send as", or forged): recorded as answered
/// outside when the anchor passes, else held; never taken for the desk's own (SPEC §6).
pub(super) fn decide_send_as(
    mail: &InboundMessage,
    situation: &Situation,
    policy: &Policy,
    screening: &Screening,
) -> Option<Decision> {
    let author = mail.single_author()?;
    let human = matches!(screening.kind, SenderKind::Person | SenderKind::MailingList);
    if !human || !policy.own_addresses.contains(&author.address) {
        return None;
    }
    let proven =
        situation.authentication.anchor == AnchorVerdict::Passes && !sender_disagrees(mail, &author.address);
    let answered = situation
        .answered
        .first()
        .filter(|facts| !situation.authentication.token_attempted && names_customer(mail, facts, situation));
    Some(match answered {
        Some(facts) if proven => outside(facts, None, screening),
        _ => hold("own-address", mail, situation, screening),
    })
}

/// On whose word a held mail is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleasedBy {
    /// The person it was held for.
    Author,
    /// Somebody at the desk's command line or page who has read it.
    Administrator,
}

/// What a held mail does once somebody lets it go: that word stands in for anchor, author and token. A command
/// where it is no command still holds it.
pub fn decide_confirmed(
    mail: &InboundMessage,
    situation: &Situation,
    (staff, facts): (Option<&StaffMember>, &TicketFacts),
    policy: &Policy,
    by: ReleasedBy,
) -> Decision {
    let screening = screen(mail, &super::decide::own_identity(policy));
    let elsewhere = |staff: &StaffMember| !staff.serves(facts.ticket.desk);
    if by == ReleasedBy::Author && staff.is_some_and(elsewhere) {
        return hold("not-on-this-desk", mail, situation, &screening);
    }
    // It went to the customer already; relaying it would tell them twice.
    if !situation.authentication.token_attempted && names_customer(mail, facts, situation) {
        return outside(facts, staff.map(|staff| staff.serial), &screening);
    }
    let Some(staff) = staff else {
        return hold("not-a-staff-address", mail, situation, &screening);
    };
    let speech = Speech {
        mail,
        staff,
        ticket: facts,
        holds: match by {
            ReleasedBy::Author => Holds::CommandsOnly,
            ReleasedBy::Administrator => Holds::StrayCommandsOnly,
        },
    };
    speech.decide(situation, policy, &screening)
}

fn outside(facts: &TicketFacts, staff: Option<u32>, screening: &Screening) -> Decision {
    let effect = Effect::Record {
        ticket: facts.ticket.id,
        staff,
    };
    Decision::new(
        MailOutcome::AnsweredOutside,
        "answered-outside",
        screening.clone(),
        effect,
    )
}

fn hold(
    reason: &'static str,
    mail: &InboundMessage,
    situation: &Situation,
    screening: &Screening,
) -> Decision {
    let facts = situation.by_token.as_ref().or(situation.answered.first());
    // A mail from elsewhere with a right token concerns the person the token was sent to.
    let of_token = || situation.authentication.token.map(|token| token.staff);
    let named = situation.staff.as_ref().map(|staff| staff.serial);
    let hold = Hold {
        ticket: facts.map(|facts| facts.ticket.id),
        staff: named.or(situation.standing.seen_in_from).or_else(of_token),
        body: mail.reply.written(),
    };
    Decision::new(MailOutcome::Held, reason, screening.clone(), Effect::Hold(hold))
}
