//! Stage: who wrote a mail. Comes in: the header block. Goes out: the one mailbox of From, or why there is
//! no such mailbox. Whatever two readers could read differently is ambiguous, since one of them checks the
//! sender and the other answers. It must not decide whether the author is genuine.

use super::address::Mailbox;
use super::header::HeaderBlock;
use super::mailboxes::AddressList;
use super::message::Author;

/// Who wrote the mail (RFC 5322 §3.6.2); whatever two readers could read differently is ambiguous.
pub(super) fn author(block: &HeaderBlock<'_>) -> Author {
    let fields: Vec<_> = block
        .fields
        .iter()
        .filter(|f| f.name.eq_ignore_ascii_case("From"))
        .collect();
    let lists: Vec<_> = fields
        .iter()
        .map(|field| AddressList::parse(field.value))
        .collect();
    let seen: Vec<Mailbox> = lists.iter().flat_map(|list| list.mailboxes.clone()).collect();
    let why = if lists.len() > 1 {
        Some("several-from-fields")
    } else if fields.iter().any(|field| field.indented) {
        Some("indented-from-field")
    } else if lists.iter().any(|list| list.group) {
        Some("group")
    } else if seen.len() > 1 {
        Some("several-mailboxes")
    } else if fields.iter().any(|field| hides_address(field.value)) {
        Some("escape-sequences-hide-an-address")
    } else {
        lists.iter().find_map(|list| list.odd)
    };
    match (why, seen.as_slice()) {
        (Some(why), _) if !fields.is_empty() => Author::Ambiguous { why, seen },
        (None, [mailbox]) => Author::One(mailbox.clone()),
        _ => Author::Missing,
    }
}

/// Whether an address stands inside raw escape sequences: a reader that does not know ISO-2022-JP sees
/// another list than one that does.
fn hides_address(raw: &[u8]) -> bool {
    let mut sections = raw.split(|b| *b == 0x1B).skip(1);
    sections.any(|section| section.starts_with(b"$") && holds_address(section))
}

/// Whether `@` and a dotted domain stand in the octets; two-octet characters hardly ever look so.
fn holds_address(octets: &[u8]) -> bool {
    let is_host = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    octets.split(|b| *b == b'@').skip(1).any(|after| {
        let length = after.iter().take_while(|b| is_host(b)).count();
        let mut labels = after.get(..length).unwrap_or_default().rsplit(|b| *b == b'.');
        let top = labels.next().unwrap_or_default();
        top.len() >= 2
            && top.iter().all(u8::is_ascii_alphabetic)
            && labels.next().is_some_and(|l| !l.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::header::split_header;

    fn ambiguity(header: &[u8]) -> &'static str {
        match author(&split_header(header)) {
            Author::One(_) => "one",
            Author::Missing => "missing",
            Author::Ambiguous { why, .. } => why,
        }
    }

    #[test]
    fn whatever_reads_in_two_ways_is_ambiguous() {
        assert_eq!(
            ambiguity(b"From: a@a.example\nFrom: a@a.example\n"),
            "several-from-fields"
        );
        assert_eq!(
            ambiguity(b"From : a@a.example\nfrom: b@a.example\n"),
            "several-from-fields"
        );
        assert_eq!(
            ambiguity(b" From: a@a.example\nTo: b@a.example\n"),
            "indented-from-field"
        );
        assert_eq!(
            ambiguity(b"From: a@a.example, b@a.example\n"),
            "several-mailboxes"
        );
        assert_eq!(ambiguity(b"From: team: a@a.example;\n"), "group");
        assert_eq!(
            ambiguity(b"From: <a@a.example><b@a.example>\n"),
            "several-angle-addresses"
        );
        assert_eq!(ambiguity(b"From: a@a.example <b@a.example>\n"), "address-as-name");
        assert_eq!(
            ambiguity(b"From: \x1B$B<a@a.example>\x1B(B <b@a.example>\n"),
            "escape-sequences-hide-an-address"
        );
        assert_eq!(ambiguity(b"From: \"a@a.example <b@a.example>\n"), "unclosed");
    }

    #[test]
    fn an_address_inside_an_encoded_word_is_ambiguous() {
        let odd = b"From: =?utf-8?q?<b@a.example>,?= <a@a.example>\n";
        assert_eq!(ambiguity(odd), "address-in-an-encoded-word");
    }

    #[test]
    fn kanji_that_look_like_separators_hide_nothing() {
        assert_eq!(ambiguity(b"From: \x1B$B:4F#@>\x1B(B <sato@a.example>\n"), "one");
    }

    #[test]
    fn an_author_is_missing_without_an_address() {
        assert_eq!(ambiguity(b"Subject: x\n"), "missing");
        assert_eq!(ambiguity(b"From: Sato Taro\n"), "missing");
        assert_eq!(ambiguity(b"From: a@a.example <a@a.example>\n"), "one");
    }
}
