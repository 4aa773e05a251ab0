//! Opaque S/MIME (RFC 8551 §3.5.2). Comes in: the octets of a `smime.p7m`. Goes out: the mail that was signed,
//! or nothing where it is encrypted or damaged. Signatures are not verified: that proves nothing the desk
//! relies on.

use super::leaf::Leaf;

/// Contents octets of `1.2.840.113549.1.7.2`, signedData.
const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
/// Contents octets of `1.2.840.113549.1.7.3`, envelopedData, and `…1.9.16.1.23`, authEnvelopedData.
const ENVELOPED: [&[u8]; 2] = [
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x03],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x17],
];
/// Deepest nesting of constructed octet strings.
const MAX_DEPTH: usize = 8;

const SEQUENCE: u8 = 0x30;
const OBJECT_ID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const OCTETS_CONSTRUCTED: u8 = 0x24;
const EXPLICIT_0: u8 = 0xA0;

/// Whether a part could be opaque S/MIME.
pub(super) fn is_candidate(leaf: &Leaf<'_>) -> bool {
    match leaf.media_type.as_str() {
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => true,
        // Gateways forget the type and leave the name (RFC 8551 §3.2.1).
        "application/octet-stream" => leaf
            .name()
            .is_some_and(|name| name.to_ascii_lowercase().ends_with(".p7m")),
        _ => false,
    }
}

/// Whether the octets are encrypted S/MIME.
pub(super) fn is_encrypted(octets: &[u8]) -> bool {
    let content_type = Element::read(octets)
        .filter(|outer| outer.tag == SEQUENCE)
        .and_then(|outer| Element::read(outer.contents));
    content_type.is_some_and(|id| id.tag == OBJECT_ID && ENVELOPED.contains(&id.contents))
}

/// The signed mail inside, as octets.
pub(super) fn signed_contents(octets: &[u8]) -> Option<Vec<u8>> {
    let outer = Element::read(octets).filter(|outer| outer.tag == SEQUENCE)?;
    let id = Element::read(outer.contents)?;
    if id.tag != OBJECT_ID || id.contents != SIGNED_DATA {
        return None;
    }
    let explicit = Element::read(id.rest).filter(|e| e.tag == EXPLICIT_0)?;
    let signed = Element::read(explicit.contents).filter(|e| e.tag == SEQUENCE)?;
    let version = Element::read(signed.contents)?;
    let digests = Element::read(version.rest)?;
    let encapsulated = Element::read(digests.rest).filter(|e| e.tag == SEQUENCE)?;
    let inner_type = Element::read(encapsulated.contents)?;
    let explicit = Element::read(inner_type.rest).filter(|e| e.tag == EXPLICIT_0)?;
    let mut contents = Vec::new();
    octet_string(explicit.contents, 0, &mut contents)?;
    Some(contents)
}

/// An octet string in one piece, or in many (BER, as Outlook writes it).
fn octet_string(bytes: &[u8], depth: usize, into: &mut Vec<u8>) -> Option<()> {
    let element = Element::read(bytes)?;
    match element.tag {
        OCTETS => into.extend_from_slice(element.contents),
        OCTETS_CONSTRUCTED if depth < MAX_DEPTH => {
            let mut rest = element.contents;
            while let Some(piece) = Element::read(rest).filter(|piece| piece.tag != 0) {
                octet_string(rest, depth.saturating_add(1), into)?;
                rest = piece.rest;
            }
        }
        _ => return None,
    }
    Some(())
}

/// One BER element; an indefinite length takes all that follows.
#[derive(Debug, Clone, Copy)]
struct Element<'a> {
    tag: u8,
    contents: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let tag = *bytes.first()?;
        let length = *bytes.get(1)?;
        if length < 0x80 {
            return Some(Self::cut(tag, bytes.get(2..)?, usize::from(length)));
        }
        let octets = usize::from(length & 0x7F);
        if octets == 0 {
            return Some(Self {
                tag,
                contents: bytes.get(2..)?,
                rest: &[],
            });
        }
        let digits = bytes
            .get(2..octets.saturating_add(2))
            .filter(|digits| digits.len() <= 4)?;
        let length = digits.iter().fold(0_usize, |sum, digit| {
            sum.saturating_mul(256).saturating_add(usize::from(*digit))
        });
        Some(Self::cut(tag, bytes.get(octets.saturating_add(2)..)?, length))
    }

    /// A length beyond the end takes what is there: a cut mail is still worth reading.
    fn cut(tag: u8, after: &'a [u8], length: usize) -> Self {
        let (contents, rest) = after.split_at(length.min(after.len()));
        Self { tag, contents, rest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
        let length = u16::try_from(contents.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], contents].concat()
    }

    fn signed(string: &[u8]) -> Vec<u8> {
        let data = element(OBJECT_ID, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]);
        let encapsulated = element(SEQUENCE, &[data, element(EXPLICIT_0, string)].concat());
        let body = [element(2, &[1]), element(0x31, &[]), encapsulated].concat();
        let explicit = element(EXPLICIT_0, &element(SEQUENCE, &body));
        element(SEQUENCE, &[element(OBJECT_ID, SIGNED_DATA), explicit].concat())
    }

    #[test]
    fn the_signed_mail_is_taken_out_whole_or_in_pieces() {
        assert_eq!(
            signed_contents(&signed(&element(OCTETS, b"mail"))).unwrap(),
            b"mail"
        );
        let pieces = element(
            OCTETS_CONSTRUCTED,
            &[element(OCTETS, b"ma"), element(OCTETS, b"il")].concat(),
        );
        assert_eq!(signed_contents(&signed(&pieces)).unwrap(), b"mail");
    }

    #[test]
    fn encrypted_and_damaged_containers_are_told() {
        let enveloped = element(SEQUENCE, &element(OBJECT_ID, ENVELOPED[0]));
        assert!(is_encrypted(&enveloped));
        assert_eq!(signed_contents(&enveloped), None);
        assert_eq!(signed_contents(b"\x30\x84\xff\xff\xff\xff\x06"), None);
    }
}
