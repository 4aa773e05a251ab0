//! Attribution lines: who wrote the quote that follows, as mail programs write it. Comes in: lines. Goes
//! out: how many of them are an attribution. A sentence of the author must not be taken for one.

use std::sync::LazyLock;

use regex::Regex;

use super::lines::Line;
use crate::mail::pattern;

/// Programs wrap an attribution over at most this many lines.
const MAX_LINES: usize = 3;
/// The longest attribution, in octets.
const MAX_OCTETS: usize = 400;

/// An attribution found at a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribution {
    /// Lines it covers.
    pub(super) lines: usize,
    /// It names a date and says that somebody wrote: it needs no quote marks below.
    pub(super) certain: bool,
}

/// A whole attribution on one line; its length is bounded before, so that the pattern need not count.
static ATTRIBUTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^(?:(?:on|at|in message)\b.+\b(?:wrote|writes)\s*[:：]",
        r"|.*<[^<>\s]+@[^<>\s]+>,?\s*(?:wrote|writes)\s*[:：]",
        r"|.*\d{1,2}:\d{2}.*\b(?:wrote|writes)\s*[:：]",
        r"|[^。]*(?:さん|様|氏|>|\d{1,2}:\d{2})\s*(?:に、?)?\s*[^。を]{0,40}(?:は|が)[^。を]{0,60}(?:書きました|書き込みました|送信しました)\s*[:：]",
        r"|[^。]*さん(?:は|が)(?:書きました|書き込みました)\s*[:：]",
        r"|[^。]*\d{4}/\d{1,2}/\d{1,2}\s\d{1,2}:\d{2}、[^。]+のメール\s*[:：]",
        r"|\(?\d{4}[年/.-]\s?\d{1,2}[月/.-]\s?\d{1,2}日?[^。]*<[^<>\s]+@[^<>\s]+>\s*[:：]",
        r"|\d{4}年\s?\d{1,2}月\s?\d{1,2}日.*\s\d{1,2}:\d{2}.*\s[^<>\s]+@[^<>\s]+\s*[:：]",
        r"|(?:le|am|el)\b.+(?:a écrit|schrieb|escribió)\b.*[:：])$"
    ))
});
/// The first line of an attribution that goes on on the next.
static BEGINNING: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(
        r"(?i)^(?:(?:on|at|le|am|el)\b.*\d|in message\b|\(?\d{4}[年/.-]\s?\d{1,2}[月/.-]\s?\d{1,2})",
    )
});
/// A day, in any of the notations.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)\d{4}[年/.-]\s?\d{1,2}[月/.-]\s?\d{1,2}|\d{1,2}/\d{1,2}/\d{2,4}",
        r"|\b\d{1,2}\.?\s(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s\d{4}",
        r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s\d{1,2},?\s\d{4}"
    ))
});

/// The verb of an attribution; `2026/03/02 10:12 <a@b.example>:` alone also heads a pasted chat.
static VERB: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(
        r"(?i)(?:wrote|writes|書きました|書き込みました|送信しました|のメール|écrit|schrieb|escribió)[^:：]{0,30}[:：]$",
    )
});

/// The attribution that begins at a line, shortest first.
pub(super) fn find_at(lines: &[Line<'_>], index: usize) -> Option<Attribution> {
    let first = lines.get(index)?;
    if first.is_blank() || first.is_quoted() {
        return None;
    }
    // Cheap tests first: every line of every mail comes through here.
    let may_go_on =
        first.body.len() < 200 && BEGINNING.is_match(first.short()) && !first.body.contains(['。', '!', '?']);
    let longest = if may_go_on { MAX_LINES } else { 1 };
    let mut joined = String::new();
    for (line, count) in lines.get(index..)?.iter().zip(1..=longest) {
        if line.is_blank() || line.is_quoted() || joined.len().saturating_add(line.body.len()) > MAX_OCTETS {
            return None;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(line.body);
        if joined.ends_with([':', '：']) && ATTRIBUTION.is_match(&joined) {
            return Some(Attribution {
                lines: count,
                certain: DATE.is_match(&joined) && VERB.is_match(&joined),
            });
        }
    }
    None
}

/// The attribution that ends right above a line, blank lines between; gives the line it begins at.
pub(super) fn find_above(lines: &[Line<'_>], index: usize) -> Option<usize> {
    let above = lines.get(..index)?;
    let last = above.iter().rposition(|line| !line.is_blank())?;
    // Two blank lines are the most that programs put between.
    if index.saturating_sub(last) > 3 {
        return None;
    }
    (1..=MAX_LINES).rev().find_map(|count| {
        let start = last.checked_add(1)?.checked_sub(count)?;
        find_at(lines, start)
            .filter(|found| found.lines == count)
            .map(|_| start)
    })
}

/// Whether a quoted run opens with an attribution inside its marks, as Apple's programs write it.
pub(super) fn opens_run(run: &[Line<'_>]) -> bool {
    let inside: Vec<Line<'_>> = run
        .iter()
        .take(MAX_LINES)
        .map(|line| Line {
            raw: line.raw,
            body: line.unquoted(),
        })
        .collect();
    find_at(&inside, 0).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::reply::lines::split;

    fn covered(text: &str) -> usize {
        find_at(&split(text), 0).map_or(0, |found| found.lines)
    }

    #[test]
    fn attributions_of_japanese_and_english_programs_are_known() {
        for line in [
            "2026年3月2日(月) 10:12 佐藤 太郎 <sato@customer.example>:",
            "2026/03/02 10:12、佐藤 <sato@customer.example>のメール：",
            "On Mon, Mar 2, 2026 at 10:12 AM Sato <sato@customer.example> wrote:",
            "2026/03/02 10:12 に、佐藤 さんは書きました：",
            "佐藤さんは書きました:",
            "2026年3月2日月曜日 10:12:13 UTC+9 sato@customer.example:",
            "\"Sato\" <sato@customer.example> wrote:",
        ] {
            assert_eq!(covered(line), 1, "{line}");
        }
    }

    #[test]
    fn a_wrapped_attribution_is_one() {
        assert_eq!(
            covered("2026年3月2日(月) 10:12 佐藤 太郎\n<sato@customer.example>:\n"),
            2
        );
        assert_eq!(
            covered("On Mon, 2 Mar 2026 10:12:13 +0900\n佐藤 <sato@customer.example> wrote:\n"),
            2
        );
    }

    #[test]
    fn a_sentence_is_no_attribution() {
        for line in [
            "昨日、担当者が設定書を書きました。",
            "He wrote to us.",
            "2026/03/02 10:12 に再起動しました:",
        ] {
            assert_eq!(covered(line), 0, "{line}");
        }
    }
}
