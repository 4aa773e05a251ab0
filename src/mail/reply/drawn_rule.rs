//! Drawn lines: `-----`, `━━━━`, `*-*-*-*`, also with a name in the middle. Comes in: a line. Goes out:
//! whether it is one. It must not decide what a rule sets off.

use super::contact_lines::is_sentence;

/// Most different characters that a drawn line repeats.
const MOST_CHARACTERS: usize = 8;

/// So many full stops trail off; more are drawn.
const MOST_DOTS: usize = 8;

/// Most letters between the two halves of a rule.
const MOST_TITLE: usize = 24;

/// A line drawn with a few repeated characters, none of them a letter (save the kana stroke `ー` and the
/// voicing marks).
pub(super) fn is_rule(text: &str) -> bool {
    let mut kinds: Vec<char> = Vec::new();
    let mut count: usize = 0;
    for c in text.trim().chars().filter(|c| !c.is_whitespace()) {
        if !is_drawn(c) {
            return false;
        }
        if !kinds.contains(&c) {
            kinds.push(c);
        }
        if kinds.len() > MOST_CHARACTERS {
            return false;
        }
        count = count.saturating_add(1);
    }
    let sentence_marks = count < MOST_DOTS && kinds.iter().all(|c| matches!(c, '。' | '.' | '…'));
    count >= 4 && kinds.len().saturating_mul(2) <= count && !sentence_marks
}

fn is_drawn(c: char) -> bool {
    let letter = c.is_alphanumeric() && !matches!(c, 'ー' | 'ﾞ' | 'ﾟ' | 'ｰ' | '〇');
    !letter && !matches!(c, '「' | '」' | '、' | '?' | '？' | '！' | '(' | ')')
}

/// Three strokes: too few to be a rule by themselves.
pub(super) fn is_short_rule(text: &str) -> bool {
    matches!(
        text.trim(),
        "---"
            | "==="
            | "***"
            | "___"
            | "ーーー"
            | "―――"
            | "───"
            | "━━━"
            | "~~~"
            | "＊＊＊"
            | "－－－"
            | "＝＝＝"
    )
}

/// A rule with a few words in its middle: `---- 佐藤 花子 ----`.
pub(super) fn titled(text: &str) -> Option<&str> {
    let text = text.trim();
    let first = text.chars().next().filter(|c| is_drawn(*c))?;
    let inner = text.trim_matches(|c: char| is_drawn(c) || c.is_whitespace());
    let letters = inner.chars().count();
    let strokes = |part: &str| part.chars().filter(|c| *c == first).count();
    let (before, after) = text.split_once(inner)?;
    let drawn = strokes(before) >= 3 && strokes(after) >= 3;
    (drawn && (2..=MOST_TITLE).contains(&letters) && !is_sentence(inner)).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_lines_are_rules() {
        for text in [
            "-----",
            "☆━━━━☆",
            "*-*-*-*-*",
            "｡･ﾟ･*:.｡.*･ﾟ･｡･ﾟ･*",
            "ーーーーー",
            "…………………………",
        ] {
            assert!(is_rule(text), "{text}");
        }
        for text in ["---", "。。。。", "-- 佐藤 --", "？？？？"] {
            assert!(!is_rule(text), "{text}");
        }
    }

    #[test]
    fn rules_may_hold_a_title() {
        assert_eq!(titled("---- 佐藤 花子 ----"), Some("佐藤 花子"));
        assert_eq!(titled("━━━━━【株式会社サンプル】━━━━━"), Some("株式会社サンプル"));
        assert_eq!(titled("-- ここまでが質問です --"), None);
        assert_eq!(titled("-----"), None);
    }
}
