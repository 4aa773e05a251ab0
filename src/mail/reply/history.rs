//! Earlier mails in a text: attributions, header blocks, runs of `>` lines. Comes in: lines. Goes out: the
//! stretches that are somebody else's words, in order. It must not decide which of them an interleaved
//! answer needs.

use std::ops::Range;

use super::attribution::attribution_at;
use super::contact_lines::is_sentence;
use super::drawn_rule::is_rule;
use super::header_block::{ForwardedHeader, HeaderBlock, header_block_at};
use super::hints::Hints;
use super::page::{Page, columns};
use super::pasted::is_pasted;
use super::segment::PieceKind;
use crate::mail::pattern::patterns;

/// Width from which a quoted line may have been wrapped by a client that lost the mark of the rest.
const WRAPPED_AT: usize = 66;

/// A day and a time have more digits than this in every client's block.
const FEWEST_DATE_DIGITS: usize = 5;

/// Widest rest of a wrapped line.
const WIDEST_REST: usize = 24;

/// A stretch of an earlier mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Quote or Forwarded.
    pub kind: PieceKind,
    /// Attribution or header block (may be empty), directly before the quoted lines.
    pub head: Range<usize>,
    /// The quoted lines.
    pub quoted: Range<usize>,
    /// It runs to the end without quote marks: nothing after it is the author's.
    pub to_end: bool,
}

patterns! {
    answers_inside = r"インライン|本文中|文中に|赤字|青字|赤文字|青文字|下記.{0,8}(?:本文|メール).{0,6}に.{0,10}(?:回答|記載|追記|返信)|(?i:\binline\b|in (?:red|blue)\b|answers? below|comments? below|see below)";
    marked_prefix = r"^\s?(?:\||:|[A-Za-z]{1,8}>|[\p{Han}]{1,4}[>＞])\s?";
}

/// Every stretch of earlier mails, in order and without overlap.
pub(super) fn find_history(page: &Page<'_>, from: usize, hints: &Hints) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut index = page.next_filled(from);
    while index < page.len() {
        let stretch = stretch_at(page, index, from, hints);
        index = match stretch {
            Some(stretch) => {
                let end = stretch.quoted.end.max(index.saturating_add(1));
                found.push(stretch);
                page.next_filled(end)
            }
            None if page.depth(index) > 0 => page.next_filled(run_end(page, index)),
            None => page.next_filled(index.saturating_add(1)),
        };
    }
    found
}

fn stretch_at(page: &Page<'_>, index: usize, from: usize, hints: &Hints) -> Option<Stretch> {
    if page.depth(index) > 0 {
        let run = index..run_end(page, index);
        return (!is_pasted(page, run.clone())).then(|| stretch(PieceKind::Quote, index..index, run, false));
    }
    if let Some(end) = barred_end(page, index) {
        return Some(stretch(PieceKind::Quote, index..index, index..end, false));
    }
    if let Some(block) = header_block_at(page, index)
        && heads_a_mail(page, &block, hints)
    {
        return Some(below_header(page, index, &block, from));
    }
    let attribution = attribution_at(page, index)?;
    let head = index..attribution.end;
    let below = page.next_filled(attribution.end);
    if page.depth(below) > 0 {
        return Some(stretch(
            PieceKind::Quote,
            head,
            attribution.end..run_end(page, below),
            false,
        ));
    }
    if let Some(end) = prefixed_end(page, below) {
        return Some(stretch(PieceKind::Quote, head, attribution.end..end, false));
    }
    attribution
        .certain
        .then(|| stretch(PieceKind::Quote, head, attribution.end..page.len(), true))
}

fn stretch(kind: PieceKind, head: Range<usize>, quoted: Range<usize>, to_end: bool) -> Stretch {
    Stretch {
        kind,
        head,
        quoted,
        to_end,
    }
}

/// Labels alone may be the author's own list: of a packet's way, of a form, of a mail's raw header.
fn heads_a_mail(page: &Page<'_>, block: &HeaderBlock, hints: &Hints) -> bool {
    let header = &block.header;
    if block.divided || page.depth(page.next_filled(block.end)) > 0 {
        return true;
    }
    if block.is_raw() {
        return false;
    }
    let from = header.from.as_deref().unwrap_or_default();
    let date = header.date.as_deref().unwrap_or_default();
    let addressed = from.contains('@');
    let named = from.contains(char::is_alphabetic);
    let digits = date.chars().filter(char::is_ascii_digit).count();
    let timed = digits >= FEWEST_DATE_DIGITS && date.contains([':', '：', '時']);
    let answered = header
        .subject
        .as_deref()
        .is_some_and(|subject| hints.subject_is(subject));
    answered || (timed && (addressed || (block.sent && named)))
}

