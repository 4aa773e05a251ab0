//! Attribution lines: 「2026年3月2日(月) 10:12 佐藤 <sato@…>:」, `On … wrote:`. Comes in: lines. Goes out: how
//! many lines from here introduce a quotation and how sure that is. It must not look at what is quoted.

use super::page::Page;
use crate::mail::pattern::patterns;

/// Longest attribution, all its lines together, in octets.
const LONGEST: usize = 500;

/// Most lines an attribution is wrapped over.
const MOST_LINES: usize = 4;

/// A quotation's introduction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribution {
    /// The first line after it; its own line where the quoted words follow on it.
    pub end: usize,
    /// A date and a writer are named: what follows is quoted even without quote marks.
    pub certain: bool,
}

patterns! {
    date = r"(?ix) (?:\d{4}|令和\s?\d{1,2}|'\d\d) \s? [年/.\-] \s?\d{1,2}\s? [月/.\-] \s?\d{1,2}
        | \b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b
        | \b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2}(?:st|nd|rd|th)?\b
        | \b\d{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\d{1,2})-\d{2,4}\b
        | \b\d{1,2}(?:st|nd|rd|th)?\.?\s+(?:de\s+)?(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|ago|sep|oct|okt|nov|dec|dez|dic|août|déc|fév)";
    time = r"\d{1,2}\s?[:：時]\s?\d{2}";
    address = r"[^\s<>@:：「」（(]+@[^\s<>@:：、。「」]+\.[A-Za-z]{2,}";
    wrote = r"(?i)(?:^|[\s>)\]）」,、\u{22}])(?:wrote|writes|said|schrieb[^:]{0,80}|a\s+écrit|escribió|ha\s+scritto|escreveu|schreef|skrev|napisał\S*|kirjoitti|написал\S*|写道|wrote\s+on\s.{4,60})\s?[:：]?\s*$";
    wrote_in_japanese = r"(?:さん|様|氏|君|殿|[>＞\u{22}」)）])\s?[はがのを、].{0,60}(?:書きました|書かれました|書き込みました|記載しました|送信しました|言いました|書いた)\s?[:：;。.]*\s*$|(?:さん|様|氏)?\s?[はが].{0,30}(?:書きました|書き込みました)\s?[:：]\s*$|さん\s?wrote\s?[:：]?\s*$";
    mail_of = r"(?:[>＞]|さん|様|氏)\s?の(?:メール|メッセージ|発言)\s?[:：]?\s*$";
    opening = r"(?i)^[\s\-—–]*(?:on|at|in|am|le|el|il|em|op|den)\s|^[\s(（\[-]*(?:\d{4}\s?[年/.\-]|令和|\d{1,2}[/.]\d)|^\s*(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*,|^\s*[\u{22}<「]";
    runs_on = r"(?i)^\s*(?:on|le|am)\s[^<>]{4,90}<?[^\s<>]+@[^\s<>]+>?\s?(?:wrote|a\sécrit|schrieb)\s?:\s+\S";
    names_a_mail = r"(?i)^(?:in\s+(?:message|article|your\s+mail)|on\s.{0,20}\d|at\s.{0,20}\d)";
}

/// The attribution that starts at this line.
pub(super) fn attribution_at(page: &Page<'_>, start: usize) -> Option<Attribution> {
    let first = page.get(start)?;
    if first.is_empty() || first.text.len() > LONGEST {
        return None;
    }
    if runs_on().is_match(first.body) && date().is_match(first.body) {
        return Some(Attribution {
            end: start,
            certain: true,
        });
    }
    let mut joined = String::new();
    for count in 0..MOST_LINES {
        let line = page.get(start.checked_add(count)?)?;
        if line.is_empty()
            || line.depth != first.depth
            || joined.len().saturating_add(line.body.len()) > LONGEST
        {
            return None;
        }
        if count > 0 {
            if count == 1 && !opening().is_match(first.body) {
                return None;
            }
            joined.push(' ');
        }
        joined.push_str(undecorated(line.body));
        let end = start.saturating_add(count).saturating_add(1);
        if closes(undecorated(line.body))
            && let Some(certain) = judge(&joined)
        {
            let quoted = page.depth(page.next_filled(end)) > first.depth;
            if certain || quoted {
                return Some(Attribution { end, certain });
            }
        }
    }
    None
}

/// Some clients draw a rule around the words.
fn undecorated(body: &str) -> &str {
    body.trim_matches(['#', '*', '=', '-', '_', ' ', '\u{3000}'])
}

/// Cheap test before the patterns: how every attribution ends.
fn closes(body: &str) -> bool {
    [
        ":",
        "：",
        "wrote",
        "ました",
        "ました。",
        "メール",
        "メッセージ",
        "書いた",
        ";",
        ">",
        "＞",
    ]
    .iter()
    .any(|ending| body.ends_with(ending))
}

/// Whether a line names a mail's writer: `Some(true)` beyond doubt, `Some(false)` if quotes follow.
fn judge(joined: &str) -> Option<bool> {
    let dated = date().is_match(joined);
    let addressed = address().is_match(joined);
    let colon = joined.ends_with([':', '：']);
    if wrote().is_match(joined) {
        return Some(dated && (addressed || opening().is_match(joined) || time().is_match(joined)));
    }
    if wrote_in_japanese().is_match(joined) {
        return Some(dated && (addressed || time().is_match(joined)));
    }
    if mail_of().is_match(joined) {
        return Some(dated && addressed);
    }
    if dated && addressed && (colon || joined.ends_with(['>', '＞'])) {
        return Some(colon && time().is_match(joined) && opening().is_match(joined));
    }
    ((colon && (dated || addressed)) || names_a_mail().is_match(joined)).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_start(text: &str) -> Option<(usize, bool)> {
        let page = Page::read(text).unwrap();
        attribution_at(&page, 0).map(|found| (found.end, found.certain))
    }

    #[test]
    fn japanese_clients_attributions_are_certain() {
        for text in [
            "2026年3月2日(月) 10:12 佐藤 <sato@customer.example>:\n",
            "2026年3月2日(月) 10:12 佐藤 花子 <\nsato@customer.example>:\n",
            "2026/03/02 10:12、佐藤 <sato@customer.example>のメール:\n",
            "2026年3月2日(月) 10:12 佐藤 <sato@customer.example> さんは書きました:\n",
            "2026/03/02 10:12、佐藤 さんは書きました:\n",
            "(2026/03/02 10:12), 佐藤 wrote:\n",
        ] {
            assert!(at_start(text).is_some_and(|(_, certain)| certain), "{text}");
        }
    }

    #[test]
    fn english_attributions_may_be_wrapped() {
        assert_eq!(
            at_start("On Mon, Mar 2, 2026 at 10:12 AM Hanako Sato <\nsato@customer.example> wrote:\n"),
            Some((2, true))
        );
        assert_eq!(
            at_start("On Mon, 2 Mar 2026 10:12:00 +0900\nSato <s@c.example> wrote:\n\n> a"),
            Some((2, true))
        );
    }

    #[test]
    fn a_sentence_is_no_attribution() {
        for text in [
            "昨日、設定手順書を書きました。\n次です。",
            "From: の設定について\n",
            "2026年3月2日 10:12 に発生しました:\nERROR",
            "次のとおり実行しました:\n",
        ] {
            assert_eq!(at_start(text), None, "{text}");
        }
    }

    #[test]
    fn an_uncertain_one_needs_quote_marks_below() {
        assert_eq!(at_start("佐藤さんは書きました:\n\n> a"), Some((1, false)));
        assert_eq!(at_start("Sato wrote:\nhello"), None);
    }
}
