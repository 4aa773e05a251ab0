//! Banners and tags that mail gateways put at the top. Comes in: lines. Goes out: marks on the first lines;
//! a tag in front of the author's words is cut off within its line. The texts are data
//! (`gateways.toml`): every company's gateway has its own.

use std::sync::LazyLock;

use super::lines::{Line, Marks};
use super::segment::PieceKind;

/// Gateways write within these first lines that are not blank.
const MAX_TOP: usize = 12;

/// The texts of gateways, in lower case.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Gateways {
    /// Short marks at the beginning of the first line, such as `【社外】`.
    tags: Vec<String>,
    /// Parts of a sentence that only a banner holds.
    phrases: Vec<String>,
}

static GATEWAYS: LazyLock<Gateways> = LazyLock::new(read);

#[expect(
    clippy::expect_used,
    reason = "the file is compiled in, and a test of this file reads it"
)]
fn read() -> Gateways {
    let read: Gateways = toml::from_str(include_str!("gateways.toml")).expect("gateways.toml is well formed");
    Gateways {
        tags: read.tags,
        phrases: read.phrases.iter().map(|phrase| phrase.to_lowercase()).collect(),
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

fn is_banner(line: &Line<'_>) -> bool {
    let folded = line.short().to_lowercase();
    GATEWAYS.phrases.iter().any(|phrase| folded.contains(phrase))
        || GATEWAYS.tags.iter().any(|tag| line.body == tag)
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
        assert!(!read().tags.is_empty() && !read().phrases.is_empty());
    }
}
