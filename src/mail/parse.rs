//! Bytes to a typed mail. Comes in: the raw mail. Goes out: an [`InboundMessage`], or the one reason why
//! the mail must go to quarantine. Whatever is damaged but readable is read and noted as a problem.

use super::address::{EmailAddress, Mailbox};
use super::bounce::{self, Report, ReportPart, ReportSource};
use super::header::{HeaderBlock, decode_value};
use super::mailboxes::AddressList;
use super::message::{Header, InboundMessage, Problem, ReturnPath, TextSource};
use super::message_id::MessageId;
use super::mime::Part;
use super::reply::{self, VisibleReply};
use super::text::Body;
use super::{attachments, author, date, gate, mime_tree, smime, text};

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
/// How much of a part is searched for a report, in octets: reports are short, the mails they return are
/// known by their headers.
const MAX_REPORT_OCTETS: usize = 64 * 1024;
/// Problems kept; a mail with more is broken beyond listing.
const MAX_PROBLEMS: usize = 100;

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
    parse(raw, None)
}

/// Reads a raw mail whose text a person sees to be in another charset (SPEC §4); a label nobody knows
/// changes nothing.
pub fn parse_mail_as(raw: &[u8], charset: &str) -> Result<InboundMessage, UnreadableMail> {
    parse(raw, Some(charset))
}

fn parse(raw: &[u8], charset: Option<&str>) -> Result<InboundMessage, UnreadableMail> {
    let block = gate::admit(raw)?;
    match smime::opened(&block) {
        Some(opened) => Ok(read(gate::admit(&opened)?, charset)),
        None => Ok(read(block, charset)),
    }
}

fn read(block: HeaderBlock<'_>, charset: Option<&str>) -> InboundMessage {
    let mut problems = header_problems(&block);
    let mut message = read_header(&block, &mut problems);
    let root = mime_tree::read_tree(block, &mut problems);
    if smime::is_encrypted(&root) {
        problems.push(Problem::new("encrypted-mail", root.media_type()));
    }
    let body = text::choose(&root, charset, &mut problems);
    message.attachments = attachments::list(&root, &body, &mut problems);
    message.reply = separate_reply(&body);
    message.report = find_report(&message, &root, &body);
    message.text_source = body.source.unwrap_or(TextSource::None);
    message.charset = body.charset.map(str::to_owned);
    message.text = body.text;
    problems.truncate(MAX_PROBLEMS);
    message.problems = problems;
    message
}

/// The single place where the visible reply is taken out of the text.
fn separate_reply(body: &Body) -> VisibleReply {
    reply::separate(&body.text, body.html.as_deref())
}

