//! Delivery events of Amazon SES that a topic sends by mail as JSON. Comes in: a text that starts with `{`.
//! Goes out: the report in it. It must be asked only for mails from AWS: customers paste such JSON.

use serde_json::Value;

use super::report::{BounceAction, BouncedRecipient, Report};
use crate::mail::address::EmailAddress;
use crate::mail::message_id::MessageId;

/// Longest text that is read as JSON, in octets.
const LONGEST: usize = 1_000_000;

/// Most recipients that are kept.
const MOST_RECIPIENTS: usize = 1000;

/// The report in an SES event, alone or wrapped by the topic; a footer may follow it.
pub(super) fn read_event(text: &str) -> Option<Report> {
    let text = text.trim_start();
    if !text.starts_with('{') || text.len() > LONGEST {
        return None;
    }
    let outer = first_value(text)?;
    let inner = outer.get("Message").and_then(Value::as_str).and_then(first_value);
    read(inner.as_ref().unwrap_or(&outer))
}

fn first_value(text: &str) -> Option<Value> {
    serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .next()?
        .ok()
}

fn read(event: &Value) -> Option<Report> {
    let kind = event
        .get("notificationType")
        .or_else(|| event.get("eventType"))?
        .as_str()?;
    let original_message_id = original_id(event);
    let recipients = |list: &Value, action| -> Vec<BouncedRecipient> {
        list.as_array()
            .into_iter()
            .flatten()
            .take(MOST_RECIPIENTS)
            .map(|entry| recipient(entry, action))
            .collect()
    };
    match kind {
        "Bounce" => Some(Report::Bounce {
            recipients: recipients(event.pointer("/bounce/bouncedRecipients")?, BounceAction::Failed),
            original_message_id,
        }),
        "DeliveryDelay" => Some(Report::Bounce {
            recipients: recipients(
                event.pointer("/deliveryDelay/delayedRecipients")?,
                BounceAction::Delayed,
            ),
            original_message_id,
        }),
        "Complaint" => Some(Report::Feedback { original_message_id }),
        _ => None,
    }
}

fn recipient(entry: &Value, action: BounceAction) -> BouncedRecipient {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    BouncedRecipient {
        address: text("emailAddress").and_then(|address| address_of(&address)),
        status: text("status"),
        action: text("action")
            .and_then(|word| word.parse().ok())
            .unwrap_or(action),
        diagnostic: text("diagnosticCode"),
    }
}

/// The address alone, or behind the name the mail was sent to.
fn address_of(mailbox: &str) -> Option<EmailAddress> {
    let inner = mailbox.rsplit_once('<').map_or(mailbox, |(_, rest)| rest);
    EmailAddress::parse(inner.trim().trim_end_matches('>')).ok()
}

/// SES gives mails an identifier of its own; the header's is among the headers it repeats.
fn original_id(event: &Value) -> Option<MessageId> {
    let common = event
        .pointer("/mail/commonHeaders/messageId")
        .and_then(Value::as_str);
    let listed = || {
        let headers = event.pointer("/mail/headers")?.as_array()?;
        let named = |header: &&Value| {
            header
                .get("name")
                .and_then(Value::as_str)
                .is_some_and(|name| name.eq_ignore_ascii_case("message-id"))
        };
        headers.iter().find(named)?.get("value")?.as_str()
    };
    common.or_else(listed).and_then(MessageId::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounce_event_is_read_through_its_topics_wrapping() {
        let event = r#"{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"A <a@c.example>","status":"5.1.1","action":"failed"}]},"mail":{"commonHeaders":{"messageId":"<1@desk.example>"}}}"#;
        let wrapped =
            serde_json::json!({ "Type": "Notification", "Message": event }).to_string() + "\n--\nfooter";
        for text in [event, &wrapped] {
            let Some(Report::Bounce {
                recipients,
                original_message_id,
            }) = read_event(text)
            else {
                panic!("{text}")
            };
            assert_eq!(recipients[0].status.as_deref(), Some("5.1.1"));
            assert_eq!(recipients[0].address, EmailAddress::parse("a@c.example").ok());
            assert_eq!(original_message_id, MessageId::parse("<1@desk.example>"));
        }
        assert_eq!(read_event(r#"{"a":1}"#), None);
    }
}
