//! Mail from outside: a new inquiry, or more to one (SPEC §7–§11).

use super::account_ids::Place;
use super::acknowledging::{acknowledge, goes_out_at, is_listed};
use super::classification::{Classification, Field, Flag, Inquiry};
use super::coverage::{ContractRemark, Coverage};
use super::decision::{Acknowledgement, Decision, Effect, JoinTicket, NewTicket, Settled, Waiting};
use super::filing::{completed_by, file, other_accounts};
use super::language::language_of;
use super::redaction::{find_all, kinds_in};
use super::screening::Screening;
use super::secrets::REDACTED;
use super::situation::{KnownContact, Policy, Situation, TicketFacts};
use super::threading::{Threading, thread};
use crate::calendar::to_jst;
use crate::mail::{EmailAddress, InboundMessage};
use crate::registry::{AccountId, Reach};
use crate::ticket::{Happening, MailOutcome, TicketStatus};

/// Decides on a mail that does not speak for the desk.
pub(super) fn decide_customer(
    mail: &InboundMessage,
    situation: &Situation,
    policy: &Policy,
    screening: &Screening,
) -> Decision {
    let Some(author) = mail.single_author().map(|mailbox| mailbox.address.clone()) else {
        // Which of two authors would be answered cannot be known; a person looks at it.
        return Decision::new(
            MailOutcome::Quarantined,
            "author-ambiguous",
            screening.clone(),
            Effect::Nothing,
        )
        .because(format!("{:?}", mail.author));
    };
    match thread(mail, situation, policy) {
        Threading::Joins(facts) => {
            let acknowledgement = acknowledge(mail, situation, policy, screening);
            let cannot_read = acknowledgement == Acknowledgement::CannotRead;
            join(mail, (author, cannot_read), facts, situation, screening)
        }
        Threading::Opens { related_to, reason } => {
            let ticket = NewTicket {
                related_to,
                ..new_ticket(mail, author, situation, policy, screening)
            };
            let detail = acknowledgement_detail(ticket.acknowledgement);
            Decision::new(
                MailOutcome::NewTicket,
                reason,
                screening.clone(),
                Effect::Open(Box::new(ticket)),
            )
            .because(detail)
        }
    }
}

fn acknowledgement_detail(acknowledgement: Acknowledgement) -> String {
    match acknowledgement {
        Acknowledgement::Full => "acknowledged".to_owned(),
        Acknowledgement::Fixed => "acknowledged with the fixed text".to_owned(),
        Acknowledgement::TooLarge => "told that the mail was too large".to_owned(),
        Acknowledgement::CannotRead => "told that the mail cannot be read".to_owned(),
        Acknowledgement::Later(_) => "acknowledged later, together with others".to_owned(),
        Acknowledgement::None(why) => format!("not acknowledged: {why}"),
    }
}

fn join(
    mail: &InboundMessage,
    (author, cannot_read): (EmailAddress, bool),
    facts: &TicketFacts,
    situation: &Situation,
    screening: &Screening,
) -> Decision {
    let ticket = &facts.ticket;
    let thanks = is_bare_thanks(&mail.reply.written());
    let completed = completed_by(mail, facts, situation);
    let arrived = completed.map(|(account, _)| account);
    let settled = completed.filter(|_| ticket.customer_id.is_none());
    let after_mail = if thanks {
        ticket.status
    } else {
        ticket.status.after(Happening::CustomerWrote)
    };
    let status = if arrived.is_some() {
        after_mail.after(Happening::AccountArrived)
    } else {
        after_mail
    };
    let effect = JoinTicket {
        ticket: ticket.id,
        participants: joining_contacts(mail, situation, ticket.customer_id.as_deref(), ticket.account_id),
        author,
        status,
        completes_account: arrived,
        settles: settled.map(|(_, known)| Settled {
            customer: known.customer.clone(),
            author_name: known.contact.person_name.clone(),
        }),
        other_accounts: other_accounts(facts, situation),
        secrets: kinds_in(mail, &situation.findings, &situation.own_accounts()),
        cannot_read,
        listed: situation.contacts.is_empty() && ticket.answered_at.is_none() && ticket.assignee.is_none(),
    };
    let reason = match (arrived, thanks) {
        (Some(_), _) => "account-completed",
        (None, true) => "bare-thanks",
        (None, false) => "answers-ticket",
    };
    Decision::new(
        MailOutcome::FollowUp,
        reason,
        screening.clone(),
        Effect::Join(Box::new(effect)),
    )
}

/// お礼のみ: thanks and nothing else do not open a ticket again (SPEC §7).
fn is_bare_thanks(written: &str) -> bool {
    const THANKS: &[&str] = &[
        "ありがとうございま",
        "承知しました",
        "承知いたしました",
        "了解しました",
        "助かりました",
        "thank you",
        "thanks",
    ];
    /// Characters beyond which a mail says more than thanks, salutation included.
    const LONGEST: usize = 120;
    let folded = written.to_lowercase();
    let asks = folded.contains(['?', '？'])
        || [
            "でしょうか",
            "ください",
            "下さい",
            "お願い",
            "が、",
            "ですが",
            "please",
            "but ",
        ]
        .iter()
        .any(|word| folded.contains(word));
    folded.chars().count() <= LONGEST && !asks && THANKS.iter().any(|word| folded.contains(word))
}

