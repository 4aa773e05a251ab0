//! Mails that a text passes on. Comes in: the text of a forward. Goes out: for each forwarded mail in it, outermost
//! first, where its block stands, what the block says, and its own text without the marks of the forward. It
//! must not decide which of them is meant.

use std::ops::Range;

use super::attribution::attribution_at;
use super::drawn_rule::is_rule;
use super::header_block::{ForwardedHeader, header_block_at};
use super::page::{Line, Page};
use crate::mail::pattern::patterns;

/// Most mails of one text that are looked at; a chain of forwards has a few.
const MOST: usize = 20;

patterns! {
    reply_to = r"(?i)^[\s*_]*(?:reply-?to|返信先)[\s*_]*[:：]\s*(?P<value>.+)$";
    message_id = r"(?i)^[\s*_]*message-?id[\s*_]*[:：]\s*(?P<value><[^<>\s]+>)";
    raw_field = r"(?i)^(?:message-?id|in-reply-to|references|mime-version|content-[a-z-]+|x-[a-z-]+|reply-?to|organi[sz]ation)\s?:";
    announces = r"(?ix)^ [\s>]* (?: [-_=]{2,} .{0,120} (?: 転送 | forward ) .{0,120} | forwarded \s by .{1,160} | begin \s forwarded \s message \s?:? | 転送された(?:メッセージ|メール)\s?[:：]? ) \s* $";
    ends = r"(?ix)^ [\s>]* [-_=]{2,} \s* (?: original \s message \s ends? | end \s (?:of \s)? (?:forwarded|original) \s message | 転送メッセージ終わり? | ここまで ) .{0,60} $";
}

/// A mail that a text passes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentOn {
    /// What stands above it: the words of whoever passes it on, and of those before.
    pub above: String,
    /// What its block says.
    pub header: ForwardedHeader,
    /// Reply-To, where the block has it.
    pub reply_to: Option<String>,
    /// Message-ID, where the block has it.
    pub message_id: Option<String>,
    /// Its own text, with whatever it quotes or passes on itself.
    pub text: String,
}

/// Every mail that the text passes on, outermost first; time is linear in the text.
pub fn find_sent_on(text: &str) -> Vec<SentOn> {
    let Some(page) = Page::read(text) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut index = 0;
    while index < page.len() && found.len() < MOST {
        index = page.next_filled(index);
        let Some((header, head)) = head_at(&page, index) else {
            index = index.saturating_add(1);
            continue;
        };
        index = head.end.max(index.saturating_add(1));
        found.push(sent_on(&page, header, head));
    }
    found
}

/// The head of an earlier mail that starts here: a block, or a line that introduces a quotation.
fn head_at(page: &Page<'_>, index: usize) -> Option<(ForwardedHeader, Range<usize>)> {
    if let Some(block) = header_block_at(page, index) {
        let named = block.header.from.is_some();
        return named.then_some((block.header, index..block.end));
    }
    let attribution = attribution_at(page, index)?;
    let line: String = page
        .lines(index..attribution.end)
        .iter()
        .map(|l| l.body)
        .collect();
    let header = ForwardedHeader {
        from: Some(line).filter(|line| line.contains(['@', '＠'])),
        ..ForwardedHeader::default()
    };
    header.from.is_some().then_some((header, index..attribution.end))
}

fn sent_on(page: &Page<'_>, mut header: ForwardedHeader, head: Range<usize>) -> SentOn {
    let below = end_of_fields(page, head.end);
    let fields = page.lines(head.start..below);
    let field = |value: fn() -> &'static regex::Regex| {
        let mut all = fields.iter().filter_map(|line| value().captures(line.body));
        all.next()?.name("value").map(|found| found.as_str().to_owned())
    };
    header.from = header.from.map(|from| with_folded_address(from, fields));
    SentOn {
        above: joined(page, 0..start_of_head(page, head.start), 0),
        header,
        reply_to: field(reply_to),
        message_id: field(message_id),
        text: own_text(page, below),
    }
}

