//! Header blocks that mail programs put above an unprefixed earlier mail (Outlook's From/Sent/To/Subject,
//! 差出人/送信日時/宛先/件名). Comes in: lines. Goes out: where the earlier mail begins, and what its
//! block says. A header that the author pasted to ask about it must not be taken for one.

use std::sync::LazyLock;

use regex::Regex;

use super::attribution;
use super::lines::{self, Line};
use crate::mail::pattern;

/// The longest block, in lines: a long To list wraps.
const MAX_BLOCK: usize = 24;

/// The longest label, in characters, bold marks and inner spaces included.
const MAX_LABEL: usize = 30;

/// Where an earlier mail begins, down to the end of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    /// The first line that a program wrote.
    pub(super) start: usize,
    pub(super) kind: CutKind,
}

/// Why the earlier mail is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CutKind {
    /// It was answered, or the program does not say.
    Reply,
    /// The program says it was forwarded.
    Forward,
}

/// What a forwarded mail's header block says; a claim of whoever forwarded it.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct ForwardedHeader {
    /// From, as written: a name, an address or both.
    pub from: Option<String>,
    /// Date, as written; programs use their own notations.
    pub date: Option<String>,
    /// Subject.
    pub subject: Option<String>,
}

/// The header of the outermost earlier mail in a text, forwarded or answered.
pub fn find_forwarded(text: &str) -> Option<ForwardedHeader> {
    let lines = lines::split(text);
    let cut = find_cut(&lines)?;
    (cut.start..lines.len())
        .take(MAX_BLOCK)
        .find_map(|index| block_at(&lines, index))
        .map(|block| block.header)
}

/// Where the outermost unprefixed earlier mail begins.
pub(super) fn find_cut(lines: &[Line<'_>]) -> Option<Cut> {
    let last_quoted = lines.iter().rposition(Line::is_quoted).unwrap_or(0);
    (0..lines.len()).find_map(|index| cut_at(lines, index, last_quoted))
}

fn cut_at(lines: &[Line<'_>], start: usize, last_quoted: usize) -> Option<Cut> {
    let line = lines.get(start)?;
    if line.is_blank() || line.is_quoted() {
        return None;
    }
    let kind = separator(line.short());
    let cut = |kind| Some(Cut { start, kind });
    if let Some(kind) = kind {
        let next = next_lines(lines, start, 4);
        return next
            .into_iter()
            .any(|at| begins_earlier_mail(lines, at))
            .then_some(Cut { start, kind });
    }
    if line.is_rule() {
        let next = next_lines(lines, start, 1).into_iter().next()?;
        return block_at(lines, next)
            .filter(Block::is_programs)
            .and_then(|_| cut(CutKind::Reply));
    }
    if block_at(lines, start).is_some_and(|block| block.is_programs()) {
        return cut(CutKind::Reply);
    }
    // Quote marks below say for themselves what is quoted.
    let found = attribution::find_at(lines, start).filter(|found| found.certain && start >= last_quoted)?;
    let behind = start.saturating_add(found.lines);
    let has_text = lines.iter().skip(behind).any(|line| !line.is_blank());
    has_text.then_some(Cut {
        start,
        kind: CutKind::Reply,
    })
}

/// The next lines below that are not blank, at most `count`.
fn next_lines(lines: &[Line<'_>], index: usize, count: usize) -> Vec<usize> {
    (index.saturating_add(1)..lines.len())
        .take(count.saturating_add(4))
        .filter(|at| lines.get(*at).is_some_and(|line| !line.is_blank()))
        .take(count)
        .collect()
}

fn begins_earlier_mail(lines: &[Line<'_>], index: usize) -> bool {
    let has_field = lines
        .get(index)
        .and_then(|line| field(line.body))
        .is_some_and(|(field, value)| field != Field::Trace && !value.is_empty());
    has_field || attribution::find_at(lines, index).is_some()
}

/// `-----Original Message-----` and its relatives.
static ORIGINAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^(?:-{2,}.{1,200}\bwrote\s*:\s*-{2,}|[-_=－━─]{2,}\s*(?:original (?:message|appointment)|reply message|元のメッセージ|元のメール",
        r"|返信元(?:の)?(?:メッセージ|メール)|引用元(?:の)?メッセージ|オリジナルメッセージ|受信メール)\s*[-_=－━─]{2,})$"
    ))
});
/// Lines by which programs say that they forward.
static FORWARDED: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^(?:[-_=－━─]{2,}\s*(?:forwarded (?:message|by .{1,200})|forward header|転送(?:された)?(?:メッセージ|メール)",
        r"|ここから転送)\s*[-_=－━─]{0,80}|begin forwarded message\s*[:：]|転送されたメッセージ\s*[:：])$"
    ))
});

fn separator(line: &str) -> Option<CutKind> {
    if FORWARDED.is_match(line) {
        Some(CutKind::Forward)
    } else if ORIGINAL.is_match(line) {
        Some(CutKind::Reply)
    } else {
        None
    }
}

/// A field of a header block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    From,
    /// Outlook's own label, which no raw header has.
    Sent,
    Date,
    To,
    Subject,
    /// Cc, Importance and others that may stand in between.
    Beside,
    /// A header that only raw mail shows.
    Trace,
}

