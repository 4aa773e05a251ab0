//! Files that old mailers put into the text (`begin 644 name` … `end`). Comes in: the decoded text of a mail.
//! Goes out: the files, and where in the text they stood.

use std::ops::Range;

/// Most files taken from one text.
const MAX_FILES: usize = 100;

/// A file found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UuFile {
    /// The name on its begin line.
    pub(super) name: String,
    /// Its contents.
    pub(super) bytes: Vec<u8>,
    /// What it takes of the text, from its begin line to its end line.
    pub(super) range: Range<usize>,
}

/// Every complete or cut file of a text, in order.
pub(super) fn find(text: &str) -> Vec<UuFile> {
    let mut files = Vec::new();
    let mut open: Option<UuFile> = None;
    let mut at = 0_usize;
    for line in text.split_inclusive('\n') {
        let start = at;
        at = at.saturating_add(line.len());
        let content = line.trim_end_matches(['\r', '\n']);
        let Some(file) = open.as_mut() else {
            if let Some(name) = begin_line(content).filter(|_| files.len() < MAX_FILES) {
                open = Some(UuFile {
                    name: name.to_owned(),
                    bytes: Vec::new(),
                    range: start..at,
                });
            }
            continue;
        };
        if decode_line(content.as_bytes(), &mut file.bytes) {
            file.range.end = at;
            continue;
        }
        if content.trim() == "end" {
            file.range.end = at;
        }
        // A sentence such as `begin 600 people` opens a file without data: it stays text.
        files.extend(open.take().filter(|file| !file.bytes.is_empty()));
    }
    files.extend(open.filter(|file| !file.bytes.is_empty()));
    files
}

/// The text without the files found in it.
pub(super) fn without(text: &str, files: &[UuFile]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut at = 0_usize;
    for file in files {
        kept.push_str(text.get(at..file.range.start).unwrap_or_default());
        at = file.range.end;
    }
    kept.push_str(text.get(at..).unwrap_or_default());
    kept
}

fn begin_line(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("begin ")?;
    let (mode, name) = rest.split_once(' ')?;
    let octal = (3..=4).contains(&mode.len()) && mode.bytes().all(|b| (b'0'..=b'7').contains(&b));
    (octal && !name.trim().is_empty()).then(|| name.trim())
}

/// Decodes one line; false when it is none. Trailing spaces may have been cut on the way.
fn decode_line(line: &[u8], into: &mut Vec<u8>) -> bool {
    let Some((first, digits)) = line.split_first() else {
        return false;
    };
    let value = |b: u8| (b' '..=b'`').contains(&b).then(|| b.wrapping_sub(b' ') & 0x3F);
    let Some(length) = value(*first).map(usize::from) else {
        return false;
    };
    let needed = length.div_ceil(3).saturating_mul(4);
    let fits = digits.len() <= needed.saturating_add(2) && digits.iter().all(|b| value(*b).is_some());
    if line == b"end" || !fits || digits.len().saturating_add(4) < needed {
        return false;
    }
    let end = into.len().saturating_add(length);
    for group in 0..length.div_ceil(3) {
        let digit = |n: usize| {
            let at = group.saturating_mul(4).saturating_add(n);
            u32::from(digits.get(at).copied().and_then(value).unwrap_or_default())
        };
        let bits = (digit(0) << 18) | (digit(1) << 12) | (digit(2) << 6) | digit(3);
        let [_, a, b, c] = bits.to_be_bytes();
        into.extend([a, b, c]);
    }
    into.truncate(end);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_out_of_the_text() {
        let text = "hello\nbegin 644 cat.txt\n#0V%T\n`\nend\nbye\n";
        let files = find(text);
        assert_eq!(
            files
                .iter()
                .map(|f| (f.name.as_str(), &f.bytes[..]))
                .collect::<Vec<_>>(),
            [("cat.txt", &b"Cat"[..])]
        );
        assert_eq!(without(text, &files), "hello\nbye\n");
    }

    #[test]
    fn a_sentence_about_beginning_is_no_file() {
        assert_eq!(find("begin 600 people\nwill come.\nend\n"), []);
    }
}
