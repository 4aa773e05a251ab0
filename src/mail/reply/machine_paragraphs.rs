//! Paragraphs that no person wrote: gateway banners above, disclaimers and scanner footers below. Comes in:
//! lines. Goes out: the lines that are one. It must not look into the middle of a mail, where a customer
//! may speak about such texts.

use std::ops::Range;

use super::drawn_rule::is_rule;
use super::page::Page;
use super::segment::PieceKind;
use super::wording::{asks, is_banner, is_disclaimer, is_footer, is_notice, leading_tags};

/// Most paragraphs at the top or the end that are looked at.
const MOST_PARAGRAPHS: usize = 6;

/// Most lines of one such paragraph.
const MOST_LINES: usize = 30;

/// Lines at the top of the text that a gateway put in; the first line that is not among them.
pub(super) fn banner_end(page: &Page<'_>) -> usize {
    let mut end = 0;
    for _ in 0..MOST_PARAGRAPHS {
        let start = page.next_filled(end);
        let paragraph = paragraph_from(page, start);
        let last = paragraph.clone().rev().find(|index| {
            let text = page.text(*index);
            is_banner(text) || (!text.is_empty() && leading_tags(text) == text.len())
        });
        match last {
            Some(last) => end = with_rule_below(page, last.saturating_add(1)),
            None => return end,
        }
    }
    end
}

fn paragraph_from(page: &Page<'_>, start: usize) -> Range<usize> {
    let most = start.saturating_add(MOST_LINES).min(page.len());
    let end = (start..most).find(|index| page.is_blank(*index)).unwrap_or(most);
    start..end
}

fn with_rule_below(page: &Page<'_>, end: usize) -> usize {
    let below = page.next_filled(end);
    if below < page.len() && is_rule(page.text(below)) {
        below.saturating_add(1)
    } else {
        end
    }
}

/// The disclaimer or footer that ends these lines.
pub(super) fn machine_tail(page: &Page<'_>, written: Range<usize>) -> Option<(usize, PieceKind)> {
    let mut end = page.last_filled(written.clone())?.saturating_add(1);
    let closing_rule = is_rule(page.text(end.saturating_sub(1)));
    if closing_rule {
        end = page
            .last_filled(written.start..end.saturating_sub(1))?
            .saturating_add(1);
    }
    let first = written.start.max(end.saturating_sub(MOST_LINES));
    let start = (first..end)
        .rev()
        .take_while(|index| !page.is_blank(*index))
        .last()?;
    if page.lines(start..end).iter().any(|line| asks(line.text)) {
        return None;
    }
    let banner = phrase_line(page, start..end, is_footer).map(|line| (line, PieceKind::Banner));
    let (line, kind) = banner
        .or_else(|| phrase_line(page, start..end, is_disclaimer).map(|line| (line, PieceKind::Disclaimer)))
        .or_else(|| notice_line(page, start..end).map(|line| (line, PieceKind::Disclaimer)))?;
    let top = if opens_alike(page, start, line) {
        start
    } else {
        line
    };
    Some((with_rule_above(page, written.start, top, closing_rule), kind))
}

/// A paragraph of its own that begins with a mark and holds a company's notice.
fn notice_line(page: &Page<'_>, paragraph: Range<usize>) -> Option<usize> {
    let start = paragraph.start;
    let marked = page
        .text(start)
        .trim_start()
        .starts_with(['※', '＊', '【', '■', '*', '◆']);
    let below = start > 0 && page.is_blank(start.saturating_sub(1));
    (marked && below && phrase_line(page, paragraph, is_notice).is_some()).then_some(start)
}

/// A rule above belongs to the paragraph when one closes it below, or when it sets off this alone.
fn with_rule_above(page: &Page<'_>, from: usize, top: usize, closed: bool) -> usize {
    let Some(above) = page.last_filled(from..top) else {
        return top;
    };
    let text = page.text(above);
    let opens = above == from || page.is_blank(above.saturating_sub(1));
    let drawn = (is_rule(text) && (closed || (above.saturating_add(1) == top && opens)))
        || (matches!(text, "--" | "---") && opens);
    if drawn { above } else { top }
}

/// The first line of the paragraph with such a phrase; a phrase may run over a line's end.
fn phrase_line(page: &Page<'_>, paragraph: Range<usize>, test: fn(&str) -> bool) -> Option<usize> {
    paragraph
        .clone()
        .find(|index| test(page.text(*index)))
        .or_else(|| {
            let pair = |index: &usize| {
                format!(
                    "{}{}",
                    page.text(*index),
                    page.text(index.saturating_add(1)).trim_start()
                )
            };
            paragraph
                .clone()
                .take(paragraph.len().saturating_sub(1))
                .find(|index| test(&pair(index)))
        })
}

/// Whether the paragraph's lines above the phrase belong to it: it opens as such texts do.
fn opens_alike(page: &Page<'_>, start: usize, line: usize) -> bool {
    let opening = page.text(start).trim_start_matches([
        '※', '*', '＊', ' ', '\u{3000}', '【', '[', '<', '■', '#', '(', '（',
    ]);
    let folded = opening.to_lowercase();
    let opens = [
        "本メール",
        "本電子メール",
        "このメール",
        "この電子メール",
        "このeメール",
        "本eメール",
        "当メール",
        "本通信",
        "注意",
        "ご注意",
        "免責",
        "重要",
        "機密",
        "守秘",
        "this ",
        "the information",
        "confidential",
        "disclaimer",
        "notice",
        "important",
        "if you ",
        "caution",
        "please consider",
        "the content",
        "information in",
        "privileged",
    ];
    line == start || is_rule(page.text(start)) || opens.iter().any(|words| folded.starts_with(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banners_end_where_the_person_begins() {
        let text = "【社外】\nCAUTION: This email originated from outside of the organization.\n\nお世話になります。";
        assert_eq!(banner_end(&Page::read(text).unwrap()), 2);
        assert_eq!(banner_end(&Page::read("社外秘の資料について").unwrap()), 0);
    }

    #[test]
    fn disclaimers_are_found_at_the_end_only() {
        let text = "お願いします。\n\n※本メールには\n機密情報が含まれている場合があります。\n";
        let page = Page::read(text).unwrap();
        assert_eq!(
            machine_tail(&page, 0..page.len()),
            Some((2, PieceKind::Disclaimer))
        );
        let page = Page::read("本メールには機密情報が含まれますので削除してください。\n\nなぜこう出ますか。")
            .unwrap();
        assert_eq!(machine_tail(&page, 0..page.len()), None);
    }
}
