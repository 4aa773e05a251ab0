//! The header block above a quoted or forwarded mail: 差出人/送信日時/宛先/件名, `-----Original Message-----`.
//! Comes in: lines. Goes out: where the block stands and what it says of the mail below. A single line such
//! as `From: の設定について`, or raw headers pasted for the desk to see, must not be taken for one.

use std::ops::Range;

use super::page::Page;
use super::segment::PieceKind;
use super::wording::asks;
use crate::mail::pattern::patterns;

/// Most lines one block may have, long recipient lists included.
const MOST_LINES: usize = 40;

/// Longest line that can be a label or a divider, in octets.
const LONGEST_LINE: usize = 2000;

/// Most lines between the two edges of a framed signature.
const MOST_FRAMED: usize = 14;

/// What a forwarded (or quoted) mail's header block says, as it was written there.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct ForwardedHeader {
    /// The original sender, name and address as shown.
    pub from: Option<String>,
    /// The original date as shown.
    pub date: Option<String>,
    /// The original subject.
    pub subject: Option<String>,
}

/// A block found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeaderBlock {
    /// The first line after it.
    pub end: usize,
    /// Quote or Forwarded.
    pub kind: PieceKind,
    /// A divider stands above, or a rule.
    pub divided: bool,
    /// The date has the label of a mail program's own block (送信日時, `Sent`).
    pub sent: bool,
    /// What it says.
    pub header: ForwardedHeader,
}

impl HeaderBlock {
    /// The date as it stands on the wire: no client shows it so in a block without a divider.
    pub(super) fn is_raw(&self) -> bool {
        self.header
            .date
            .as_deref()
            .is_some_and(|date| zoned().is_match(date))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Author,
    Date,
    Subject,
    Recipient,
    Other,
}

patterns! {
    label = r"(?ix)^ [\s*_|]* (?:
          (?P<author> from | 差出人 | 送信者 | 送信元 | 発信者 | 発信元 | von | de )
        | (?P<date> sent(?:\s+on)? | date | 送信日時 | 送信日 | 日\s?時 | 日\s?付 | 送信済み | 送信(?:時刻|日付)? | 受信日時 | gesendet | envoyé )
        | (?P<subject> subject | 件\s?名 | 題\s?名 | 表題 | タイトル | betreff | objet )
        | (?P<recipient> to | cc | bcc | 宛\s?先 | 送信先 | 受信者 | ＣＣ | an | à )
        | (?: reply-?to | importance | 返信先 | 重要度 | 優先度 | attachments? | 添付(?:ファイル)? | sender | organi[sz]ation | 組織 )
      ) \s? [*_]{0,2} \s{0,6} [:：] [*_]{0,2} (?P<value> .* ) $";
    divider = r"(?ix)^ \s* [-_=＿－―─━*]{2,} \s? (?: original \s (?:message|appointment|mail) | 元のメッセージ | 元のメール
        | (?:返信)?元(?:の)?メッセージ | オリジナル\s?メッセージ | 引用元?(?:メッセージ)? | reply \s message | original \s? [-_=]{3,} ) .{0,60} $
        | ^ [\s\W_]* (?: (?:please\s)? (?:type|write|enter|add|post|put)? \s? (?:your\s)? (?:reply|replies|response|answer|comment)s? \s (?:only\s)? above \s this \s (?:line|message|text|email)
            | .{0,40} \b text \s above \s this \s line .{0,60}
            | (?:write|type|reply) \s above \s this \s line .{0,40} | (?:please\s)? do \s not \s (?:write|type|reply|edit) \s below \s this \s line
            | .{0,16} (?:この|上記の|以下の|こちらの)(?:行|線|ライン|区切り線?|点線|メッセージ)(?:より|から|の|よりも)(?:上|前)(?:の?部分)?(?:に|へ|で)\s?(?:ご?返信|ご?回答|ご?記入|ご?入力|お?書き|ご?記載|ご?返答|メッセージ|本文|コメント).{0,24}
            | (?:この|上記の)(?:行|線|ライン)(?:より|から|の)下(?:に|へ|は).{0,24}(?:ないで|編集|変更|削除|記入|入力|返信).{0,12} ) [\s\W_]* $";
    forward_divider = r"(?ix)^ \s* [-_=＿－―─━*]{2,} \s? (?: forwarded \s (?:message|mail|by) | 転送(?:された)?\s?(?:メッセージ|メール) | 転送元\s?メッセージ | original \s message \s forwarded ) .{0,80} $
        | ^ \s* [-_=]{2,} .{1,100} (?:による|が|から)転送 .{0,60} $
        | ^ \s* (?: begin \s forwarded \s message | 転送された(?:メッセージ|メール) | 転送(?:メッセージ|メール) | 以下、?転送(?:メッセージ|メール)? ) \s? [:：] $";
    unmarked = r"(?i)^(?:(?P<author>from|差出人|送信者)|(?P<date>date|sent|日付|日時|送信日時)|(?P<subject>subject|件名)|(?P<recipient>to|cc|宛先))\s(?P<value>\S.*)$";
    zoned = r"(?i)^(?:[a-z]{3},\s?)?\d{1,2}\s[a-z]{3}\s\d{4}\s\d\d:\d\d:\d\d\s(?:[+-]\d{4}|GMT|UTC)";
    sent_label = r"(?i)^[\s*_|]*(?:sent|送信日時|gesendet|envoyé)\b";
    rule = r"^\s*[-_=＿－―─━*]{3,}\s*$";
    speaks_of_headers = r"(?i)ヘッダ|headers?\b";
    raw_header = r"(?i)^\s*(?:message-id|received|mime-version|return-path|content-type|dkim-signature|x-[a-z-]+|authentication-results|delivered-to)\s?:";
}

