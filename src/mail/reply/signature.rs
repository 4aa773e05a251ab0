//! Signatures: `-- `, ruled, mobile and unruled ones. Comes in: the lines a person wrote, up to a quote or
//! the end. Goes out: where the signature starts. A sentence is never a signature: losing a customer's words
//! is worse than keeping a name too many.

use std::ops::Range;

use super::page::{Page, columns};
use super::pasted::is_machine_line;
use super::wording::is_mobile_line;
use crate::mail::pattern::patterns;

/// Most lines of a signature, blank ones included.
const MOST_LINES: usize = 30;

/// Most filled lines of a signature that nothing marks as one.
const MOST_UNRULED: usize = 10;

/// Most different characters that a drawn line repeats.
const MOST_RULE_CHARACTERS: usize = 6;

/// A line wider than this is prose unless it holds contact data.
const WIDEST: usize = 64;

patterns! {
    telephone = r"(?i)(?:\b(?:tel|phone|fax|mobile|cell|ph|direct)\b|電話|ＴＥＬ|ＦＡＸ|携帯|直通|内線|代表)\D{0,12}[\d０-９]|\b0\d{1,4}[-(（)）\s]{1,2}\d{1,4}[-)）\s]\d{3,4}\b|\+\d{1,3}[\s(-]\d[\d\s()-]{6,}|(?i)^[tfm][.:：]\s?\+?\d[\d\s-]{6,}";
    mail = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}";
    site = r"(?i)https?://|\bwww\.";
    company = r"(?:株式会社|有限会社|合同会社|合資会社|[(（]株[)）]|㈱|㈲|一般社団|財団|学校法人|医療法人|独立行政法人|大学|市役所|県庁|機構)|(?:\bInc\b\.?|\bCo\.,?\s?Ltd|\bLtd\b\.?|\bLLC\b|\bCorp\b\.?|Corporation|\bGmbH\b|\bK\.K\.|Company|Limited)";
    post = r"(?:部|課|室|係|局|グループ|チーム|本部|事業部|支店|支社|営業所|センター)(?:[\s　/／]|$)|(?:部長|課長|係長|主任|室長|取締役|代表|マネージャ|エンジニア|リーダー|担当)|(?i)\b(?:manager|engineer|director|lead|department|division|architect|officer|consultant|developer|administrator)\b";
    place = r"〒|[都道府県].{0,12}[市区町村郡]|\d丁目|\d+-\d+-\d+\s?\S*(?:ビル|タワー|階|F)|(?:ビル|タワー)\S{0,8}(?:階|F)|(?i)\b(?:street|avenue|floor|tokyo|osaka|chome)\b";
    ends_a_sentence = r"(?:[。？！?!」』…]|(?:です|ます|ました|ません|ください|下さい|願います|致します|ございます|でしょうか|たい|さい|した|ない|以上|まで|か))[)）\s]*$|[a-z]{2,}[.!]\s*$";
    closing = r"(?i)^(?:(?:best|kind|warm|warmest)?\s?regards|thanks.*|thank you.*|many thanks|sincerely.*|cheers|best(?: wishes)?|yours.*|敬具|草々|以上|よろしく.*|宜しく.*|お手数.*)[,、.!。]*$";
    form = r"^(?:[・■●]\s?)?(?:変更前|変更後|旧|新|現在|追加|削除|対象|希望|申請|申込|登録)\S{0,8}[\s　]*[:：]|^(?:変更前|変更後)";
    asks = r"(?:連絡先|以下|下記|次の|アカウント|希望|候補|対象|[:：])\s*$|^(?:[・●○■□◆※]|[-*]\s|\d{1,2}[.)）．]|[(（]\d)|[:：]\s*\d{12}\b";
    announces = r"連絡先|以下|下記|次の|宛先|情報です|(?:変更|登録|追加|更新|修正|訂正|送付|削除|発行|招待|共有)(?:を|して|し|の)?(?:お願い|ください|下さい|いただ|頂)|[:：]\s*$|(?i)\b(?:contact|following|below|details|register|invite|add|replace|change)\b";
    name = r"^(?:[\p{Han}々ヶ\p{Hiragana}\p{Katakana}ー]{1,6}[\s　]?[\p{Han}々ヶ\p{Hiragana}\p{Katakana}ー]{0,6}(?:\s?[(（<].{1,30}[)）>])?|[A-Z][a-z]+(?:\s[A-Z]\.)?(?:\s[A-Z][A-Za-z'-]+){1,3})$";
}

