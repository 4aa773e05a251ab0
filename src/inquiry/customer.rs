//! Mail from outside: a new inquiry, or more to one (SPEC §7–§11).

use chrono::TimeDelta;

use super::account_ids::{self, AccountDecision, Contracts, Place, Source};
use super::classification::Inquiry;
use super::decision::{Acknowledgement, Decision, Effect, JoinTicket, NewTicket};
use super::screening::Screening;
use super::situation::{KnownContact, Policy, Situation, TicketFacts};
use super::threading::{Threading, thread};
use crate::authentication::SenderVerdict;
use crate::calendar::to_jst;
use crate::mail::reply::PieceKind;
use crate::mail::{EmailAddress, InboundMessage, SpecialMail};
use crate::registry::{AccountId, Reach};
use crate::ticket::{Happening, Language, MailOutcome, TicketStatus};

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
    let arrived = (ticket.status == TicketStatus::AwaitingAccount)
        .then(|| {
            find_account(
                mail,
                &customers_contacts(situation, ticket.customer_id.as_deref()),
                &[],
            )
            .1
        })
        .flatten();
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
        cannot_read,
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
    let (written, quoted) = (mail.reply.written(), mail.reply.folded());
    let (account, account_id) = find_account(
        mail,
        &situation.contacts.iter().collect::<Vec<_>>(),
        &situation.foreign_accounts,
    );
    let known = choose_contact(&situation.contacts, account_id);
    let classification = policy.rules.classify(&Inquiry {
        subject: &mail.subject,
        written: if written.is_empty() { &mail.text } else { &written },
        quoted: &quoted,
        sender_is_aws: screening.is_aws_notice(),
    });
    let desk = classification.category.desk();
    let asks_account = account_id.is_none() && !situation.contacts.is_empty();
    let customer_id = known.map(|known| known.customer.id.as_str());
    NewTicket {
        author_name: known
            .map(|known| known.contact.person_name.clone())
            .unwrap_or_default(),
        language: language_of(mail, known),
        participants: joining_contacts(mail, situation, customer_id, account_id),
        start: policy.response.starts_at(desk, situation.now, &policy.calendar),
        status: if asks_account {
            TicketStatus::AwaitingAccount
        } else {
            TicketStatus::New
        },
        acknowledgement: acknowledge(mail, situation, policy, screening),
        acknowledges_at: situation.now + delay(screening),
        customer: known.map(|known| known.customer.clone()),
        author,
        account,
        account_id,
        classification,
        related_to: None,
    }
}

/// The accounts that count today are searched in the mail; what was found decides.
fn find_account(
    mail: &InboundMessage,
    contacts: &[&KnownContact],
    elsewhere: &[AccountId],
) -> (AccountDecision, Option<AccountId>) {
    let own: Vec<AccountId> = contacts
        .iter()
        .flat_map(|known| &known.accounts)
        .map(|account| account.account_id)
        .collect();
    let findings = account_ids::find(&sources(mail), &own);
    let decision = account_ids::decide(&findings, Contracts { own: &own, elsewhere });
    let id = decision.filed_under();
    (decision, id)
}

/// Every account ID in the mail, for looking up whose they are.
pub fn named_accounts(mail: &InboundMessage) -> Vec<AccountId> {
    account_ids::find(&sources(mail), &[])
        .best()
        .iter()
        .map(|candidate| candidate.id)
        .collect()
}

/// The texts of a mail in which accounts are looked for, each with its place.
pub fn sources(mail: &InboundMessage) -> Vec<Source<'_>> {
    let place = |kind| match kind {
        PieceKind::Written => Some(Place::Written),
        PieceKind::Signature => Some(Place::Signature),
        PieceKind::Quote => Some(Place::Quoted),
        PieceKind::Forwarded => Some(Place::Forwarded),
        PieceKind::Disclaimer | PieceKind::Banner => None,
    };
    let pieces = mail.reply.pieces.iter().filter_map(|piece| {
        place(piece.kind).map(|place| Source {
            place,
            text: &piece.text,
        })
    });
    let names = mail
        .attachments
        .iter()
        .filter_map(|attachment| attachment.name.as_deref())
        .map(|text| Source {
            place: Place::AttachmentName,
            text,
        });
    std::iter::once(Source {
        place: Place::Subject,
        text: &mail.subject,
    })
    .chain(pieces)
    .chain(names)
    .collect()
}

/// Whose inquiry it is: a contact of several customers is told apart by the account (SPEC §7).
fn choose_contact(contacts: &[KnownContact], account: Option<AccountId>) -> Option<&KnownContact> {
    match contacts {
        [only] => Some(only),
        several => several
            .iter()
            .find(|known| known.accounts.iter().any(|own| Some(own.account_id) == account)),
    }
}

fn customers_contacts<'a>(situation: &'a Situation, customer: Option<&str>) -> Vec<&'a KnownContact> {
    situation
        .contacts
        .iter()
        .filter(|known| Some(known.customer.id.as_str()) == customer)
        .collect()
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

fn language_of(mail: &InboundMessage, known: Option<&KnownContact>) -> Language {
    let registered = known.map(|known| known.contact.language.unwrap_or(known.customer.language));
    registered.unwrap_or_else(|| {
        let japanese = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff66}'..='\u{ff9f}');
        let text = || mail.subject.chars().chain(mail.text.chars());
        if text().next().is_none() || text().any(japanese) { Language::Japanese } else { Language::English }
    })
}

fn acknowledge(
    mail: &InboundMessage,
    situation: &Situation,
    policy: &Policy,
    screening: &Screening,
) -> Acknowledgement {
    let (verdict, budget, spent) = (situation.authentication.sender, policy.budget, situation.spent);
    if !situation.intake.acknowledge {
        return Acknowledgement::None("import");
    }
    let contact = verdict == SenderVerdict::Verified && !situation.contacts.is_empty();
    let allowed = screening.acknowledge || (contact && screening.only_delays_contacts());
    if !allowed {
        return Acknowledgement::None("not-a-person");
    }
    if screening.is_never_answered(mail) {
        return Acknowledgement::None("daemon-or-list");
    }
    if mail
        .single_author()
        .is_some_and(|author| policy.own_addresses.contains(&author.address))
    {
        return Acknowledgement::None("own-address");
    }
    if mail.special.is_some_and(SpecialMail::asks_nothing) {
        return Acknowledgement::None("asks-nothing");
    }
    if spent.ten_minutes >= budget.per_ten_minutes || spent.day >= budget.per_day {
        return Acknowledgement::None("budget-spent");
    }
    match (situation.contacts.is_empty(), verdict) {
        (true, SenderVerdict::Verified) if spent.week < budget.unregistered_per_week => {
            Acknowledgement::Fixed
        }
        (true, _) => Acknowledgement::None("unregistered"),
        (false, SenderVerdict::Failed) => Acknowledgement::Fixed,
        (false, _) if mail.special.is_some_and(SpecialMail::is_encrypted) => Acknowledgement::CannotRead,
        (false, _) if !situation.intake.whole => Acknowledgement::TooLarge,
        (false, _) => Acknowledgement::Full,
    }
}

/// What a contact's list, bulk or role headers delay: long enough for what a machine would send in a row to
/// run into the budget (SPEC §5).
fn delay(screening: &Screening) -> TimeDelta {
    /// Minutes that such an acknowledgement waits.
    const MINUTES: i64 = 10;
    if screening.acknowledge {
        TimeDelta::zero()
    } else {
        TimeDelta::minutes(MINUTES)
    }
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
