//! R7 and R8: senders that read no answers, and mail that was not addressed to the desk. Comes in: a
//! mail. Goes out: silence; a monitoring system's mail is still a ticket.

use std::sync::LazyLock;

use regex::Regex;

use super::{Findings, OwnIdentity};
use crate::mail::{InboundMessage, pattern};

/// Local parts behind which nobody reads (RFC 2142 and custom).
static ROLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^(?:mailer-daemon|postmaster|root|daemon|nobody|www-data|apache|cron|mailsystem",
        r"|no[._-]?reply.*|do[._-]?not[._-]?reply.*|bounces?|bounces?[+-].*|.*-bounces?",
        r"|owner-.*|.*-owner|.*-request|auto(?:mated)?[._-].*|autoreply|autoresponder)$"
    ))
});

pub(super) fn look(mail: &InboundMessage, own: &OwnIdentity, findings: &mut Findings) {
    if let Some(author) = mail.single_author()
        && ROLE.is_match(author.address.local_part())
    {
        findings.silence("R7", "role-sender", author.address.as_str());
    }
    // Without addresses of our own there is nothing to compare with.
    let addressed = mail
        .to
        .iter()
        .chain(&mail.cc)
        .any(|mailbox| own.owns(&mailbox.address));
    if !own.addresses.is_empty() && !addressed {
        findings.silence("R8", "not-addressed-to-us", "neither in To nor in Cc");
    }
}