/// Where the signature at the end of these lines starts; `None` where there is none.
///
/// `last` says that nothing written follows, so that unmarked contact data may count.
pub(super) fn signature_start(page: &Page<'_>, written: Range<usize>, last: bool) -> Option<usize> {
    let end = page.last_filled(written.clone())?.saturating_add(1);
    let window = written.start.max(end.saturating_sub(MOST_LINES))..end;
    let marked = window.clone().find(|index| {
        is_dashes(page, *index, end) || (is_rule(page.text(*index)) && is_ruled_signature(page, *index, end))
    });
    let mobile = mobile_start(page, window.clone());
    let unruled = || {
        if last {
            unruled_start(page, window.start..mobile.unwrap_or(end))
        } else {
            None
        }
    };
    marked.or_else(unruled).or(mobile)
}

/// `-- ` alone on its line (RFC 3676 §4.3); trailing space is often lost on the way.
fn is_dashes(page: &Page<'_>, index: usize, end: usize) -> bool {
    let Some(line) = page.get(index) else { return false };
    if !matches!(line.text, "--" | "－－" | "— " | "—") {
        return false;
    }
    let exact = line.raw.trim_end_matches(['\n', '\r']) == "-- ";
    let below = page.lines(index.saturating_add(1)..end);
    let filled = below.iter().filter(|line| !line.is_blank()).count();
    let spoken = below.iter().filter(|line| is_sentence(line.text)).count();
    if below.iter().any(|line| is_code_below_dashes(line.text)) {
        return false;
    }
    filled <= 25 && (exact || (filled <= 12 && spoken <= filled / 3))
}

/// `--` begins a comment in SQL and in several languages.
fn is_code_below_dashes(text: &str) -> bool {
    text == "--" || text.starts_with("-- ") || is_machine_line(text)
}

/// A line drawn with a few repeated characters, none of them a letter (save the kana stroke `ー`).
pub(super) fn is_rule(text: &str) -> bool {
    let mut kinds: Vec<char> = Vec::new();
    let mut count: usize = 0;
    for c in text.trim().chars().filter(|c| !c.is_whitespace()) {
        if (c.is_alphanumeric() && c != 'ー')
            || matches!(c, '「' | '」' | '。' | '、' | '?' | '？' | '！' | '(' | ')')
        {
            return false;
        }
        if !kinds.contains(&c) {
            kinds.push(c);
        }
        if kinds.len() > MOST_RULE_CHARACTERS {
            return false;
        }
        count = count.saturating_add(1);
    }
    count >= 4 && kinds.len().saturating_mul(2) <= count
}

fn is_ruled_signature(page: &Page<'_>, rule: usize, end: usize) -> bool {
    let below = page.lines(rule.saturating_add(1)..end);
    let filled: Vec<&str> = below
        .iter()
        .filter(|line| !line.is_blank() && !is_rule(line.text))
        .map(|line| line.text.trim())
        .collect();
    if filled.iter().any(|text| form().is_match(text)) {
        return false;
    }
    if filled.is_empty() || filled.len() > 18 || filled.iter().any(|text| is_machine_line(text)) {
        return false;
    }
    let proof = evidence(&filled);
    let spoken = filled.iter().filter(|text| is_sentence(text)).count();
    let closed = is_rule(page.text(end.saturating_sub(1)));
    let named = closed && filled.len() <= 4 && filled.iter().all(|text| name().is_match(text));
    let enough = proof >= 2 || (proof == 1 && filled.len() <= 5) || named;
    enough && (spoken == 0 || (proof >= 3 && spoken <= 3))
}

/// The phone's line, alone at the end.
fn mobile_start(page: &Page<'_>, window: Range<usize>) -> Option<usize> {
    let last = page.last_filled(window)?;
    is_mobile_line(page.text(last)).then_some(last)
}

