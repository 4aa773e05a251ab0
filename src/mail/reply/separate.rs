//! Cuts a mail's text into what its author wrote now and the rest. Comes in: the text, and the HTML it came
//! from or came with. Goes out: the pieces. The pieces joined are the text, whatever the text is.

use std::ops::Range;

use super::contact_lines::is_sentence;
use super::hints::Hints;
use super::history::{Stretch, find_history};
use super::machine_paragraphs::{banner_end, machine_tail};
use super::page::Page;
use super::segment::{Piece, PieceKind, VisibleReply};
use super::signature::signature_start;
use super::structure::{Mark, html_marks, locate};
use super::wording::{is_mobile_line, leading_tags};
use crate::mail::address::Mailbox;
use crate::mail::pattern::patterns;

/// Footers, disclaimers and signatures that may follow each other at one end.
const MOST_TAILS: usize = 6;

patterns! {
    forwards = r"(?i)転送(?:いた)?(?:します|致します|させて)|を転送|フォワード|\bforwarding\b|\bfwd\b|\bfyi\b|ご参考まで|以下のメールが|下記のメールが";
}

/// The text in pieces: newly written, quoted, forwarded, signature, disclaimer, banner (SPEC §4).
///
/// `html` is the mail's HTML part where it has one: its own structure says where quotes begin. Time is
/// linear in both. A text with more than 100,000 lines stays one written piece.
pub fn separate(text: &str, html: Option<&str>) -> VisibleReply {
    separate_from(text, html, None, "")
}

/// As [`separate`], with the mail's author and subject: they tell who signs and which mail is answered.
pub fn separate_from(
    text: &str,
    html: Option<&str>,
    author: Option<&Mailbox>,
    subject: &str,
) -> VisibleReply {
    let hints = Hints::of(author, subject);
    let Some(page) = Page::read(text) else {
        return VisibleReply::all_written(text);
    };
    let top = banner_end(&page);
    let mut kinds = vec![PieceKind::Written; page.len()];
    fill(&mut kinds, 0..top, PieceKind::Banner);
    let mut history = find_history(&page, top, &hints);
    let marks = html.map(html_marks).unwrap_or_default();
    add_html_quote(text, &page, &marks, &mut history);
    for region in written_regions(&page, top, &history) {
        mark_tails(&page, &mut kinds, region, &hints);
    }
    mark_html_signature(text, &page, &marks, &mut kinds);
    mark_history(&page, &mut kinds, &history);
    keep_what_stands_alone(&page, &mut kinds);
    pieces(&page, &kinds, top)
}

fn fill(kinds: &mut [PieceKind], range: Range<usize>, kind: PieceKind) {
    if let Some(part) = kinds.get_mut(range) {
        part.fill(kind);
    }
}

/// Where the plain text shows no quote that runs to the end, the HTML may know of one.
fn add_html_quote(text: &str, page: &Page<'_>, marks: &[Mark], history: &mut Vec<Stretch>) {
    if history.iter().any(|stretch| stretch.to_end) {
        return;
    }
    let quote = marks.iter().find(|mark| mark.kind == PieceKind::Quote);
    let Some(start) = quote.and_then(|mark| locate(text, page, mark)) else {
        return;
    };
    if history
        .iter()
        .any(|stretch| stretch.quoted.end > start || page.next_filled(stretch.quoted.end) >= start)
    {
        return;
    }
    history.push(Stretch {
        kind: PieceKind::Quote,
        head: start..start,
        quoted: start..page.len(),
        to_end: true,
    });
}

/// The lines between the stretches, each with whether nothing written follows it.
fn written_regions(page: &Page<'_>, top: usize, history: &[Stretch]) -> Vec<(Range<usize>, bool)> {
    let mut regions: Vec<Range<usize>> = Vec::new();
    let mut start = top;
    for stretch in history {
        regions.push(start..stretch.head.start);
        start = stretch.quoted.end;
    }
    regions.push(start..page.len());
    regions.retain(|region| page.last_filled(region.clone()).is_some());
    let count = regions.len();
    regions
        .into_iter()
        .enumerate()
        .map(|(nth, region)| (region, nth.saturating_add(1) == count))
        .collect()
}

/// Disclaimers, footers and signatures at the end of a region, from the end upwards.
fn mark_tails(page: &Page<'_>, kinds: &mut [PieceKind], (region, last): (Range<usize>, bool), hints: &Hints) {
    let mut end = region.end;
    let mut signed = false;
    for _ in 0..MOST_TAILS {
        let rest = region.start..end;
        let tail = machine_tail(page, rest.clone()).or_else(|| {
            let start = if signed {
                None
            } else {
                signature_start(page, rest.clone(), last, hints)
            };
            start.map(|start| (start, PieceKind::Signature))
        });
        let Some((start, kind)) = tail else { return };
        signed = signed || kind == PieceKind::Signature;
        fill(kinds, start..end, kind);
        end = start;
    }
}

fn mark_html_signature(text: &str, page: &Page<'_>, marks: &[Mark], kinds: &mut [PieceKind]) {
    for mark in marks.iter().filter(|mark| mark.kind == PieceKind::Signature) {
        let Some(start) = locate(text, page, mark) else {
            continue;
        };
        let written = |index: &usize| kinds.get(*index) == Some(&PieceKind::Written);
        let end = end_of_letters(page, start, mark.letters);
        let end = start.saturating_add((start..end).take_while(written).count());
        let follows = (0..start).any(|index| written(&index) && !page.is_blank(index));
        if follows && !is_mostly_spoken(page, start..end) {
            fill(kinds, with_dashes_above(page, start)..end, PieceKind::Signature);
        }
    }
}

