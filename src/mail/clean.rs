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
    let mut rest = text;
    // Runs of harmless characters are copied whole: nearly all text is one run a line.
    while let Some(at) = rest.bytes().position(may_be_unwanted) {
        let (clean, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        kept.push_str(clean);
        let mut chars = from.chars();
        match chars.next() {
            Some('\r') if chars.as_str().starts_with('\n') => {}
            Some('\r') => kept.push('\n'),
            Some('\u{FEFF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}') | None => {}
            Some(c) if c.is_control() => {}
            Some(c) => kept.push(c),
        }
        rest = chars.as_str();
    }
    kept.push_str(rest);
    kept
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
    (byte < 0x20 && byte != b'\n' && byte != b'\t') || matches!(byte, 0x7F | 0xC2 | 0xE2 | 0xEF)
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
