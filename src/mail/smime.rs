//! Stage: S/MIME envelopes (RFC 8551). Comes in: a raw mail. Goes out: for an opaque signed mail, the same
//! mail with its content unwrapped; whether a mail is encrypted. Signatures are not checked here: that is
//! no statement about the author (SPEC §6).

use super::gate;
use super::header::{HeaderBlock, RawField};
use super::mime::{Part, describe};
use super::params::Structured;

/// Deepest nesting of BER values that is followed; the signed content lies at depth 5.
const MAX_DEPTH: usize = 12;
/// Most envelopes around each other that are opened.
const MAX_ENVELOPES: usize = 3;
/// Media types of an opaque envelope, today's and the one before its registration.
const PKCS7: [&str; 2] = ["application/pkcs7-mime", "application/x-pkcs7-mime"];
/// Object identifier of signed data, 1.2.840.113549.1.7.2, as encoded.
const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
/// Object identifier of plain data, 1.2.840.113549.1.7.1.
const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];

/// The mail without the opaque signatures around its content; `None` where there are none.
pub(super) fn opened(block: &HeaderBlock<'_>) -> Option<Vec<u8>> {
    let mut opened = unwrap_signed(block)?;
    for _ in 1..MAX_ENVELOPES {
        match gate::admit(&opened).ok().and_then(|inner| unwrap_signed(&inner)) {
            Some(inner) => opened = inner,
            None => break,
        }
    }
    Some(opened)
}

/// The mail with the content of its opaque signature in place of it; `None` for every other mail.
fn unwrap_signed(block: &HeaderBlock<'_>) -> Option<Vec<u8>> {
    let content_type = block.first("Content-Type").map(Structured::parse)?;
    if !PKCS7.contains(&content_type.word.as_str()) {
        return None;
    }
    let part = describe(block.fields.clone(), "text/plain");
    let content = signed_content(&part.encoding.decode(block.body).0)?;
    let kept = block.fields.iter().filter(|field| !is_content_field(field));
    let mut mail = Vec::with_capacity(content.len().saturating_add(block.octets));
    for field in kept {
        mail.extend_from_slice(field.name.as_bytes());
        mail.push(b':');
        mail.extend_from_slice(field.value);
        if !mail.ends_with(b"\n") {
            mail.push(b'\n');
        }
    }
    mail.extend(content);
    Some(mail)
}

/// Whether the content can be read with its recipient's key only (S/MIME or PGP/MIME, RFC 3156 §4).
pub(super) fn is_encrypted(root: &Part<'_>) -> bool {
    let enveloped = |kind: String| matches!(kind.as_str(), "enveloped-data" | "authenveloped-data");
    root.media_type() == "multipart/encrypted"
        || (PKCS7.contains(&root.media_type())
            && (root.content_type.parameter("smime-type").is_none_or(enveloped)))
}

fn is_content_field(field: &RawField<'_>) -> bool {
    let start = field.name.get(..8).unwrap_or_default();
    start.eq_ignore_ascii_case("content-")
}

/// The content of signed data: `ContentInfo`, in it `SignedData`, in it `EncapsulatedContentInfo`
/// (RFC 5652 §5).
fn signed_content(der: &[u8]) -> Option<Vec<u8>> {
    let info = enter(der, 0x30)?;
    let (kind, rest) = value(info)?;
    let signed = (kind.content == SIGNED_DATA).then(|| enter(rest, 0xA0))??;
    let signed = enter(signed, 0x30)?;
    let (_version, rest) = value(signed)?;
    let (_algorithms, rest) = value(rest)?;
    let inner = enter(rest, 0x30)?;
    let (kind, rest) = value(inner)?;
    let wrapped = (kind.content == DATA).then(|| enter(rest, 0xA0))??;
    let mut content = Vec::new();
    octets(value(wrapped)?.0, MAX_DEPTH, &mut content);
    Some(content)
}

