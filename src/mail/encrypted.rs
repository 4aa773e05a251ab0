//! Stage: files that need a password. Comes in: the decoded content of an attachment. Goes out: whether a
//! reader will ask for a password, told from the file's own marks. Nothing is unpacked.

/// How many entries of a zip archive are looked at.
const MAX_ENTRIES: usize = 64;

/// Whether the file is an archive or document that opens with a password only.
pub(super) fn needs_password(content: &[u8]) -> bool {
    match content {
        [b'P', b'K', 3, 4, ..] => zip_is_encrypted(content),
        [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => holds(content, &[0x06, 0xF1, 0x07, 0x01]),
        [
            b'R',
            b'a',
            b'r',
            b'!',
            0x1A,
            0x07,
            0x00,
            _,
            _,
            0x73,
            flags,
            high,
            ..,
        ] => u16::from_le_bytes([*flags, *high]) & 0x0080 != 0,
        // RAR 5: an archive encryption header (type 4) directly after the marker.
        [
            b'R',
            b'a',
            b'r',
            b'!',
            0x1A,
            0x07,
            0x01,
            0x00,
            _,
            _,
            _,
            _,
            _,
            4,
            ..,
        ] => true,
        [b'%', b'P', b'D', b'F', ..] => holds(content, b"/Encrypt"),
        // OLE: Office writes the encrypted package as a stream of this name (MS-OFFCRYPTO §2.3).
        [0xD0, 0xCF, 0x11, 0xE0, ..] => {
            let name: Vec<u8> = "EncryptedPackage"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect();
            holds(content, &name)
        }
        _ => false,
    }
}

fn holds(content: &[u8], mark: &[u8]) -> bool {
    content.windows(mark.len()).any(|window| window == mark)
}

/// Bit 0 of an entry's general purpose flag (APPNOTE §4.4.4), asked of each local header in reach.
fn zip_is_encrypted(content: &[u8]) -> bool {
    let mut rest = content;
    for _ in 0..MAX_ENTRIES {
        let [b'P', b'K', 3, 4, _, _, flags, _, ..] = rest else {
            return false;
        };
        if flags & 1 != 0 {
            return true;
        }
        let number = |from: usize, octets: usize| {
            let field = rest.get(from..from.saturating_add(octets)).unwrap_or_default();
            field.iter().rev().fold(0usize, |n, b| (n << 8) | usize::from(*b))
        };
        // Local header: compressed size at 18, lengths of name and extra field at 26 and 28, 30 octets.
        let skip = [number(18, 4), number(26, 2), number(28, 2), 30].iter().sum();
        rest = rest.get(skip..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(flags: u8) -> Vec<u8> {
        let mut header = b"PK\x03\x04\x14\x00".to_vec();
        header.extend([
            flags, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0,
        ]);
        header.extend(b"axy");
        header
    }

    #[test]
    fn an_encrypted_entry_is_found_wherever_it_stands() {
        assert!(!needs_password(&[entry(0), entry(0)].concat()));
        assert!(needs_password(&[entry(0), entry(1)].concat()));
    }

    #[test]
    fn encrypted_documents_are_known_by_their_marks() {
        assert!(needs_password(b"%PDF-1.7\n/Encrypt 5 0 R"));
        assert!(!needs_password(b"%PDF-1.7\n"));
        assert!(!needs_password(b""));
    }
}
