//! Stage: the visible reply. Comes in: the text of a mail (and the HTML it came from). Goes out: the same
//! text cut into pieces, each with its kind: what the author wrote now, and what is quote, signature,
//! disclaimer or gateway banner. The pieces joined are the text again: nothing is ever lost. In doubt a
//! line is written: to hide a customer's words is far worse than to show a quote (SPEC §4).

mod attribution;
mod banner;
mod disclaimer;
mod ending;
mod header_block;
mod html_marks;
mod lines;
mod quoting;
mod segment;
mod signature;

pub use header_block::{ForwardedHeader, find_forwarded};
pub use segment::{Piece, PieceKind, VisibleReply};

use header_block::{Cut, CutKind};
use lines::{Line, Marks};

/// Separates what the author wrote now from everything that a program added.
///
/// `html` is the HTML part of the same mail, where there is one; its marks show where a quote begins
/// that the text does not show.
pub fn separate(text: &str, html: Option<&str>) -> VisibleReply {
    let lines = lines::split(text);
    let mut marks = Marks::new(lines.len());
    banner::mark(&lines, &mut marks);
    let cut = header_block::find_cut(&lines).or_else(|| html_marks::find_cut(&lines, html?));
    let end = cut.as_ref().map_or(lines.len(), |cut| cut.start);
    mark_authors_part(&lines, end, &mut marks);
    if let Some(cut) = cut {
        mark_earlier_mail(&lines, &cut, &mut marks);
    }
    marks.into_reply(&lines)
}

/// Marks quotes, signature and disclaimer in the part above an earlier mail.
fn mark_authors_part(lines: &[Line<'_>], end: usize, marks: &mut Marks) {
    let own_end = lines::end_of_own_lines(lines, end);
    ending::mark(lines, own_end..end, marks);
    let quotes_from = quoting::mark(lines, end, marks);
    if own_end > 0 {
        ending::mark(lines, 0..quotes_from, marks);
    }
}

/// Marks an unprefixed earlier mail, unless the author's words may stand inside it.
fn mark_earlier_mail(lines: &[Line<'_>], cut: &Cut, marks: &mut Marks) {
    let above = marks.written_lines(lines, 0..cut.start);
    let answers_inside = quoting::announces_inline_answers(&above);
    let kind = match cut.kind {
        CutKind::Forward => PieceKind::Forwarded,
        CutKind::Reply if above.is_empty() || answers_inside => return,
        CutKind::Reply if above.iter().any(|line| quoting::announces_forward(line.body)) => {
            PieceKind::Forwarded
        }
        CutKind::Reply => PieceKind::Quote,
    };
    marks.set(cut.start..lines.len(), kind);
}

#[cfg(test)]
mod tests;
