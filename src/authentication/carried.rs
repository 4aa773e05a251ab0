//! The token a mail brings back: in the addresses it goes to, or in the Message-IDs it answers (SPEC §6).
//!
//! Comes in: the mail, the keys, and what a signature covers. Goes out: the one token all evidence agrees on,
//! whether one was meant at all, and a claim to confirm held mail. It must not say what a token allows.

use super::Anchor;
use super::confirmation::ConfirmationClaim;
use super::signature::{Beside, OwnCheck};
use super::token::{Token, TokenKeys};
use crate::mail::{EmailAddress, InboundMessage, MessageId};

/// Answered Message-IDs that are looked at; a longer chain repeats the same ticket or is hostile.
const MAX_ANSWERED: usize = 40;

/// What a mail brings back of what the desk gave out.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) token: Option<Token>,
    pub(super) attempted: bool,
    pub(super) confirmation: Option<ConfirmationClaim>,
}

/// Reads the marks that count: what a signature does not cover, anybody can have written.
pub(super) fn read(
    mail: &InboundMessage,
    contact: &EmailAddress,
    keys: &TokenKeys,
    (anchor, own): (&Anchor, &OwnCheck),
) -> Carried {
    let signed = match (anchor, own) {
        (Anchor::Dkim, OwnCheck::Signed { beside, .. }) => Some(beside.as_slice()),
        _ => None,
    };
    let addressed = addresses(mail, signed)
        .into_iter()
        .filter_map(|address| keys.mark_of(contact, address));
    let (answered, earlier) = answered(mail, contact, signed);
    let marks_in = |ids: &[&MessageId]| -> Vec<String> {
        let marks = ids.iter().filter_map(|id| keys.mark_in(id));
        marks.map(str::to_owned).collect()
    };
    let (answered, earlier) = (marks_in(&answered), marks_in(&earlier));
    // What an earlier mail of the thread asked to confirm was not asked by the one that is answered.
    let direct: Vec<&str> = addressed.chain(answered.iter().map(String::as_str)).collect();
    let all = direct.iter().copied().chain(earlier.iter().map(String::as_str));
    Carried {
        token: one_token(all.filter_map(|mark| keys.find_marked(mark))),
        attempted: !answered.is_empty()
            || mail
                .recipients()
                .any(|address| keys.mark_of(contact, address).is_some()),
        confirmation: direct.iter().find_map(|mark| TokenKeys::claim_in(mark)),
    }
}

/// The recipients whose token counts.
fn addresses<'a>(mail: &'a InboundMessage, signed: Option<&[Beside]>) -> Vec<&'a EmailAddress> {
    let Some(beside) = signed else {
        return mail.recipients().collect();
    };
    let cc = mail.cc.iter().filter(|_| beside.contains(&Beside::Cc));
    mail.to.iter().chain(cc).map(|mailbox| &mailbox.address).collect()
}

/// The mail that is answered, and those of the thread before it. Only what is written to the desk itself
/// answers it: a mail to somebody else with the desk in Cc, or a forwarded one, merely names the same thread.
fn answered<'a>(
    mail: &'a InboundMessage,
    contact: &EmailAddress,
    signed: Option<&[Beside]>,
) -> (Vec<&'a MessageId>, Vec<&'a MessageId>) {
    let counts = |field| signed.is_none_or(|beside| beside.contains(&field));
    if !mail.to.iter().any(|mailbox| mailbox.address == *contact) {
        return (Vec::new(), Vec::new());
    }
    let direct = mail.in_reply_to.iter().filter(|_| counts(Beside::InReplyTo));
    let mut direct: Vec<&MessageId> = direct.take(MAX_ANSWERED).collect();
    let thread = mail.references.iter().rev();
    let mut thread = thread.filter(|_| counts(Beside::References)).take(MAX_ANSWERED);
    if direct.is_empty() {
        direct.extend(thread.next());
    }
    (direct, thread.collect())
}

/// The token, where all that are right name one ticket.
fn one_token(mut tokens: impl Iterator<Item = Token>) -> Option<Token> {
    let first = tokens.next()?;
    tokens
        .all(|other| (other.ticket, other.purpose) == (first.ticket, first.purpose))
        .then_some(first)
}