/// The single place where a machine's report is looked for. Only parts that hold words are decoded for it,
/// and those that are the text already are not decoded again.
fn find_report(message: &InboundMessage, root: &Part<'_>, body: &Body) -> Option<Report> {
    let holds_words = |part: &&Part<'_>| {
        let media_type = part.media_type();
        (media_type.starts_with("text/") || media_type.starts_with("message/"))
            && !body.used.contains(&part.leaf)
    };
    let decoded: Vec<(&str, String)> = root
        .leaves()
        .into_iter()
        .filter(holds_words)
        .map(|part| (part.media_type(), part.beginning(MAX_REPORT_OCTETS)))
        .collect();
    let parts: Vec<ReportPart<'_>> = decoded
        .iter()
        .map(|(media_type, text)| ReportPart { media_type, text })
        .collect();
    bounce::find_report(&ReportSource {
        headers: &message.headers,
        subject: &message.subject,
        from: message.single_author().map(|mailbox| &mailbox.address),
        text: &body.text,
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
        author: author::author(block),
        sender: list("Sender").into_iter().next(),
        reply_to: list("Reply-To"),
        to: list("To"),
        cc: list("Cc"),
        delivered_to: delivered_to(block),
        return_path: return_path(block),
        subject: value("Subject").unwrap_or_default().to_owned(),
        date: value("Date").and_then(date::parse),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What hostile and broken mails are made of.
    const TOKENS: [&[u8]; 34] = [
        b"From: ",
        b"Subject: ",
        b"Content-Type: ",
        b"multipart/mixed; boundary=b",
        b"text/html",
        b"message/rfc822",
        b"text/plain; charset=iso-2022-jp; format=flowed",
        b"Content-Transfer-Encoding: base64",
        b"\r\n",
        b"\n",
        b"\n\n",
        b"--b",
        b"--b--",
        b"=?utf-8?B?",
        b"=?iso-2022-jp?Q?",
        b"?=",
        b"=?",
        b" ",
        b"\t",
        b"\x1B$B",
        b"\x1B(B",
        b"\x82\xA0",
        b"\xA4\xA2",
        "あ".as_bytes(),
        b"\xFF",
        b"\0",
        b"<a@b.example>",
        b"\"",
        b"(",
        b";",
        b",",
        b"=E3=",
        b"<b><table>",
        b"Content-Disposition: attachment; filename*0*=utf-8''%E3",
    ];

    fn hostile_mail() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            8 => prop::sample::select(TOKENS.to_vec()).prop_map(<[u8]>::to_vec),
            1 => prop::collection::vec(any::<u8>(), 0..20),
        ];
        prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
    }

    fn is_clean(text: &str) -> bool {
        !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
    }

    proptest! {
        #[test]
        fn no_mail_makes_the_reader_panic_or_lets_control_characters_through(body in hostile_mail()) {
            let raw = [b"From: a@b.example\n".as_slice(), &body].concat();
            if let Ok(message) = parse_mail(&raw) {
                prop_assert!(is_clean(&message.text) && !message.subject.contains('\n'));
                prop_assert!(message.headers.iter().all(|header| is_clean(&header.value)));
                for attachment in &message.attachments {
                    let bytes = attachment_bytes(&raw, attachment.part).unwrap_or_default();
                    prop_assert_eq!(u64::try_from(bytes.len()), Ok(attachment.size));
                }
            }
        }

        #[test]
        fn any_octets_are_answered(raw in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse_mail(&raw);
            prop_assert_eq!(content_hash(&raw).len(), 64);
        }
    }

    fn read_header_line(line: &str) -> InboundMessage {
        parse_mail(format!("From: a@b.example\r\n{line}\r\n\r\nx").as_bytes()).unwrap()
    }

    #[test]
    fn headers_made_to_cost_time_are_read_whole() {
        for pattern in [" =?a?=x", "=?", "=?a?Q?", "(", "<", ",", ";", "a*1=", "\""] {
            let value = pattern.repeat(100_000 / pattern.len());
            for name in [
                "Subject",
                "Content-Type",
                "To",
                "Date",
                "References",
                "Content-Disposition",
            ] {
                let message = read_header_line(&format!("{name}: {value}"));
                assert_eq!(message.headers.last().map(|h| h.name.as_str()), Some(name));
            }
        }
    }

    #[test]
    fn a_text_is_read_again_in_the_charset_a_person_chooses() {
        let raw = b"From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n\xC6\xFC\xCB\xDC\n";
        let read = |charset| parse_mail_as(raw, charset).unwrap();
        assert_eq!(read("euc-jp").text, "日本\n");
        assert_eq!(read("shift_jis").charset.as_deref(), Some("shift_jis"));
    }

    #[test]
    fn the_return_path_tells_a_bounce_from_a_person() {
        let path = |line: &str| read_header_line(line).return_path;
        assert_eq!(path("Return-Path: <>"), ReturnPath::Null);
        assert!(matches!(
            path("Return-Path: <a@b.example>"),
            ReturnPath::Address(_)
        ));
        assert_eq!(path("X: y"), ReturnPath::Absent);
    }
}
