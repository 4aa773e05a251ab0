//! Signatures that nothing marks: contact data, or a name with a company, that ends a mail. Comes in: the
//! lines before the end. Goes out: where such a signature starts. A sentence is never part of one.

use std::ops::Range;

use super::contact_lines::{
    announces_contact, evidence, evidence_of_company, is_asked_for, is_closing, is_form_field, is_full_name,
    is_reachable, is_sentence,
};
use super::drawn_rule::is_rule;
use super::hints::Hints;
use super::page::{Page, columns};
use super::pasted::is_machine_line;

/// Most filled lines of a signature that nothing marks as one.
const MOST_UNRULED: usize = 10;

/// Most lines of a name with its company.
const MOST_NAMED: usize = 5;

/// Most lines of a name with its company above contact data.
const MOST_NAMED_ABOVE: usize = 4;

/// Widest line of a name with its company.
const WIDEST_NAMED: usize = 48;

/// Contact data at the end that nothing sets off: at least two kinds of it, and no sentence.
pub(super) fn unruled_start(page: &Page<'_>, window: Range<usize>, hints: &Hints) -> Option<usize> {
    let end = page.last_filled(window.clone())?.saturating_add(1);
    let mut start = end;
    let mut filled: Vec<&str> = Vec::new();
    for index in window.clone().rev().skip_while(|index| *index >= end) {
        let text = page.text(index).trim();
        if text.is_empty() {
            continue;
        }
        let speaks = is_sentence(text) && !(is_full_name(text) && hints.name_in(text));
        if is_form_field(text) {
            return None;
        }
        if filled.len() >= MOST_UNRULED || speaks || is_asked_for(text) || is_machine_line(text) {
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
    let reachable = is_reachable(&filled) && filled.len() >= 2;
    if !reachable || announces_contact(line_above(page, start)) {
        return signed_off_start(page, window, hints);
    }
    Some(with_name_above(page, start, &filled, hints))
}

fn line_above<'a>(page: &Page<'a>, start: usize) -> &'a str {
    page.last_filled(start.saturating_sub(4)..start)
        .map_or("", |index| page.text(index))
}

/// Contact data without a name belongs to the name above it, with what stands around that.
fn with_name_above(page: &Page<'_>, start: usize, filled: &[&str], hints: &Hints) -> usize {
    let full = |text: &str| is_full_name(text) && evidence(&[text]) == 0;
    let named = |text: &str| hints.name_in(text) || full(text);
    if filled.iter().any(|text| named(text)) {
        return start;
    }
    let Some(last) = page.last_filled(start.saturating_sub(2)..start) else {
        return start;
    };
    let quiet = |index: &usize| {
        let text = page.text(*index).trim();
        !text.is_empty()
            && columns(text) <= WIDEST_NAMED
            && (full(text) || !(is_sentence(text) || is_asked_for(text) || is_rule(text)))
    };
    let first = last.saturating_sub(MOST_NAMED_ABOVE.saturating_sub(1));
    let Some(top) = (first..=last).rev().take_while(quiet).last() else {
        return start;
    };
    let above = (top..=last).find(|index| {
        let text = page.text(*index).trim();
        named(text) || evidence(&[text]) > 0
    });
    let signs = (top..=last).any(|index| full(page.text(index).trim()));
    above.filter(|_| signs).unwrap_or(start)
}

/// The author's name together with a company, a post or an address, in lines of their own at the end.
fn signed_off_start(page: &Page<'_>, window: Range<usize>, hints: &Hints) -> Option<usize> {
    let end = page.last_filled(window.clone())?.saturating_add(1);
    let belongs = |index: &usize| {
        let text = page.text(*index).trim();
        let named = hints.name_in(text);
        !text.is_empty()
            && (columns(text) <= WIDEST_NAMED || evidence(&[text]) >= 2)
            && !(is_sentence(text) && !(named && is_full_name(text)))
            && !(is_asked_for(text) || is_machine_line(text) || is_rule(text))
    };
    let first = window.start.max(end.saturating_sub(MOST_NAMED.saturating_add(1)));
    let start = (first..end).rev().take_while(belongs).last()?;
    let lines: Vec<&str> = page
        .lines(start..end)
        .iter()
        .map(|line| line.text.trim().trim_matches('*'))
        .collect();
    let above = page
        .last_filled(window.start..start)
        .map_or("", |index| page.text(index).trim());
    let closed = start > window.start && (page.is_blank(start.saturating_sub(1)) || is_closing(above));
    let fields = lines.iter().any(|text| is_form_field(text));
    let set_off =
        closed && lines.len() <= MOST_NAMED && !(above.is_empty() || fields || announces_contact(above));
    if !set_off {
        return None;
    }
    let with_name = with_name_above(page, start, &lines, hints);
    let contact_below = with_name < start && evidence(&lines) >= 2;
    (contact_below || is_signed(&lines, hints)).then_some(with_name)
}

fn is_signed(lines: &[&str], hints: &Hints) -> bool {
    let own = lines.iter().any(|text| hints.name_in(text));
    if let [line] = lines {
        let named = own || hints.name_among(line);
        return named && (hints.address_in(line) || is_reachable(&[line]));
    }
    let several = lines.iter().filter(|text| text.contains('@')).count() > 1;
    let nameless = |text: &&str| !is_full_name(text) || evidence(&[text]) > 0;
    let stranger = || !lines.iter().all(nameless) && evidence_of_company(lines);
    !several && ((own && evidence(lines) >= 1) || stranger())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::address::{EmailAddress, Mailbox};

    fn signature(text: &str) -> String {
        let page = Page::read(text).unwrap();
        let hints = Hints::of(
            Some(&Mailbox {
                name: Some("佐藤 花子".to_owned()),
                address: EmailAddress::parse("sato@customer.example").unwrap(),
            }),
            "",
        );
        let start = unruled_start(&page, 0..page.len(), &hints).unwrap_or(page.len());
        page.lines(start..page.len())
            .iter()
            .map(|line| line.raw)
            .collect()
    }

    #[test]
    fn a_name_with_its_company_signs() {
        for tail in [
            "株式会社サンプル 管理本部\n佐藤　花子\n",
            "佐藤\n株式会社サンプル\n",
            "佐藤 花子 <sato@customer.example>\n",
            "佐藤 花子\n\n株式会社サンプル\n\nTEL 03-0000-0000\n",
        ] {
            assert_eq!(signature(&format!("ご確認をお願いします。\n\n{tail}")), tail);
        }
    }

    #[test]
    fn a_name_alone_and_what_was_asked_for_stay() {
        for text in [
            "お願いします。\n\n佐藤\n",
            "対象の会社は以下です。\n\n株式会社アルファ\n高橋 次郎\n",
            "対象は次の2社です。\n株式会社アルファ\n株式会社ベータ\n",
        ] {
            assert_eq!(signature(text), "", "{text}");
        }
    }
}
