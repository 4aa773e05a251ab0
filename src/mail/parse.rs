//! Bytes to a typed mail. Comes in: the raw mail. Goes out: an [`InboundMessage`], or the one reason why
//! the mail must go to quarantine. Whatever is damaged but readable is read and noted as a problem.
//!
//! Parsing is the project's own (see [`super::header`], [`super::mime`], [`super::encoding`] for why);
//! mailparse reads dates that chrono refuses.

use chrono::{DateTime, FixedOffset};

use super::address::{EmailAddress, Mailbox};
use super::bounce::{self, Report, ReportPart, ReportSource};
use super::header::{HeaderBlock, decode_value};
use super::mailboxes::{self, AddressList};
use super::message::{Header, InboundMessage, Problem, ReturnPath, TextSource};
use super::message_id::MessageId;
use super::mime::Part;
use super::reply::{self, VisibleReply};
use super::text::Body;
use super::{attachments, gate, mime, text};

pub use super::attachments::attachment_bytes;
pub use super::content_hash::content_hash;

/// Fields that may occur once (RFC 5322 §3.6); a second one makes readers disagree.
const SINGLE_FIELDS: [&str; 10] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "Content-Type",
];
/// Longest date that is read, in characters.
const MAX_DATE_CHARS: usize = 100;

/// Why a mail could not be read at all; it goes to quarantine with its bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the mail cannot be read ({slug}): {detail}")]
pub struct UnreadableMail {
    /// Stable kebab-case slug such as `header-too-large`.
    pub slug: &'static str,
    /// What was found where.
    pub detail: String,
}

/// Reads a raw mail.
pub fn parse_mail(raw: &[u8]) -> Result<InboundMessage, UnreadableMail> {
    let block = gate::admit(raw)?;
    let mut problems = header_problems(&block);
    let mut message = read_header(&block, &mut problems);
    let root = mime::read_tree(block, &mut problems);
    let body = text::choose(&root, &mut problems);
    let html = body.html.as_deref().or(body.twin_html.as_deref());
    message.attachments = attachments::list(&root, &body.used, html, &mut problems);
    message.reply = separate_reply(&body);
    message.report = find_report(&message, &root, &body.text);
    message.text_source = body.source.unwrap_or(TextSource::None);
    message.charset = body.charset.map(str::to_owned);
    message.text = body.text;
    message.problems = problems;
    Ok(message)
}

/// The single place where the visible reply is taken out of the text.
fn separate_reply(body: &Body) -> VisibleReply {
    let html = body.html.as_deref().or(body.twin_html.as_deref());
    reply::separate(&body.text, html)
}

/// The single place where a machine's report is looked for. Only parts that hold words are decoded for it.
fn find_report(message: &InboundMessage, root: &Part<'_>, text: &str) -> Option<Report> {
    let holds_words = |part: &&Part<'_>| {
        let media_type = part.media_type();
        media_type.starts_with("text/") || media_type.starts_with("message/")
    };
    let decoded: Vec<(&str, String)> = root
        .leaves()
        .into_iter()
        .filter(holds_words)
        .map(|part| (part.media_type(), part.text().text))
        .collect();
    let parts: Vec<ReportPart<'_>> = decoded
        .iter()
        .map(|(media_type, text)| ReportPart { media_type, text })
        .collect();
    bounce::find_report(&ReportSource {
        headers: &message.headers,
        subject: &message.subject,
        from: message.single_author().map(|mailbox| &mailbox.address),
        text,
        parts: &parts,
    })
}

fn header_problems(block: &HeaderBlock<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for name in SINGLE_FIELDS {
        if block.all(name).nth(1).is_some() {
            problems.push(Problem::new("repeated-field", name));
        }
    }
    if block.unfinished {
        problems.push(Problem::new("header-without-blank-line", ""));
    }
    if block.fields.first().is_some_and(|field| field.indented) {
        problems.push(Problem::new("indented-first-line", ""));
    }
    problems
}

fn read_header(block: &HeaderBlock<'_>, problems: &mut Vec<Problem>) -> InboundMessage {
    let headers: Vec<Header> = block
        .fields
        .iter()
        .map(|field| Header {
            name: field.name.to_owned(),
            value: decode_value(field.value),
        })
        .collect();
    let value = |name: &str| {
        headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name))
            .map(|h| h.value.as_str())
    };
    let ids = |name: &'static str| {
        let raw = block
            .all(name)
            .flat_map(|raw| MessageId::parse_list(&String::from_utf8_lossy(raw)));
        raw.collect::<Vec<_>>()
    };
    let mut list = |name: &'static str| mailbox_list(block, name, problems);
    InboundMessage {
        author: mailboxes::author(block),
        sender: list("Sender").into_iter().next(),
        reply_to: list("Reply-To"),
        to: list("To"),
        cc: list("Cc"),
        delivered_to: delivered_to(block),
        return_path: return_path(block),
        subject: value("Subject").unwrap_or_default().to_owned(),
        date: value("Date").and_then(read_date),
        message_id: ids("Message-ID")
            .into_iter()
            .next()
            .or_else(|| value("Message-ID").and_then(MessageId::parse)),
        in_reply_to: ids("In-Reply-To"),
        references: ids("References"),
        headers,
        text: String::new(),
        text_source: TextSource::None,
        charset: None,
        reply: VisibleReply::default(),
        attachments: Vec::new(),
        report: None,
        problems: Vec::new(),
    }
}

fn mailbox_list(block: &HeaderBlock<'_>, name: &'static str, problems: &mut Vec<Problem>) -> Vec<Mailbox> {
    let mut mailboxes = Vec::new();
    for raw in block.all(name) {
        let list = AddressList::parse(raw);
        problems.extend(
            list.broken
                .into_iter()
                .take(1)
                .map(|entry| Problem::new("broken-address", format!("{name}: {entry}"))),
        );
        mailboxes.extend(list.mailboxes);
    }
    mailboxes
}

/// Where mail servers say they delivered to; each writes its own field.
fn delivered_to(block: &HeaderBlock<'_>) -> Vec<EmailAddress> {
    let mut found: Vec<EmailAddress> = Vec::new();
    for name in ["Delivered-To", "X-Original-To", "Envelope-To"] {
        for mailbox in block.all(name).flat_map(|raw| AddressList::parse(raw).mailboxes) {
            if !found.contains(&mailbox.address) {
                found.push(mailbox.address);
            }
        }
    }
    found
}

fn return_path(block: &HeaderBlock<'_>) -> ReturnPath {
    let Some(raw) = block.first("Return-Path") else {
        return ReturnPath::Absent;
    };
    match AddressList::parse(raw).mailboxes.into_iter().next() {
        Some(mailbox) => ReturnPath::Address(mailbox.address),
        None if raw.trim_ascii() == b"<>" => ReturnPath::Null,
        None => ReturnPath::Absent,
    }
}

/// Reads a date; mailers leave out the zone, the weekday's comma or the seconds.
fn read_date(value: &str) -> Option<DateTime<FixedOffset>> {
    let value: String = value.chars().take(MAX_DATE_CHARS).collect();
    let strict = DateTime::parse_from_rfc2822(&value).ok();
    strict.or_else(|| {
        let seconds = mailparse::dateparse(&value).ok()?;
        DateTime::from_timestamp(seconds, 0).map(|date| date.fixed_offset())
    })
}
