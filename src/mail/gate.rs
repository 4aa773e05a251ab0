//! Stage: the gate before parsing. Comes in: the raw bytes of a mail. Goes out: its header block cut into
//! fields, and its body, when both are small enough to be worked on; else the reason for quarantine. It
//! looks at bytes only and must not decode anything.

use super::header::{HeaderBlock, split_header};
use super::parse::UnreadableMail;

/// Largest raw mail, in octets: SPEC §3's 40 MB with room for base64 line ends.
const MAX_MAIL_OCTETS: usize = 64 * 1024 * 1024;
/// Largest header block, in octets; honest mail stays below 64 KiB.
const MAX_HEADER_OCTETS: usize = 256 * 1024;
/// Most header fields; honest mail stays below 200.
const MAX_FIELDS: usize = 1000;

/// Lets a mail in, or says why not.
pub(super) fn admit(raw: &[u8]) -> Result<HeaderBlock<'_>, UnreadableMail> {
    if raw.iter().all(u8::is_ascii_whitespace) {
        return Err(refusal("empty", "the mail has no content".to_owned()));
    }
    if raw.len() > MAX_MAIL_OCTETS {
        return Err(refusal("mail-too-large", format!("{} octets", raw.len())));
    }
    let block = split_header(without_envelope_line(raw));
    if block.octets > MAX_HEADER_OCTETS {
        return Err(refusal(
            "header-too-large",
            format!("{} octets of header, {MAX_HEADER_OCTETS} allowed", block.octets),
        ));
    }
    if block.fields.len() > MAX_FIELDS {
        return Err(refusal(
            "too-many-fields",
            format!("{} header fields, {MAX_FIELDS} allowed", block.fields.len()),
        ));
    }
    if block.fields.is_empty() {
        return Err(refusal("no-header", "no header field at the top".to_owned()));
    }
    Ok(block)
}

/// Drops what mailbox formats and broken exporters put before the header: a byte order mark, blank lines
/// and the `From ` line of an mbox file (RFC 4155).
fn without_envelope_line(raw: &[u8]) -> &[u8] {
    let raw = raw.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(raw);
    let blank = raw.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let raw = raw.get(blank..).unwrap_or_default();
    if is_mbox_line(raw) {
        let end = raw.iter().position(|b| *b == b'\n').unwrap_or(raw.len());
        return raw.get(end.saturating_add(1)..).unwrap_or_default();
    }
    raw
}

/// Whether a line is the separator of an mbox file; `From :` is a From field, and skipping it would hide
/// an author.
pub(super) fn is_mbox_line(line: &[u8]) -> bool {
    let line = line.strip_prefix(b">").unwrap_or(line);
    let rest = line.strip_prefix(b"From ").map(<[u8]>::trim_ascii_start);
    rest.is_some_and(|rest| !rest.starts_with(b":"))
}

fn refusal(slug: &'static str, detail: String) -> UnreadableMail {
    UnreadableMail { slug, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug_of(raw: &[u8]) -> &'static str {
        admit(raw).map_or_else(|refused| refused.slug, |_| "admitted")
    }

    #[test]
    fn mail_without_a_header_is_refused() {
        assert_eq!(slug_of(b""), "empty");
        assert_eq!(slug_of(b" \r\n\r\n"), "empty");
        assert_eq!(slug_of("こんにちは\n".as_bytes()), "no-header");
    }

    #[test]
    fn a_header_beyond_the_bounds_is_refused() {
        assert_eq!(slug_of(&b"X-A: b\r\n".repeat(1001)), "too-many-fields");
        let long = [b"Subject: ".as_slice(), &b"x".repeat(MAX_HEADER_OCTETS)].concat();
        assert_eq!(slug_of(&long), "header-too-large");
        assert_eq!(slug_of(&b"X-A: b\r\n".repeat(100_000)), "too-many-fields");
    }

    #[test]
    fn what_exporters_put_before_the_header_is_skipped() {
        let block = admit(b"\r\nFrom sato Mon Jan  1 00:00:00 2024\nSubject: a\n\nb").unwrap();
        assert_eq!((block.fields.len(), block.body), (1, b"b".as_slice()));
    }
}