/// Reads `label: value`; bold marks of HTML turned to text and full-width colons are accepted.
fn field(line: &str) -> Option<(Field, &str)> {
    let (colon, mark) = line
        .char_indices()
        .take(MAX_LABEL)
        .find(|(_, c)| matches!(c, ':' | '：'))?;
    let label = line.get(..colon)?;
    let value = line.get(colon.saturating_add(mark.len_utf8())..)?;
    let label: String = label
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '*')
        .collect();
    let field = match label.to_lowercase().as_str() {
        "from" | "差出人" | "送信者" | "送信元" | "発信者" => Field::From,
        "sent" | "送信日時" | "送信日" | "送信日付" => Field::Sent,
        "date" | "日時" | "日付" | "受信日時" => Field::Date,
        "to" | "宛先" | "あて先" => Field::To,
        "subject" | "件名" | "題名" | "標題" => Field::Subject,
        "cc" | "ｃｃ" | "bcc" | "importance" | "重要度" | "attachments" | "添付ファイル" | "reply-to"
        | "返信先" | "priority" | "when" | "where" => Field::Beside,
        "message-id"
        | "received"
        | "mime-version"
        | "content-type"
        | "return-path"
        | "in-reply-to"
        | "references"
        | "dkim-signature"
        | "authentication-results"
        | "delivered-to" => Field::Trace,
        _ => return None,
    };
    Some((field, value.trim_matches(|c: char| c.is_whitespace() || c == '*')))
}

/// A header block as far as it was read.
#[derive(Debug, Default)]
struct Block {
    header: ForwardedHeader,
    has_sent: bool,
    has_addressee: bool,
    has_trace: bool,
}

/// The date notation of raw headers (RFC 5322 §3.3), which Outlook's blocks never use.
static RAW_DATE: LazyLock<Regex> = LazyLock::new(|| pattern::fixed(r"\d{2}:\d{2}:\d{2} [+-]\d{4}"));

/// A time of day; programs always give it, and a list of settings (`From: t3.micro`) does not.
static TIME: LazyLock<Regex> = LazyLock::new(|| pattern::fixed(r"\d{1,2}[:：時]\d{2}"));

impl Block {
    /// Whether a program wrote it to introduce an earlier mail, and not the author pasting raw headers.
    fn is_programs(&self) -> bool {
        let date = self.header.date.as_deref().unwrap_or_default();
        TIME.is_match(date) && (self.has_sent || !RAW_DATE.is_match(date))
    }

    fn is_whole(&self) -> bool {
        let has_date = self
            .header
            .date
            .as_deref()
            .is_some_and(|date| date.chars().any(char::is_numeric));
        !self.has_trace
            && self.header.from.is_some()
            && has_date
            && (self.has_addressee || self.header.subject.is_some())
    }

    fn take(&mut self, field: Field, value: &str) {
        let filled = || (!value.is_empty()).then(|| value.to_owned());
        match field {
            Field::From => self.header.from = self.header.from.take().or_else(filled),
            Field::Sent | Field::Date => {
                self.has_sent |= field == Field::Sent;
                self.header.date = self.header.date.take().or_else(filled);
            }
            Field::Subject => self.header.subject = self.header.subject.take().or_else(filled),
            Field::To => self.has_addressee = true,
            Field::Trace => self.has_trace = true,
            Field::Beside => {}
        }
    }
}

/// Reads the block that begins at a line: From, a date, and To or Subject, in any order.
fn block_at(lines: &[Line<'_>], start: usize) -> Option<Block> {
    field(lines.get(start)?.body)?;
    let mut block = Block::default();
    let mut blanks: usize = 0;
    for line in lines.get(start..)?.iter().take(MAX_BLOCK) {
        if line.is_blank() {
            // HTML turned to text may put each field into a paragraph of its own.
            blanks = blanks.saturating_add(1);
            if blanks > 1 {
                break;
            }
            continue;
        }
        match field(line.body) {
            Some((field, value)) => block.take(field, value),
            None if blanks == 0 && continues_field(line) => {}
            None => break,
        }
        blanks = 0;
    }
    block.is_whole().then_some(block)
}

/// The second line of a wrapped To list or date.
fn continues_field(line: &Line<'_>) -> bool {
    line.raw.starts_with([' ', '\t', '　']) || line.body.contains('@') || line.body.ends_with([';', ','])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Option<(usize, CutKind)> {
        find_cut(&lines::split(text)).map(|cut| (cut.start, cut.kind))
    }

    #[test]
    fn outlook_blocks_begin_the_earlier_mail() {
        let block = "差出人: 田中 <tanaka@desk.example>\n送信日時: 2026年3月2日 10:12\n宛先: 佐藤\n件名: Re: 件\n\n本文";
        assert_eq!(cut(&format!("はい。\n\n{block}")), Some((2, CutKind::Reply)));
        let wide = block.replace(": ", "：");
        assert_eq!(
            cut(&format!("はい。\n________________________________\n{wide}")),
            Some((1, CutKind::Reply))
        );
    }

    #[test]
    fn a_forward_is_told_and_its_header_read() {
        let text = "ご確認ください\n---------- Forwarded message ---------\nFrom: AWS <a@aws.example>\nDate: 2026年3月2日(月) 10:12\nSubject: 通知\nTo: <sato@customer.example>\n\n本文";
        assert_eq!(cut(text), Some((1, CutKind::Forward)));
        assert_eq!(find_forwarded(text).unwrap().subject.as_deref(), Some("通知"));
    }

    #[test]
    fn words_that_look_like_headers_are_no_earlier_mail() {
        assert_eq!(cut("From: の設定について\nTo: も教えてください\n"), None);
        let pasted = "届きません。\nFrom: a@customer.example\nDate: Mon, 2 Mar 2026 10:12:13 +0900\nTo: b@x.example\nSubject: t\n\nなぜでしょうか。";
        assert_eq!(cut(pasted), None);
    }
}
