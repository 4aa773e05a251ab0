//! Files that need a password. Comes in: a file's octets. Goes out: whether it is encrypted, by a look at its
//! headers; nothing is unpacked.

/// How much of a file's end is searched for the mark of an encrypted 7-Zip or PDF, in octets.
const TAIL_OCTETS: usize = 64 * 1024;
/// Most entries of an archive that are looked at.
const MAX_ENTRIES: usize = 1_000;

/// Whether it is worth decoding a file to look, by its name and media type.
pub(super) fn could_be_encrypted(name: Option<&str>, media_type: &str) -> bool {
    let extension = name
        .and_then(|name| name.rsplit_once('.'))
        .map(|(_, end)| end.to_ascii_lowercase());
    let known = [
        "zip", "7z", "rar", "pdf", "docx", "xlsx", "xlsm", "pptx", "doc", "xls", "ppt",
    ];
    let typed = [
        "zip",
        "7z",
        "rar",
        "pdf",
        "officedocument",
        "msword",
        "ms-excel",
        "ms-powerpoint",
    ];
    extension.is_some_and(|extension| known.contains(&extension.as_str()))
        || typed.iter().any(|part| media_type.contains(part))
}

/// Whether a file needs a password to be opened.
pub(super) fn is_encrypted(file: &[u8]) -> bool {
    if file.starts_with(b"PK\x03\x04") {
        zip(file)
    } else if file.starts_with(b"7z\xBC\xAF\x27\x1C") {
        contains(tail(file), &[0x06, 0xF1, 0x07, 0x01])
    } else if file.starts_with(b"Rar!\x1A\x07\x01\x00") {
        // The first header of a RAR 5 archive with encrypted names has the type 4.
        file.get(12..16)
            .is_some_and(|header| header.first() == Some(&4) || header.get(1) == Some(&4))
    } else if file.starts_with(b"Rar!\x1A\x07\x00") {
        file.get(10).is_some_and(|flags| flags & 0x80 != 0)
            || file.get(23).is_some_and(|flags| flags & 4 != 0)
    } else if file.starts_with(b"%PDF") {
        contains(tail(file), b"/Encrypt ") || contains(tail(file), b"/Encrypt\n")
    } else if file.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        let stream: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        contains(file, &stream)
    } else {
        false
    }
}

/// Bit 0 of the flags of any local header that follows another one by its stated size.
fn zip(file: &[u8]) -> bool {
    let mut rest = file;
    for _ in 0..MAX_ENTRIES {
        let Some(flags) = rest.get(6).filter(|_| rest.starts_with(b"PK\x03\x04")) else {
            return false;
        };
        if flags & 1 != 0 {
            return true;
        }
        let number = |range: std::ops::Range<usize>| {
            let octets = rest.get(range).unwrap_or_default();
            octets
                .iter()
                .rev()
                .fold(0_usize, |sum, octet| (sum << 8) | usize::from(*octet))
        };
        // With bit 3 the size stands behind the data: the next entry cannot be found this way.
        let data = number(18..22);
        if flags & 8 != 0 && data == 0 {
            return false;
        }
        let next = [30, number(26..28), number(28..30), data]
            .into_iter()
            .fold(0, usize::saturating_add);
        rest = rest.get(next..).unwrap_or_default();
    }
    false
}

fn tail(file: &[u8]) -> &[u8] {
    file.get(file.len().saturating_sub(TAIL_OCTETS)..)
        .unwrap_or_default()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(flags: u8) -> Vec<u8> {
        let mut header = b"PK\x03\x04\x14\x00".to_vec();
        header.push(flags);
        header.resize(30, 0);
        header
    }

    #[test]
    fn an_encrypted_entry_is_found_behind_an_open_one() {
        assert!(is_encrypted(&[entry(0), entry(1)].concat()));
        assert!(!is_encrypted(&[entry(0), entry(0)].concat()));
    }

    #[test]
    fn encrypted_pdf_and_office_files_are_told() {
        assert!(is_encrypted(b"%PDF-1.7\ntrailer << /Encrypt 5 0 R >>"));
        let office: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert!(is_encrypted(&[&[0xD0, 0xCF, 0x11, 0xE0][..], &office].concat()));
        assert!(!is_encrypted(b""));
    }
}
