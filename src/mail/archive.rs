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
    } else if let Some(blocks) = file.strip_prefix(b"Rar!\x1A\x07\x01\x00") {
        rar5(blocks)
    } else if let Some(blocks) = file.strip_prefix(b"Rar!\x1A\x07\x00") {
        rar4(blocks)
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

/// Bit 0 of the flags of any entry: along the local headers by their stated sizes, and in the directory at the
/// end, which also names what streamed archives (bit 3) leave out.
fn zip(file: &[u8]) -> bool {
    let entries = |start: &[u8], mark: &[u8], flags_at: usize| {
        let at = start
            .windows(mark.len())
            .enumerate()
            .filter(|(_, window)| *window == mark);
        at.take(MAX_ENTRIES).any(|(at, _)| {
            start
                .get(at.saturating_add(flags_at))
                .is_some_and(|flags| flags & 1 != 0)
        })
    };
    zip_local(file) || zip_directory(file).is_some_and(|directory| entries(directory, b"PK\x01\x02", 8))
}

fn zip_local(file: &[u8]) -> bool {
    let mut rest = file;
    for _ in 0..MAX_ENTRIES {
        let Some(flags) = rest.get(6).filter(|_| rest.starts_with(b"PK\x03\x04")) else {
            return false;
        };
        if flags & 1 != 0 {
            return true;
        }
        let data = number(rest, 18, 4);
        // With bit 3 the size stands behind the data: the next entry cannot be found this way.
        if flags & 8 != 0 && data == 0 {
            return false;
        }
        let next = [30, number(rest, 26, 2), number(rest, 28, 2), data]
            .into_iter()
            .fold(0, usize::saturating_add);
        rest = rest.get(next..).unwrap_or_default();
    }
    false
}

/// The directory, found through its end record.
fn zip_directory(file: &[u8]) -> Option<&[u8]> {
    let end = tail(file);
    let record = end.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let record = end.get(record..)?;
    let start = number(record, 16, 4);
    file.get(start..start.checked_add(number(record, 12, 4))?)
}

/// RAR 4: the archive's flag for encrypted headers, or the flag of one of its files.
fn rar4(blocks: &[u8]) -> bool {
    let mut rest = blocks;
    for _ in 0..MAX_ENTRIES {
        let (Some(kind), Some(flags)) = (rest.get(2), rest.get(3..5)) else {
            return false;
        };
        let low = flags.first().copied().unwrap_or_default();
        if (*kind == 0x73 && low & 0x80 != 0) || (*kind == 0x74 && low & 4 != 0) {
            return true;
        }
        let data = if *kind == 0x74 { number(rest, 7, 4) } else { 0 };
        let size = number(rest, 5, 2).max(7).saturating_add(data);
        rest = rest.get(size..).unwrap_or_default();
    }
    false
}

/// RAR 5: an encryption header (type 4), or a file header (type 2) with an encryption record (type 1).
fn rar5(blocks: &[u8]) -> bool {
    let mut rest = blocks;
    for _ in 0..MAX_ENTRIES {
        let Some((size, header)) = rest.get(4..).and_then(variable) else {
            return false;
        };
        let Some(fields) = header.get(..size) else {
            return false;
        };
        let Some((kind, after)) = variable(fields) else {
            return false;
        };
        let (flags, after) = variable(after).unwrap_or((0, &[]));
        let (extra, after) = if flags & 1 != 0 {
            variable(after).unwrap_or((0, &[]))
        } else {
            (0, after)
        };
        let data = if flags & 2 != 0 {
            variable(after).map_or(0, |(data, _)| data)
        } else {
            0
        };
        let records = fields
            .get(fields.len().saturating_sub(extra)..)
            .unwrap_or_default();
        if kind == 4 || (kind == 2 && has_encryption_record(records)) {
            return true;
        }
        rest = header.get(size.saturating_add(data)..).unwrap_or_default();
    }
    false
}

fn has_encryption_record(records: &[u8]) -> bool {
    let mut rest = records;
    while let Some((size, record)) = variable(rest).filter(|(size, _)| *size > 0) {
        if variable(record).is_some_and(|(kind, _)| kind == 1) {
            return true;
        }
        rest = record.get(size..).unwrap_or_default();
    }
    false
}

/// A number of RAR 5: seven bits an octet, the lowest first.
fn variable(octets: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    for (at, octet) in octets.iter().take(5).enumerate() {
        value |= usize::from(octet & 0x7F) << (7 * at);
        if octet & 0x80 == 0 {
            return Some((value, octets.get(at.saturating_add(1)..)?));
        }
    }
    None
}

/// A number of so many octets, the lowest first.
fn number(octets: &[u8], at: usize, length: usize) -> usize {
    let octets = octets.get(at..at.saturating_add(length)).unwrap_or_default();
    octets
        .iter()
        .rev()
        .fold(0_usize, |sum, octet| (sum << 8) | usize::from(*octet))
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
    fn a_streamed_entry_is_known_by_the_directory() {
        let mut file = entry(8);
        let start = u8::try_from(file.len()).unwrap();
        let mut directory = b"PK\x01\x02\x14\x00\x14\x00".to_vec();
        directory.push(9);
        directory.resize(46, 0);
        file.extend(&directory);
        file.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
        file.extend([46, 0, 0, 0, start, 0, 0, 0, 0, 0]);
        assert!(is_encrypted(&file));
        let open: Vec<u8> = file
            .iter()
            .map(|octet| if *octet == 9 { 8 } else { *octet })
            .collect();
        assert!(!is_encrypted(&open));
    }

    #[test]
    fn rar_files_with_a_password_are_told_in_both_formats() {
        let five = |records: &[u8]| {
            let main: &[u8] = &[0, 0, 0, 0, 3, 1, 0, 0];
            let size = u8::try_from(3 + records.len()).unwrap();
            let extra = u8::try_from(records.len()).unwrap();
            [
                b"Rar!\x1A\x07\x01\x00",
                main,
                &[0, 0, 0, 0, size, 2, 1, extra],
                records,
            ]
            .concat()
        };
        assert!(is_encrypted(&five(&[2, 1, 0])));
        assert!(!is_encrypted(&five(&[2, 3, 0])));
        let four = |flags: u8| {
            let main: &[u8] = &[0, 0, 0x73, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0];
            [b"Rar!\x1A\x07\x00", main, &[0, 0, 0x74, flags, 0x80, 32, 0]].concat()
        };
        assert!(is_encrypted(&four(4)) && !is_encrypted(&four(0)));
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
