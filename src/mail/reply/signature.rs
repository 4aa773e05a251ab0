//! Signatures. Comes in: the end of an author's text. Goes out: where the signature begins. A signature is
//! ruled off, or it is a block of short lines that name a company, a telephone, an address; a line with
//! technical matter (an account ID, an ARN, an error) is never part of one.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::lines::Line;
use crate::mail::pattern;

/// The longest signature, in lines; Japanese ones with office lists and certificates are long.
const MAX_LINES: usize = 24;

/// Where a signature begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SignatureStart {
    pub(super) line: usize,
    /// The delimiter of RFC 3676 opens it: it needs no words above.
    pub(super) is_delimited: bool,
}

/// A telephone program's own last line.
static MOBILE: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^(?:(?:マイ|my\s?)?(?:iphone|ipad|android|galaxy|xperia|ドコモ|au|スマートフォン|スマホ).{0,30}から送信(?:しました|されました)?。?",
        r"|sent from (?:my|yahoo|mail|outlook|samsung|proton).{0,60}|(?:get|download) outlook for .{0,60}",
        r"|outlook for (?:ios|android).{0,10}を(?:入手|取得).{0,60}|yahoo!メール.{0,30}から送信.{0,10}|スマートフォン版.{0,20}から送信)$"
    ))
});
/// What only a signature names: kinds of contact data.
static CONTACTS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?i)\b(?:tel|phone|mobile|fax|直通|内線)\b|(?:電話|携帯|直通|内線|ＴＥＬ|ＦＡＸ|℡)|0\d{1,4}[-(（‐－]\d{1,4}[-)）‐－]\d{3,4}|\+81[- ]?\d",
        r"(?i)(?:e-?mail|mail|メール|Ｅ－?ｍａｉｌ)\s*[:：／/]|^<?[^\s@<>]+@[^\s@<>]+\.[a-z]+>?$",
        r"〒\s?\d{3}|(?:東京都|大阪府|京都府|北海道|.{2,3}県).{1,20}[0-9０-９]",
        r"(?i)^(?:url|web|hp|http)\s*[:：／/]|^https?://\S+$|^www\.\S+$",
        r"株式会社|有限会社|合同会社|（株）|\(株\)|㈱|一般社団法人|(?i:\b(?:inc|ltd|corp|llc|co)\b\.?)",
        r"(?:部|課|室|グループ|チーム|本部|事業部|センター)(?:$|\s|　)|(?:部長|課長|主任|マネージャ|エンジニア|代表取締役)|(?i:\b(?:manager|engineer|department|director)\b)",
    ]
    .into_iter()
    .map(pattern::fixed)
    .collect()
});
/// Lines that carry the matter itself.
static MATTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)\b\d{12}\b|\d{4}-\d{4}-\d{4}\b|\barn:|\b(?:i|vol|vpc|subnet|sg|ami|snap|eni)-[0-9a-f]{8}|\b\d{1,3}(?:\.\d{1,3}){3}\b",
        r"|(?:会社名|氏名|お?名前|住所|電話番号|担当者名?|部署名?|変更[前後]|新|旧|登録)[^:：]{0,12}[:：]",
        r"|[{};]$|^[|┃│]|^[\[【■●◆＜<(（].{0,12}(?:連絡先|担当|住所|請求先|窓口|contact)|^(?:create|insert|select|drop|alter|[+-]{1,3} )",
        r"|エラー|リージョン|アカウント|インスタンス|。|[？?！]$|(?:です|ます|ました|ません|ください|でしょうか|お願いします)[。、]?$|\berror\b|\bexception\b"
    ))
});

/// Words by which an author says that data follows: what follows is the answer, not a signature.
static ANNOUNCED: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(
        r"(?i)(?:以下|下記|次)(?:です|の|と|に|、|。|$)|(?:連絡|請求|送付|宛)先|住所|電話番号|担当者|[:：]$|\b(?:following|below|as follows|contact|address)\b",
    )
});

/// Whether a line says that data follows.
pub(super) fn announces_data(line: &str) -> bool {
    ANNOUNCED.is_match(line)
}

