//! Which mail a report is about. Comes in: a report. Goes out: the Message-ID of the mail that was
//! returned, from the most certain place that names one.

use super::ReportSource;
use super::fields;
use crate::mail::message_id::MessageId;

/// How much of a returned mail can be its header block, in lines.
const MAX_HEADER_LINES: usize = 1000;

/// The Message-ID of the mail a report is about; `machine_part` is its machine-readable part.
pub(super) fn message_id(source: &ReportSource<'_>, machine_part: Option<&str>) -> Option<MessageId> {
    machine_part
        .and_then(in_machine_part)
        .or_else(|| in_returned_parts(source))
        .or_else(|| in_lines(source.text))
        .or_else(|| in_own_header(source))
}

fn in_machine_part(text: &str) -> Option<MessageId> {
    let entries = fields::read(text);
    ["original-message-id", "x-original-message-id"]
        .into_iter()
        .find_map(|name| fields::find(&entries, name).and_then(first))
}

fn in_returned_parts(source: &ReportSource<'_>) -> Option<MessageId> {
    const RETURNED: [&str; 5] = [
        "text/rfc822-headers",
        "message/rfc822",
        "message/rfc822-headers",
        "message/global",
        "message/global-headers",
    ];
    source
        .parts
        .iter()
        .filter(|part| {
            RETURNED
                .iter()
                .any(|kind| part.media_type.eq_ignore_ascii_case(kind))
        })
        .find_map(|part| in_lines(part.text))
}

/// The first `Message-ID:` line, its identifier possibly on the next line.
fn in_lines(text: &str) -> Option<MessageId> {
    let mut lines = text.lines().take(MAX_HEADER_LINES).peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_start_matches(|c: char| c == '>' || c.is_whitespace());
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if name.trim().eq_ignore_ascii_case("message-id") {
            let folded = lines.peek().filter(|next| next.starts_with([' ', '\t']));
            let found = first(value).or_else(|| first(folded?));
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

/// Gmail and Exchange answer the mail they return.
fn in_own_header(source: &ReportSource<'_>) -> Option<MessageId> {
    ["In-Reply-To", "References"]
        .into_iter()
        .find_map(|name| MessageId::parse_list(source.header(name)?).pop())
}

fn first(value: &str) -> Option<MessageId> {
    MessageId::parse_list(value).into_iter().next()
}
