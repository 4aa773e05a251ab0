//! The machine-readable part of a DSN (RFC 3464 §2.3). Comes in: its text. Goes out: one entry a recipient,
//! with a status even where the machine gave none or only a vague one.

use super::fields::{self, Entry};
use super::report::{BounceAction, BouncedRecipient};
use super::status;
use crate::mail::address::EmailAddress;

/// More recipients than the desk ever writes to at once.
const MAX_RECIPIENTS: usize = 200;

/// The fields of one recipient as far as they were read.
#[derive(Debug, Default)]
struct Group {
    original: Option<String>,
    last: Option<String>,
    action: Option<String>,
    status: Option<String>,
    diagnostic: Option<String>,
}

/// Reads the recipients of a `message/delivery-status` text.
pub(super) fn recipients(text: &str) -> Vec<BouncedRecipient> {
    let mut groups = vec![Group::default()];
    for entry in fields::read(text) {
        match entry {
            Entry::Gap => groups.push(Group::default()),
            Entry::Field(name, value) => take(&mut groups, &name, value),
        }
    }
    groups
        .into_iter()
        .filter_map(Group::finish)
        .take(MAX_RECIPIENTS)
        .collect()
}

fn take(groups: &mut Vec<Group>, name: &str, value: String) {
    // Some machines leave out the blank line between two recipients.
    let repeats = groups
        .last()
        .is_some_and(|group| name == "final-recipient" && group.last.is_some());
    if repeats {
        groups.push(Group::default());
    }
    let Some(group) = groups.last_mut() else { return };
    let field = match name {
        "original-recipient" => &mut group.original,
        "final-recipient" => &mut group.last,
        "action" => &mut group.action,
        "status" => &mut group.status,
        "diagnostic-code" => &mut group.diagnostic,
        _ => return,
    };
    field.get_or_insert(value);
}

impl Group {
    /// The recipient, or `None` for the group about the whole mail.
    fn finish(self) -> Option<BouncedRecipient> {
        if self.last.is_none() && self.original.is_none() {
            return None;
        }
        // The original recipient is the address the desk wrote to; the final one may be behind an alias.
        let address = [&self.original, &self.last]
            .into_iter()
            .flatten()
            .find_map(|value| address(value));
        let diagnostic = self
            .diagnostic
            .as_deref()
            .map(without_type)
            .filter(|words| !words.is_empty());
        let status = status::refine(self.status.as_deref(), diagnostic.as_deref());
        Some(BouncedRecipient {
            address,
            action: action(self.action.as_deref(), status.as_deref()),
            status,
            diagnostic,
        })
    }
}

/// `rfc822; <name@domain>` to the address (RFC 3464 §2.3.1).
fn address(value: &str) -> Option<EmailAddress> {
    let address = value.split_once(';').map_or(value, |(_, address)| address);
    EmailAddress::parse(address.trim().trim_matches(['<', '>'])).ok()
}

/// `smtp; 550 …` to the words of the remote server.
fn without_type(value: &str) -> String {
    let words = match value.split_once(';') {
        Some((kind, words)) if !kind.trim().contains(char::is_whitespace) => words,
        _ => value,
    };
    words.trim().to_owned()
}

fn action(given: Option<&str>, status: Option<&str>) -> BounceAction {
    let word: String = given
        .unwrap_or_default()
        .trim()
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    word.to_ascii_lowercase()
        .parse()
        .unwrap_or_else(|_| match status {
            Some(status) if status.starts_with('4') => BounceAction::Delayed,
            Some(status) if status.starts_with('2') => BounceAction::Delivered,
            _ => BounceAction::Failed,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_recipient_is_read_with_its_own_status() {
        let text = "Reporting-MTA: dns; mx.desk.example\n\nFinal-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822;b@x.example\nAction: delayed (will retry)\nStatus: 4.0.0\nDiagnostic-Code: smtp; 452 4.2.2 mailbox full\n";
        let read = recipients(text);
        assert_eq!(read[0].status.as_deref(), Some("5.1.1"));
        assert_eq!(
            (read[1].action, read[1].status.as_deref()),
            (BounceAction::Delayed, Some("4.2.2"))
        );
    }

    #[test]
    fn the_address_the_desk_wrote_to_is_preferred() {
        let text = "Original-Recipient: rfc822;a@x.example\nFinal-Recipient: rfc822; alias@y.example\nAction: failed\n";
        assert_eq!(
            recipients(text)[0].address.as_ref().unwrap().as_str(),
            "a@x.example"
        );
    }
}
