//! Finds the report in a mail. Comes in: a [`ReportSource`]. Goes out: what kind of report it is and what it
//! says, or `None` for every other mail. A person who writes about a bounce, or forwards one, must not be
//! taken for the machine that sent it.

use super::delivery_status::{field_of, read_delivery_status};
use super::event_json::read_event;
use super::human_text::{read_human_text, read_without_recipient};
use super::original::{original_message_id, original_recipients};
use super::person::is_spoken_by_person;
use super::report::{BouncedRecipient, Report};
use super::source::ReportSource;
use super::status::{is_precise, status_of};
use crate::mail::address::EmailAddress;
use crate::mail::message_id::MessageId;
use crate::mail::pattern::patterns;

patterns! {
    report_fields = r"(?im)^(?:reporting-mta|final-recipient|original-recipient)\s?:[^\n]*\n(?:[^\n]+\n|\s*\n){0,12}?(?:action|status)\s?:\s?[a-z245]";
    address = r#"(?:"[^"\s@]{1,80}"|[^\s<>()\[\]:;,"'@]{1,80})@[A-Za-z0-9.-]{1,250}"#;
}

/// The report a mail carries: a bounce, a disposition notification or an abuse report.
///
/// Standard reports are read from their machine-readable part; others from headers and text, but only if
/// more than one sign says that a mail system wrote them.
pub fn find_report(source: &ReportSource<'_>) -> Option<Report> {
    if source.from.is_some_and(|from| is_amazon(from.domain()))
        && let Some(report) = read_event(source.text)
    {
        return Some(report);
    }
    if is_feedback(source) {
        return Some(Report::Feedback {
            original_message_id: original_message_id(source),
        });
    }
    if is_receipt(source) {
        return Some(Report::Receipt {
            original_message_id: receipt_id(source),
        });
    }
    is_bounce(source).then(|| Report::Bounce {
        recipients: bounced_recipients(source),
        original_message_id: original_message_id(source),
    })
}

fn is_amazon(domain: &str) -> bool {
    domain == "amazonaws.com" || domain.ends_with(".amazonaws.com")
}

/// RFC 5965: the report type, or its part in a mail no person wrote.
fn is_feedback(source: &ReportSource<'_>) -> bool {
    let part = source.part(&["message/feedback-report"]).is_some();
    source.has_report_type("feedback-report")
        || (part && (source.has_null_sender() || source.from.is_none() || is_report_mail(source)))
}

/// RFC 8098, and systems that forget the report type.
fn is_receipt(source: &ReportSource<'_>) -> bool {
    let part = source.part(&["message/disposition-notification"]).is_some();
    source.has_report_type("disposition-notification") || (part && is_report_mail(source))
}

fn is_report_mail(source: &ReportSource<'_>) -> bool {
    source
        .header("Content-Type")
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("multipart/report"))
}

fn receipt_id(source: &ReportSource<'_>) -> Option<MessageId> {
    source
        .part(&["message/disposition-notification"])
        .and_then(|part| field_of(part.text, "original-message-id"))
        .and_then(|id| MessageId::parse(&id))
        .or_else(|| original_message_id(source))
}

/// At least two signs, of which one is the sender or the structure, never words alone.
fn is_bounce(source: &ReportSource<'_>) -> bool {
    let typed = source.has_report_type("delivery-status");
    let status_part = status_text(source).is_some();
    let failed_header = source.header("X-Failed-Recipients").is_some();
    let daemon = source.is_from_daemon();
    let null = source.has_null_sender();
    let subject = source.has_bounce_subject();
    let words = source.has_bounce_words();
    let marked = source
        .header("Auto-Submitted")
        .is_some_and(|value| !value.trim().eq_ignore_ascii_case("no"));
    let unread = source.is_from_administration();
    let structure = typed
        || (status_part && (is_report_mail(source) || daemon || null || (subject && (marked || unread))))
        || (failed_header && (daemon || null || subject || words));
    let spoken = (daemon && subject)
        || (daemon && words && (null || marked || !source.may_be_postmaster_in_person()))
        || (null && words && unread)
        || (subject && words && (null || marked || unread));
    // What a mail system sends with an empty envelope sender, or as a daemon, needs no reading.
    let sure = (daemon && null) || !source.may_be_postmaster_in_person();
    structure || (spoken && (sure || !is_spoken_by_person(source)))
}

