//! What is taken out of decoded text before anybody sees or stores it. Comes in: decoded text. Goes out: the
//! same text without NUL, control characters and, in names and headers, direction marks that disguise.
//!
//! A display name with a line end panics the mail composer, a NUL cannot be stored in PostgreSQL, and a
//! right-to-left override turns `fdp.exe` into `exe.pdf`.

/// Longest file name that is shown, in characters.
const MAX_NAME_CHARS: usize = 200;

/// One line: line ends and tabs become spaces, controls and direction marks go, outer white space goes.
pub(super) fn line(text: &str) -> String {
    let mut after_cr = false;
    let kept = text
        .chars()
        .filter_map(|c| match (c, std::mem::replace(&mut after_cr, c == '\r')) {
            ('\n', true) => None,
            (c, _) => Some(c),
        });
    let kept = kept.filter_map(|c| match c {
        '\n' | '\r' | '\t' => Some(' '),
        c if c.is_control() || disguises(c) => None,
        c => Some(c),
    });
    let cleaned: String = kept.collect();
    cleaned.trim().to_owned()
}

/// Running text: LF line ends, no controls but tab, no byte order mark, nothing that turns the direction of
/// other text; nothing else changes.
pub(super) fn text(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut start = 0_usize;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at.saturating_add(1));
    for end in ends.chain([text.len()]) {
        let line = text.get(start..end).unwrap_or_default();
        start = end;
        // Nearly every line is harmless and is copied whole.
        match line.strip_suffix("\r\n") {
            Some(content) => {
                push_clean(content, &mut kept);
                kept.push('\n');
            }
            None => push_clean(line, &mut kept),
        }
    }
    kept
}

fn push_clean(line: &str, kept: &mut String) {
    // Without a short cut, so that many octets are looked at in one step.
    if !line.bytes().fold(false, |any, byte| any | may_be_unwanted(byte)) {
        kept.push_str(line);
        return;
    }
    let clean = line.chars().filter_map(|c| match c {
        '\r' => Some('\n'),
        '\n' | '\t' => Some(c),
        '\u{FEFF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => None,
        c if c.is_control() => None,
        c => Some(c),
    });
    kept.extend(clean);
}

/// A file name that is safe to show: no path, no disguise, not endless; `None` where nothing is left.
pub(super) fn file_name(name: &str) -> Option<String> {
    let name = line(name);
    let base = name.rsplit(['/', '\\']).find(|part| !part.trim().is_empty())?;
    let base = base.trim().trim_matches('"').trim();
    let shown: String = base.chars().take(MAX_NAME_CHARS).collect();
    (!shown.is_empty() && !shown.chars().all(|c| c == '.')).then_some(shown)
}

/// Controls but line feed and tab, and the octets that start C1 controls, direction marks and byte order
/// marks in UTF-8.
fn may_be_unwanted(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0B..=0x1F | 0x7F | 0xC2 | 0xE2 | 0xEF)
}

/// Marks that change the direction of text or have no width at all.
fn disguises(c: char) -> bool {
    matches!(c,
        '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_carry_another_header() {
        assert_eq!(line("x\r\nBcc: b@c\0\u{1b}[2J\u{202e}y"), "x Bcc: b@c[2Jy");
    }

    #[test]
    fn text_keeps_its_lines_and_loses_its_controls() {
        assert_eq!(text("a\r\nb\rc\n\td\0\u{7}"), "a\nb\nc\n\td");
    }

    #[test]
    fn file_names_lose_their_paths_and_tricks() {
        assert_eq!(file_name("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(file_name("C:\\経理\\請求書.xlsx").as_deref(), Some("請求書.xlsx"));
        assert_eq!(file_name("\u{202e}fdp.exe").as_deref(), Some("fdp.exe"));
        assert_eq!(file_name(".."), None);
        assert_eq!(file_name(&"あ".repeat(300)).unwrap().chars().count(), 200);
    }
}
