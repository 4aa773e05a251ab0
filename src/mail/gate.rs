//! Stage: the gate before any parser. Comes in: raw bytes, whatever they are. Goes out: a header block that
//! is bounded and cleaned (LF line ends, no NUL, no lone CR, no mbox line) and the place where the body
//! starts, or the one reason why the mail cannot be read.
//!
//! `mailparse` looks at header values in time that is cubic in their length and refuses a mail whose first
//! line starts with a space, so nothing reaches it that did not come through here. The gate must not decode.

use super::message::Problem;
use super::parse::UnreadableMail;

/// Largest mail that is read at all, in octets; intake refuses larger ones before (SPEC §3).
const MAX_MAIL_OCTETS: usize = 64 * 1024 * 1024;
/// Largest header block: real ones, with a hundred recipients and long trace chains, stay below 64 KiB.
const MAX_HEADER_OCTETS: usize = 256 * 1024;
/// Room that most header blocks need.
const USUAL_HEADER_OCTETS: usize = 4 * 1024;
/// Most header fields of one block.
const MAX_FIELDS: usize = 1_000;
/// Longest physical header line that is usual (RFC 5322 §2.1.1 allows 998).
const LONG_LINE_OCTETS: usize = 2_000;

/// A header block cut off its body.
#[derive(Debug)]
pub(super) struct HeaderCut {
    /// The block with LF line ends and one field (with its folds) after the other.
    pub(super) block: Vec<u8>,
    /// Offset of the body's first octet.
    pub(super) body_at: usize,
    /// How many fields the block has.
    pub(super) fields: usize,
    /// What had to be mended.
    pub(super) problems: Vec<Problem>,
}

/// Old line ends: a mail with CR and no LF at all gets LF line ends; all others stay as they are.
pub(super) fn with_line_feeds(raw: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if raw.contains(&b'\n') || !raw.contains(&b'\r') {
        return raw.into();
    }
    raw.iter()
        .map(|b| if *b == b'\r' { b'\n' } else { *b })
        .collect::<Vec<u8>>()
        .into()
}

/// Cuts the header block of a whole mail.
pub(super) fn open(raw: &[u8]) -> Result<HeaderCut, UnreadableMail> {
    if raw.len() > MAX_MAIL_OCTETS {
        return Err(unreadable("mail-too-large", format!("{} octets", raw.len())));
    }
    let start = skip_prelude(raw);
    let rest = raw.get(start..).unwrap_or_default();
    if rest.iter().all(u8::is_ascii_whitespace) {
        return Err(unreadable(
            "empty",
            format!("{} octets without a mail", raw.len()),
        ));
    }
    let mut cut = cut_header(rest, true)?;
    if cut.fields == 0 {
        return Err(unreadable("no-header", "the first line is no header field"));
    }
    cut.body_at = cut.body_at.saturating_add(start);
    Ok(cut)
}

/// Cuts the header block of a MIME part; a part may have none.
pub(super) fn open_part(part: &[u8]) -> Result<HeaderCut, UnreadableMail> {
    cut_header(part, false)
}

fn unreadable(slug: &'static str, detail: impl Into<String>) -> UnreadableMail {
    UnreadableMail {
        slug,
        detail: detail.into(),
    }
}

/// Octets before the first field: byte order mark, blank lines, `From ` lines of mbox files.
fn skip_prelude(raw: &[u8]) -> usize {
    let mut at = if raw.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
        let line = first_line(rest);
        let blank = line.iter().all(u8::is_ascii_whitespace);
        // `From : a@b` is a field that some readers take for the author; it must be seen.
        let mbox = line.starts_with(b"From ") || line.starts_with(b">From ");
        if !blank && (!mbox || LineKind::of(line, true) == LineKind::Field) {
            break;
        }
        at = at.saturating_add(line.len());
    }
    at
}

/// The first line with its line end.
pub(super) fn first_line(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at.saturating_add(1));
    bytes.get(..end).unwrap_or_default()
}

fn cut_header(bytes: &[u8], whole_mail: bool) -> Result<HeaderCut, UnreadableMail> {
    let mut cut = HeaderCut {
        block: Vec::with_capacity(bytes.len().min(USUAL_HEADER_OCTETS)),
        body_at: 0,
        fields: 0,
        problems: Vec::new(),
    };
    while let Some(rest) = bytes.get(cut.body_at..).filter(|rest| !rest.is_empty()) {
        let line = first_line(rest);
        let content = line.trim_ascii_end();
        let after = cut.body_at.saturating_add(line.len());
        if line.iter().all(|b| matches!(b, b'\r' | b'\n')) {
            cut.body_at = after;
            return Ok(cut);
        }
        let kind = LineKind::of(line, cut.fields == 0);
        if kind == LineKind::Junk {
            let next = bytes.get(after..).unwrap_or_default();
            let resumes = LineKind::of(first_line(next), true) == LineKind::Field;
            if cut.fields == 0 || !resumes {
                note(&mut cut, whole_mail, "header-without-end", content);
                return Ok(cut);
            }
            note(&mut cut, whole_mail, "header-junk-line", content);
        } else {
            if content.len() > LONG_LINE_OCTETS {
                note(
                    &mut cut,
                    whole_mail,
                    "header-line-long",
                    content.get(..20).unwrap_or_default(),
                );
            }
            if kind == LineKind::Field {
                cut.fields = cut.fields.saturating_add(1);
            }
            push_clean(&mut cut, line, content);
        }
        if cut.block.len() > MAX_HEADER_OCTETS {
            return Err(unreadable(
                "header-too-large",
                format!("more than {MAX_HEADER_OCTETS} octets"),
            ));
        }
        if cut.fields > MAX_FIELDS {
            return Err(unreadable(
                "header-fields-too-many",
                format!("more than {MAX_FIELDS} fields"),
            ));
        }
        cut.body_at = after;
    }
    Ok(cut)
}

