//! The text around a number. Comes in: folded text and an offset. Goes out: so much of the text before or
//! behind it as may say something about it; bounded, so that a text without line breaks stays cheap.

/// So much of the text before and behind a number is looked at, in bytes.
const CONTEXT_BYTES: usize = 160;

/// The text before an offset, cut to its last bytes.
pub(super) fn before(text: &str, at: usize) -> &str {
    let mut start = at.saturating_sub(CONTEXT_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..at).unwrap_or_default()
}

/// The text from an offset on, cut to its first bytes.
pub(super) fn behind(text: &str, at: usize) -> &str {
    let mut end = (at + CONTEXT_BYTES).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(at..end).unwrap_or_default()
}

/// The part of the text before a number that stands in the same line.
pub(super) fn line_before(before: &str) -> &str {
    before.rsplit('\n').next().unwrap_or_default()
}

/// The part of the text behind a number that stands in the same line.
pub(super) fn line_behind(behind: &str) -> &str {
    behind.split('\n').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_is_cut_between_characters() {
        let text = "あ".repeat(200);
        assert_eq!((before(&text, 300).len(), behind(&text, 300).len()), (159, 159));
    }

    #[test]
    fn lines_end_at_line_breaks() {
        assert_eq!((line_before("a\nb "), line_behind(" c\nd")), ("b ", " c"));
    }
}