/// The block that starts at this line, its divider included.
pub(super) fn header_block_at(page: &Page<'_>, start: usize) -> Option<HeaderBlock> {
    let text = short(page, start)?;
    let forwarded = forward_divider().is_match(text);
    let divided = forwarded || (divider().is_match(text) && !asks(text));
    let ruled = !divided && rule().is_match(text);
    if ruled && closes_a_frame(page, start) {
        return None;
    }
    if !divided && !ruled {
        return labelled(page, start, false).map(|(end, header)| HeaderBlock {
            end,
            kind: PieceKind::Quote,
            divided: false,
            sent: is_sent(page, start..end),
            header,
        });
    }
    let below = page.next_filled(start.checked_add(1)?);
    if ruled && below > start.saturating_add(2) {
        return None;
    }
    let kind = if forwarded {
        PieceKind::Forwarded
    } else {
        PieceKind::Quote
    };
    match labelled(page, below, divided) {
        Some((end, header)) => Some(HeaderBlock {
            end,
            kind,
            divided: true,
            sent: is_sent(page, below..end),
            header,
        }),
        None if divided && !is_only_named(page, start) => Some(HeaderBlock {
            end: start.checked_add(1)?,
            kind,
            divided: true,
            sent: false,
            header: ForwardedHeader::default(),
        }),
        None => None,
    }
}

fn is_sent(page: &Page<'_>, block: Range<usize>) -> bool {
    page.lines(block)
        .iter()
        .any(|line| sent_label().is_match(line.body))
}

/// What the forwarded mail in this text says of itself; the outermost where several are nested.
///
/// Outlook forwards look like its replies, so any header block counts. `None` where there is none.
pub fn find_forwarded(text: &str) -> Option<ForwardedHeader> {
    let page = Page::read(text)?;
    let mut blocks = (0..page.len()).filter_map(|index| header_block_at(&page, index));
    blocks
        .find(|block| block.header != ForwardedHeader::default())
        .map(|block| block.header)
}

/// A divider in the middle of a paragraph is spoken of, not drawn: no client writes text right below it.
fn is_only_named(page: &Page<'_>, divider: usize) -> bool {
    let below = divider.saturating_add(1);
    let drawn = page.text(divider).to_lowercase();
    let asks_for_answers_above = ["above", "below", "上", "下"]
        .iter()
        .any(|word| drawn.contains(word));
    !asks_for_answers_above
        && !page.is_blank(below)
        && page.depth(below) == 0
        && read_label(page.text(below), true).is_none()
        && !page.text(below).contains([':', '：'])
}

/// The same rule stands a few lines above: it is the lower edge of a signature, not the block's upper one.
fn closes_a_frame(page: &Page<'_>, rule: usize) -> bool {
    let above = page.lines(rule.saturating_sub(MOST_FRAMED)..rule);
    above.iter().any(|line| line.text == page.text(rule))
}

fn short<'a>(page: &Page<'a>, index: usize) -> Option<&'a str> {
    page.get(index)
        .map(|line| line.body)
        .filter(|body| !body.is_empty() && body.len() <= LONGEST_LINE)
}

/// Below a divider some clients leave the colon out.
fn read_label(body: &str, divided: bool) -> Option<(Label, &str)> {
    let marked = body
        .contains([':', '：'])
        .then(|| label().captures(body))
        .flatten();
    let found = match marked {
        Some(found) => found,
        None if divided => unmarked().captures(body)?,
        None => return None,
    };
    let value = found
        .name("value")?
        .as_str()
        .trim_matches(['*', '_', ' ', '\t', '\u{3000}', '\u{a0}']);
    let which = [
        ("author", Label::Author),
        ("date", Label::Date),
        ("subject", Label::Subject),
        ("recipient", Label::Recipient),
    ];
    let label = which
        .iter()
        .find(|(name, _)| found.name(name).is_some())
        .map_or(Label::Other, |(_, label)| *label);
    Some((label, value))
}

