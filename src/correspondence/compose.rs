//! An outgoing mail as final bytes. Comes in: a [`Draft`] and the id and instant the shell gives it. Goes
//! out: bytes that every attempt sends unchanged (SPEC §14). Text is UTF-8 with CRLF in base64, so that no
//! line of it can end a transaction early or be rewritten on the way.

use chrono::{DateTime, Utc};
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{
    Attachment, Body, Mailbox as LettreMailbox, Message, MessageBuilder, MultiPart, SinglePart,
};

use crate::mail::{EmailAddress, MessageId};

/// Identifiers kept in References: the first, and the newest of the rest; clients thread by either end.
const MAX_REFERENCES: usize = 20;

/// How an outgoing mail came about; decides which headers keep machines from answering it (SPEC §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Automation {
    /// Written by the desk's machine in answer to a mail (RFC 3834 §5: `auto-replied`).
    Replied,
    /// Written by the desk's machine of its own accord (`auto-generated`).
    Generated,
    /// Written by a person; only receipts and out-of-office notes are asked to stay away.
    Person,
    /// Written by somebody outside, to the desk: it carries nothing that a mail client would not write.
    Outside,
}

/// Everything of an outgoing mail but its id and date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Display name beside the sending address.
    pub from_name: String,
    /// Sending address.
    pub from: EmailAddress,
    /// To, with names from the registry.
    pub to: Vec<(Option<String>, EmailAddress)>,
    /// Cc.
    pub cc: Vec<EmailAddress>,
    /// Where replies go, where not to the sending address.
    pub reply_to: Option<EmailAddress>,
    /// What its Message-ID bears, where an answer is known by that and not by the address it goes to.
    pub answer_mark: Option<String>,
    /// Subject.
    pub subject: String,
    /// Text with LF line ends.
    pub text: String,
    /// The mail it answers.
    pub in_reply_to: Option<MessageId>,
    /// The thread, oldest first.
    pub references: Vec<MessageId>,
    /// Machine or person.
    pub automation: Automation,
    /// Value of the loop header.
    pub loop_mark: String,
    /// Files that go along.
    pub enclosures: Vec<Enclosure>,
}

/// A file that goes along with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosure {
    /// Its name.
    pub name: String,
    /// Its media type; one that cannot be written goes as `application/octet-stream`.
    pub media_type: String,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// Why a mail could not be composed; a fault of the program or of an overridden template, never of a
/// customer's mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an outgoing mail could not be composed: {0}")]
pub struct ComposeError(pub String);

/// Composes the final bytes.
pub fn compose(draft: &Draft, id: &MessageId, at: DateTime<Utc>) -> Result<Vec<u8>, ComposeError> {
    let mut builder = Message::builder()
        .message_id(Some(id.to_string()))
        .date(at.into())
        .from(mailbox(Some(&draft.from_name), &draft.from)?)
        .subject(one_line(&draft.subject));
    for (name, address) in &draft.to {
        builder = builder.to(mailbox(name.as_deref(), address)?);
    }
    for address in &draft.cc {
        builder = builder.cc(mailbox(None, address)?);
    }
    if let Some(address) = &draft.reply_to {
        builder = builder.reply_to(mailbox(None, address)?);
    }
    if let Some(answered) = &draft.in_reply_to {
        builder = builder.in_reply_to(answered.to_string());
    }
    let references = capped(&draft.references);
    if !references.is_empty() {
        builder = builder.references(references);
    }
    // The envelope travels beside the bytes; lettre would read it back out of its own headers, and cannot
    // read the quoted carrier addresses that it writes.
    let recipients = draft
        .to
        .iter()
        .map(|(_, address)| address)
        .chain(&draft.cc)
        .map(lettre_address);
    let envelope = Envelope::new(
        Some(lettre_address(&draft.from)?),
        recipients.collect::<Result<_, _>>()?,
    )
    .map_err(|error| ComposeError(error.to_string()))?;
    let builder = with_machine_headers(builder.envelope(envelope), draft)?;
    let text = text_part(&draft.text)?;
    let message = if draft.enclosures.is_empty() {
        builder.singlepart(text)
    } else {
        let mut parts = MultiPart::mixed().boundary(boundary(id)).singlepart(text);
        for enclosure in &draft.enclosures {
            parts = parts.singlepart(enclosed(enclosure)?);
        }
        builder.multipart(parts)
    };
    Ok(message
        .map_err(|error| ComposeError(error.to_string()))?
        .formatted())
}

