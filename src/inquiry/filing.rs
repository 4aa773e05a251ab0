//! Under which account and customer an inquiry is filed (SPEC §7, §8). Comes in: what the search for accounts
//! found, and the author's contact rows. Goes out: the account decision, and whose inquiry it is as far as
//! that is clear. A contact of several customers is told apart by the account alone.

use super::account_ids::{self, AccountDecision, AccountOutcome, AccountReason, Contracts, Place, Source};
use super::situation::{KnownContact, Situation, TicketFacts};
use crate::mail::InboundMessage;
use crate::mail::reply::PieceKind;
use crate::registry::AccountId;

/// From this score on, another account named in the ticket is worth a word to staff.
const WORTH_TELLING: u32 = 50;

/// How a new inquiry is filed.
pub(super) struct Filing<'a> {
    pub(super) account: AccountDecision,
    pub(super) account_id: Option<AccountId>,
    /// Whose it is; `None` for a stranger, and while a shared contact's customer is open.
    pub(super) known: Option<&'a KnownContact>,
}

/// Files a new inquiry.
pub(super) fn file(situation: &Situation) -> Filing<'_> {
    let own = situation.own_accounts();
    let contracts = Contracts {
        own: &own,
        elsewhere: &situation.foreign_accounts,
    };
    let decision = account_ids::decide(&situation.findings, contracts);
    let account = if several_customers(&situation.contacts) {
        between_customers(decision, &situation.contacts)
    } else {
        decision
    };
    let account_id = account.filed_under();
    Filing {
        known: choose_contact(&situation.contacts, account_id),
        account,
        account_id,
    }
}

/// The account a ticket has waited for, and the contact row it names; only words of the author's count, not
/// what stands in the quote of our own question.
pub(super) fn completed_by<'a>(
    mail: &InboundMessage,
    facts: &TicketFacts,
    situation: &'a Situation,
) -> Option<(AccountId, &'a KnownContact)> {
    let ticket = &facts.ticket;
    if ticket.account_id.is_some() {
        return None;
    }
    let filing = file(situation);
    let id = filing.account_id?;
    let of_ticket = |known: &&KnownContact| {
        let customer = ticket.customer_id.as_deref();
        customer.is_none_or(|customer| customer == known.customer.id) && known.has_account(id)
    };
    let mut owners = situation.contacts.iter().filter(of_ticket);
    let known = owners.next().filter(|_| owners.next().is_none())?;
    let asked_to_confirm = ticket.account_outcome == AccountOutcome::Confirm.as_str();
    let said = match filing.account.reason {
        AccountReason::Named => true,
        AccountReason::OnlyAccount => asked_to_confirm && affirms(&mail.reply.written()),
        AccountReason::NamedInOldText => {
            let passed_on = |place| !matches!(place, Place::Quoted);
            let found = &situation.findings.candidates;
            found.iter().any(|c| c.id == id && passed_on(c.place))
                || (asked_to_confirm && affirms(&mail.reply.written()))
        }
        AccountReason::Conflict
        | AccountReason::Repair
        | AccountReason::WeakAgainstOnly
        | AccountReason::NotTheirs
        | AccountReason::OnlyWeak
        | AccountReason::NothingFound => false,
    };
    said.then_some((id, known))
}

/// Accounts that the author names in a ticket bound to another one; the ticket is never bound anew by a mail.
pub(super) fn other_accounts(facts: &TicketFacts, situation: &Situation) -> Vec<AccountId> {
    let Some(bound) = facts.ticket.account_id else {
        return Vec::new();
    };
    let best = situation.findings.best();
    let named = best
        .iter()
        .filter(|c| c.place == Place::Written && (c.own || c.score >= WORTH_TELLING));
    named.map(|c| c.id).filter(|id| *id != bound).collect()
}

/// A short yes to our question whether it is this account.
fn affirms(written: &str) -> bool {
    /// Characters beyond which an answer says more than yes.
    const LONGEST: usize = 160;
    const YES: &[&str] = &[
        "間違いありません",
        "間違いございません",
        "相違ありません",
        "相違ございません",
        "問題ありません",
        "問題ございません",
        "その通りです",
        "そのとおりです",
        "そうです",
        "はい",
        "that is correct",
        "that's correct",
        "that is right",
        "that's right",
        "correct",
        "yes",
    ];
    const NO: &[&str] = &[
        "いいえ",
        "いえ、",
        "違",
        "別の",
        "ではな",
        "じゃな",
        "ありません",
        "ございません",
        "not ",
        "no,",
        "no.",
        "wrong",
        "incorrect",
        "another",
        "other",
        "n't",
        "?",
        "？",
        "でしょうか",
    ];
    let folded = written.to_lowercase();
    let rest = YES.iter().fold(folded.clone(), |rest, yes| rest.replace(yes, ""));
    folded.chars().count() <= LONGEST
        && YES.iter().any(|yes| folded.contains(yes))
        && !folded.contains("incorrect")
        && !NO.iter().any(|no| rest.contains(no))
}

/// A decision that would file under one of several customers without the mail having said which.
fn between_customers(decision: AccountDecision, contacts: &[KnownContact]) -> AccountDecision {
    let owners = |id: &AccountId| contacts.iter().filter(|known| known.has_account(*id)).count();
    let apart = |ids: &[AccountId]| {
        let first = ids.first().copied();
        let of_first = contacts
            .iter()
            .find(|known| first.is_some_and(|id| known.has_account(id)));
        ids.iter()
            .any(|id| owners(id) > 0 && !of_first.is_some_and(|known| known.has_account(*id)))
    };
    match decision.reason {
        AccountReason::OnlyAccount | AccountReason::WeakAgainstOnly => AccountDecision {
            outcome: AccountOutcome::None,
            reason: AccountReason::NothingFound,
            ids: Vec::new(),
        },
        AccountReason::Named | AccountReason::NamedInOldText if apart(&decision.ids) => AccountDecision {
            outcome: AccountOutcome::Confirm,
            reason: AccountReason::Conflict,
            ids: decision.ids,
        },
        AccountReason::Named
        | AccountReason::NamedInOldText
        | AccountReason::Conflict
        | AccountReason::Repair
        | AccountReason::NotTheirs
        | AccountReason::OnlyWeak
        | AccountReason::NothingFound => decision,
    }
}

fn several_customers(contacts: &[KnownContact]) -> bool {
    let first = contacts.first().map(|known| &known.customer.id);
    contacts.iter().any(|known| Some(&known.customer.id) != first)
}

/// Whose inquiry it is: a contact of several customers is told apart by the account (SPEC §7).
fn choose_contact(contacts: &[KnownContact], account: Option<AccountId>) -> Option<&KnownContact> {
    if !several_customers(contacts) {
        return contacts.first();
    }
    let account = account?;
    let mut owners = contacts.iter().filter(|known| known.has_account(account));
    owners.next().filter(|_| owners.next().is_none())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_is_told_from_a_no_and_from_a_question() {
        for yes in [
            "はい、間違いありません。",
            "はい。よろしくお願いします。",
            "相違ございません。",
            "Yes, that is correct.",
        ] {
            assert!(affirms(yes), "{yes}");
        }
        for no in [
            "いいえ、違います。",
            "はい、別のアカウントです。",
            "そうではありません。",
            "はい、どのアカウントでしょうか。",
            "No, that is incorrect.",
            "Not yes.",
            "追加の情報です。東京リージョンです。",
        ] {
            assert!(!affirms(no), "{no}");
        }
    }
}
