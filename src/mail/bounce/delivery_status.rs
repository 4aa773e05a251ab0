//! The machine-readable part of a standard report (RFC 3464 §2). Comes in: the part's text. Goes out: one
//! entry a recipient. It must not read the text for people.

use super::report::{BounceAction, BouncedRecipient};
use super::status::{is_precise, status_of, written_code};
use crate::mail::address::EmailAddress;

/// Most recipients that are kept of one report.
const MOST_RECIPIENTS: usize = 1000;

/// Longest diagnostic that is kept, in octets.
const LONGEST_DIAGNOSTIC: usize = 2000;

/// One group of fields, names in lower case.
type Fields = Vec<(String, String)>;

/// The recipients that a `message/delivery-status` part names.
pub(super) fn read_delivery_status(text: &str) -> Vec<BouncedRecipient> {
    groups(text)
        .iter()
        .filter_map(recipient)
        .take(MOST_RECIPIENTS)
        .collect()
}

/// The value of a field of the part, whichever group it stands in.
pub(super) fn field_of(text: &str, name: &str) -> Option<String> {
    groups(text)
        .iter()
        .find_map(|fields| value(fields, name).map(str::to_owned))
}

fn groups(text: &str) -> Vec<Fields> {
    let mut groups: Vec<Fields> = vec![Fields::new()];
    for line in text.lines() {
        let continued = line.starts_with([' ', '\t']);
        if line.trim().is_empty() {
            if groups.last().is_some_and(|fields| !fields.is_empty()) {
                groups.push(Fields::new());
            }
            continue;
        }
        let Some(fields) = groups.last_mut() else { break };
        if continued {
            if let Some((_, value)) = fields
                .last_mut()
                .filter(|(_, value)| value.len() < LONGEST_DIAGNOSTIC)
            {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    split_groups(groups)
}

/// Some systems forget the blank line between recipients; each Final-Recipient begins a new one.
fn split_groups(groups: Vec<Fields>) -> Vec<Fields> {
    let mut split: Vec<Fields> = Vec::new();
    for fields in groups {
        let mut current = Fields::new();
        for field in fields {
            if field.0 == "final-recipient" && value(&current, "final-recipient").is_some() {
                split.push(std::mem::take(&mut current));
            }
            current.push(field);
        }
        split.push(current);
    }
    split
}

fn value<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

fn recipient(fields: &Fields) -> Option<BouncedRecipient> {
    let named = [
        "final-recipient",
        "original-recipient",
        "x-actual-recipient",
        "remote-recipient",
    ];
    let address = named
        .iter()
        .find_map(|name| value(fields, name).and_then(typed_address));
    let known = named.iter().any(|name| value(fields, name).is_some());
    if !known && (value(fields, "action").is_none() || value(fields, "status").is_none()) {
        return None;
    }
    let said = [
        "diagnostic-code",
        "x-display-text",
        "x-supplementary-info",
        "x-notes",
        "x-error",
    ];
    let diagnostic = said.iter().find_map(|name| value(fields, name));
    let given = value(fields, "status").and_then(written_code);
    let derived = diagnostic.and_then(status_of);
    let status = match (given, derived) {
        (Some(given), Some(derived)) if !is_precise(&given) && is_precise(&derived) => Some(derived),
        (Some(given), _) => Some(given),
        (None, derived) => derived,
    };
    let action = value(fields, "action").and_then(read_action);
    Some(BouncedRecipient {
        address,
        action: action.unwrap_or_else(|| action_of(status.as_deref())),
        status,
        diagnostic: diagnostic.map(untyped).map(|said| bounded(&said)),
    })
}

fn read_action(text: &str) -> Option<BounceAction> {
    let word: String = text
        .trim()
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect::<String>()
        .to_ascii_lowercase();
    match word.as_str() {
        "failed" | "failure" | "fail" | "expired" | "undeliverable" | "error" => Some(BounceAction::Failed),
        "delayed" | "delay" | "deferred" => Some(BounceAction::Delayed),
        "deliverable" | "success" => Some(BounceAction::Delivered),
        other => other.parse().ok(),
    }
}

fn action_of(status: Option<&str>) -> BounceAction {
    match status.and_then(|status| status.chars().next()) {
        Some('2') => BounceAction::Delivered,
        Some('4') => BounceAction::Delayed,
        Some(_) | None => BounceAction::Failed,
    }
}

/// `rfc822; <sato@…>` to the address; systems forget the type, or write it twice.
fn typed_address(value: &str) -> Option<EmailAddress> {
    let after = value.rsplit(';').next().unwrap_or(value);
    let inner = after
        .split_once('<')
        .map_or(after, |(_, rest)| rest.split('>').next().unwrap_or(rest));
    let bare = inner.trim().trim_matches(['(', ')', '[', ']']);
    let whole = ['"', '\'']
        .iter()
        .find_map(|mark| bare.strip_prefix(*mark)?.strip_suffix(*mark));
    EmailAddress::parse(whole.unwrap_or(bare)).ok()
}

fn untyped(diagnostic: &str) -> String {
    let kind = diagnostic
        .split_once(';')
        .filter(|(kind, _)| kind.len() <= 20 && !kind.trim().contains(' '));
    kind.map_or(diagnostic, |(_, said)| said).trim().to_owned()
}

fn bounded(text: &str) -> String {
    text.get(..text.floor_char_boundary(LONGEST_DIAGNOSTIC))
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipient_group_is_read() {
        let text = "Reporting-MTA: dns; mx.c.example\n\nFinal-Recipient: rfc822; a@c.example\nAction: failed\nStatus: 5.1.1 (unknown)\nDiagnostic-Code: smtp; 550 no\n user\n\nFinal-Recipient: rfc822;b@c.example\nAction: delayed\nStatus: 4.4.7\n";
        let found = read_delivery_status(text);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].status.as_deref(), found[0].diagnostic.as_deref()),
            (Some("5.1.1"), Some("550 no user"))
        );
        assert_eq!(found[1].action, BounceAction::Delayed);
    }

    #[test]
    fn a_vague_status_is_made_precise_by_the_servers_words() {
        let text = "Final-Recipient: RFC822; <a..b@docomo.ne.jp>\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: SMTP; 550 Unknown user\n";
        let found = read_delivery_status(text);
        assert_eq!(found[0].status.as_deref(), Some("5.1.1"));
        assert_eq!(found[0].address.as_ref().unwrap().as_str(), "a..b@docomo.ne.jp");
    }
}