/// A boundary made of the Message-ID: the same draft gives the same bytes, and no base64 line looks like it.
fn boundary(id: &MessageId) -> String {
    let unique: String = id
        .as_str()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(40)
        .collect();
    format!("=_{unique}")
}

/// Always base64: lettre would send some contents as they are (a bare dot could end the transaction).
fn enclosed(enclosure: &Enclosure) -> Result<SinglePart, ComposeError> {
    let body = Body::new_with_encoding(enclosure.bytes.clone(), ContentTransferEncoding::Base64)
        .map_err(|_| ComposeError("an attachment cannot be encoded as base64".to_owned()))?;
    let media_type = ContentType::parse(&enclosure.media_type)
        .or_else(|_| ContentType::parse("application/octet-stream"))
        .map_err(|error| ComposeError(error.to_string()))?;
    Ok(Attachment::new(one_line(&enclosure.name)).body(body, media_type))
}

fn with_machine_headers(builder: MessageBuilder, draft: &Draft) -> Result<MessageBuilder, ComposeError> {
    let (automatic, suppress) = match draft.automation {
        Automation::Replied => (Some("auto-replied"), "All"),
        Automation::Generated => (Some("auto-generated"), "All"),
        Automation::Person => (None, "DR, RN, NRN, OOF, AutoReply"),
        Automation::Outside => return Ok(builder),
    };
    let mut builder = builder.raw_header(header("X-Auto-Response-Suppress", suppress)?);
    if let Some(automatic) = automatic {
        builder = builder.raw_header(header("Auto-Submitted", automatic)?);
        builder = builder.raw_header(header("X-Madoguchi-Loop", &draft.loop_mark)?);
    }
    Ok(builder)
}

fn header(name: &'static str, value: &str) -> Result<HeaderValue, ComposeError> {
    let name =
        HeaderName::new_from_ascii(name.to_owned()).map_err(|error| ComposeError(error.to_string()))?;
    Ok(HeaderValue::new(name, one_line(value)))
}

fn text_part(text: &str) -> Result<SinglePart, ComposeError> {
    // lettre looks for bare line ends again and again in text that has them; CRLF from the start is linear.
    let body = Body::new_with_encoding(with_crlf(text), ContentTransferEncoding::Base64)
        .map_err(|_| ComposeError("the text cannot be encoded as base64".to_owned()))?;
    Ok(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(body))
}

/// CRLF line ends, one at the end; control characters that no text needs are left out.
fn with_crlf(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(64));
    for line in text.trim_end().lines() {
        out.extend(line.chars().filter(|c| *c == '\t' || !c.is_control()));
        out.push_str("\r\n");
    }
    out
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn mailbox(name: Option<&str>, address: &EmailAddress) -> Result<LettreMailbox, ComposeError> {
    let lettre_address = lettre_address(address)?;
    // lettre panics on line ends in a display name; names are ours, and are still made safe here.
    let name = name.map(one_line).filter(|name| !name.trim().is_empty());
    Ok(LettreMailbox::new(name, lettre_address))
}

/// lettre wants carrier addresses with consecutive dots in quotes (RFC 5321 §4.1.2).
fn lettre_address(address: &EmailAddress) -> Result<lettre::Address, ComposeError> {
    let plain = lettre::Address::new(address.local_part(), address.domain());
    plain
        .or_else(|_| lettre::Address::new(format!("\"{}\"", address.local_part()), address.domain()))
        .map_err(|error| ComposeError(format!("the address {address} cannot be written to: {error}")))
}

