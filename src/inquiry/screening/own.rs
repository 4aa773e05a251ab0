//! R0: the desk's own mail coming back. Comes in: a mail. Goes out: the claim that it is ours. From alone
//! proves nothing: anyone can write our address there, and a colleague may write from it by hand.

use super::{Findings, OwnIdentity, SenderKind};
use crate::mail::InboundMessage;

/// The header on all mail the desk sends.
const LOOP_HEADER: &str = "X-Madoguchi-Loop";
/// More hops than any real delivery has; Postfix gives up at 50 as well.
const MAX_HOPS: usize = 50;
/// A mail passes our own host this often only when it runs in a circle.
const MAX_OWN_HOPS: usize = 3;

pub(super) fn look(mail: &InboundMessage, own: &OwnIdentity, findings: &mut Findings) {
    let carries_token = own.loop_token.as_deref().is_some_and(|token| {
        !token.is_empty() && mail.headers_named(LOOP_HEADER).any(|value| value.trim() == token)
    });
    if carries_token {
        findings.claim(SenderKind::OwnMail, "R0", "own-loop-header", LOOP_HEADER);
    }
    let hops = mail.headers_named("Received").count();
    if hops >= MAX_HOPS {
        findings.claim(
            SenderKind::OwnMail,
            "R0",
            "too-many-hops",
            &format!("{hops} Received"),
        );
    }
    let own_hops = own_hops(mail, own);
    if own_hops > MAX_OWN_HOPS {
        let evidence = format!("{own_hops} Received by this host");
        findings.claim(SenderKind::OwnMail, "R0", "own-host-repeated", &evidence);
    }
    look_at_author(mail, own, findings);
}

fn look_at_author(mail: &InboundMessage, own: &OwnIdentity, findings: &mut Findings) {
    let Some(author) = mail.single_author().filter(|author| own.owns(&author.address)) else {
        return;
    };
    let address = author.address.as_str();
    let has_header = mail.header(LOOP_HEADER).is_some();
    if has_header || has_own_message_id(mail, own) {
        findings.claim(
            SenderKind::OwnMail,
            "R0",
            "own-address-and-loop-evidence",
            address,
        );
    } else {
        findings.silence("R0", "own-address-in-from", address);
    }
}

fn has_own_message_id(mail: &InboundMessage, own: &OwnIdentity) -> bool {
    let right = mail
        .message_id
        .as_ref()
        .and_then(|id| id.as_str().rsplit_once('@'));
    match (right, own.host_name.as_deref()) {
        (Some((_, host)), Some(own_host)) => host.eq_ignore_ascii_case(own_host),
        _ => false,
    }
}

/// Counts the `Received: … by <our host>` lines.
fn own_hops(mail: &InboundMessage, own: &OwnIdentity) -> usize {
    let Some(host) = own.host_name.as_deref().filter(|host| !host.is_empty()) else {
        return 0;
    };
    mail.headers_named("Received")
        .filter(|value| {
            let mut words = value
                .split_whitespace()
                .skip_while(|word| !word.eq_ignore_ascii_case("by"));
            words
                .nth(1)
                .is_some_and(|by| by.trim_end_matches(';').eq_ignore_ascii_case(host))
        })
        .count()
}
