//! The MIME tree. Comes in: a mail's fields and body. Goes out: its leaves in order and how they are nested,
//! within bounds of depth and number.
//!
//! A boundary that never occurs loses no text, `b` is not taken for the start of `b1`, and five million empty
//! parts take no gigabyte. All lines that start with `--` are found in one pass; each multipart then looks at
//! the ones inside it only.

use std::ops::Range;

use super::fields::{self, RawField};
use super::leaf::Leaf;
use super::message::Problem;
use super::parse::UnreadableMail;
use super::{gate, smime};

/// Deepest nesting of multiparts; mail systems in use refuse more than about 50.
const MAX_DEPTH: usize = 64;
/// Most leaves of one mail.
const MAX_LEAVES: usize = 2_000;
/// Most lines starting with `--` that are considered; a patch sent as text has some thousand.
const MAX_MARKS: usize = 200_000;

/// How leaves are nested.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// A leaf, by its place in [`Tree::leaves`].
    Leaf(usize),
    /// A multipart with its subtype in lower case.
    Multipart(String, Vec<Node>),
}

/// A mail's parts.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    /// All leaves, depth first.
    pub(super) leaves: Vec<Leaf<'a>>,
    /// The nesting.
    pub(super) root: Node,
    /// How many mails it lies in.
    pub(super) depth: usize,
    /// What was damaged.
    pub(super) problems: Vec<Problem>,
}

/// Splits a mail that lies in another one; nothing where it cannot be read.
pub(super) fn split_contained(octets: &[u8], depth: usize) -> Option<Tree<'_>> {
    let cut = gate::open(octets).ok()?;
    let body = octets.get(cut.body_at..).unwrap_or_default();
    let mut tree = split(&fields::split(&cut.block), body).ok()?;
    tree.depth = depth;
    Some(tree)
}

/// Splits a body into its parts.
pub(super) fn split<'a>(fields: &[RawField], body: &'a [u8]) -> Result<Tree<'a>, UnreadableMail> {
    split_at(fields, body, 0)
}

fn split_at<'a>(fields: &[RawField], body: &'a [u8], depth: usize) -> Result<Tree<'a>, UnreadableMail> {
    let mut splitter = Splitter {
        body,
        marks: Vec::new(),
        leaves: Vec::new(),
        problems: Vec::new(),
    };
    let holds_parts = fields::first(fields, "Content-Type").is_some_and(|value| {
        let start = value.trim_start_matches('"').get(..9);
        start.is_some_and(|start| start.eq_ignore_ascii_case("multipart"))
    });
    if holds_parts {
        splitter.find_marks();
    }
    let root = splitter.part(fields, 0..body.len(), depth, "text/plain")?;
    Ok(Tree {
        leaves: splitter.leaves,
        root,
        depth: 0,
        problems: splitter.problems,
    })
}

#[derive(Debug)]
struct Splitter<'a> {
    body: &'a [u8],
    /// Offsets of all lines that start with `--`.
    marks: Vec<usize>,
    leaves: Vec<Leaf<'a>>,
    problems: Vec<Problem>,
}

impl<'a> Splitter<'a> {
    fn find_marks(&mut self) {
        let first = self.body.starts_with(b"--").then_some(0);
        let later = memchr::memmem::find_iter(self.body, b"\n--").map(|at| at.saturating_add(1));
        self.marks = first.into_iter().chain(later).take(MAX_MARKS).collect();
        if self.marks.len() >= MAX_MARKS {
            self.note("boundary-lines-too-many", format!("more than {MAX_MARKS}"));
        }
    }

    fn note(&mut self, slug: &'static str, detail: impl Into<String>) {
        if !self.problems.iter().any(|problem| problem.slug == slug) {
            self.problems.push(Problem::new(slug, detail));
        }
    }

    fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.body.get(range).unwrap_or_default()
    }

    fn part(
        &mut self,
        fields: &[RawField],
        range: Range<usize>,
        depth: usize,
        default_type: &str,
    ) -> Result<Node, UnreadableMail> {
        if depth > MAX_DEPTH {
            return Err(UnreadableMail {
                slug: "nested-too-deep",
                detail: format!("more than {MAX_DEPTH}"),
            });
        }
        let leaf = Leaf::new(fields, self.slice(range.clone()).into(), default_type);
        let Some(subtype) = leaf.media_type.strip_prefix("multipart/") else {
            return self.leaf(leaf, depth);
        };
        let subtype = subtype.to_owned();
        let declared = leaf.content_type.get("boundary").unwrap_or_default();
        let ranges = self.parts_of(declared.trim_end().as_bytes(), range.clone());
        if ranges.is_empty() {
            return self.without_parts(fields, leaf, depth);
        }
        let inner_type = if subtype == "digest" {
            "message/rfc822"
        } else {
            "text/plain"
        };
        let mut children = Vec::with_capacity(ranges.len());
        for range in ranges {
            let part = self.slice(range.clone());
            let (fields, body_at) = match gate::open_part(part) {
                Ok(cut) => (fields::split(&cut.block), cut.body_at),
                Err(error) => {
                    self.note("part-header-unreadable", error.to_string());
                    (Vec::new(), 0)
                }
            };
            let body = range.start.saturating_add(body_at).min(range.end)..range.end;
            children.push(self.part(&fields, body, depth.saturating_add(1), inner_type)?);
        }
        Ok(Node::Multipart(subtype, children))
    }

    /// A multipart in which no boundary occurs: encoded as a whole against RFC 2045, else simply text.
    fn without_parts(
        &mut self,
        fields: &[RawField],
        leaf: Leaf<'a>,
        depth: usize,
    ) -> Result<Node, UnreadableMail> {
        let (octets, _) = leaf.decoded();
        if *octets != *leaf.body {
            let inner: Vec<RawField> = fields
                .iter()
                .filter(|f| !f.name.eq_ignore_ascii_case("Content-Transfer-Encoding"))
                .cloned()
                .collect();
            return self.graft(&inner, &octets, depth);
        }
        self.note(
            "boundary-missing",
            leaf.content_type.plain("boundary").unwrap_or("none given"),
        );
        let text = if leaf.body.trim_ascii_start().starts_with(b"<") {
            "text/html"
        } else {
            "text/plain"
        };
        self.push(Leaf {
            media_type: text.to_owned(),
            ..leaf
        })
    }

    fn leaf(&mut self, leaf: Leaf<'a>, depth: usize) -> Result<Node, UnreadableMail> {
        if smime::is_candidate(&leaf) {
            let (octets, _) = leaf.decoded();
            if let Some(contents) = smime::signed_contents(&octets) {
                let cut = gate::open_part(&contents)?;
                let fields = fields::split(&cut.block);
                return self.graft(&fields, contents.get(cut.body_at..).unwrap_or_default(), depth);
            }
        }
        self.push(leaf)
    }

    fn push(&mut self, leaf: Leaf<'a>) -> Result<Node, UnreadableMail> {
        if self.leaves.len() >= MAX_LEAVES {
            return Err(UnreadableMail {
                slug: "parts-too-many",
                detail: format!("more than {MAX_LEAVES}"),
            });
        }
        self.leaves.push(leaf);
        Ok(Node::Leaf(self.leaves.len().saturating_sub(1)))
    }

    /// Parses octets that were unwrapped and hangs their parts in here.
    fn graft(&mut self, fields: &[RawField], octets: &[u8], depth: usize) -> Result<Node, UnreadableMail> {
        let tree = split_at(fields, octets, depth.saturating_add(1))?;
        let first = self.leaves.len();
        for leaf in tree.leaves {
            self.push(leaf.into_owned())?;
        }
        self.problems.extend(tree.problems);
        Ok(shifted(tree.root, first))
    }

    /// The ranges between the delimiter lines of a boundary; empty where there is none.
    fn parts_of(&mut self, boundary: &[u8], range: Range<usize>) -> Vec<Range<usize>> {
        let mut delimiters = self.delimiters(boundary, range.clone());
        if delimiters.is_empty()
            && let Some(guess) = self.guess_boundary(range.clone())
        {
            delimiters = self.delimiters(&guess, range.clone());
            self.note("boundary-mismatch", String::from_utf8_lossy(&guess));
        }
        let mut parts = Vec::with_capacity(delimiters.len());
        for (index, delimiter) in delimiters.iter().enumerate() {
            let next = delimiters.get(index.saturating_add(1));
            if delimiter.closes && next.is_none() {
                return parts;
            }
            let end = next.map_or(range.end, |next| self.before_line(delimiter.after, next.at));
            parts.push(delimiter.after..end);
            if parts.len() > MAX_LEAVES {
                break;
            }
        }
        if !delimiters.is_empty() {
            self.note("boundary-unterminated", String::from_utf8_lossy(boundary));
        }
        parts
    }

    /// The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
    fn before_line(&self, start: usize, line: usize) -> usize {
        let slice = self.slice(start..line);
        let slice = slice.strip_suffix(b"\n").unwrap_or(slice);
        let slice = slice.strip_suffix(b"\r").unwrap_or(slice);
        start.saturating_add(slice.len())
    }

    fn marks_in(&self, range: &Range<usize>) -> impl Iterator<Item = usize> {
        let first = self.marks.partition_point(|at| *at < range.start);
        let end = range.end;
        self.marks
            .get(first..)
            .unwrap_or_default()
            .iter()
            .copied()
            .take_while(move |at| *at < end)
    }

    fn delimiters(&self, boundary: &[u8], range: Range<usize>) -> Vec<Delimiter> {
        if boundary.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for at in self.marks_in(&range) {
            let line_start = self.slice(at..range.end);
            let Some(tail) = line_start.get(2..).and_then(|rest| rest.strip_prefix(boundary)) else {
                continue;
            };
            let tail = gate::first_line(tail);
            let closes = tail.starts_with(b"--");
            let padding = tail.strip_prefix(b"--").unwrap_or(tail);
            if padding.iter().all(u8::is_ascii_whitespace) {
                let length = boundary.len().saturating_add(2).saturating_add(tail.len());
                found.push(Delimiter {
                    at,
                    after: at.saturating_add(length),
                    closes,
                });
            }
        }
        found
    }

    /// A line `--x` that is followed by a `Content-…` field starts a part, whatever the header says.
    fn guess_boundary(&self, range: Range<usize>) -> Option<Vec<u8>> {
        self.marks_in(&range).find_map(|at| {
            let line = gate::first_line(self.slice(at..range.end));
            let next = self.slice(at.saturating_add(line.len())..range.end);
            let starts = next
                .get(..8)
                .is_some_and(|start| start.eq_ignore_ascii_case(b"content-"));
            let boundary = line
                .trim_ascii_end()
                .get(2..)
                .filter(|boundary| !boundary.is_empty());
            boundary.filter(|_| starts).map(<[u8]>::to_vec)
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Delimiter {
    at: usize,
    after: usize,
    closes: bool,
}

fn shifted(node: Node, by: usize) -> Node {
    match node {
        Node::Leaf(at) => Node::Leaf(at.saturating_add(by)),
        Node::Multipart(subtype, children) => Node::Multipart(
            subtype,
            children.into_iter().map(|child| shifted(child, by)).collect(),
        ),
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