/// Reads label lines from `start`: the line after them and what they say, if together they head a mail.
fn labelled(page: &Page<'_>, start: usize, divided: bool) -> Option<(usize, ForwardedHeader)> {
    read_label(short(page, start)?, divided)?;
    let above = start.checked_sub(1).map_or("", |above| page.text(above));
    if !divided && (raw_header().is_match(above) || speaks_of_headers().is_match(above) || is_within(above)) {
        return None;
    }
    let mut seen: Vec<Label> = Vec::new();
    let mut header = ForwardedHeader::default();
    let mut index = start;
    let mut end = start;
    while index < page.len() && index.saturating_sub(start) < MOST_LINES {
        let body = page.get(index).map_or("", |line| line.body);
        if body.is_empty() {
            let skipped = index.saturating_add(1);
            let begun = seen.contains(&Label::Author);
            if !begun
                || short(page, skipped)
                    .and_then(|body| read_label(body, divided))
                    .is_none()
            {
                break;
            }
        } else if let Some((label, value)) = short(page, index).and_then(|body| read_label(body, divided)) {
            if seen.contains(&label) && matches!(label, Label::Author | Label::Date | Label::Subject) {
                break;
            }
            seen.push(label);
            note(&mut header, label, value);
            end = index.saturating_add(1);
        } else if raw_header().is_match(body) && !divided {
            return None;
        } else if continues(body, seen.last().copied(), page.text(index)) {
            end = index.saturating_add(1);
        } else {
            break;
        }
        index = index.saturating_add(1);
    }
    heads_a_mail(&seen, divided).then_some((end, header))
}

/// No block begins below a recipient's line; asking there again and again would cost the square of the lines.
fn is_within(above: &str) -> bool {
    above.len() <= LONGEST_LINE
        && matches!(
            read_label(above, false),
            Some((Label::Recipient | Label::Other, _))
        )
}

fn note(header: &mut ForwardedHeader, label: Label, value: &str) {
    let field = match label {
        Label::Author => &mut header.from,
        Label::Date => &mut header.date,
        Label::Subject => &mut header.subject,
        Label::Recipient | Label::Other => return,
    };
    if !value.is_empty() {
        field.get_or_insert_with(|| value.to_owned());
    }
}

/// A wrapped value: an address list goes on, or the line is indented.
fn continues(body: &str, label: Option<Label>, raw: &str) -> bool {
    let indented = raw.starts_with(['\t', ' ']) && !body.ends_with('。');
    match label {
        Some(Label::Recipient) => body.contains('@') || body.ends_with([';', ',']) || indented,
        Some(Label::Author) => body.starts_with(['<', '[']) && body.contains('@'),
        Some(Label::Subject | Label::Date | Label::Other) => indented,
        None => false,
    }
}

/// Every client names the author, the date, and the subject or a recipient; below a divider two suffice.
fn heads_a_mail(seen: &[Label], divided: bool) -> bool {
    let has = |label| seen.contains(&label);
    let about = has(Label::Subject) || has(Label::Recipient);
    if divided {
        has(Label::Author) || (has(Label::Date) && about)
    } else {
        has(Label::Author) && has(Label::Date) && about
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Option<HeaderBlock> {
        header_block_at(&Page::read(text).unwrap(), 0)
    }

    #[test]
    fn outlook_blocks_are_read_with_full_width_colons() {
        let found = block("差出人： 佐藤 <s@c.example>\n送信日時： 2026年3月2日 10:12\n宛先： desk@d.example\n件名： RE: 障害\n\n本文").unwrap();
        assert_eq!((found.end, found.kind), (4, PieceKind::Quote));
        assert_eq!(found.header.from.as_deref(), Some("佐藤 <s@c.example>"));
        assert_eq!(found.header.subject.as_deref(), Some("RE: 障害"));
    }

    #[test]
    fn emphasised_labels_and_wrapped_recipients_are_read() {
        let found = block("**From:** A <a@c.example>\n**Sent:** Monday\n**To:** b@c.example;\nc@c.example\n**Subject:** x\n").unwrap();
        assert_eq!((found.end, found.header.date.as_deref()), (5, Some("Monday")));
    }

    #[test]
    fn a_line_or_raw_headers_in_the_body_are_no_block() {
        assert_eq!(block("From: の設定について\nご教示ください。\n"), None);
        assert_eq!(
            block("From: a@c.example\nTo: b@c.example\nSubject: test\nこのメールが届きません。"),
            None
        );
        assert_eq!(
            block("From: a@c.example\nDate: Mon, 2 Mar\nSubject: t\nMessage-ID: <a@b>\nが届きません。"),
            None
        );
    }

    #[test]
    fn a_forward_is_told_by_its_divider() {
        let text = "ご参考まで。\n\n---------- Forwarded message ---------\nFrom: A <a@c.example>\nDate: 2026年3月2日\nSubject: x\n\n本文";
        let page = Page::read(text).unwrap();
        assert_eq!(header_block_at(&page, 2).unwrap().kind, PieceKind::Forwarded);
        assert_eq!(find_forwarded(text).unwrap().subject.as_deref(), Some("x"));
        assert_eq!(find_forwarded("ただの本文です。\nFrom: x\n"), None);
    }
}
