//! Signatures: `-- `, ruled, mobile and unruled ones. Comes in: the lines a person wrote, up to a quote or
//! the end. Goes out: where the signature starts. A sentence is never a signature: losing a customer's words
//! is worse than keeping a name too many.

use std::ops::Range;

use super::contact_lines::{
    evidence, is_form_field, is_full_name, is_name, is_reachable, is_sentence, reaches_somebody,
};
use super::drawn_rule::{is_rule, is_short_rule, titled};
use super::hints::Hints;
use super::page::Page;
use super::pasted::is_machine_line;
use super::unruled_signature::unruled_start;
use super::wording::is_mobile_line;
use crate::mail::pattern::patterns;

/// Most lines of a signature, blank ones included.
const MOST_LINES: usize = 30;

/// Most filled lines below three strokes.
const MOST_BELOW_SHORT: usize = 4;

/// Most lines of contact data below them.
const MOST_CONTACT: usize = 12;

/// Lines in which a phone's line is looked for.
const MOST_BELOW_MOBILE: usize = 6;

patterns! {
    form = r"^(?:[・■●]\s?)?(?:変更前|変更後|旧|新|現在|追加|削除|対象|希望|申請|申込|登録)\S{0,8}[\s　]*[:：]|^(?:変更前|変更後)";
}

/// Where the signature at the end of these lines starts; `None` where there is none.
///
/// `last` says that nothing written follows, so that unmarked contact data may count.
pub(super) fn signature_start(
    page: &Page<'_>,
    written: Range<usize>,
    last: bool,
    hints: &Hints,
) -> Option<usize> {
    let end = page.last_filled(written.clone())?.saturating_add(1);
    let window = written.start.max(end.saturating_sub(MOST_LINES))..end;
    let marked = window.clone().find(|index| {
        is_dashes(page, *index, end)
            || is_ruled_signature(page, *index, end, hints)
            || (last && is_below_short_rule(page, *index, end, hints))
    });
    let mobile = mobile_start(page, window.clone(), hints);
    let unruled = || {
        if last {
            unruled_start(page, window.start..mobile.unwrap_or(end), hints)
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

fn is_ruled_signature(page: &Page<'_>, rule: usize, end: usize, hints: &Hints) -> bool {
    let title = titled(page.text(rule));
    let signs = |text: &str| hints.name_in(text) || is_full_name(text) || evidence(&[text]) > 0;
    if title.map_or_else(|| !is_rule(page.text(rule)), |title| !signs(title)) {
        return false;
    }
    let below = page.lines(rule.saturating_add(1)..end);
    let filled: Vec<&str> = title
        .into_iter()
        .chain(below.iter().map(|line| line.text.trim()))
        .filter(|text| !text.is_empty() && !is_rule(text))
        .collect();
    if filled.is_empty() || filled.len() > 18 {
        return false;
    }
    if filled
        .iter()
        .any(|text| form().is_match(text) || is_form_field(text) || is_machine_line(text))
    {
        return false;
    }
    let proof = evidence(&filled);
    let spoken = filled.iter().filter(|text| is_sentence(text)).count();
    let closed = is_rule(page.text(end.saturating_sub(1)));
    let signed = |text: &&str| is_name(text) || hints.name_in(text);
    let named = filled.len() <= 4
        && filled.iter().all(signed)
        && (closed || (filled.len() <= 2 && filled.iter().any(|text| hints.name_in(text))));
    // A department alone heads the rows of a table too.
    let told = || filled.iter().any(signed) || reaches_somebody(&filled);
    let enough = proof >= 2 || (proof == 1 && filled.len() <= 5 && told()) || named;
    enough && (spoken == 0 || (proof >= 3 && spoken <= 3)) && begins_with_contact(page, rule, end, hints)
}

/// Between this rule and the next one, and before anything said, stands who signs: otherwise the rule draws
/// a table or fences a log above the signature.
fn begins_with_contact(page: &Page<'_>, rule: usize, end: usize, hints: &Hints) -> bool {
    let own = titled(page.text(rule)).into_iter();
    let first: Vec<&str> = own
        .chain(
            page.lines(rule.saturating_add(1)..end)
                .iter()
                .map(|line| line.text.trim())
                .skip_while(|text| text.is_empty() || is_rule(text))
                .take_while(|text| !is_rule(text) && !is_sentence(text)),
        )
        .collect();
    evidence(&first) >= 1
        || first
            .iter()
            .any(|text| is_full_name(text) || hints.name_in(text) || is_name(text))
}

/// Three strokes set a signature off where they stand alone and nothing but a name and contact data follows.
fn is_below_short_rule(page: &Page<'_>, rule: usize, end: usize, hints: &Hints) -> bool {
    let alone = rule.checked_sub(1).is_some_and(|above| page.is_blank(above));
    if !alone || !is_short_rule(page.text(rule)) {
        return false;
    }
    let filled: Vec<&str> = page
        .lines(rule.saturating_add(1)..end)
        .iter()
        .map(|line| line.text.trim())
        .filter(|text| !text.is_empty())
        .collect();
    let own = filled.iter().take(2).any(|text| hints.name_in(text));
    let named = matches!(filled.as_slice(), [only] if is_full_name(only));
    let quiet = |text: &&str| {
        hints.name_in(text) || !(is_sentence(text) || form().is_match(text) || is_machine_line(text))
    };
    let few = filled.len() <= MOST_BELOW_SHORT;
    let contact = filled.len() <= MOST_CONTACT && evidence(&filled) >= 2;
    (own || named || is_reachable(&filled)) && filled.iter().all(quiet) && (few || contact)
}

/// The phone's line at the end; a name or contact data may follow it.
fn mobile_start(page: &Page<'_>, window: Range<usize>, hints: &Hints) -> Option<usize> {
    let end = page.last_filled(window.clone())?.saturating_add(1);
    let first = window.start.max(end.saturating_sub(MOST_BELOW_MOBILE));
    let found = (first..end).rev().find(|index| {
        let below = index.saturating_add(1);
        let own = index.checked_sub(1).is_none_or(|above| page.is_blank(above))
            && (below >= end || page.is_blank(below));
        is_mobile_line(page.text(*index), own)
    })?;
    let signs = |text: &str| {
        hints.name_in(text) || is_name(text) || evidence(&[text]) > 0 || is_mobile_line(text, true)
    };
    let quiet = page
        .lines(found.saturating_add(1)..end)
        .iter()
        .all(|line| line.is_blank() || (!is_sentence(line.text) && signs(line.text.trim())));
    let above = page
        .last_filled(window.start..found)
        .map_or("", |index| page.text(index));
    (quiet && !above.ends_with([':', '：'])).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(text: &str) -> String {
        let page = Page::read(text).unwrap();
        let start = signature_start(&page, 0..page.len(), true, &Hints::default()).unwrap_or(page.len());
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
    fn three_strokes_set_off_a_name_and_a_rule_may_hold_it() {
        for tail in [
            "---\n佐藤 花子\n",
            "===\n株式会社サンプル\nTEL 03-0000-0000\n",
            "---- 佐藤 花子 ----\n株式会社サンプル\nsato@customer.example\n-------------------\n",
        ] {
            assert_eq!(signature(&format!("ご確認ください。\n\n{tail}")), tail);
        }
        for text in [
            "結果です。\n\n---\n佐藤: OK\n高橋: NG\n",
            "案です。\n\n---\n営業部 3台\n開発部 2台\n",
            "台数です。\n\n-----\n営業部 3台\n開発部 2台\n",
        ] {
            assert_eq!(signature(text), "", "{text}");
        }
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
