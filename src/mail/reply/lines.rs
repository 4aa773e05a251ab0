//! A text as lines, and the kind each line has so far. Joined, the lines are the text.

use std::ops::Range;

use super::segment::{Piece, PieceKind, VisibleReply};

/// The longest line, in octets, that can be a header, an attribution, a rule or a signature line; longer
/// ones are running text and are not looked at twice.
const MAX_SHORT: usize = 600;

/// One line of a mail's text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// The line with its line end.
    pub(super) raw: &'a str,
    /// The line without white space around it (the full-width space is white space).
    pub(super) body: &'a str,
}

impl<'a> Line<'a> {
    pub(super) fn is_blank(&self) -> bool {
        self.body.is_empty()
    }

    /// Whether a quote mark opens the line; mailboxes put one in front of every `From ` (RFC 4155).
    pub(super) fn is_quoted(&self) -> bool {
        self.body.starts_with(['>', '＞']) && !self.body.starts_with(">From ")
    }

    /// The line without its quote marks.
    pub(super) fn unquoted(&self) -> &'a str {
        self.body
            .trim_start_matches(|c: char| matches!(c, '>' | '＞') || c.is_whitespace())
    }

    /// The body, or nothing for a line too long to be more than running text.
    pub(super) fn short(&self) -> &'a str {
        if self.body.len() <= MAX_SHORT {
            self.body
        } else {
            ""
        }
    }

    /// Whether the line is drawn: at least four characters, all of them strokes.
    pub(super) fn is_rule(&self) -> bool {
        let is_stroke = |c: char| {
            matches!(
                c,
                '-' | '=' | '*' | '_' | '~' | '+' | '#' | '/' | '.' | ':' | ';' | '|' | '<' | '>'
            ) || matches!(
                c,
                '━' | '─' | '―' | '—' | '–' | '－' | '＝' | '＊' | '＿' | '～' | '〜' | '‐'
            ) || matches!(
                c,
                '┏' | '┓' | '┗' | '┛' | '┌' | '┐' | '└' | '┘' | '═' | '■' | '□' | '◆' | '◇'
            ) || matches!(
                c,
                '☆' | '★' | '・' | '．' | '…' | '：' | '｜' | '┃' | '│' | '＋' | '＃' | ' ' | '　'
            )
        };
        let short = self.short();
        short.chars().count() >= 4 && short.chars().all(is_stroke)
    }
}

/// Cuts a text at its line ends.
pub(super) fn split(text: &str) -> Vec<Line<'_>> {
    text.split_inclusive('\n')
        .map(|raw| Line {
            raw,
            body: raw.trim(),
        })
        .collect()
}

/// Where the lines behind the last quoted line begin, looking no further than `end`.
pub(super) fn end_of_own_lines(lines: &[Line<'_>], end: usize) -> usize {
    lines
        .iter()
        .take(end)
        .rposition(Line::is_quoted)
        .map_or(0, |last| last.saturating_add(1))
}

/// The kind of every line; all are written until marked.
#[derive(Debug)]
pub(super) struct Marks {
    kinds: Vec<PieceKind>,
    /// Octets at the beginning of the text that are a gateway's tag within a written line.
    pub(super) leading_tag: usize,
}

impl Marks {
    pub(super) fn new(lines: usize) -> Self {
        Self {
            kinds: vec![PieceKind::Written; lines],
            leading_tag: 0,
        }
    }

    pub(super) fn set(&mut self, range: Range<usize>, kind: PieceKind) {
        if let Some(kinds) = self.kinds.get_mut(range) {
            kinds.fill(kind);
        }
    }

    pub(super) fn is_written(&self, index: usize) -> bool {
        self.kinds.get(index) == Some(&PieceKind::Written)
    }

    /// The lines of a range that still count as the author's words, without blank ones.
    pub(super) fn written_lines<'l, 'a>(
        &self,
        lines: &'l [Line<'a>],
        range: Range<usize>,
    ) -> Vec<&'l Line<'a>> {
        let start = range.start;
        let picked = lines.get(range).unwrap_or_default();
        picked
            .iter()
            .zip(start..)
            .filter(|(line, index)| self.is_written(*index) && !line.is_blank())
            .map(|(line, _)| line)
            .collect()
    }

    /// Joins runs of lines of one kind; blank lines go with what stands before them.
    pub(super) fn into_reply(self, lines: &[Line<'_>]) -> VisibleReply {
        let mut pieces: Vec<Piece> = Vec::new();
        for (index, (line, kind)) in lines.iter().zip(&self.kinds).enumerate() {
            let (tag, rest) = match index {
                0 => line
                    .raw
                    .split_at_checked(self.leading_tag)
                    .unwrap_or(("", line.raw)),
                _ => ("", line.raw),
            };
            append(&mut pieces, PieceKind::Banner, tag, false);
            append(&mut pieces, *kind, rest, line.is_blank());
        }
        VisibleReply { pieces }
    }
}

fn append(pieces: &mut Vec<Piece>, kind: PieceKind, text: &str, blank: bool) {
    if text.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some(last) if last.kind == kind || blank => last.text.push_str(text),
        _ => pieces.push(Piece {
            kind,
            text: text.to_owned(),
        }),
    }
}
