//! Notices that AWS itself writes (SPEC §5). Comes in: a mail of a listed AWS sender. Goes out: a ticket for the
//! desk, one for each event within a day, or nothing. Notices are forged often: without a DMARC pass of the
//! sender's domain nothing is taken. The ticket belongs to no customer, since one event touches several.

use std::collections::BTreeSet;

use super::account_ids::{AccountDecision, AccountOutcome, AccountReason};
use super::customer::new_ticket;
use super::decision::{Acknowledgement, Decision, Effect, NewTicket, StaffAct};
use super::screening::{Screening, is_aws_sender};
use super::situation::{Policy, Situation};
use crate::authentication::SenderVerdict;
use crate::mail::InboundMessage;
use crate::mail::pattern::patterns;
use crate::registry::AccountId;
use crate::ticket::{MailOutcome, TicketStatus};

/// How much of a text tells apart events whose subjects are all the same, in characters.
const START_OF_TEXT: usize = 160;

patterns! {
    account = r"\b(?:\d{12}|\d{4}-\d{4}-\d{4})\b";
    event_code = r"\bAWS_[A-Z0-9]+_[A-Z0-9_]{3,100}\b";
    says_nothing = r"(?i)^(?:aws notification message|aws notification|amazon web services|aws health(?: event)?)?$";
    marketing = r"(?i)marketing|newsletter|events?@|announce";
}

/// Decides on a mail of an AWS sender.
pub(super) fn decide_aws_notice(
    mail: &InboundMessage,
    situation: &Situation,
    policy: &Policy,
    screening: &Screening,
) -> Decision {
    let ignored = |reason| {
        Decision::new(
            MailOutcome::IgnoredNotice,
            reason,
            screening.clone(),
            Effect::Nothing,
        )
    };
    let Some(author) = mail.single_author().map(|author| author.address.clone()) else {
        return ignored("aws-notice-author-ambiguous");
    };
    if situation.authentication.sender != SenderVerdict::Verified {
        return ignored("aws-notice-unproven");
    }
    let accounts = accounts(situation);
    let bulk = mail.header("List-Unsubscribe").is_some() || marketing().is_match(author.as_str());
    if bulk && accounts.is_empty() {
        return ignored("aws-marketing");
    }
    let listed = accounts
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let (reason, effect) = if let Some(facts) = &situation.beside {
        let ticket = facts.ticket.id;
        ("aws-notice-same-event", Effect::AddNotice { ticket, accounts })
    } else {
        let new = notice_ticket(new_ticket(mail, author, situation, policy, screening), accounts);
        ("aws-notice", Effect::Open(Box::new(new)))
    };
    Decision::new(MailOutcome::AwsNotice, reason, screening.clone(), effect).because(listed)
}

/// The contracted accounts it names, else every account it names.
fn accounts(situation: &Situation) -> Vec<AccountId> {
    if situation.foreign_accounts.is_empty() {
        let named = situation.findings.best();
        named.iter().map(|candidate| candidate.id).collect()
    } else {
        situation.foreign_accounts.clone()
    }
}

fn notice_ticket(ticket: NewTicket, ids: Vec<AccountId>) -> NewTicket {
    let outcome = match ids.len() {
        0 => AccountOutcome::None,
        1 => AccountOutcome::Resolved,
        _ => AccountOutcome::Several,
    };
    let reason = if ids.is_empty() {
        AccountReason::NothingFound
    } else {
        AccountReason::Named
    };
    let only = Some(&ids)
        .filter(|ids| ids.len() == 1)
        .and_then(|ids| ids.first().copied());
    NewTicket {
        customer: None,
        author_name: String::new(),
        participants: Vec::new(),
        status: TicketStatus::New,
        account_id: only,
        account: AccountDecision { outcome, reason, ids },
        acknowledgement: Acknowledgement::None("aws-notice"),
        listed: false,
        ..ticket
    }
}

/// What tells one event of AWS from another, whichever account it concerns: the subject without account IDs,
/// the event's code, and the beginning of the text where the subject says nothing.
pub fn event_key(subject: &str, text: &str) -> String {
    let masked = |text: &str| {
        account()
            .replace_all(text, "#")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let subject = masked(subject);
    let codes: BTreeSet<&str> = event_code()
        .find_iter(text)
        .take(5)
        .map(|code| code.as_str())
        .collect();
    let mut key = subject.to_lowercase();
    for code in codes {
        key.push('|');
        key.push_str(code);
    }
    if says_nothing().is_match(subject.trim()) {
        key.push('|');
        key.extend(masked(text).chars().take(START_OF_TEXT));
    }
    key
}

/// What a colleague answers in a ticket that AWS's notice opened stays inside: AWS reads no answers, and no
/// customer wrote.
pub(super) fn kept_inside(mut decision: Decision, situation: &Situation) -> Decision {
    let by_aws = situation
        .by_token
        .as_ref()
        .is_some_and(|facts| is_aws_sender(&facts.ticket.author));
    if by_aws && let Effect::Relay(act) = &mut decision.effect {
        let act = StaffAct {
            ticket: act.ticket,
            staff: act.staff,
            text: std::mem::take(&mut act.text),
            commands: std::mem::take(&mut act.commands),
        };
        decision.outcome = MailOutcome::StaffCommand;
        decision.reason = "note-on-aws-notice";
        decision.effect = Effect::Inside(act);
    }
    decision
}

#[cfg(test)]
mod tests {
    use super::event_key;

    #[test]
    fn accounts_make_no_other_event_and_texts_do_where_subjects_say_nothing() {
        let one = event_key(
            "Retirement [AWS Account: 480913372265]",
            "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED",
        );
        let two = event_key(
            "Retirement [AWS Account: 046425940015]",
            "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED",
        );
        assert_eq!(one, two);
        assert_ne!(
            one,
            event_key(
                "Retirement [AWS Account: 046425940015]",
                "AWS_EC2_INSTANCE_STOP_SCHEDULED"
            )
        );
        assert_ne!(
            event_key("AWS Notification Message", "a"),
            event_key("AWS Notification Message", "b")
        );
    }
}