/// Notes a problem once a block, and only where something was there.
fn note(cut: &mut HeaderCut, whole_mail: bool, slug: &'static str, content: &[u8]) {
    let known = cut.problems.iter().any(|problem| problem.slug == slug);
    if !known && (whole_mail || cut.fields > 0) {
        let shown: String = String::from_utf8_lossy(content)
            .chars()
            .filter(|c| !c.is_control())
            .take(60)
            .collect();
        cut.problems.push(Problem::new(slug, shown));
    }
}

fn push_clean(cut: &mut HeaderCut, line: &[u8], content: &[u8]) {
    let first = cut.block.is_empty();
    // A first line that starts with a space is a field whose start a gateway shifted.
    let content = if first {
        content.trim_ascii_start()
    } else {
        content
    };
    let before = cut.block.len();
    if content.contains(&0) || content.contains(&b'\r') {
        let kept = content.iter().filter(|b| **b != 0);
        cut.block
            .extend(kept.map(|b| if *b == b'\r' { b' ' } else { *b }));
    } else {
        cut.block.extend_from_slice(content);
    }
    cut.block.push(b'\n');
    if content.contains(&0) {
        note(cut, true, "header-nul", content);
    }
    if content.contains(&b'\r') {
        note(cut, true, "header-bare-cr", content);
    }
    if first && line.first().is_some_and(u8::is_ascii_whitespace) {
        note(cut, true, "header-starts-with-space", content);
    }
    // A line of NUL only would read as the end of the header.
    if cut.block.len() == before.saturating_add(1) {
        cut.block.truncate(before);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineKind {
    Field,
    Fold,
    Junk,
}

impl LineKind {
    fn of(line: &[u8], first: bool) -> Self {
        let folded = line.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
        if folded && !first {
            return Self::Fold;
        }
        let line = line.trim_ascii_start();
        let Some(colon) = line.iter().position(|b| *b == b':') else {
            return Self::Junk;
        };
        let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
        let named = !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic() || *b == 0);
        if named { Self::Field } else { Self::Junk }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug_of(raw: &[u8]) -> &'static str {
        open(raw).unwrap_err().slug
    }

    #[test]
    fn what_is_no_mail_is_unreadable() {
        assert_eq!(slug_of(b""), "empty");
        assert_eq!(slug_of(b"\r\n\r\n"), "empty");
        assert_eq!(slug_of("こんにちは\n".as_bytes()), "no-header");
        assert_eq!(slug_of(&b"A: b\n".repeat(1_001)), "header-fields-too-many");
        assert_eq!(
            slug_of(&[b"A: ", &b"b".repeat(300_000)[..]].concat()),
            "header-too-large"
        );
    }

    #[test]
    fn mbox_lines_byte_order_marks_and_a_leading_space_are_passed_over() {
        let cut = open(b"\xEF\xBB\xBF\nFrom a@b Mon\r\n From: c@d\r\n\r\nhi").unwrap();
        assert_eq!(cut.block, b"From: c@d\n");
        assert_eq!(cut.problems.first().unwrap().slug, "header-starts-with-space");
    }

    #[test]
    fn a_from_field_with_a_space_before_its_colon_is_no_mbox_line() {
        assert_eq!(open(b"From : a@b\nFrom: c@d\n\nx").unwrap().fields, 2);
    }

    #[test]
    fn nul_and_lone_cr_do_not_reach_the_parser() {
        let cut = open(b"Subject: a\0b\rc\r\r\n\r\r\nbody").unwrap();
        assert_eq!(cut.block, b"Subject: ab c\n");
        assert_eq!(cut.body_at, 20);
    }

    #[test]
    fn a_body_that_starts_without_a_blank_line_is_kept() {
        let raw = "Subject: a\nこんにちは。\nよろしく\n".as_bytes();
        let cut = open(raw).unwrap();
        assert_eq!(
            raw.get(cut.body_at..).unwrap(),
            "こんにちは。\nよろしく\n".as_bytes()
        );
    }
}