fn capped(references: &[MessageId]) -> String {
    let skipped = references.len().saturating_sub(MAX_REFERENCES);
    let kept = references
        .iter()
        .enumerate()
        .filter(|(place, _)| *place == 0 || *place > skipped);
    kept.map(|(_, id)| id.to_string()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        let address = |text| EmailAddress::parse(text).unwrap();
        Draft {
            from_name: "AWSサポート窓口".to_owned(),
            from: address("aws_tec@desk.example"),
            to: vec![(
                Some("佐藤\r\nBcc: x@evil.example".to_owned()),
                address("a..b@docomo.ne.jp"),
            )],
            cc: Vec::new(),
            reply_to: None,
            answer_mark: None,
            subject: "Re: 件名\r\nBcc: y@evil.example".to_owned(),
            text: "一行目\n.\nMAIL FROM:<z@evil.example>\r\n\u{0}終わり".to_owned(),
            in_reply_to: MessageId::parse("<a@x>"),
            references: (0..30)
                .filter_map(|n| MessageId::parse(&format!("<{n}@x>")))
                .collect(),
            automation: Automation::Replied,
            loop_mark: "mark".to_owned(),
            enclosures: Vec::new(),
        }
    }

    fn composed() -> String {
        let id = MessageId::parse("<b@desk.example>").unwrap();
        String::from_utf8(compose(&draft(), &id, DateTime::UNIX_EPOCH).unwrap()).unwrap()
    }

    #[test]
    fn hostile_names_and_subjects_add_no_header() {
        let bytes = composed();
        assert!(
            !bytes.to_lowercase().lines().any(|line| line.starts_with("bcc:")),
            "{bytes}"
        );
    }

    #[test]
    fn a_carrier_address_is_written_in_quotes() {
        assert!(composed().contains("<\"a..b\"@docomo.ne.jp>"), "{}", composed());
    }

    #[test]
    fn no_line_of_the_text_can_end_the_transaction() {
        assert!(!composed().contains("\r\n.\r\n"));
        assert!(!composed().replace("\r\n", "").contains(['\r', '\n']));
    }

    #[test]
    fn an_attachment_goes_along_whole_with_its_name() {
        let mut draft = draft();
        draft.enclosures = vec![Enclosure {
            name: "手順 書.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: b"x\n.\nMAIL FROM:<z@evil.example>".to_vec(),
        }];
        let id = MessageId::parse("<b@desk.example>").unwrap();
        let raw = compose(&draft, &id, DateTime::UNIX_EPOCH).unwrap();
        let mail = crate::mail::parse::parse_mail(&raw).unwrap();
        assert!(mail.text.starts_with("一行目"), "{}", mail.text);
        let [file] = mail.attachments.as_slice() else {
            panic!("{:?}", mail.attachments)
        };
        assert_eq!(file.name.as_deref(), Some("手順 書.pdf"));
        let bytes = crate::mail::parse::attachment_bytes(&raw, file.part);
        assert_eq!(bytes.as_deref(), Some(draft.enclosures[0].bytes.as_slice()));
        assert!(!String::from_utf8_lossy(&raw).contains("\r\n.\r\n"));
    }

    #[test]
    fn the_same_draft_gives_the_same_bytes() {
        assert_eq!(composed(), composed());
    }

    #[test]
    fn long_threads_keep_their_first_and_newest_identifiers() {
        let kept = capped(&draft().references);
        assert!(
            kept.starts_with("<0@x> <11@x>") && kept.ends_with("<29@x>"),
            "{kept}"
        );
    }

    #[test]
    fn machine_written_mail_says_so() {
        let bytes = composed();
        assert!(bytes.contains("Auto-Submitted: auto-replied") && bytes.contains("X-Madoguchi-Loop: mark"));
    }
}
