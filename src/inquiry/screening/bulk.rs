//! R5: mail that came through a list or in bulk (RFC 2369, RFC 2919). Comes in: a mail. Goes out: the
//! claim mailing-list. The desk's own address may be a group: its list headers say nothing of the sender.

use super::{Findings, OwnIdentity, SenderKind};
use crate::mail::InboundMessage;

/// Headers that list software and bulk senders write; the `X-ML-` ones are fml's, common in Japan.
const LIST_HEADERS: [&str; 9] = [
    "List-Id",
    "List-Post",
    "List-Unsubscribe",
    "List-Help",
    "Mailing-List",
    "X-ML-Name",
    "X-ML-Count",
    "X-Mailing-List",
    "Feedback-ID",
];

pub(super) fn look(mail: &InboundMessage, own: &OwnIdentity, findings: &mut Findings) {
    if let Some(list) = own_list(mail, own) {
        findings.record("R5", "own-group", &list);
        return;
    }
    for name in LIST_HEADERS {
        if let Some(value) = mail.header(name) {
            let evidence = format!("{name}: {value}");
            findings.claim(SenderKind::MailingList, "R5", "list-header", &evidence);
        }
    }
    for value in mail.headers_named("Precedence") {
        let word = value.trim();
        if ["list", "bulk", "junk"]
            .iter()
            .any(|bulk| word.eq_ignore_ascii_case(bulk))
        {
            findings.claim(SenderKind::MailingList, "R5", "bulk-precedence", value);
        }
    }
}

/// The list header that names one of the desk's own addresses (`List-Id: <contact.desk.example>`).
fn own_list(mail: &InboundMessage, own: &OwnIdentity) -> Option<String> {
    let values = ["List-Id", "List-Post", "Mailing-List", "X-Mailing-List"]
        .into_iter()
        .flat_map(|name| mail.headers_named(name));
    let names: Vec<(String, String)> = own
        .addresses
        .iter()
        .map(|address| {
            (
                address.folded().to_owned(),
                format!("<{}>", address.folded().replace('@', ".")),
            )
        })
        .collect();
    values.map(str::to_lowercase).find(|value| {
        names
            .iter()
            .any(|(address, id)| value.contains(address) || value.contains(id))
    })
}
