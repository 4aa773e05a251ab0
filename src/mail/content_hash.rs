//! The fingerprint of a mail's content. Comes in: the raw mail. Goes out: a hash that stays the same
//! however the mail travelled, so that one mail delivered twice is known as one.

use sha2::{Digest, Sha256};

use super::gate::is_mbox_line;
use super::header::trim_line_end;

/// Fields that servers add or change on the way, in lower case; so are all that start with `x-`.
const TRACE_FIELDS: [&str; 12] = [
    "received",
    "received-spf",
    "return-path",
    "delivered-to",
    "envelope-to",
    "delivery-date",
    "authentication-results",
    "arc-authentication-results",
    "arc-message-signature",
    "arc-seal",
    "dkim-signature",
    "status",
];

/// SHA-256 over the mail without its trace fields (Received, Return-Path, Delivered-To, X-*…) and with LF
/// line ends, lower-case hex: the same mail delivered twice has the same hash.
pub fn content_hash(raw: &[u8]) -> String {
    let mut hash = Sha256::new();
    let mut in_header = true;
    let mut skipping = false;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        let content = trim_line_end(line);
        if in_header {
            in_header = !content.is_empty();
            if !content.first().is_some_and(|b| matches!(b, b' ' | b'\t')) {
                skipping = is_trace(content);
            }
            if skipping {
                continue;
            }
        }
        hash.update(content);
        hash.update(b"\n");
    }
    data_encoding::HEXLOWER.encode(&hash.finalize())
}

/// Whether a header line is written by servers rather than by the author.
fn is_trace(line: &[u8]) -> bool {
    if is_mbox_line(line) {
        return true;
    }
    let name = line.split(|b| *b == b':').next().unwrap_or_default().trim_ascii();
    let private = name
        .get(..2)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"x-"));
    private
        || TRACE_FIELDS
            .iter()
            .any(|trace| name.eq_ignore_ascii_case(trace.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_a_mail_took_does_not_change_its_hash() {
        let sent = b"From: a@customer.example\nSubject: x\n\nbody\n";
        let received = b"Return-Path: <a@customer.example>\r\nReceived: from a\r\n\tby b\r\nX-Spam: no\r\n\
            From: a@customer.example\r\nSubject: x\r\n\r\nbody\r\n";
        assert_eq!(content_hash(sent), content_hash(received));
    }

    #[test]
    fn another_word_changes_the_hash() {
        assert_ne!(
            content_hash(b"Subject: x\n\nReceived: a\n"),
            content_hash(b"Subject: x\n\nReceived: b\n")
        );
    }
}
