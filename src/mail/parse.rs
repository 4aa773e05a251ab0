//! Bytes to a typed mail. Comes in: the raw mail. Goes out: an [`InboundMessage`], or the one reason why
//! the mail must go to quarantine.
//!
//! The stage stands on `mailparse`: it finds the header fields of the mail and of every part, decodes base64
//! and reads the dates. Around it stands what `mailparse` gets wrong for Japanese mail or does in more than
//! linear time: a gate before it (`gate`), the reading of encoded words, parameters, address lists and
//! charsets (`words`, `params`, `address_list`, `charset`), and the splitting into parts (`tree`).

use std::borrow::Cow;

use super::bounce::{ReportPart, ReportSource};
use super::fields::{self, RawField};
use super::message::{Author, Header, InboundMessage};
use super::message_id::MessageId;
use super::opened::{self, Opened};
use super::reply::VisibleReply;
use super::{attachments, bounce, date, gate, originator, reply, report_parts, special, words};

/// Most problems that are kept of one mail.
const MAX_PROBLEMS: usize = 50;

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
    let raw = gate::with_line_feeds(raw);
    Ok(message(opened::open(&raw)?))
}

/// The decoded contents of an attachment, by the number its description has; `None` where no such part is.
pub fn attachment_bytes(raw: &[u8], part: usize) -> Option<Vec<u8>> {
    let raw = gate::with_line_feeds(raw);
    let opened = opened::open(&raw).ok()?;
    opened
        .tree
        .leaves
        .get(part)
        .map(|leaf| leaf.decoded().0.into_owned())
}

fn message(mut opened: Opened<'_>) -> InboundMessage {
    let fields = &opened.fields;
    let shifted = opened
        .problems
        .iter()
        .any(|problem| problem.slug == "header-starts-with-space");
    let subject = fields::first(fields, "Subject")
        .map(words::decode)
        .unwrap_or_default();
    let mut problems = std::mem::take(&mut opened.problems);
    problems.extend(originator::repeated(fields));
    problems.truncate(MAX_PROBLEMS);
    let headers: Vec<Header> = fields.iter().map(header).collect();
    let author = originator::author(fields, shifted);
    let (reply, report) = separated(&opened, &headers, &author, &subject);
    InboundMessage {
        author,
        sender: originator::sender(fields),
        reply_to: originator::mailboxes(fields, "Reply-To"),
        to: originator::mailboxes(fields, "To"),
        cc: originator::mailboxes(fields, "Cc"),
        delivered_to: originator::delivered_to(fields),
        return_path: originator::return_path(fields),
        date: fields::first(fields, "Date").and_then(date::parse),
        message_id: fields::first(fields, "Message-ID").and_then(message_id),
        in_reply_to: identifiers(fields, "In-Reply-To"),
        references: identifiers(fields, "References"),
        headers,
        special: special::recognise(&opened, &subject),
        attachments: attachments::list(&opened),
        subject,
        text_source: opened.body.source,
        charset: opened.body.charset,
        text: opened.body.text,
        reply,
        report,
        problems,
    }
}

/// The one place where the visible reply and the delivery report are asked for.
fn separated(
    opened: &Opened<'_>,
    headers: &[Header],
    author: &Author,
    subject: &str,
) -> (VisibleReply, Option<bounce::Report>) {
    let text = opened.body.text.as_str();
    let contents = report_parts::contents(&opened.tree);
    let parts: Vec<ReportPart<'_>> = contents
        .iter()
        .map(|(media_type, text)| ReportPart { media_type, text })
        .collect();
    let mailbox = match author {
        Author::One(mailbox) => Some(mailbox),
        Author::Ambiguous { .. } | Author::Missing => None,
    };
    let source = ReportSource {
        headers,
        subject,
        from: mailbox.map(|mailbox| &mailbox.address),
        text,
        parts: &parts,
    };
    let reply = reply::separate_from(text, opened.body.html.as_deref(), mailbox, subject);
    (reply, bounce::find_report(&source))
}

fn header(field: &RawField) -> Header {
    Header {
        name: field.name.clone(),
        value: field.decoded(),
    }
}

fn message_id(value: &str) -> Option<MessageId> {
    MessageId::parse_list(value)
        .into_iter()
        .next()
        .or_else(|| MessageId::parse(value))
}

fn identifiers(fields: &[RawField], name: &str) -> Vec<MessageId> {
    fields::all(fields, name)
        .flat_map(MessageId::parse_list)
        .collect()
}

/// Fields that mail servers write on the way: two deliveries of one mail differ in them only.
const TRACE_FIELDS: &[&str] = &[
    "received",
    "return-path",
    "delivered-to",
    "envelope-to",
    "authentication-results",
    "received-spf",
    "arc-seal",
    "arc-message-signature",
    "arc-authentication-results",
    "status",
    "content-length",
    "lines",
];

/// SHA-256 over the mail without its trace lines (Received, Return-Path, Delivered-To, X-*…), lower-case
/// hex: the same mail delivered twice has the same hash. Line ends do not count.
pub fn content_hash(raw: &[u8]) -> String {
    use sha2::Digest;
    let raw = gate::with_line_feeds(raw);
    let mut hash = sha2::Sha256::new();
    let body = match gate::open(&raw) {
        Ok(cut) => {
            for line in lasting_lines(&cut.block) {
                hash.update(line);
                hash.update(b"\n");
            }
            raw.get(cut.body_at..).map(Cow::from).unwrap_or_default()
        }
        Err(_) => raw,
    };
    hash.update(b"\n");
    for piece in body.split(|b| *b == b'\r') {
        hash.update(piece);
    }
    data_encoding::HEXLOWER.encode(&hash.finalize())
}

/// The lines of a header block that are no trace, folds included.
fn lasting_lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut is_trace = false;
    block.split(|b| *b == b'\n').filter(move |line| {
        if !line.first().is_some_and(u8::is_ascii_whitespace) {
            let name = line.split(|b| *b == b':').next().unwrap_or_default().trim_ascii();
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            is_trace = name.starts_with("x-") || TRACE_FIELDS.contains(&name.as_str());
        }
        !is_trace && !line.is_empty()
    })
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
