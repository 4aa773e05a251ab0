//! The decision on one mail: pure, total, always with a reason.

use super::aws_notice::{decide_aws_notice, kept_inside};
use super::customer::decide_customer;
use super::decision::{Decision, Effect};
use super::quiet::decide_quiet;
use super::screening::{OwnIdentity, Screening, SenderKind, screen};
use super::situation::{Policy, Situation};
use super::staff::{decide_send_as, decide_staff};
use crate::mail::InboundMessage;
use crate::mail::bounce::Report;
use crate::ticket::MailOutcome;

/// Decides what is to be done with a mail (SPEC §2).
pub fn decide(mail: &InboundMessage, situation: &Situation, policy: &Policy) -> Decision {
    let screening = screen(mail, &own_identity(policy));
    if let Some(original) = situation.intake.duplicate_of {
        return nothing(MailOutcome::Duplicate, "same-content-and-message-id", &screening)
            .because(original.to_string());
    }
    if situation.authentication.own_message_id {
        return nothing(MailOutcome::OwnMail, "own-message-id", &screening);
    }
    if let Some(held) = decide_send_as(mail, situation, policy, &screening) {
        return held;
    }
    match screening.kind {
        SenderKind::OwnMail => nothing(MailOutcome::OwnMail, "own-mail", &screening),
        SenderKind::Bounce => bounce(mail, &screening),
        SenderKind::AutoReply if screening.is_aws_notice() => {
            decide_aws_notice(mail, situation, policy, &screening)
        }
        SenderKind::AutoReply => decide_quiet(mail, situation, &screening)
            .unwrap_or_else(|| automatic(mail, situation, policy, &screening)),
        SenderKind::Person | SenderKind::MailingList => decide_staff(mail, situation, policy, &screening)
            .map(|decision| kept_inside(decision, situation))
            .or_else(|| decide_quiet(mail, situation, &screening))
            .unwrap_or_else(|| decide_customer(mail, situation, policy, &screening)),
    }
}

/// The desk's own marks, for telling its own mail.
pub(super) fn own_identity(policy: &Policy) -> OwnIdentity {
    OwnIdentity {
        addresses: policy.own_addresses.clone(),
        loop_token: Some(policy.loop_mark.clone()),
        ..OwnIdentity::default()
    }
}

fn nothing(outcome: MailOutcome, reason: &'static str, screening: &Screening) -> Decision {
    Decision::new(outcome, reason, screening.clone(), Effect::Nothing)
}

fn bounce(mail: &InboundMessage, screening: &Screening) -> Decision {
    let (recipients, original) = match &mail.report {
        Some(Report::Bounce {
            recipients,
            original_message_id,
        }) => (recipients.clone(), original_message_id.clone()),
        Some(Report::Receipt { .. } | Report::Feedback { .. }) | None => (Vec::new(), None),
    };
    let effect = Effect::Bounce { recipients, original };
    Decision::new(MailOutcome::Bounce, "delivery-report", screening.clone(), effect)
}

/// A machine's mail: stored with its ticket, or a silent ticket when a contact's machine writes anew, so
/// that a wrong guess never loses a customer's mail; never answered, never relayed.
fn automatic(
    mail: &InboundMessage,
    situation: &Situation,
    policy: &Policy,
    screening: &Screening,
) -> Decision {
    match &mail.report {
        Some(Report::Receipt { .. }) => {
            return nothing(MailOutcome::Receipt, "disposition-notification", screening);
        }
        Some(Report::Feedback { .. }) => {
            return nothing(MailOutcome::IgnoredNotice, "feedback-report", screening);
        }
        Some(Report::Bounce { .. }) | None => {}
    }
    if situation.staff.is_some() {
        // A colleague's out-of-office never reaches a customer and opens nothing.
        return nothing(MailOutcome::AutoReply, "automatic-from-staff", screening);
    }
    match situation.answered.first() {
        Some(facts) => {
            let effect = Effect::Store {
                ticket: facts.ticket.id,
            };
            Decision::new(
                MailOutcome::AutoReply,
                "automatic-in-ticket",
                screening.clone(),
                effect,
            )
        }
        None if !situation.contacts.is_empty() => decide_customer(mail, situation, policy, screening),
        None => nothing(MailOutcome::AutoReply, "automatic-from-stranger", screening),
    }
}
