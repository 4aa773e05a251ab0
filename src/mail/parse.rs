//! Bytes to a typed mail. Comes in: the raw mail. Goes out: an [`InboundMessage`], or the one reason why
//! the mail must go to quarantine.
//!
//! First a gate that bounds and cleans what comes in (`gate`), then the header (`fields`, `words`, `params`,
//! `address_list`), the parts (`tree`, `leaf`) and the text (`body`, `charset`, `html`). `mailparse` decodes
//! base64 and reads obsolete dates; the rest of it gets Japanese mail wrong or takes more than linear time.

use std::borrow::Cow;

use super::bounce::{ReportPart, ReportSource};
use super::fields::{self, RawField};
use super::message::{Author, InboundMessage, Problem, TextSource};
use super::message_id::MessageId;
use super::opened::{self, Opened};
use super::reply::{Piece, PieceKind, VisibleReply};
use super::{attachments, bounce, date, gate, originator, reply, report_parts, special, tree, words};

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
    let mut opened = opened::open(&raw)?;
    let mut mail = message(&mut opened);
    mail.reply = if mail.text_source == TextSource::Contained {
        all_forwarded(&mail.text)
    } else {
        let html = opened.html();
        reply::separate_from(&mail.text, html.as_deref(), mail.single_author(), &mail.subject)
    };
    mail.report = report(&opened, &mail);
    Ok(mail)
}

/// Of a mail that is only another mail, nothing was written by its author.
fn all_forwarded(text: &str) -> VisibleReply {
    VisibleReply {
        pieces: vec![Piece {
            kind: PieceKind::Forwarded,
            text: text.to_owned(),
        }],
    }
}

/// Reads a raw mail as far as its parts; answers how many leaves it has. The first step of [`parse_mail`].
pub fn count_parts(raw: &[u8]) -> Result<usize, UnreadableMail> {
    let raw = gate::with_line_feeds(raw);
    let cut = gate::open(&raw)?;
    let body = raw.get(cut.body_at..).unwrap_or_default();
    let tree = tree::split(&fields::split(&cut.block), body)?;
    Ok(tree.leaves.len())
}

/// Reads a raw mail as far as its text. The first two steps of [`parse_mail`].
pub fn parse_text(raw: &[u8]) -> Result<String, UnreadableMail> {
    let raw = gate::with_line_feeds(raw);
    Ok(opened::open(&raw)?.body.text)
}

/// The decoded contents of an attachment, by the number its description has; `None` where no such part is.
pub fn attachment_bytes(raw: &[u8], part: usize) -> Option<Vec<u8>> {
    attachment_contents(raw, &[part]).pop().flatten()
}

/// The decoded contents of several attachments, read in one go; in the order asked for.
pub fn attachment_contents(raw: &[u8], parts: &[usize]) -> Vec<Option<Vec<u8>>> {
    let raw = gate::with_line_feeds(raw);
    let Ok(opened) = opened::open(&raw) else {
        return vec![None; parts.len()];
    };
    let leaves = &opened.tree.leaves;
    let contents = |part: &usize| leaves.get(*part).map(|leaf| leaf.decoded().0.into_owned());
    parts.iter().map(contents).collect()
}

/// Everything but the visible reply and the report; the text moves out of `opened`.
fn message(opened: &mut Opened<'_>) -> InboundMessage {
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
    let author = originator::author(fields, shifted);
    if let Author::Ambiguous { why, .. } = &author {
        problems.push(Problem::new("author-in-doubt", *why));
    }
    problems.truncate(MAX_PROBLEMS);
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
        special: special::recognise(opened, &subject),
        attachments: attachments::list(opened),
        headers: std::mem::take(&mut opened.fields)
            .into_iter()
            .map(RawField::into_header)
            .collect(),
        subject,
        text_source: opened.body.source,
        charset: opened.body.charset.take(),
        text: std::mem::take(&mut opened.body.text),
        reply: VisibleReply::default(),
        report: None,
        problems,
    }
}

/// The report of a machine that the mail carries.
fn report(opened: &Opened<'_>, mail: &InboundMessage) -> Option<bounce::Report> {
    let contents = report_parts::contents(opened, &mail.text);
    let parts: Vec<ReportPart<'_>> = contents
        .iter()
        .map(|(media_type, text)| ReportPart { media_type, text })
        .collect();
    let from = match &mail.author {
        Author::One(mailbox) => Some(&mailbox.address),
        Author::Ambiguous { .. } | Author::Missing => None,
    };
    bounce::find_report(&ReportSource {
        headers: &mail.headers,
        subject: &mail.subject,
        from,
        text: &mail.text,
        parts: &parts,
    })
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
    "sender",
    "errors-to",
    "precedence",
    "mailing-list",
];

/// Beginnings of fields that say by which way a mail came.
const TRACE_PREFIXES: &[&str] = &["x-", "list-"];

/// SHA-256 over the mail without the lines of its way (Received, Return-Path, Delivered-To, X-*, what a list writes…),
/// lower-case hex: the same mail delivered twice, also once through a list, has the same hash. Line ends do not count.
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
            is_trace = TRACE_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
                || TRACE_FIELDS.contains(&name.as_str());
        }
        !is_trace && !line.is_empty()
    })
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
