//! The end of what an author wrote: signature, disclaimer, scanner's note. Comes in: a range of lines. Goes out: marks
//! on its last lines. It must not mark the only words of a mail (somebody asked for a telephone number
//! answers with one), so an unruled signature needs words above it.

use std::ops::Range;

use super::lines::{Line, Marks};
use super::segment::PieceKind;
use super::{banner, disclaimer, signature};

/// Marks disclaimer and signature at the end of a range.
pub(super) fn mark(lines: &[Line<'_>], range: Range<usize>, marks: &mut Marks) {
    let start = range.start;
    let mut end = last_line(lines, marks, &range);
    if let Some(from) = banner::find_notes(lines, start..end) {
        marks.set(from..end, PieceKind::Banner);
        end = last_line(lines, marks, &(start..from));
    }
    if let Some(from) = disclaimer::find_start(lines, start..end) {
        marks.set(from..end, PieceKind::Disclaimer);
        end = last_line(lines, marks, &(start..from));
    }
    if let Some(from) = signature::find_mobile(lines, start..end) {
        marks.set(from..end, PieceKind::Signature);
        end = last_line(lines, marks, &(start..from));
    }
    if let Some(from) = signature::find_start(lines, start..end) {
        let above = marks.written_lines(lines, 0..from.line);
        let is_answer = above
            .last()
            .is_none_or(|line| signature::announces_data(line.body));
        if from.is_delimited || !is_answer {
            marks.set(from.line..end, PieceKind::Signature);
        }
    }
}

/// Where the written lines of a range end, blank ones behind them left out.
fn last_line(lines: &[Line<'_>], marks: &Marks, range: &Range<usize>) -> usize {
    range
        .clone()
        .rev()
        .find(|index| marks.is_written(*index) && lines.get(*index).is_some_and(|line| !line.is_blank()))
        .map_or(range.start, |last| last.saturating_add(1))
}
