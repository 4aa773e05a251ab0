//! Text for a terminal with marks under it. Comes in: a text and stretches of it with what they show. Goes
//! out: lines, wrapped, each followed by a line of `^^^^` or `~~~~` that stands under the right characters
//! also where these are two columns wide.

use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns after which a line goes on in the next row: with the margin it fits a terminal of 80.
const COLUMNS: usize = 76;

/// Columns between two tab stops.
const TAB: usize = 8;

/// A stretch of a text and what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes of the text.
    pub(super) range: Range<usize>,
    /// What it is underlined with.
    pub(super) sign: char,
    /// What stands behind the underline.
    pub(super) label: String,
}

/// One row of the terminal.
struct Row {
    shown: String,
    /// Bytes of the text it shows.
    range: Range<usize>,
    /// Where each character stands: first byte, column, columns.
    cells: Vec<(usize, usize, usize)>,
}

/// The text as rows, each with its marks beneath; without line ends.
pub(super) fn underlined(text: &str, marks: &[Mark]) -> Vec<String> {
    let marks = gathered(text, marks);
    let mut lines = Vec::new();
    for row in rows(text) {
        lines.push(row.shown.trim_end().to_owned());
        lines.extend(beneath(&row, &marks));
    }
    lines
}

/// Marks of one stretch as one, in order, without white space at their ends.
fn gathered(text: &str, marks: &[Mark]) -> Vec<Mark> {
    let mut all: Vec<Mark> = Vec::new();
    for mark in marks {
        let marked = text.get(mark.range.clone()).unwrap_or_default();
        let start = mark.range.start + (marked.len() - marked.trim_start().len());
        let range = start..start + marked.trim().len();
        if range.is_empty() {
            continue;
        }
        match all
            .iter_mut()
            .find(|known| known.range == range && known.sign == mark.sign)
        {
            Some(known) if known.label.split(", ").any(|label| label == mark.label) => {}
            Some(known) => known.label = format!("{}, {}", known.label, mark.label),
            None => all.push(Mark {
                range,
                ..mark.clone()
            }),
        }
    }
    all.sort_by_key(|mark| (mark.range.start, std::cmp::Reverse(mark.range.end)));
    all
}

fn rows(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        let mut row = Row::at(start);
        for (at, c) in line.char_indices() {
            let width = row.width_of(c);
            if row.columns() + width > COLUMNS && !row.cells.is_empty() {
                rows.push(std::mem::replace(&mut row, Row::at(start + at)));
            }
            row.push(start + at, c);
        }
        rows.push(row);
        start += line.len() + 1;
    }
    rows
}

impl Row {
    fn at(start: usize) -> Self {
        Self {
            shown: String::new(),
            range: start..start,
            cells: Vec::new(),
        }
    }

    fn columns(&self) -> usize {
        self.cells.last().map_or(0, |(_, column, width)| column + width)
    }

    fn width_of(&self, c: char) -> usize {
        match c {
            '\t' => TAB - self.columns() % TAB,
            _ => c.width().unwrap_or(0),
        }
    }

    fn push(&mut self, at: usize, c: char) {
        let (column, width) = (self.columns(), self.width_of(c));
        if c == '\t' {
            self.shown.extend(std::iter::repeat_n(' ', width));
        } else {
            self.shown.push(c);
        }
        self.cells.push((at, column, width));
        self.range.end = at + c.len_utf8();
    }

    /// The columns of a stretch in this row.
    fn columns_of(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let inside = |cell: &&(usize, usize, usize)| range.contains(&cell.0);
        let (_, first, _) = self.cells.iter().find(inside)?;
        let (_, last, width) = self.cells.iter().rfind(inside)?;
        Some(*first..last + width)
    }
}

/// The lines beneath a row; marks share a line where they do not touch.
fn beneath(row: &Row, marks: &[Mark]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for mark in marks {
        let Some(columns) = row.columns_of(&mark.range).filter(|columns| !columns.is_empty()) else {
            continue;
        };
        let signs: String = std::iter::repeat_n(mark.sign, columns.len()).collect();
        // What goes on in the next row is named there.
        let ends_here = mark.range.end <= row.range.end;
        let label = if ends_here {
            format!(" {}", mark.label)
        } else {
            String::new()
        };
        let free = |line: &&mut String| line.width() < columns.start || columns.start == 0 && line.is_empty();
        match lines.iter_mut().find(free) {
            Some(line) => {
                let gap = columns.start - line.width();
                line.extend(std::iter::repeat_n(' ', gap));
                line.push_str(&signs);
                line.push_str(&label);
            }
            None => lines.push(format!("{}{signs}{label}", " ".repeat(columns.start))),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(text: &str, found: &str, label: &str) -> Mark {
        let start = text.find(found).unwrap();
        Mark {
            range: start..start + found.len(),
            sign: '^',
            label: label.to_owned(),
        }
    }

    #[test]
    fn marks_stand_under_wide_narrow_and_combined_characters() {
        let text = "ＥＣ２にｶﾞ接続できません e\u{301}rreur\tx";
        let marks = [mark(text, "接続できません", "a"), mark(text, "x", "b")];
        assert_eq!(
            underlined(text, &marks),
            [
                "ＥＣ２にｶﾞ接続できません e\u{301}rreur x",
                "          ^^^^^^^^^^^^^^ a      ^ b"
            ]
        );
    }

    #[test]
    fn marks_that_touch_have_lines_of_their_own_and_equal_ones_are_one() {
        let text = "至急ご確認ください";
        let marks = [
            mark(text, "至急", "a"),
            mark(text, "至急", "b"),
            mark(text, "至急", "a"),
            mark(text, "ご確認", "c"),
        ];
        assert_eq!(
            underlined(text, &marks),
            ["至急ご確認ください", "^^^^ a, b", "    ^^^^^^ c"]
        );
    }

    #[test]
    fn a_long_line_goes_on_in_the_next_row_and_takes_its_mark_along() {
        let text = format!("{}接続できません", "あ".repeat(36));
        let found = underlined(&text, &[mark(&text, "接続できません", "a")]);
        assert_eq!(found.len(), 4, "{found:#?}");
        assert_eq!(found[1].trim_start(), "^^^^");
        assert_eq!(found[3], "^^^^^^^^^^ a");
    }

    proptest::proptest! {
        #[test]
        fn every_character_is_shown_and_no_mark_panics(text in "\\PC{0,200}|[あ\n\ta ]{0,200}", a in 0usize..200, b in 0usize..200) {
            let mark = Mark { range: a.min(b)..a.max(b), sign: '~', label: "x".to_owned() };
            let plain = |text: &str| text.split_whitespace().collect::<String>();
            proptest::prop_assert_eq!(plain(&underlined(&text, &[]).concat()), plain(&text));
            let _ = underlined(&text, &[mark]);
        }
    }
}
