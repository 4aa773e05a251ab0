//! A text as lines that know their quote depth. Comes in: a mail's text. Goes out: a [`Page`]; the raw lines
//! joined are the text again. It must not judge what a line means.

use std::ops::Range;

/// More lines than any person's mail has; beyond this the text is left whole, to bound memory.
const MOST_LINES: usize = 100_000;

/// So much of a line is looked at, in octets: marks stand at its start, and patterns with Japanese words take a
/// second for a megabyte.
const MOST_LOOKED_AT: usize = 4096;

/// One line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// As it stands in the text, with its line end.
    pub raw: &'a str,
    /// Without white space at its end; of an endless line, its start.
    pub text: &'a str,
    /// How many quote marks (`>`, `＞`) it starts with.
    pub depth: usize,
    /// What follows the quote marks, trimmed.
    pub body: &'a str,
}

impl<'a> Line<'a> {
    fn read(raw: &'a str) -> Self {
        let text = start(raw.trim_end());
        let (depth, body) = unquote(text);
        Self {
            raw,
            text,
            depth,
            body: body.trim(),
        }
    }

    /// Nothing but white space.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim_start().is_empty()
    }

    /// Nothing but white space and quote marks.
    pub(super) fn is_empty(&self) -> bool {
        self.body.is_empty()
    }
}

/// The lines of a text.
#[derive(Debug)]
pub(super) struct Page<'a> {
    lines: Vec<Line<'a>>,
    /// For each line the first line at or after it that is not blank.
    next: Vec<usize>,
}

impl<'a> Page<'a> {
    /// Cuts the text into lines; `None` where there are too many.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let lines: Vec<Line<'a>> = text
            .split_inclusive('\n')
            .take(MOST_LINES + 1)
            .map(Line::read)
            .collect();
        if lines.len() > MOST_LINES {
            return None;
        }
        let lines = without_hand_drawn_marks(lines);
        let mut next: Vec<usize> = Vec::with_capacity(lines.len());
        let mut following = lines.len();
        for (index, line) in lines.iter().enumerate().rev() {
            if !line.is_blank() {
                following = index;
            }
            next.push(following);
        }
        next.reverse();
        Some(Self { lines, next })
    }

    /// Number of lines.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The line at `index`.
    pub(super) fn get(&self, index: usize) -> Option<&Line<'a>> {
        self.lines.get(index)
    }

    /// The text of the line at `index` without its end, empty past the end.
    pub(super) fn text(&self, index: usize) -> &'a str {
        self.lines.get(index).map_or("", |line| line.text)
    }

    /// The quote depth of the line at `index`.
    pub(super) fn depth(&self, index: usize) -> usize {
        self.lines.get(index).map_or(0, |line| line.depth)
    }

    /// Whether the line at `index` is blank or past the end.
    pub(super) fn is_blank(&self, index: usize) -> bool {
        self.lines.get(index).is_none_or(Line::is_blank)
    }

    /// The first line at or after `index` that is not blank; [`len`](Self::len) where there is none.
    pub(super) fn next_filled(&self, index: usize) -> usize {
        self.next.get(index).copied().unwrap_or(self.lines.len())
    }

    /// The last line before `index` and not before `from` that is not blank.
    pub(super) fn last_filled(&self, range: Range<usize>) -> Option<usize> {
        range.rev().find(|index| !self.is_blank(*index))
    }

    /// The lines of a range.
    pub(super) fn lines(&self, range: Range<usize>) -> &[Line<'a>] {
        self.lines.get(range).unwrap_or_default()
    }
}

/// Clients quote with one kind of mark: where they use `>`, a line under `＞` is the author's answer.
fn without_hand_drawn_marks(mut lines: Vec<Line<'_>>) -> Vec<Line<'_>> {
    let marked = |line: &Line<'_>, mark: char| line.depth > 0 && line.text.trim_start().starts_with(mark);
    if lines.iter().any(|line| marked(line, '>')) {
        for line in lines.iter_mut().filter(|line| marked(line, '＞')) {
            line.depth = 0;
            line.body = line.text.trim();
        }
    }
    lines
}

/// The start of an endless line, with something to read in it.
fn start(text: &str) -> &str {
    let blank = text.len().saturating_sub(text.trim_start().len());
    let end = text.floor_char_boundary(blank.saturating_add(MOST_LOOKED_AT));
    text.get(..end).unwrap_or(text).trim_end()
}

/// Counts quote marks; one space is allowed between them, three before them.
fn unquote(text: &str) -> (usize, &str) {
    let mut rest = text.trim_start();
    if text.len().saturating_sub(rest.len()) > 3 {
        return (0, rest);
    }
    let mut depth: usize = 0;
    loop {
        let unspaced = if depth > 0 {
            rest.strip_prefix(' ').unwrap_or(rest)
        } else {
            rest
        };
        match unspaced.strip_prefix(['>', '＞']) {
            Some(after) => {
                depth = depth.saturating_add(1);
                rest = after;
            }
            None => return (depth, rest),
        }
    }
}

/// How many columns a text fills in a fixed-width font; Japanese letters fill two.
pub(super) fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| if u32::from(c) < 0x1100 { 1 } else { 2 })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quote_marks_are_counted_with_and_without_spaces() {
        for (text, depth, body) in [
            ("> a", 1, "a"),
            (">> a", 2, "a"),
            ("> > ＞a", 3, "a"),
            ("a > b", 0, "a > b"),
            ("      > code", 0, "> code"),
        ] {
            let line = Line::read(text);
            assert_eq!((line.depth, line.body), (depth, body));
        }
    }

    #[test]
    fn answers_under_a_mark_of_another_kind_are_not_quoted() {
        let page = Page::read("> いつですか。\n＞＞ 今朝です。\n").unwrap();
        assert_eq!((page.depth(0), page.depth(1)), (1, 0));
        assert_eq!(Page::read("＞いつですか。\n").unwrap().depth(0), 1);
    }

    #[test]
    fn blank_lines_are_skipped_in_both_directions() {
        let page = Page::read("a\n\n\u{3000}\nb").unwrap();
        assert_eq!((page.next_filled(1), page.next_filled(4)), (3, 4));
        assert_eq!(page.last_filled(0..3), Some(0));
    }

    #[test]
    fn of_an_endless_line_the_start_is_looked_at() {
        let text = format!("{}> {}", " ".repeat(9_000), "窓口 a@b.example ".repeat(9_000));
        let line = Line::read(&text);
        assert!(line.text.len() < 14_000 && line.body.contains("窓口") && !line.is_blank());
        assert_eq!(line.raw, text);
    }

    #[test]
    fn a_text_of_endless_lines_is_left_whole() {
        assert!(Page::read(&"\n".repeat(MOST_LINES + 1)).is_none());
    }
}
