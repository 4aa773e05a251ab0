//! Stage: the parts of a mail (RFC 2046). Comes in: the header block and body of a mail. Goes out: a tree
//! of parts whose bodies still stand in the raw mail. Nesting and count are bounded, and one pass over the
//! lines is enough whatever the nesting: every open boundary is looked for at once, so that an inner part
//! without an end is closed by the outer one.
//!
//! mailparse is not used: it takes boundary `b1` for `b`, loses a body whose boundary never occurs, and is
//! quadratic in the number of parts.

use std::borrow::Cow;

use super::charset::{self, DecodedText};
use super::encoding::{Decoded, TransferEncoding};
use super::header::{HeaderBlock, RawField, decode_value, split_header, trim_line_end};
use super::message::Problem;
use super::params::Structured;

/// Deepest nesting that is followed; mailers stay below 10.
const MAX_DEPTH: usize = 50;
/// Most parts that are read.
const MAX_PARTS: usize = 1000;

/// One part: a leaf, or a container of parts.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Its header fields.
    pub(super) fields: Vec<RawField<'a>>,
    /// Content-Type; `text/plain` where there is none.
    pub(super) content_type: Structured,
    /// Content-Disposition.
    pub(super) disposition: Structured,
    /// Content-Transfer-Encoding.
    pub(super) encoding: TransferEncoding,
    /// The encoded body; empty for a container.
    pub(super) body: &'a [u8],
    /// The parts inside.
    pub(super) children: Vec<Part<'a>>,
    /// Number among the leaves, depth first from 0.
    pub(super) leaf: usize,
}

impl Part<'_> {
    /// The decoded body.
    pub(super) fn decoded(&self) -> (Cow<'_, [u8]>, Decoded) {
        self.encoding.decode(self.body)
    }

    /// The decoded body as text by the part's charset parameter.
    pub(super) fn text(&self) -> DecodedText {
        let (bytes, decoded) = self.decoded();
        let label = self.content_type.parameter("charset");
        let mut text = charset::decode(&bytes, label.as_deref());
        if !decoded.footer.is_empty() {
            text.text.push('\n');
            text.text
                .push_str(&charset::decode(&decoded.footer, label.as_deref()).text);
        }
        text
    }

    /// Whether the part may be shown as text of the mail rather than listed.
    pub(super) fn is_shown(&self) -> bool {
        self.disposition.word != "attachment" && self.file_name().is_none()
    }

    /// The file name as sent, decoded: Content-Disposition's, else Content-Type's.
    pub(super) fn file_name(&self) -> Option<String> {
        let given = self.disposition.parameter("filename");
        given.or_else(|| self.content_type.parameter("name"))
    }

    /// Media type in lower case.
    pub(super) fn media_type(&self) -> &str {
        &self.content_type.word
    }

    /// Every leaf, depth first.
    pub(super) fn leaves(&self) -> Vec<&Self> {
        let mut found = Vec::new();
        let mut waiting = vec![self];
        while let Some(part) = waiting.pop() {
            if part.children.is_empty() {
                found.push(part);
            }
            waiting.extend(part.children.iter().rev());
        }
        found
    }
}

/// Reads the tree of a whole mail.
pub(super) fn read_tree<'a>(block: HeaderBlock<'a>, problems: &mut Vec<Problem>) -> Part<'a> {
    let mut reader = TreeReader {
        bytes: block.body,
        at: 0,
        boundaries: Vec::new(),
        parts: 0,
        leaves: 0,
        problems,
    };
    let (root, _) = reader.entity(block.fields, "text/plain");
    root
}

/// Why a part ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// The mail ended.
    End,
    /// A delimiter of the boundary at that level; the last one of its container when `closing`.
    Delimiter { level: usize, closing: bool },
}

struct TreeReader<'a, 'p> {
    bytes: &'a [u8],
    at: usize,
    boundaries: Vec<Vec<u8>>,
    parts: usize,
    leaves: usize,
    problems: &'p mut Vec<Problem>,
}

