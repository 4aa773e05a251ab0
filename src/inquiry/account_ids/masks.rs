//! What is no account although twelve digits stand in it. Comes in: folded text. Goes out: the stretches in
//! which nothing is looked for: UUIDs (their last group may be all digits), AWS case ids, Message-IDs and
//! technical mail headers.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::inquiry::fixed_pattern::regex;

const MASKED: &str = r"(?im)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\bcase-[0-9]{12}-[0-9a-z]{2,12}(?:-[0-9]{4})?(?:-[0-9a-f]{8,40})?|<[^<>\s@]+@[^<>\s]+>|^[ \t]*(?:message-id|in-reply-to|references|received|dkim-signature|x-[a-z0-9-]{1,60}):[^\n]*";

static PATTERN: LazyLock<Regex> = LazyLock::new(|| regex(MASKED));

/// Masked stretches of the folded text, ascending, not overlapping.
pub(super) fn masks(text: &str) -> Vec<Range<usize>> {
    PATTERN.find_iter(text).map(|found| found.range()).collect()
}

/// Whether any part of the stretch lies in a mask.
pub(super) fn is_masked(masks: &[Range<usize>], range: &Range<usize>) -> bool {
    let after = masks.partition_point(|mask| mask.end <= range.start);
    masks.get(after).is_some_and(|mask| mask.start < range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_requests_cases_and_mails_are_masked() {
        let masked = [
            "550e8400-e29b-41d4-a716-446655440000",
            "case-480913372265-muja-2025-0a1b2c3d4e5f6a7b",
            "<480913372265.7@mail.example>",
            "Message-ID: 480913372265",
        ];
        for text in masked {
            assert_eq!(masks(text).first(), Some(&(0..text.len())), "{text}");
        }
    }
}
