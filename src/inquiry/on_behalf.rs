//! A customer's mail that a staff member passes on (SPEC §13). Comes in: the original as the forward shows it, and
//! what is stored about whom it is said to come from. Goes out: the ticket to open on the customer's behalf, and
//! once the desk has confirmed whose it is, the ticket as that customer's. Until then nothing goes to a customer:
//! what stands in a forward proves nothing.

use unicode_normalization::UnicodeNormalization;

use super::customer::new_ticket;
use super::decision::{Acknowledgement, Decision, Effect, NewTicket};
use super::screening::{Screening, SenderKind};
use super::situation::{Policy, Situation};
use crate::mail::{EmailAddress, InboundMessage};
use crate::registry::StaffMember;
use crate::ticket::{MailOutcome, TicketStatus};

/// The reason of a ticket opened on a customer's behalf.
pub const FORWARDED_BY_STAFF: &str = "forwarded-by-staff";

/// What a staff member's mail passes on.
#[derive(Debug, Clone)]
pub struct Forwarded {
    /// Whom the originals are said to come from: one, several, or none that could be read.
    pub senders: Vec<EmailAddress>,
    /// The customer's mail as the forward shows it.
    pub original: InboundMessage,
    /// Its own bytes, where it was attached whole.
    pub raw: Option<Vec<u8>>,
    /// What the staff member wrote above it; for the desk's eyes only.
    pub remark: String,
    /// What is stored about the one sender.
    pub situation: Situation,
}

/// Who is meant by a ticket opened on a customer's behalf, and whether that is settled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProposalFacts {
    /// Whom the originals are said to come from.
    pub senders: Vec<EmailAddress>,
    /// Somebody at the desk has confirmed it.
    pub confirmed: bool,
}

/// Opens a ticket on a customer's behalf; it is nobody's but the staff member's own until it is confirmed, so
/// that no letter can reach a customer by mistake.
pub(super) fn open_for(
    (staff, by): (&StaffMember, &EmailAddress),
    forwarded: &Forwarded,
    policy: &Policy,
    screening: &Screening,
) -> Decision {
    let situation = &forwarded.situation;
    let ticket = NewTicket {
        customer: None,
        status: TicketStatus::New,
        participants: Vec::new(),
        acknowledgement: Acknowledgement::None("awaits-confirmation"),
        listed: false,
        ..new_ticket(&forwarded.original, by.clone(), situation, policy, &vouched())
    };
    let read: Vec<&str> = forwarded.senders.iter().map(EmailAddress::as_str).collect();
    let effect = Effect::OpenFor {
        ticket: Box::new(ticket),
        staff: staff.serial,
    };
    Decision::new(
        MailOutcome::NewTicket,
        FORWARDED_BY_STAFF,
        screening.clone(),
        effect,
    )
    .because(format!("original sender: {}", read.join(", ")))
}

/// The ticket as that of the person whom the desk has confirmed. `situation` is theirs, and their name proven by
/// the desk's word.
pub fn confirmed_ticket(
    original: &InboundMessage,
    author: &EmailAddress,
    situation: &Situation,
    policy: &Policy,
) -> NewTicket {
    new_ticket(original, author.clone(), situation, policy, &vouched())
}

/// A mail that a colleague has read and taken for an inquiry: what its way left out says nothing of a machine.
const fn vouched() -> Screening {
    Screening {
        kind: SenderKind::Person,
        reasons: Vec::new(),
        acknowledge: true,
        machine_kind: None,
    }
}

/// One word of consent and nothing else.
pub(super) fn is_yes(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "はい",
        "ok",
        "okです",
        "okay",
        "yes",
        "承認",
        "承認します",
        "合っています",
        "そのとおりです",
    ];
    let folded: String = text.nfkc().collect::<String>().to_lowercase();
    let word = folded.trim().trim_end_matches(['。', '.', '!', '、', ',']);
    WORDS.contains(&word.trim())
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn one_word_of_consent_is_told_from_an_answer() {
        for yes in ["はい", "ＯＫ", "OK!\n", "はい。", "yes."] {
            assert!(is_yes(yes), "{yes}");
        }
        for answer in ["はい、再起動してください。", "OKですが", "", "いいえ"] {
            assert!(!is_yes(answer), "{answer}");
        }
    }
}