fn status_text<'a>(source: &ReportSource<'a>) -> Option<&'a str> {
    source
        .part(&["message/delivery-status", "message/global-delivery-status"])
        .map(|part| part.text)
}

/// The fields of a standard report in a part for people, as gateways that rebuild mails leave them.
fn fields_in_text<'a>(source: &ReportSource<'a>) -> Option<&'a str> {
    let parts = source.parts;
    let texts = parts
        .iter()
        .filter(|part| part.media_type == "text/plain")
        .map(|part| part.text);
    texts.chain([source.text]).find_map(|text| {
        let start = report_fields().find(text)?.start();
        text.get(start..)
    })
}

fn bounced_recipients(source: &ReportSource<'_>) -> Vec<BouncedRecipient> {
    let fields = status_text(source).or_else(|| fields_in_text(source));
    let mut recipients = fields.map(read_delivery_status).unwrap_or_default();
    let own = own_addresses(source);
    if recipients.is_empty() {
        recipients = failed_recipients(source, &own);
    }
    if recipients.is_empty() {
        recipients = read_human_text(source.text, source.subject, &own);
    }
    if recipients.is_empty() {
        let original = original_recipients(source)
            .into_iter()
            .find(|address| !own.contains(address));
        recipients.push(read_without_recipient(source.text, source.subject, original));
    }
    complete(&mut recipients, source, &own);
    recipients
}

/// Where the report itself went: it names the sender of the mail that bounced.
fn own_addresses(source: &ReportSource<'_>) -> Vec<EmailAddress> {
    let values = ["To", "Delivered-To", "X-Original-To", "Cc"]
        .into_iter()
        .flat_map(|name| source.headers_named(name));
    let found = values.flat_map(|value| address().find_iter(value).take(20));
    found
        .filter_map(|at| EmailAddress::parse(at.as_str()).ok())
        .chain(source.from.cloned())
        .collect()
}

/// Exim and Gmail name the recipients in a header; the text says why.
fn failed_recipients(source: &ReportSource<'_>, own: &[EmailAddress]) -> Vec<BouncedRecipient> {
    let listed: Vec<EmailAddress> = source
        .headers_named("X-Failed-Recipients")
        .flat_map(|value| value.split(','))
        .filter_map(|address| EmailAddress::parse(address).ok())
        .take(200)
        .collect();
    let said = if listed.is_empty() {
        Vec::new()
    } else {
        read_human_text(source.text, source.subject, own)
    };
    let one = |address: EmailAddress| {
        let known = said
            .iter()
            .find(|entry| entry.address.as_ref() == Some(&address))
            .cloned();
        known.unwrap_or_else(|| read_without_recipient(source.text, source.subject, Some(address)))
    };
    listed.into_iter().map(one).collect()
}

/// What the machine-readable part leaves out, the text for people may say.
fn complete(recipients: &mut [BouncedRecipient], source: &ReportSource<'_>, own: &[EmailAddress]) {
    let single = recipients.len() == 1;
    for entry in recipients.iter_mut() {
        let vague = entry.status.as_deref().is_none_or(|status| !is_precise(status));
        if !(single && (vague || entry.address.is_none())) {
            continue;
        }
        let told = read_human_text(source.text, source.subject, own)
            .into_iter()
            .next();
        if entry.address.is_none() {
            entry.address = told.as_ref().and_then(|told| told.address.clone());
        }
        let spoken = told
            .and_then(|told| told.status)
            .filter(|status| is_precise(status));
        let said = spoken.or_else(|| status_of(entry.diagnostic.as_deref().unwrap_or_default()));
        let class = |status: &str| status.chars().next();
        let agrees = |said: &String| {
            entry
                .status
                .as_deref()
                .is_none_or(|given| class(given) == class(said))
        };
        if vague && let Some(said) = said.filter(agrees) {
            entry.status = Some(said);
        }
    }
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