/// Some people write their answer into the element of their signature.
fn is_mostly_spoken(page: &Page<'_>, lines: Range<usize>) -> bool {
    let filled = page.lines(lines).iter().filter(|line| !line.is_blank());
    let spoken = filled
        .clone()
        .filter(|line| is_sentence(line.text) && !is_mobile_line(line.text, true));
    spoken.count().saturating_mul(2) > filled.count()
}

/// The line after the last one that lies whole within so many letters and digits.
fn end_of_letters(page: &Page<'_>, start: usize, letters: usize) -> usize {
    let mut left = letters;
    for index in start..page.len() {
        let mut linked = false;
        let count = page.text(index).chars().filter(|c| {
            // The address of a link is not among the letters of the HTML.
            linked = (linked || *c == '<') && *c != '>';
            !linked && c.is_alphanumeric()
        });
        match left.checked_sub(count.count()) {
            Some(rest) if left > 0 => left = rest,
            Some(_) | None => return index,
        }
    }
    page.len()
}

/// Gmail draws the dashes before its signature element.
fn with_dashes_above(page: &Page<'_>, start: usize) -> usize {
    match page.last_filled(start.saturating_sub(2)..start) {
        Some(above) if page.text(above) == "--" => above,
        Some(_) | None => start,
    }
}

/// Folds the history away, save what an interleaved answer needs: quoted lines with the author's words
/// both before (or between) and after them.
fn mark_history(page: &Page<'_>, kinds: &mut [PieceKind], history: &[Stretch]) {
    let is_written = |kinds: &[PieceKind], range: Range<usize>| {
        range
            .into_iter()
            .any(|index| kinds.get(index) == Some(&PieceKind::Written) && !page.is_blank(index))
    };
    let mut follows = vec![false; history.len()];
    let mut answered = false;
    let mut edge = page.len();
    for (stretch, follows) in history.iter().zip(follows.iter_mut()).rev() {
        answered = answered || is_written(kinds, stretch.quoted.end..edge);
        *follows = answered;
        edge = stretch.head.start;
    }
    let before = is_written(kinds, 0..history.first().map_or(0, |stretch| stretch.head.start));
    let answers = follows.iter().filter(|follows| **follows).count();
    let goes_on = history
        .get(answers)
        .is_some_and(|rest| rest.head.is_empty() && !rest.to_end);
    let interleaved = answers > 1 || (answers == 1 && (before || goes_on));
    let comment: String = page
        .lines(0..history.first().map_or(0, |s| s.head.start))
        .iter()
        .take(30)
        .map(|l| l.raw)
        .collect();
    for (stretch, follows) in history.iter().zip(follows) {
        // Outlook heads a forward as it heads an answer; what was written above tells them apart.
        let sent_on = stretch.to_end && (comment.trim().is_empty() || forwards().is_match(&comment));
        let kind = if sent_on {
            PieceKind::Forwarded
        } else {
            stretch.kind
        };
        fill(kinds, stretch.head.clone(), kind);
        let keep = follows && interleaved && kind == PieceKind::Quote;
        fill(
            kinds,
            stretch.quoted.clone(),
            if keep { PieceKind::Written } else { kind },
        );
    }
}

/// Contact data alone, or a text that reads like a disclaimer, is what the author wanted to say.
fn keep_what_stands_alone(page: &Page<'_>, kinds: &mut [PieceKind]) {
    let spoken =
        |kind: PieceKind| matches!(kind, PieceKind::Written | PieceKind::Quote | PieceKind::Forwarded);
    if kinds
        .iter()
        .enumerate()
        .any(|(index, kind)| spoken(*kind) && !page.is_blank(index))
    {
        return;
    }
    for kind in kinds.iter_mut().filter(|kind| **kind != PieceKind::Banner) {
        *kind = PieceKind::Written;
    }
}

/// Joins lines of one kind; blank lines go with the piece above them.
fn pieces(page: &Page<'_>, kinds: &[PieceKind], top: usize) -> VisibleReply {
    let mut pieces: Vec<Piece> = Vec::new();
    let first = page.next_filled(top);
    for (index, (line, kind)) in page.lines(0..page.len()).iter().zip(kinds).enumerate() {
        let tags = if index == first && *kind == PieceKind::Written {
            leading_tags(line.raw)
        } else {
            0
        };
        let (tag, rest) = line.raw.split_at_checked(tags).unwrap_or(("", line.raw));
        if !tag.is_empty() {
            push(&mut pieces, PieceKind::Banner, tag);
        }
        let kind = if line.is_blank() {
            pieces.last().map_or(*kind, |piece| piece.kind)
        } else {
            *kind
        };
        push(&mut pieces, kind, rest);
    }
    VisibleReply { pieces }
}

fn push(pieces: &mut Vec<Piece>, kind: PieceKind, text: &str) {
    match pieces.last_mut() {
        Some(last) if last.kind == kind => last.text.push_str(text),
        Some(_) | None => pieces.push(Piece {
            kind,
            text: text.to_owned(),
        }),
    }
}

#[cfg(test)]
#[path = "separate_tests.rs"]
mod tests;