/// A long name leaves its address to the next line.
fn with_folded_address(from: String, fields: &[Line<'_>]) -> String {
    if from.contains(['@', '＠']) {
        return from;
    }
    let below = fields
        .iter()
        .skip_while(|line| !line.body.ends_with(from.as_str()))
        .nth(1);
    match below.filter(|line| line.body.starts_with(['<', '[', '＜'])) {
        Some(line) => format!("{from} {}", line.body),
        None => from,
    }
}

/// A block that shows the whole header goes on with fields that no label list has; some clients draw a line below.
fn end_of_fields(page: &Page<'_>, end: usize) -> usize {
    let mut below = end;
    while page
        .get(below)
        .is_some_and(|line| raw_field().is_match(line.body))
    {
        below = below.saturating_add(1);
    }
    match page.get(below) {
        Some(line) if is_rule(line.body) || line.body == "----" => below.saturating_add(1),
        Some(_) | None => below,
    }
}

/// The line above a block that announces it belongs to it.
fn start_of_head(page: &Page<'_>, start: usize) -> usize {
    match page.last_filled(0..start) {
        Some(above) if announces().is_match(page.text(above)) => above,
        Some(_) | None => start,
    }
}

/// What stands below the block, without the quote marks that all of it has, and without the line that closes it.
fn own_text(page: &Page<'_>, below: usize) -> String {
    let end = (below..page.len()).rfind(|index| !page.get(*index).is_some_and(Line::is_empty));
    let end = end.map_or(below, |last| last.saturating_add(1));
    let closed = (below..end).find(|index| ends().is_match(page.text(*index)));
    let body = below..closed.unwrap_or(end);
    let first = page.next_filled(body.start);
    let marks = page.depth(first);
    let run = (first..body.end)
        .find(|index| page.depth(*index) < marks && !page.is_blank(*index))
        .unwrap_or(body.end);
    let mut text = joined(page, body.start..run, marks);
    text.push_str(&joined(page, run..body.end, 0));
    text.trim_matches('\n').trim_end().to_owned()
}

/// The lines with so many quote marks taken off.
fn joined(page: &Page<'_>, lines: Range<usize>, marks: usize) -> String {
    let mut text = String::new();
    for line in page.lines(lines) {
        text.push_str(without_marks(line.raw, marks));
    }
    text
}

fn without_marks(raw: &str, marks: usize) -> &str {
    let mut rest = raw;
    for _ in 0..marks {
        let bare = rest.trim_start_matches([' ', '\t']);
        let Some(inner) = bare.strip_prefix(['>', '＞']) else {
            break;
        };
        rest = inner.strip_prefix(' ').unwrap_or(inner);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_of_a_chain_is_found_with_what_stands_above_it() {
        let text = "お願いします。\n\n差出人: A <a@d.example>\n送信日時: 2026年3月2日 10:12\n件名: FW: x\n\n転送です。\n\n差出人: B <b@c.example>\n送信日時: 2026年3月2日 9:00\n件名: x\n\n本文\n";
        let found = find_sent_on(text);
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.header.from.as_deref(), one.text.as_str()))
            .collect();
        assert_eq!(told[1], (Some("B <b@c.example>"), "本文"));
        assert!(told[0].1.starts_with("転送です。"));
        assert_eq!(found[0].above.trim(), "お願いします。");
    }

    #[test]
    fn quote_marks_of_the_forward_are_taken_off_and_those_of_the_mail_stay() {
        let text = "> From: B <b@c.example>\n> Date: x\n> Subject: y\n>\n> 本文\n> > 引用\n";
        assert_eq!(find_sent_on(text)[0].text, "本文\n> 引用");
    }

    #[test]
    fn a_text_that_passes_nothing_on_has_none() {
        assert_eq!(find_sent_on("差出人: は空欄です。\nFrom: の件\n"), Vec::new());
    }
}
