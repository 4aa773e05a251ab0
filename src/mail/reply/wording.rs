//! The phrases of gateways, disclaimers and phones. Comes in: the embedded `gateways.toml`, and a line or a
//! paragraph. Goes out: whether it holds one. It must not decide where in a mail such a phrase counts.

use std::sync::LazyLock;

use crate::mail::pattern::patterns;

/// The word list that is part of the program; a test reads it, so it cannot fail at run time.
const EMBEDDED: &str = include_str!("gateways.toml");

/// Longest line or paragraph that can be a machine's, in octets.
const LONGEST: usize = 4000;

/// Most letters that a phrase's `…` stands for.
const MOST_LEFT_OUT: usize = 24;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wording {
    tags: Vec<String>,
    banners: Vec<String>,
    footers: Vec<String>,
    disclaimers: Vec<String>,
    mobile: Vec<String>,
    notices: Vec<String>,
}

patterns! {
    sent_from = r"(?i)^[(（<＜\[*_]{0,2}(?:sent|composed|written)\s(?:from|with|via|using)\s.{2,70}$|^[(（<＜]?[^。、はがを]{2,24}(?:から|より|にて|で)(?:安全に)?送信[)）>＞]?$|^[(（<＜]?[^。、はがを]{2,24}(?:から|より|で|を使用して|を使って)(?:安全に)?送信(?:されました|されています|されたメールです|されたメッセージです)[。.]?[)）>＞]?$";
}

static WORDING: LazyLock<Wording> = LazyLock::new(|| {
    let mut wording: Wording = toml::from_str(EMBEDDED).unwrap_or_default();
    for list in [
        &mut wording.banners,
        &mut wording.footers,
        &mut wording.disclaimers,
        &mut wording.mobile,
        &mut wording.notices,
    ] {
        for phrase in list {
            *phrase = phrase.to_lowercase();
        }
    }
    wording
});

/// Whether a gateway's banner phrase is in it.
pub(super) fn is_banner(text: &str) -> bool {
    (holds(&WORDING.banners, text) && !asks(text)) || is_footer(text)
}

/// Whether a scanner's or gateway's footer phrase is in it.
pub(super) fn is_footer(text: &str) -> bool {
    holds(&WORDING.footers, text) && !asks(text)
}

/// Whether a company's disclaimer phrase is in it.
pub(super) fn is_disclaimer(text: &str) -> bool {
    holds(&WORDING.disclaimers, text) && !asks(text)
}

/// Whether a phone's or a mail service's line is in it; `own` says that it stands as a paragraph of its own.
pub(super) fn is_mobile_line(text: &str, own: bool) -> bool {
    let text = text.trim();
    if text.len() > 160 || text.ends_with(['？', '?']) {
        return false;
    }
    let says_more = ["です。", "ます。", "か。", "です", "ます", "した。"];
    let listed = holds(&WORDING.mobile, text) && !says_more.iter().any(|ending| text.ends_with(ending));
    listed || (own && sent_from().is_match(text))
}

/// Whether a paragraph holds a notice about attachments or passwords that a company's system adds.
pub(super) fn is_notice(text: &str) -> bool {
    holds(&WORDING.notices, text) && !asks(text)
}

/// The length in octets of the gateway tags that the text starts with, white space around them included.
pub(crate) fn leading_tags(text: &str) -> usize {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start();
        let tag = WORDING.tags.iter().find(|tag| {
            trimmed
                .get(..tag.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(tag))
        });
        match tag.and_then(|tag| trimmed.get(tag.len()..)) {
            Some(after) => rest = after.trim_start_matches([' ', '\t', '\u{3000}']),
            None => return text.len().saturating_sub(rest.len()),
        }
    }
}

/// A customer asks about such texts; the texts themselves never ask.
pub(super) fn asks(text: &str) -> bool {
    [
        "でしょうか",
        "ますか",
        "ですか",
        "たいです",
        "教えて",
        "教示",
        "？",
        "can we",
        "could you",
        "how do",
    ]
    .iter()
    .any(|words| text.contains(words))
}

fn holds(phrases: &[String], text: &str) -> bool {
    if text.len() > LONGEST {
        return false;
    }
    let folded = text.to_lowercase();
    phrases.iter().any(|phrase| holds_in_order(&folded, phrase))
}

/// A phrase may leave out some words in its middle: `ウイルス…チェックされ`.
fn holds_in_order(text: &str, phrase: &str) -> bool {
    let mut rest = text;
    for (nth, part) in phrase.split('…').enumerate() {
        let Some((skipped, after)) = rest.split_once(part) else {
            return false;
        };
        if nth > 0 && skipped.chars().count() > MOST_LEFT_OUT {
            return false;
        }
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_list_is_read() {
        let wording: Wording = toml::from_str(EMBEDDED).unwrap();
        assert!(wording.tags.len() > 10 && wording.disclaimers.len() > 30);
        assert!(
            [&wording.banners, &wording.disclaimers]
                .iter()
                .all(|l| l.iter().all(|p| p.chars().count() > 3))
        );
    }

    #[test]
    fn tags_are_measured_with_the_space_after_them() {
        assert_eq!(
            leading_tags("[EXTERNAL] [社外]\u{3000}お世話"),
            "[EXTERNAL] [社外]\u{3000}".len()
        );
        assert_eq!(leading_tags("社外の件"), 0);
    }

    #[test]
    fn phrases_are_found_in_either_case() {
        assert!(is_banner(
            "CAUTION: This email originated from OUTSIDE the company."
        ));
        assert!(is_disclaimer(
            "本メールには機密情報が含まれている場合があります。"
        ));
        assert!(is_mobile_line("iPhoneから送信", false));
    }
}