/// The ticket that a mail opens, whoever wrote it.
pub(super) fn new_ticket(
    mail: &InboundMessage,
    author: EmailAddress,
    situation: &Situation,
    policy: &Policy,
    screening: &Screening,
) -> NewTicket {
    let (written, quoted) = (mail.reply.own_words(&mail.text), mail.reply.folded());
    let inquiry = Inquiry {
        subject: &mail.subject,
        written: &written,
        quoted: &quoted,
        sender_is_aws: screening.is_aws_notice(),
    };
    let filing = file(situation);
    let classification = policy.rules.classify(&inquiry);
    let desk = classification.category.desk();
    let customer_id = filing.known.map(|known| known.customer.id.as_str());
    let acknowledgement = acknowledge(mail, situation, policy, screening);
    // Only who was asked for the account is waited for.
    let asks_account = filing.account_id.is_none()
        && matches!(
            acknowledgement,
            Acknowledgement::Full | Acknowledgement::Later(Waiting::Full)
        );
    let coverage = Coverage {
        contracts: contract_remarks(situation),
        ..Coverage::of(&classification.flags, &inquiry, &policy.restricted)
    };
    let secrets = kinds_in(mail, &situation.findings, &situation.own_accounts());
    NewTicket {
        author_name: author_name(situation, filing.known),
        language: language_of(mail, &situation.contacts, filing.known),
        participants: joining_contacts(mail, situation, customer_id, filing.account_id),
        start: policy.response.starts_at(desk, situation.now, &policy.calendar),
        status: if asks_account {
            TicketStatus::AwaitingAccount
        } else {
            TicketStatus::New
        },
        acknowledgement,
        acknowledges_at: goes_out_at(acknowledgement, situation.now),
        listed: is_listed(mail, situation),
        customer: filing.known.map(|known| known.customer.clone()),
        author,
        account: filing.account,
        account_id: filing.account_id,
        classification: if secrets.is_empty() {
            classification
        } else {
            without_secrets(classification, &inquiry, &situation.own_accounts())
        },
        related_to: None,
        coverage,
        secrets,
    }
}

/// The same, flagged, and with no piece of a secret in its evidence.
fn without_secrets(
    mut classification: Classification,
    inquiry: &Inquiry<'_>,
    accounts: &[AccountId],
) -> Classification {
    for field in Field::ALL {
        let secrets = find_all(inquiry.text(*field), accounts);
        for evidence in classification.evidence.iter_mut().filter(|e| e.field == *field) {
            let (start, end) = (evidence.range.start, evidence.range.end);
            if secrets
                .iter()
                .any(|secret| secret.range.start < end && start < secret.range.end)
            {
                REDACTED.clone_into(&mut evidence.text);
            }
        }
    }
    // A number that only the search for accounts knows for a My Number is a secret too.
    classification.flags.push(Flag::SecretInMail);
    classification.flags.sort_unstable();
    classification.flags.dedup();
    classification
}

/// The accounts of the author's own customers that the author names now and whose contract does not run.
fn contract_remarks(situation: &Situation) -> Vec<ContractRemark> {
    let dormant: Vec<_> = situation
        .contacts
        .iter()
        .flat_map(|known| &known.dormant)
        .collect();
    let candidates = situation.findings.candidates.iter();
    let fresh = candidates.filter(|c| matches!(c.place, Place::Subject | Place::Written));
    let named: Vec<AccountId> = fresh.map(|candidate| candidate.id).collect();
    ContractRemark::of(&named, &dormant, situation.now)
}

/// The author's name; a contact of several customers keeps it where all of them know the same one.
fn author_name(situation: &Situation, known: Option<&KnownContact>) -> String {
    let names = || situation.contacts.iter().map(|known| &known.contact.person_name);
    let shared = || names().next().filter(|first| names().all(|name| name == *first));
    let name = known.map(|known| &known.contact.person_name).or_else(shared);
    name.cloned().unwrap_or_default()
}

/// Cc addresses that take part by themselves: listed persons of the customer whose scope includes the
/// account; everybody else waits for staff. Who is listed is known from the author's own customers.
fn joining_contacts(
    mail: &InboundMessage,
    situation: &Situation,
    customer: Option<&str>,
    account: Option<AccountId>,
) -> Vec<EmailAddress> {
    let listed = |address: &EmailAddress| {
        situation.cc_contacts.iter().any(|contact| {
            contact.reach == Reach::Address(address.clone())
                && Some(contact.customer_id.as_str()) == customer
                && contact.is_valid_on(to_jst(situation.now).date_naive())
                && account.is_none_or(|account| contact.account_scope.includes(account))
        })
    };
    mail.to
        .iter()
        .chain(&mail.cc)
        .map(|mailbox| &mailbox.address)
        .filter(|address| listed(address))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thanks_alone_are_told_from_thanks_with_a_question() {
        assert!(is_bare_thanks("ご回答ありがとうございました。\n解決しました。"));
        assert!(!is_bare_thanks(
            "ありがとうございます。もう一点、上限はありますか?"
        ));
        assert!(!is_bare_thanks(
            "ありがとうございます。ですが解決しておりません。"
        ));
        assert!(!is_bare_thanks("接続できません。"));
    }
}
