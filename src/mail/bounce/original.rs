//! The mail a report is about. Comes in: the returned part or the text. Goes out: its Message-ID and its
//! recipients. The report's own Message-ID must never be taken for it.

use super::source::ReportSource;
use crate::mail::address::EmailAddress;
use crate::mail::message_id::MessageId;
use crate::mail::pattern::patterns;

/// Parts that return the mail or its header (RFC 6522 §3).
const RETURNED: [&str; 5] = [
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
    "message/global",
];

/// How much of a returned mail is looked at, in octets: its header stands first.
const MOST_RETURNED: usize = 65_536;

patterns! {
    message_id = r"(?im)^[>|\s*]*(?:x-)?(?:original[- ])?message[- ]?id\s?:\**\s*(?P<id><[^<>\s]{1,400}@[^<>\s]{1,400}>)";
    message_id_in_words = r"(?i)(?:message[- ]?id|メッセージ\s?ID)\s?[:：=]?\s{0,4}(?P<id><[^<>\s]{1,400}@[^<>\s]{1,400}>)";
    addressed_to = r"(?im)^[>|\s]*(?:to|x-original-to|envelope-to)\s?:\s*(?P<to>[^\n]{1,1000})";
    address = r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+";
}

/// The Message-ID of the mail the report is about.
pub(super) fn original_message_id(source: &ReportSource<'_>) -> Option<MessageId> {
    let own = source.header("Message-ID").and_then(MessageId::parse);
    let other = |id: &MessageId| own.as_ref() != Some(id);
    let returned = source
        .parts
        .iter()
        .filter(|part| RETURNED.contains(&part.media_type));
    returned
        .filter_map(|part| find_id(message_id(), part.text))
        .chain(status_parts(source).filter_map(|text| find_id(message_id(), text)))
        .chain(find_id(message_id(), source.text))
        .chain(find_id(message_id_in_words(), source.text))
        .chain(plain_parts(source).filter_map(|text| find_id(message_id(), text)))
        .chain(answered(source))
        .find(other)
}

/// The recipients the returned mail was addressed to: the last resort where the report names none.
pub(super) fn original_recipients(source: &ReportSource<'_>) -> Vec<EmailAddress> {
    let returned = source
        .parts
        .iter()
        .filter(|part| RETURNED.contains(&part.media_type))
        .map(|part| start(part.text));
    let line = returned
        .chain([source.text])
        .find_map(|text| addressed_to().captures(text)?.name("to"));
    let found = line.map_or("", |line| line.as_str());
    address()
        .find_iter(found)
        .take(20)
        .filter_map(|at| EmailAddress::parse(at.as_str()).ok())
        .collect()
}

fn start(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MOST_RETURNED))
        .unwrap_or(text)
}

fn find_id(pattern: &regex::Regex, text: &str) -> Option<MessageId> {
    MessageId::parse(pattern.captures(start(text))?.name("id")?.as_str())
}

fn status_parts<'a>(source: &ReportSource<'a>) -> impl Iterator<Item = &'a str> {
    let parts = source.parts;
    parts
        .iter()
        .filter(|part| part.media_type.starts_with("message/"))
        .map(|part| part.text)
}

fn plain_parts<'a>(source: &ReportSource<'a>) -> impl Iterator<Item = &'a str> {
    let parts = source.parts;
    parts
        .iter()
        .filter(|part| part.media_type.starts_with("text/"))
        .map(|part| part.text)
}

/// A report that answers a mail names it as any answer does.
fn answered(source: &ReportSource<'_>) -> Option<MessageId> {
    let listed = |name| source.header(name).map(MessageId::parse_list).unwrap_or_default();
    listed("In-Reply-To")
        .into_iter()
        .next()
        .or_else(|| listed("References").into_iter().next_back())
}
