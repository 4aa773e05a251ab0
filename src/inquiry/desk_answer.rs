//! Staff who answer the desk itself: a probe, or the request about a held mail (SPEC §6).
//!
//! The request's address was sent to the registered mailbox alone and counts once, so whoever writes to it
//! from there controls that mailbox: that replaces the anchor. It must not be answered by a machine, so the
//! person writes `#send`.

use super::decision::{Decision, DeskAnswer, Effect};
use super::screening::{Screening, SenderKind};
use super::situation::{Situation, StaffRequest};
use crate::authentication::{AnchorVerdict, TokenPurpose};
use crate::mail::{EmailAddress, InboundMessage};
use crate::ticket::MailOutcome;

/// An answer to the desk itself; `None` when the mail is none.
pub(super) fn decide_desk_answer(
    mail: &InboundMessage,
    situation: &Situation,
    screening: &Screening,
) -> Option<Decision> {
    let author = &mail.single_author()?.address;
    if screening.kind != SenderKind::Person {
        return None;
    }
    let decided = |reason, answer| {
        Decision::new(
            MailOutcome::StaffCommand,
            reason,
            screening.clone(),
            Effect::Answered(answer),
        )
    };
    if let Some(request) = &situation.standing.request {
        if !is_from(author, situation, request.staff) {
            return None;
        }
        let (reason, answer) = to_request(mail, author, situation, request);
        return Some(decided(reason, answer));
    }
    let probe = situation
        .authentication
        .token
        .filter(|token| token.purpose == TokenPurpose::Probe)?;
    let today = situation.now.timestamp().div_euclid(86_400);
    if !is_from(author, situation, probe.staff) || today > i64::from(probe.last_day) {
        return None;
    }
    let verdict = situation.authentication.anchor;
    let answer = DeskAnswer::Probe {
        staff: probe.staff,
        address: author.clone(),
        verdict,
    };
    let reason = if verdict == AnchorVerdict::Passes {
        "probe-answered"
    } else {
        "probe-anchor-failed"
    };
    Some(decided(reason, answer))
}

fn is_from(author: &EmailAddress, situation: &Situation, serial: u32) -> bool {
    author.has_ascii_domain()
        && situation
            .staff
            .as_ref()
            .is_some_and(|member| member.serial == serial && member.is_enabled())
}

fn to_request(
    mail: &InboundMessage,
    author: &EmailAddress,
    situation: &Situation,
    request: &StaffRequest,
) -> (&'static str, DeskAnswer) {
    let refused = |why| {
        let answer = DeskAnswer::Refused {
            held: request.held,
            staff: request.staff,
            why,
        };
        (why, answer)
    };
    if request.used {
        return refused("confirmation-used");
    }
    if request.expired {
        return refused("confirmation-expired");
    }
    if !says_send(&mail.reply.written()) {
        return refused("confirmation-not-understood");
    }
    let passes = situation.authentication.anchor == AnchorVerdict::Passes;
    let answer = DeskAnswer::Confirmation {
        number: request.number,
        held: request.held,
        staff: request.staff,
        enrols: passes.then(|| author.clone()),
    };
    ("confirmation-answered", answer)
}

/// Whether the first written line is `#send`; what follows may be a signature.
fn says_send(written: &str) -> bool {
    use unicode_normalization::UnicodeNormalization;
    let first = written.lines().find(|line| !line.trim().is_empty());
    first.is_some_and(|line| {
        let folded: String = line.nfkc().collect();
        folded.trim().eq_ignore_ascii_case("#send")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn send_is_understood_as_people_type_it_and_nothing_else_is() {
        assert!(says_send("\n ＃Send \n--\n田中"));
        for text in ["", "はい", "送らないで #send", "#sendしないでください", "# send"] {
            assert!(!says_send(text), "{text}");
        }
    }
}
