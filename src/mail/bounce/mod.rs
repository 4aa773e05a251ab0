//! Stage: delivery reports. Comes in: the parts of a mail. Goes out: a [`Report`] for DSNs (RFC 3464), the
//! common non-standard bounces, MDNs (RFC 8098) and feedback reports (RFC 5965); `None` for everything
//! else. It must not decide what a report means for a ticket, and it must not take a person's mail that
//! quotes or attaches a bounce for one: such a mail is an inquiry.

mod delivery_status;
mod fields;
mod narrative;
mod report;
mod returned;
mod sender;
mod status;

pub use report::{BounceAction, BouncedRecipient, Report};

use super::address::EmailAddress;
use super::message::Header;

/// The parts of a mail that a report can be read from.
#[derive(Debug, Clone, Copy)]
pub struct ReportSource<'a> {
    /// All header fields of the mail, decoded.
    pub headers: &'a [Header],
    /// Decoded Subject.
    pub subject: &'a str,
    /// The single From address.
    pub from: Option<&'a EmailAddress>,
    /// The text a person would read.
    pub text: &'a str,
    /// The other parts in order, `message/rfc822` as text.
    pub parts: &'a [ReportPart<'a>],
}

/// One part of a mail.
#[derive(Debug, Clone, Copy)]
pub struct ReportPart<'a> {
    /// Media type in lower case, without parameters.
    pub media_type: &'a str,
    /// Its decoded text.
    pub text: &'a str,
}

impl<'a> ReportSource<'a> {
    /// The topmost header of that name.
    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.as_str())
    }

    /// The first part of one of the types.
    fn part(&self, media_types: &[&str]) -> Option<&'a str> {
        self.parts
            .iter()
            .find(|part| {
                media_types
                    .iter()
                    .any(|kind| part.media_type.eq_ignore_ascii_case(kind))
            })
            .map(|part| part.text)
    }
}

/// The report a mail is, or `None` for any other mail.
pub fn find_report(source: &ReportSource<'_>) -> Option<Report> {
    let is_report = source.header("Content-Type").is_some_and(|value| {
        value
            .trim_start()
            .to_ascii_lowercase()
            .starts_with("multipart/report")
    });
    if is_report {
        if let Some(text) = source.part(&["message/feedback-report"]) {
            let original_message_id = returned::message_id(source, Some(text));
            return Some(Report::Feedback { original_message_id });
        }
        let receipt = [
            "message/disposition-notification",
            "message/global-disposition-notification",
        ];
        if let Some(text) = source.part(&receipt) {
            let original_message_id = returned::message_id(source, Some(text));
            return Some(Report::Receipt { original_message_id });
        }
    }
    find_bounce(source, is_report)
}

fn find_bounce(source: &ReportSource<'_>, is_report: bool) -> Option<Report> {
    let is_machine = sender::is_mail_system(source);
    let status = source.part(&["message/delivery-status", "message/global-delivery-status"]);
    let mut recipients = match status {
        Some(text) if is_report || is_machine => delivery_status::recipients(text),
        _ => Vec::new(),
    };
    let says_dsn = is_report
        && source
            .header("Content-Type")
            .is_some_and(|value| value.to_ascii_lowercase().contains("delivery-status"));
    if recipients.is_empty() {
        if !is_machine && !says_dsn {
            return None;
        }
        recipients = narrative::recipients(source);
    }
    if recipients.is_empty() && !says_dsn && !narrative::speaks_of_failure(source) {
        return None;
    }
    if recipients.is_empty() {
        recipients.push(narrative::nameless(source));
    }
    Some(Report::Bounce {
        recipients,
        original_message_id: returned::message_id(source, status),
    })
}

#[cfg(test)]
mod tests;