/// Where the signature at the end of a range begins, the surest sign first.
pub(super) fn find_start(lines: &[Line<'_>], range: Range<usize>) -> Option<SignatureStart> {
    let earliest = range.end.saturating_sub(MAX_LINES).max(range.start);
    let tail = earliest..range.end;
    let start = |is_delimited: bool| move |line: usize| SignatureStart { line, is_delimited };
    find_delimiter(lines, tail.clone())
        .map(start(true))
        .or_else(|| find_rule(lines, tail.clone()).map(start(false)))
        .or_else(|| find_unruled(lines, tail).map(start(false)))
}

/// The usenet delimiter `-- ` (RFC 3676 §4.3). Its space is often lost, and dumps and diffs have lines of
/// two dashes as well, so what is below must not be technical matter.
fn find_delimiter(lines: &[Line<'_>], tail: Range<usize>) -> Option<usize> {
    let end = tail.end;
    let is_delimiter = |index: &usize| {
        lines
            .get(*index)
            .is_some_and(|line| matches!(line.body, "--" | "－－"))
    };
    let found = tail.rev().find(is_delimiter)?;
    let below = lines.get(found.saturating_add(1)..end)?;
    let is_whole = lines
        .get(found)
        .is_some_and(|line| line.raw.trim_end_matches(['\n', '\r']) == "-- ");
    (is_whole || !holds_matter(below)).then_some(found)
}

/// The first rule below which everything is a signature.
fn find_rule(lines: &[Line<'_>], tail: Range<usize>) -> Option<usize> {
    let end = tail.end;
    tail.filter(|index| lines.get(*index).is_some_and(Line::is_rule))
        .find(|index| {
            let block = lines.get(index.saturating_add(1)..end).unwrap_or_default();
            kinds_of_contact(block) >= 2 && !holds_matter(block)
        })
}

/// The last paragraph, and the one above it when both together are contact data.
fn find_unruled(lines: &[Line<'_>], tail: Range<usize>) -> Option<usize> {
    let end = tail.end;
    let first = paragraph_start(lines, &tail, end);
    let paragraph = lines.get(first..end)?;
    if paragraph.len() < 2
        || kinds_of_contact(paragraph) < 2
        || !names_reach(paragraph)
        || holds_matter(paragraph)
    {
        return None;
    }
    let above_end = first.checked_sub(1).filter(|above| *above > tail.start)?;
    let above = paragraph_start(lines, &tail, above_end);
    let upper = lines.get(above..above_end).unwrap_or_default();
    let belongs =
        !upper.is_empty() && upper.len() <= 4 && kinds_of_contact(upper) >= 1 && !holds_matter(upper);
    Some(if belongs { above } else { first })
}

fn paragraph_start(lines: &[Line<'_>], tail: &Range<usize>, end: usize) -> usize {
    (tail.start..end)
        .rev()
        .find(|index| lines.get(*index).is_none_or(Line::is_blank))
        .map_or(tail.start, |blank| blank.saturating_add(1))
}

/// A telephone program's last line at the end of a range.
pub(super) fn find_mobile(lines: &[Line<'_>], tail: Range<usize>) -> Option<usize> {
    let last = tail.end.checked_sub(1).filter(|last| tail.contains(last))?;
    MOBILE.is_match(lines.get(last)?.short()).then_some(last)
}

/// How many kinds of contact data a block names.
fn kinds_of_contact(block: &[Line<'_>]) -> usize {
    CONTACTS
        .iter()
        .filter(|kind| block.iter().any(|line| kind.is_match(line.short())))
        .count()
}

/// Whether a telephone, a mail address or a postal address is among it.
fn names_reach(block: &[Line<'_>]) -> bool {
    CONTACTS
        .iter()
        .take(3)
        .any(|kind| block.iter().any(|line| kind.is_match(line.short())))
}

/// Whether a line is running text or technical matter.
fn holds_matter(block: &[Line<'_>]) -> bool {
    block
        .iter()
        .any(|line| line.short().len() != line.body.len() || MATTER.is_match(line.short()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::reply::lines::split;

    fn start(text: &str) -> Option<usize> {
        let lines = split(text);
        find_start(&lines, 0..lines.len()).map(|start| start.line)
    }

    #[test]
    fn ruled_and_unruled_signatures_are_found() {
        assert_eq!(start("質問です。\n-- \n佐藤\n"), Some(1));
        assert_eq!(
            start("質問です。\n━━━━━━\n株式会社カスタマー\n佐藤\nTEL: 03-0000-0000\n━━━━━━\n"),
            Some(1)
        );
        assert_eq!(
            start(
                "質問です。\n\n株式会社カスタマー 佐藤\nTEL: 03-0000-0000\nE-mail: sato@customer.example\n"
            ),
            Some(2)
        );
    }

    #[test]
    fn a_telephones_own_line_is_known() {
        for line in [
            "iPhoneから送信",
            "Sent from my iPhone",
            "Outlook for iOS を入手",
            "Get Outlook for Android<https://a.example>",
        ] {
            assert_eq!(find_mobile(&split(line), 0..1), Some(0), "{line}");
        }
        assert_eq!(find_mobile(&split("iPhoneから送信できません"), 0..1), None);
    }

    #[test]
    fn matter_below_a_rule_is_no_signature() {
        assert_eq!(
            start(
                "対象です。\n------\nユーザー: sato@customer.example\nアカウントID: 480913372265\n------\n"
            ),
            None
        );
        assert_eq!(
            start("結果\n=====\n接続できません。TEL 03-0000-0000 株式会社\n"),
            None
        );
    }
}
