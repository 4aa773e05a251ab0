//! Lines of contact data against lines of speech. Comes in: single lines. Goes out: how many kinds of
//! contact data they hold, and whether a line is a sentence. It must not look at where the lines stand.

use regex::Regex;

use super::page::columns;
use crate::mail::pattern::patterns;

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
    closing = r"(?i)^(?:(?:best|kind|warm|warmest)?\s?regards|thanks.*|thank you.*|many thanks|sincerely.*|cheers|best(?: wishes)?|yours.*|mit (?:freundlichen|besten) grüßen.*|viele grüße.*|cordialement.*|敬具|草々|以上|よろしく.*|宜しく.*|お手数.*)[,、.!。]*$";
    asks = r"(?:連絡先|以下|下記|次の|アカウント|希望|候補|対象|[:：])\s*$|^(?:[・●○■□◆※]|[-*]\s|\d{1,2}[.)）．]|[(（]\d)|[:：]\s*\d{12}\b";
    announces = r"(?:一覧|とおり|通り)(?:です)?[。:：]?$|請求先|送付先|送り先|届け先|納品先|宛名|名義|届出|連絡網|名簿|住所(?:の)?変更|支店の追加|連絡先|以下|下記|次の|宛先|情報です|(?:変更|登録|追加|更新|修正|訂正|送付|削除|発行|招待|共有)(?:を|して|し|の)?(?:お願い|ください|下さい|いただ|頂)|[:：]\s*$|(?i)\b(?:contact|following|below|details|recipients|(?:billing|postal|shipping|delivery) address|register|invite|add|replace|change)\b";
    form_field = r"(?i)^[・■●□○◆\s]*(?:お?名前|氏\s?名|ご?芳名|[会御貴]社名|団体名|契約名義?|ご?担当者名?|full name|name|company(?: name)?)\s*[:：]";
    name = r"^(?:[\p{Han}々ヶ\p{Hiragana}\p{Katakana}ー]{1,6}[\s　]?[\p{Han}々ヶ\p{Hiragana}\p{Katakana}ー]{0,6}(?:\s?[(（<].{1,30}[)）>])?|[A-Z][a-z]+(?:\s[A-Z]\.)?(?:\s[A-Z][A-Za-z'-]+){1,3})$";
    abbreviated = r"(?i)(?:^|[\s,])(?:dept|div|sec|inc|ltd|co|corp|jr|sr|bldg|blvd|ave|st|rd|fl|no|mgr|eng|intl|univ|assoc|bros)\.$";
    full_name = r"^[\p{Han}々ヶ]{1,4}[\s　]+[\p{Han}々ヶ\p{Hiragana}\p{Katakana}ー]{1,5}(?:\s?[(（<＜/／].{1,40})?$|^[A-Z][a-z]+(?:\s[A-Z]\.)?(?:\s[A-Z][A-Za-z'-]+){1,2}(?:,?\s[A-Z][A-Za-z.]{1,5})?$";
}

/// Two kinds of contact data, of which one reaches a person.
pub(super) fn is_reachable(lines: &[&str]) -> bool {
    evidence(lines) >= 2 && reaches_somebody(lines)
}

/// A telephone, a mail address or a place is named.
pub(super) fn reaches_somebody(lines: &[&str]) -> bool {
    lines
        .iter()
        .any(|text| telephone().is_match(text) || mail().is_match(text) || place().is_match(text))
}

/// How many kinds of contact data the lines hold.
pub(super) fn evidence(lines: &[&str]) -> usize {
    [telephone(), mail(), site(), company(), post(), place()]
        .iter()
        .filter(|kind| lines.iter().any(|text| kind.is_match(text)))
        .count()
}

/// A company or a post is named, and no address: an address under a strange name may be what was asked for.
pub(super) fn evidence_of_company(lines: &[&str]) -> bool {
    let any = |kind: &Regex| lines.iter().any(|text| kind.is_match(text));
    (any(company()) || any(post())) && !any(mail())
}

/// Short enough for a name, and written like one.
pub(super) fn is_name(text: &str) -> bool {
    name().is_match(text)
}

/// A family name and a given name.
pub(super) fn is_full_name(text: &str) -> bool {
    full_name().is_match(text)
}

/// A list, a question's label: the contact data was asked for.
pub(super) fn is_asked_for(text: &str) -> bool {
    asks().is_match(text)
}

/// A form's label: whoever signs does not write 会社名 before the company.
pub(super) fn is_form_field(text: &str) -> bool {
    form_field().is_match(text)
}

/// The line before speaks of the contact data below.
pub(super) fn announces_contact(text: &str) -> bool {
    announces().is_match(text)
}

/// The words with which a letter is closed.
pub(super) fn is_closing(text: &str) -> bool {
    closing().is_match(text)
}

/// Longest line, in octets, that could hold contact data; longer ones are not searched for it.
const LONGEST_CONTACT: usize = 4_000;

/// Somebody says something.
pub(super) fn is_sentence(text: &str) -> bool {
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
    let ends = ends_a_sentence().is_match(text) && !abbreviated().is_match(text);
    (ends && !contact()) || (columns(text) > WIDEST && !contact())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_end_no_sentence() {
        assert!(!is_sentence("Infrastructure Dept."));
        assert!(is_sentence("It stopped again."));
        assert!(is_sentence("確認いたします"));
    }

    #[test]
    fn kinds_of_contact_data_are_counted() {
        assert_eq!(
            evidence(&["株式会社サンプル", "TEL 03-0000-0000", "TEL 03-0000-0001"]),
            2
        );
        assert!(is_reachable(&["株式会社サンプル", "TEL 03-0000-0000"]));
        assert!(!is_reachable(&["株式会社サンプル", "開発部"]));
        assert!(is_full_name("佐藤　花子") && is_full_name("Hanako Sato") && !is_full_name("了解"));
    }
}