/// Contact data at the end that nothing sets off: at least two kinds of it, and no sentence.
fn unruled_start(page: &Page<'_>, window: Range<usize>) -> Option<usize> {
    let end = page.last_filled(window.clone())?.saturating_add(1);
    let mut start = end;
    let mut filled: Vec<&str> = Vec::new();
    for index in window.rev().skip_while(|index| *index >= end) {
        let text = page.text(index).trim();
        if text.is_empty() {
            continue;
        }
        if filled.len() >= MOST_UNRULED || is_sentence(text) || asks().is_match(text) || is_machine_line(text)
        {
            break;
        }
        let below = page.next_filled(index.saturating_add(1));
        let apart = below > index.saturating_add(1);
        // Across a blank line only what is still missing is looked for: a name above may close the letter.
        if is_rule(text)
            || below > index.saturating_add(3)
            || (apart && is_reachable(&filled) && evidence(&[text]) == 0)
        {
            break;
        }
        filled.push(text);
        start = index;
    }
    let before = page
        .last_filled(start.saturating_sub(4)..start)
        .map_or("", |index| page.text(index));
    (is_reachable(&filled) && filled.len() >= 2 && !announces().is_match(before)).then_some(start)
}

/// Two kinds of contact data, of which one reaches a person.
fn is_reachable(lines: &[&str]) -> bool {
    let reaches = |text: &&str| telephone().is_match(text) || mail().is_match(text) || place().is_match(text);
    evidence(lines) >= 2 && lines.iter().any(reaches)
}

/// How many kinds of contact data the lines hold.
fn evidence(lines: &[&str]) -> usize {
    [telephone(), mail(), site(), company(), post(), place()]
        .iter()
        .filter(|kind| lines.iter().any(|text| kind.is_match(text)))
        .count()
}

/// Longest line, in octets, that could hold contact data; longer ones are not searched for it.
const LONGEST_CONTACT: usize = 4_000;

fn is_sentence(text: &str) -> bool {
    let text = text.trim();
    if text.len() > LONGEST_CONTACT {
        return true;
    }
    let contact = || {
        telephone().is_match(text) || mail().is_match(text) || site().is_match(text) || place().is_match(text)
    };
    if closing().is_match(text) || text.ends_with(['、', '。', '？', '?']) {
        return true;
    }
    if company().is_match(text) && !text.ends_with("です") && !text.ends_with("ます") {
        return false;
    }
    (ends_a_sentence().is_match(text) && !contact()) || (columns(text) > WIDEST && !contact())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(text: &str) -> String {
        let page = Page::read(text).unwrap();
        let start = signature_start(&page, 0..page.len(), true).unwrap_or(page.len());
        page.lines(start..page.len())
            .iter()
            .map(|line| line.raw)
            .collect()
    }

    #[test]
    fn ruled_signatures_start_at_their_rule() {
        for rule in [
            "-----",
            "━━━━━━━━",
            "==========",
            "*****",
            "──────",
            "・・・・・",
            "★☆★☆★☆",
        ] {
            let tail =
                format!("{rule}\n株式会社サンプル 情報システム部\n佐藤 花子\nTEL: 03-0000-0000\n{rule}\n");
            assert_eq!(signature(&format!("よろしくお願いいたします。\n\n{tail}")), tail);
        }
    }

    #[test]
    fn unruled_contact_data_is_a_signature() {
        let tail = "株式会社サンプル\n情報システム部 佐藤 花子\nTEL 03-0000-0000\nsato@customer.example\n";
        assert_eq!(signature(&format!("ご確認をお願いします。\n\n{tail}")), tail);
        let tail = "John Smith\nCloud Engineer, Acme Inc.\n+1 555 010 0000\n";
        assert_eq!(
            signature(&format!("It works now.\n\nBest regards,\n{tail}")),
            tail
        );
    }

    #[test]
    fn a_phones_line_is_a_signature() {
        assert_eq!(signature("了解です。\n\niPhoneから送信\n"), "iPhoneから送信\n");
    }

    #[test]
    fn asked_for_data_and_fenced_logs_stay_written() {
        for text in [
            "ご連絡先は以下です。\n電話番号: 03-0000-0000\n担当: 佐藤\n",
            "エラーです。\n-----\nERROR 500 at https://customer.example\n-----\n",
            "手順\n-----\n1. 再起動します。\n2. 確認します。\n",
            "アカウント: 480913372265\n",
        ] {
            assert_eq!(signature(text), "", "{text}");
        }
    }
}
