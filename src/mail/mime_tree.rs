//! Stage: the tree of parts (RFC 2046 §5.1). Comes in: the header block and body of a mail. Goes out: its
//! parts, whose bodies still stand in the raw mail. Nesting and count are bounded, and one pass over the
//! lines is enough whatever the nesting: every open boundary is looked for at once, so that an inner part
//! without an end is closed by the outer one.
//!
//! mailparse is not used: it takes boundary `b1` for `b`, loses a body whose boundary never occurs, and is
//! quadratic in the number of parts.

use super::header::{HeaderBlock, RawField, split_header, trim_line_end};
use super::message::Problem;
use super::mime::{Part, describe};

/// Deepest nesting that is followed; mailers stay below 10.
const MAX_DEPTH: usize = 50;
/// Most parts that are read.
const MAX_PARTS: usize = 1000;

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
        if part.children.is_empty() && self.parts < MAX_PARTS {
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
            Stop::End | Stop::Delimiter { .. } => {
                if !container.children.is_empty() {
                    self.note("final-boundary-missing", container.media_type().to_owned());
                }
                stop
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

/// A container that cannot be opened is shown as the text it is.
fn as_text(mut part: Part<'_>) -> Part<'_> {
    "text/plain".clone_into(&mut part.content_type.word);
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The leaves as `type=body`, and the slugs of the problems.
    fn read(mail: &str) -> (String, String) {
        let mut problems = Vec::new();
        let root = read_tree(split_header(mail.as_bytes()), &mut problems);
        let leaves = root.leaves();
        let numbers: Vec<usize> = leaves.iter().map(|leaf| leaf.leaf).collect();
        assert_eq!(numbers, (0..leaves.len()).collect::<Vec<_>>());
        let shown: Vec<String> = leaves
            .iter()
            .map(|leaf| format!("{}={}", leaf.media_type(), String::from_utf8_lossy(leaf.body)))
            .collect();
        let slugs: Vec<&str> = problems.iter().map(|p| p.slug).collect();
        (shown.join("|"), slugs.join(" "))
    }

    fn multipart(boundary: &str, body: &str) -> String {
        format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\n\n{body}")
    }

    #[test]
    fn a_part_ends_before_the_line_end_of_its_delimiter() {
        let mail = multipart(
            "b",
            "pre\n--b\n\none\n\n--b\r\nContent-Type: text/html\r\n\r\ntwo\r\n--b--\nepilogue\n",
        );
        assert_eq!(
            read(&mail),
            ("text/plain=one\n|text/html=two".to_owned(), String::new())
        );
    }

    #[test]
    fn a_boundary_that_begins_with_another_is_told_apart() {
        let inner = "Content-Type: multipart/alternative; boundary=b1\n\n--b1\n\none\n--b1--\n";
        let mail = multipart("b", &format!("--b\n{inner}--b\n\ntwo\n--b--\n"));
        assert_eq!(read(&mail).0, "text/plain=one|text/plain=two");
    }

    #[test]
    fn a_container_without_its_parts_is_text() {
        let (leaves, slugs) = read(&multipart("never", "hello\n"));
        assert_eq!(
            (leaves.as_str(), slugs.as_str()),
            ("text/plain=hello\n", "boundary-never-occurs")
        );
        let (leaves, slugs) = read("Content-Type: multipart/mixed\n\nhello\n");
        assert_eq!(
            (leaves.as_str(), slugs.as_str()),
            ("text/plain=hello\n", "boundary-missing")
        );
    }

    #[test]
    fn an_inner_container_without_an_end_is_closed_by_the_outer_one() {
        let inner = "Content-Type: multipart/mixed; boundary=i\n\n--i\n\none\n";
        let (leaves, slugs) = read(&multipart("o", &format!("--o\n{inner}--o\n\ntwo\n")));
        assert_eq!(leaves, "text/plain=one|text/plain=two\n");
        assert_eq!(slugs, "final-boundary-missing");
    }

    #[test]
    fn nesting_and_count_are_bounded() {
        let open = |n: usize| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n");
        let deep: String = (0..10_000).map(open).collect();
        assert_eq!(read(&deep).1.split(' ').next(), Some("nested-too-deep"));
        let (leaves, slugs) = read(&multipart("b", &"--b\n\nx\n".repeat(50_000)));
        assert_eq!(
            (leaves.split('|').count(), slugs.as_str()),
            (MAX_PARTS - 1, "too-many-parts")
        );
    }

    #[test]
    fn a_mail_in_a_mail_is_one_leaf() {
        let inner = "Content-Type: multipart/mixed; boundary=i\n\n--i\n\none\n--i--\n";
        let mail = multipart(
            "o",
            &format!("--o\nContent-Type: message/rfc822\n\n{inner}\n--o--\n"),
        );
        assert_eq!(read(&mail).0, format!("message/rfc822={inner}"));
    }
}
