//! Banners and tags that mail gateways put at the top, and notes of virus scanners at the end. Comes in:
//! lines. Goes out: marks; a tag in front of the author's words is cut off within its line. The texts are
//! data (`gateways.toml`): every company's gateway has its own. A customer who asks about such a banner
//! must not lose the question.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::lines::{Line, Marks};
use super::segment::PieceKind;
use crate::mail::pattern;

/// Gateways write within these first lines that are not blank.
const MAX_TOP: usize = 12;
/// Scanners write within these last lines.
const MAX_BOTTOM: usize = 6;
/// The longest line of a banner, in characters; a longer one has other words as well.
const MAX_CHARS: usize = 300;

/// The texts of gateways, in lower case.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Gateways {
    /// Short marks at the beginning of the first line, such as `【社外】`.
    tags: Vec<String>,
    /// Parts of a sentence that only a banner at the top holds.
    phrases: Vec<String>,
    /// Parts of a line that only a scanner's note at the end holds.
    notes: Vec<String>,
}

static GATEWAYS: LazyLock<Gateways> = LazyLock::new(read);

#[expect(
    clippy::expect_used,
    reason = "the file is compiled in, and a test of this file reads it"
)]
fn read() -> Gateways {
    let read: Gateways = toml::from_str(include_str!("gateways.toml")).expect("gateways.toml is well formed");
    let folded = |texts: &[String]| texts.iter().map(|text| text.to_lowercase()).collect();
    Gateways {
        phrases: folded(&read.phrases),
        notes: folded(&read.notes),
        tags: read.tags,
    }
}

/// Marks the banner at the top of a text.
pub(super) fn mark(lines: &[Line<'_>], marks: &mut Marks) {
    let top: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.is_blank())
        .map(|(index, _)| index)
        .take(MAX_TOP)
        .collect();
    let mut end = 0;
    for index in top {
        let Some(line) = lines.get(index) else { break };
        if is_banner(line) {
            end = index.saturating_add(1);
        } else if !line.is_rule() {
            break;
        } else if end > 0 {
            // The rule that closes the banner's frame.
            end = index.saturating_add(1);
        }
    }
    marks.set(0..end, PieceKind::Banner);
    if end == 0 {
        marks.leading_tag = lines.first().map_or(0, |line| tag_length(line.raw));
    }
}

/// Where the notes of scanners at the end of a range begin, with a rule above them.
pub(super) fn find_notes(lines: &[Line<'_>], range: Range<usize>) -> Option<usize> {
    let mut found = None;
    for index in range.rev().take(MAX_BOTTOM) {
        let line = lines.get(index)?;
        if holds_any(line, &GATEWAYS.notes) {
            found = Some(index);
        } else if (line.is_rule() || line.body == "--") && found.is_some() {
            return Some(index);
        } else if !line.is_blank() {
            break;
        }
    }
    found
}

fn is_banner(line: &Line<'_>) -> bool {
    holds_any(line, &GATEWAYS.phrases) || GATEWAYS.tags.iter().any(|tag| line.body == tag)
}

/// Words of somebody who asks about a banner.
static ASKED: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(
        r"(?i)[?？「『]|という|と表示|方法|でしょうか|教えて|したい|\bhow (?:do|can|to)\b|\bwhy\b|\bwe\b|\bour\b",
    )
});

fn holds_any(line: &Line<'_>, texts: &[String]) -> bool {
    let folded = line.short().to_lowercase();
    texts.iter().any(|text| folded.contains(text))
        && folded.chars().count() <= MAX_CHARS
        && !ASKED.is_match(&folded)
}

/// Octets of the tag in front of the first line's words.
fn tag_length(raw: &str) -> usize {
    let words = raw.trim_start();
    let indent = raw.len().saturating_sub(words.len());
    GATEWAYS
        .tags
        .iter()
        .find(|tag| words.starts_with(tag.as_str()))
        .map_or(0, |tag| indent.saturating_add(tag.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_file_is_read() {
        let read = read();
        assert!(!read.tags.is_empty() && !read.phrases.is_empty() && !read.notes.is_empty());
    }

    #[test]
    fn a_question_about_a_banner_is_none() {
        let asks = |text: &str| {
            is_banner(&Line {
                raw: text,
                body: text,
            })
        };
        assert!(asks("このメールは社外から送信されています。"));
        assert!(!asks(
            "「このメールは社外から送信されています」を消す方法を教えてください。"
        ));
        assert!(!asks("Why does it say that this email originated from outside?"));
    }
}