/// Below a header block the rest is quoted, unless quote marks say how far, or the author says that the
/// answers stand inside.
fn below_header(page: &Page<'_>, start: usize, block: &HeaderBlock, from: usize) -> Stretch {
    let below = page.next_filled(block.end);
    // A divider that asks for the answer above it is often framed by two rules.
    let framed = block.divided && block.header == ForwardedHeader::default();
    let above = start
        .checked_sub(1)
        .filter(|above| framed && *above >= from && is_rule(page.text(*above)));
    let head = above.unwrap_or(start)..block.end;
    if page.depth(below) > 0 {
        return stretch(block.kind, head, block.end..run_end(page, below), false);
    }
    let said = page
        .lines(from..start)
        .iter()
        .take(40)
        .any(|line| answers_inside().is_match(line.text));
    if said && block.kind == PieceKind::Quote {
        return stretch(block.kind, head, block.end..block.end, false);
    }
    stretch(block.kind, head, block.end..page.len(), true)
}

/// The end of the run of quoted lines that starts here; blank lines between quoted lines belong to it, and
/// so does the unmarked rest of a wrapped line.
fn run_end(page: &Page<'_>, start: usize) -> usize {
    let mut end = start;
    loop {
        let next = page.next_filled(end);
        if page.depth(next) > 0 {
            end = next.saturating_add(1);
        } else if next == end && is_wrapped_rest(page, end) {
            end = end.saturating_add(1);
        } else {
            return end;
        }
    }
}

fn is_wrapped_rest(page: &Page<'_>, index: usize) -> bool {
    let (Some(before), Some(line)) = (
        index.checked_sub(1).and_then(|before| page.get(before)),
        page.get(index),
    ) else {
        return false;
    };
    before.depth > 0
        && page.depth(index.saturating_add(1)) > 0
        && columns(before.text) >= WRAPPED_AT
        && columns(line.text) <= WIDEST_REST
        && !before.text.ends_with(['。', '.', '?', '？'])
}

/// Quotes marked by `| ` or the author's initials count below an attribution only.
fn prefixed_end(page: &Page<'_>, start: usize) -> Option<usize> {
    let prefix = marked_prefix().find(page.text(start))?.as_str().trim();
    let mut end = start;
    while end < page.len() && page.text(end).trim_start().starts_with(prefix) {
        end = end.saturating_add(1);
    }
    Some(end)
}

/// Without an attribution, sentences behind bars are quoted; a table has bars inside its lines too.
fn barred_end(page: &Page<'_>, start: usize) -> Option<usize> {
    let barred = |index: usize| page.text(index).starts_with('|');
    if !barred(start) || start.checked_sub(1).is_some_and(barred) {
        return None;
    }
    let end = (start..page.len())
        .find(|index| !barred(*index))
        .unwrap_or(page.len());
    let mut bodies = page
        .lines(start..end)
        .iter()
        .map(|line| line.text.trim_start_matches('|'));
    let spoken = bodies.clone().any(is_sentence);
    (spoken && end > start.saturating_add(1) && bodies.all(|body| !body.contains(['|', '+']))).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(text: &str) -> Vec<(usize, usize, bool)> {
        let page = Page::read(text).unwrap();
        find_history(&page, 0, &Hints::default())
            .into_iter()
            .map(|s| (s.head.start, s.quoted.end, s.to_end))
            .collect()
    }

    #[test]
    fn below_an_outlook_block_everything_is_quoted() {
        let text = "了解です。\n\n-----Original Message-----\nFrom: A\nSent: x\nTo: y\nSubject: z\n\n本文\n";
        assert_eq!(stretches(text), [(2, 9, true)]);
    }

    #[test]
    fn quote_marks_say_how_far_a_quote_goes() {
        assert_eq!(
            stretches("Sato wrote:\n> a\n\n> b\nanswer\n> c\n"),
            [(0, 4, false), (5, 6, false)]
        );
        assert_eq!(
            stretches("On 2026/03/02 10:12, Sato wrote:\n| a\n| b\nanswer\n"),
            [(0, 3, false)]
        );
    }

    #[test]
    fn the_rest_of_a_wrapped_line_belongs_to_the_quote() {
        let text = format!("> {}\nあふれた\n> つづき\n答えです。\n", "長い行".repeat(12));
        assert_eq!(stretches(&text), [(0, 3, false)]);
    }

    #[test]
    fn answers_announced_inside_keep_the_old_text_written() {
        let text = "文中に赤字で回答します。\n\nFrom: A\nSent: 2026/03/02 10:12\nSubject: z\n\n質問\n→回答\n";
        assert_eq!(stretches(text), [(2, 5, false)]);
    }
}