/// One BER value (X.690 §8.1): its tag and content octets.
#[derive(Clone, Copy)]
struct Value<'a> {
    tag: u8,
    content: &'a [u8],
}

/// The content of the next value, when it has that tag.
fn enter(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let (found, _) = value(bytes)?;
    (found.tag == tag).then_some(found.content)
}

/// Reads a value and what follows it. A value of indefinite length is given all that follows: its end is
/// found by reading what is inside.
fn value(bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let value = |content| Value { tag: *tag, content };
    match first {
        0x80 => Some((value(rest), skip_indefinite(rest, MAX_DEPTH)?)),
        0..=0x7F => {
            let (content, after) = rest.split_at_checked(usize::from(*first))?;
            Some((value(content), after))
        }
        _ => {
            let (length, rest) = rest.split_at_checked(usize::from(*first & 0x7F))?;
            let length = length
                .iter()
                .try_fold(0usize, |n, b| n.checked_mul(256)?.checked_add(usize::from(*b)))?;
            let (content, after) = rest.split_at(length.min(rest.len()));
            Some((value(content), after))
        }
    }
}

/// What follows the end mark of a value of indefinite length.
fn skip_indefinite(mut bytes: &[u8], depth: usize) -> Option<&[u8]> {
    let depth = depth.checked_sub(1)?;
    loop {
        bytes = match bytes {
            [] => return Some(&[]),
            [0, 0, after @ ..] => return Some(after),
            [_, 0x80, inside @ ..] => skip_indefinite(inside, depth)?,
            _ => value(bytes)?.1,
        };
    }
}

/// Joins an octet string, which may be cut into octet strings.
fn octets(found: Value<'_>, depth: usize, out: &mut Vec<u8>) {
    match found.tag {
        0x04 => out.extend_from_slice(found.content),
        0x24 => {
            let mut rest = found.content;
            while let (Some(depth), Some((piece, after))) = (depth.checked_sub(1), value(rest)) {
                if piece.tag == 0 {
                    return;
                }
                octets(piece, depth, out);
                rest = after;
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::header::split_header;

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        [&[tag, 0x81, length], content].concat()
    }

    fn envelope(content: &[u8]) -> Vec<u8> {
        let inner = wrap(0x30, &[wrap(0x06, DATA), wrap(0xA0, content)].concat());
        let signed = wrap(0x30, &[wrap(0x02, &[1]), wrap(0x31, &[]), inner].concat());
        wrap(0x30, &[wrap(0x06, SIGNED_DATA), wrap(0xA0, &signed)].concat())
    }

    #[test]
    fn signed_content_is_found_whole_or_in_pieces() {
        assert_eq!(signed_content(&envelope(&wrap(0x04, b"Text"))).unwrap(), b"Text");
        let pieces = wrap(0x24, &[wrap(0x04, b"Te"), wrap(0x04, b"xt")].concat());
        assert_eq!(signed_content(&envelope(&pieces)).unwrap(), b"Text");
        let open = [b"\x24\x80".as_slice(), &wrap(0x04, b"Text"), &[0, 0]].concat();
        assert_eq!(signed_content(&envelope(&open)).unwrap(), b"Text");
        assert_eq!(signed_content(b"\x30\x80\x06"), None);
    }

    #[test]
    fn the_outer_header_stays_and_the_inner_content_fields_count() {
        let body = data_encoding::BASE64.encode(&envelope(&wrap(0x04, b"Content-Type: text/html\n\nx")));
        let mail = format!(
            "Subject: a\nContent-Type: application/pkcs7-mime; smime-type=signed-data\n\
             Content-Transfer-Encoding: base64\n\n{body}\n"
        );
        let opened = unwrap_signed(&split_header(mail.as_bytes())).unwrap();
        assert_eq!(opened, b"Subject: a\nContent-Type: text/html\n\nx");
    }

    #[test]
    fn deep_values_end_the_reading() {
        assert_eq!(signed_content(&b"\x30\x80".repeat(100_000)), None);
    }
}
