//! Signs that a person's rule passed a mail on. Comes in: a mail. Goes out: the header that shows it.
//! Exchange marks what an inbox rule forwards `auto-generated`; the inquiry inside is a person's (SPEC §5).

use crate::mail::InboundMessage;

/// Headers which only forwarding adds; the first three name the person's mailbox.
const FORWARDING_HEADERS: [&str; 6] = [
    "Resent-From",
    "X-Forwarded-For",
    "X-Forwarded-To",
    "X-MS-Exchange-Inbox-Rules-Loop",
    "X-MS-Exchange-ForwardingLoop",
    "X-Auto-Forwarded",
];

/// Subject prefixes of forwarded mail, lower case, with the colon folded to ASCII.
const SUBJECT_PREFIXES: [&str; 5] = ["fw:", "fwd:", "転送:", "tr:", "wg:"];

/// What shows that the mail was passed on, or `None`.
pub(super) fn find_sign(mail: &InboundMessage) -> Option<String> {
    let header = FORWARDING_HEADERS
        .into_iter()
        .find(|name| mail.header(name).is_some());
    if let Some(name) = header {
        return Some(name.to_owned());
    }
    let rules_agent = mail
        .headers_named("X-MS-Exchange-Generated-Message-Source")
        .find(|value| value.to_ascii_lowercase().contains("mailbox rules agent"));
    if let Some(value) = rules_agent {
        return Some(value.to_owned());
    }
    let subject = mail.subject.trim_start().replace('：', ":").to_lowercase();
    SUBJECT_PREFIXES
        .into_iter()
        .find(|prefix| subject.starts_with(prefix))
        .map(|prefix| format!("Subject: {prefix}"))
}