impl<'a> TreeReader<'a, '_> {
    fn entity(&mut self, fields: Vec<RawField<'a>>, default_type: &str) -> (Part<'a>, Stop) {
        self.parts = self.parts.saturating_add(1);
        let mut part = describe(fields, default_type);
        let boundary = part
            .content_type
            .verbatim("boundary")
            .map(|b| b.trim_end().to_owned());
        if !part.media_type().starts_with("multipart/") {
            return self.leaf(part);
        }
        let Some(boundary) = boundary.filter(|b| !b.is_empty()) else {
            self.note("boundary-missing", part.media_type().to_owned());
            return self.leaf(as_text(part));
        };
        if self.boundaries.len() >= MAX_DEPTH {
            self.note("nested-too-deep", format!("{MAX_DEPTH} levels are read"));
            return self.leaf(part);
        }
        let start = self.at;
        let level = self.boundaries.len();
        self.boundaries.push(boundary.into_bytes());
        let stop = self.children(&mut part, level);
        self.boundaries.truncate(level);
        if part.children.is_empty() {
            self.note("boundary-never-occurs", part.media_type().to_owned());
            part = as_text(part);
            part.body = self.body_between(start, stop);
            part.leaf = self.next_leaf();
        }
        (part, stop)
    }

    /// Reads the parts of a container; gives back what ended the container itself.
    fn children(&mut self, container: &mut Part<'a>, level: usize) -> Stop {
        let default_type = match container.media_type() {
            "multipart/digest" => "message/rfc822",
            _ => "text/plain",
        };
        let mut stop = self.skip();
        while stop
            == (Stop::Delimiter {
                level,
                closing: false,
            })
        {
            if self.parts >= MAX_PARTS {
                self.note("too-many-parts", format!("{MAX_PARTS} parts are read"));
                self.at = self.bytes.len();
                return Stop::End;
            }
            let header = self.part_header();
            let (child, ended) = self.entity(header, default_type);
            container.children.push(child);
            stop = ended;
        }
        match stop {
            Stop::Delimiter { level: ended, .. } if ended == level => {
                // The epilogue belongs to nobody; only outer boundaries still count in it.
                self.boundaries.truncate(level);
                self.skip()
            }
            other => {
                if !container.children.is_empty() {
                    self.note("final-boundary-missing", container.media_type().to_owned());
                }
                other
            }
        }
    }

    fn part_header(&mut self) -> Vec<RawField<'a>> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        // A part may start with its delimiter's next line being another delimiter: no header at all then.
        if rest.starts_with(b"--") && self.delimiter(first_line(rest)).is_some() {
            return Vec::new();
        }
        let block = split_header(rest);
        self.at = self.bytes.len().saturating_sub(block.body.len());
        block.fields
    }

    fn leaf(&mut self, mut part: Part<'a>) -> (Part<'a>, Stop) {
        let start = self.at;
        let stop = self.skip();
        part.body = self.body_between(start, stop);
        part.leaf = self.next_leaf();
        (part, stop)
    }

    fn next_leaf(&mut self) -> usize {
        let leaf = self.leaves;
        self.leaves = leaf.saturating_add(1);
        leaf
    }

    /// What lies between `start` and the delimiter line just read; the line end before a delimiter belongs
    /// to the delimiter (RFC 2046 §5.1.1).
    fn body_between(&self, start: usize, stop: Stop) -> &'a [u8] {
        let read = self.bytes.get(start..self.at).unwrap_or_default();
        if stop == Stop::End {
            return read;
        }
        let before = read.strip_suffix(b"\n").unwrap_or(read);
        let cut = before
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |n| n.saturating_add(1));
        trim_line_end(before.get(..cut).unwrap_or_default())
    }

    /// Goes past the next delimiter of any open boundary.
    fn skip(&mut self) -> Stop {
        if self.boundaries.is_empty() {
            self.at = self.bytes.len();
            return Stop::End;
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        for line in rest.split_inclusive(|b| *b == b'\n') {
            self.at = self.at.saturating_add(line.len());
            if line.starts_with(b"--")
                && let Some(stop) = self.delimiter(line)
            {
                return stop;
            }
        }
        Stop::End
    }

    /// Which open boundary a line delimits, the innermost first; the whole line must match, since one
    /// boundary may begin with another.
    fn delimiter(&self, line: &[u8]) -> Option<Stop> {
        let mark = line.strip_prefix(b"--")?.trim_ascii_end();
        self.boundaries
            .iter()
            .enumerate()
            .rev()
            .find_map(
                |(level, boundary)| match mark.strip_prefix(boundary.as_slice())? {
                    b"" => Some(Stop::Delimiter {
                        level,
                        closing: false,
                    }),
                    b"--" => Some(Stop::Delimiter { level, closing: true }),
                    _ => None,
                },
            )
    }

    fn note(&mut self, slug: &'static str, detail: String) {
        if !self.problems.iter().any(|known| known.slug == slug) {
            self.problems.push(Problem::new(slug, detail));
        }
    }
}

fn first_line(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == b'\n').next().unwrap_or_default()
}

fn describe<'a>(fields: Vec<RawField<'a>>, default_type: &str) -> Part<'a> {
    let first = |name: &str| {
        fields
            .iter()
            .find(|f| f.name.eq_ignore_ascii_case(name))
            .map(|f| f.value)
    };
    let mut content_type = first("Content-Type").map(Structured::parse).unwrap_or_default();
    if !content_type.word.contains('/') {
        default_type_for(&content_type.word, default_type).clone_into(&mut content_type.word);
    }
    let disposition = first("Content-Disposition")
        .map(Structured::parse)
        .unwrap_or_default();
    let encoding = first("Content-Transfer-Encoding").map_or(TransferEncoding::Identity, |raw| {
        TransferEncoding::parse(&decode_value(raw))
    });
    Part {
        fields,
        content_type,
        disposition,
        encoding,
        body: &[],
        children: Vec::new(),
        leaf: 0,
    }
}

/// `Content-Type: text` and `html` occur in old mailers.
fn default_type_for<'d>(word: &str, default_type: &'d str) -> &'d str {
    match word {
        "html" => "text/html",
        "text" | "plain" => "text/plain",
        _ => default_type,
    }
}

/// A container that cannot be opened is shown as the text it is.
fn as_text(mut part: Part<'_>) -> Part<'_> {
    "text/plain".clone_into(&mut part.content_type.word);
    part
}
