//! Lines with quote marks. Comes in: the part of a text above an unprefixed earlier mail. Goes out: which
//! quoted runs are folded. Quoted lines that are answered below stay written (SPEC §4), and so do lines
//! that only look quoted: shell prompts, redirections, logs.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::attribution;
use super::lines::{Line, Marks};
use super::segment::PieceKind;
use super::signature;
use crate::mail::pattern;

/// A quote this short without attribution, answered below, is what the answer refers to.
const SHORT_QUOTE: usize = 5;

/// Marks the quoted runs above `end`; gives the line where the quotes at the very end begin.
pub(super) fn mark(lines: &[Line<'_>], end: usize, marks: &mut Marks) -> usize {
    let runs = runs(lines, end);
    let introduced: Vec<Option<usize>> = runs.iter().map(|run| introduction(lines, run)).collect();
    for (run, start) in runs.iter().zip(&introduced) {
        if let Some(start) = start {
            marks.set(*start..run.start, PieceKind::Quote);
        }
    }
    let is_reply = introduced.iter().any(Option::is_some);
    let mut trailing_from = end;
    let mut answered = Vec::new();
    for (run, start) in runs.iter().zip(&introduced).rev() {
        let behind = run.end..trailing_from;
        let is_last = answered.is_empty() && marks.written_lines(lines, behind).is_empty();
        if is_last && (start.is_some() || is_mail_text(lines, run, is_reply)) {
            marks.set(run.clone(), PieceKind::Quote);
            trailing_from = start.unwrap_or(run.start);
        } else {
            answered.push((run, *start));
        }
    }
    if let [(run, start)] = answered.as_slice() {
        mark_single(lines, run, *start, marks);
    }
    trailing_from
}

/// Where the attribution of a run begins: above it, or on its own first line.
fn introduction(lines: &[Line<'_>], run: &Range<usize>) -> Option<usize> {
    let opens = || attribution::opens_run(lines.get(run.clone()).unwrap_or_default());
    attribution::find_above(lines, run.start).or_else(|| opens().then_some(run.start))
}

/// One quote with the answer below it and nothing above: it is the whole earlier mail.
fn mark_single(lines: &[Line<'_>], run: &Range<usize>, introduced: Option<usize>, marks: &mut Marks) {
    let above = marks.written_lines(lines, 0..run.start);
    let is_long = marks.written_lines(lines, run.clone()).len() > SHORT_QUOTE;
    if above.is_empty() && (introduced.is_some() || (is_long && is_mail_text(lines, run, false))) {
        marks.set(run.clone(), PieceKind::Quote);
    }
}

/// Runs of quoted lines; blank lines between two of them belong to the run.
fn runs(lines: &[Line<'_>], end: usize) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut only_blank_since = false;
    for (index, line) in lines.iter().enumerate().take(end) {
        if line.is_quoted() {
            let behind = index.saturating_add(1);
            match runs.last_mut() {
                Some(run) if only_blank_since => run.end = behind,
                _ => runs.push(index..behind),
            }
            only_blank_since = true;
        } else if !line.is_blank() {
            only_blank_since = false;
        }
    }
    runs
}

/// Lines that a terminal or a log shows behind a `>`.
static CONSOLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^(?:[$#%]\s|\[|\{|<|/|\d{4}-\d{2}-\d{2}[T ]|\d{2}:\d{2}:\d{2}|(?:error|warn|info|debug|fatal|trace|exception|caused by)\b",
        r"|at [\w.$]+\(|(?:aws|ls|cd|curl|ping|ssh|scp|sudo|docker|kubectl|git|npm|yum|apt|echo|cat|python\d?|terraform|cdk|sam",
        r"|mysql|psql|select|insert|update|show|get-\w+|set-\w+|dig|nslookup|telnet|traceroute|tracert|dir|type|grep|openssl|wget)\b)"
    ))
});

/// Whether a run without attribution is somebody's mail and not what a terminal showed. In a mail with
/// another attribution a quote is likely whatever its language.
fn is_mail_text(lines: &[Line<'_>], run: &Range<usize>, is_reply: bool) -> bool {
    let above = lines.iter().take(run.start).rev().find(|line| !line.is_blank());
    if above.is_some_and(|line| signature::announces_data(line.body)) {
        return false;
    }
    let run = lines.get(run.clone()).unwrap_or_default();
    let is_console = run.iter().any(|line| CONSOLE.is_match(line.unquoted()));
    let has_japanese = run.iter().any(|line| line.unquoted().chars().any(is_japanese));
    !is_console && (is_reply || (has_japanese && holds_letter(run)))
}

/// What a letter holds and a pasted message does not.
static LETTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(
        r"様$|御中$|お世話にな|お問い?合わ?せ|ありがとうござ|(?:よろしく|宜しく)お願い|でしょうか。?$|(?:です|ます)か[。?？]?$",
    )
});

/// Whether quoted lines are somebody's letter: a heading, an arrow or an error message is not.
fn holds_letter(run: &[Line<'_>]) -> bool {
    let is_several = run
        .iter()
        .filter(|line| !line.unquoted().is_empty())
        .nth(1)
        .is_some();
    is_several && run.iter().any(|line| LETTER.is_match(line.unquoted()))
}

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}')
}

/// Words by which people say that their answers stand inside the quoted mail.
static INLINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)インライン|文中|本文内|[赤青緑]字|色字|[赤青]文字|[下以][記下]に(?:追記|記入|回答|記載)|追記(?:しま|いたし|致し)",
        r"|\binline\b|\bin (?:red|blue|green)\b|\bmy (?:answers|comments|replies)\b|\b(?:see|answers?|comments?|replies) below\b|\bbelow each\b|\[[a-z]{2,12}\]"
    ))
});
/// Words by which people say that they pass a mail on.
static PASSED_ON: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(
        r"(?i)転送(?:しま|いたし|致し|させて)|[下以][記下]の?(?:よう[にな])?(?:の)?(?:メール|通知|案内|連絡)が?|\bfyi\b|\bforward(?:ing|ed)?\b|\bgot this (?:mail|email|notice)\b",
    )
});

/// Lines that open a letter and say nothing yet.
static GREETING: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)様[、,]?$|御中$|さん[、,]?$|ご担当者|お世話にな|お疲れ(?:様|さま)|ご?質問(?:の件|に|へ).{0,20}回答|^回答(?:です|し|いた|致)",
        r"|^(?:hi|hello|dear)\b|^(?:please )?(?:see|find) (?:my )?answers?\b|^[\p{Alphabetic}-]{1,20}[-\s]?san,?$"
    ))
});
/// Lines by which people name themselves; an answer may look the same.
static INTRODUCTION: LazyLock<Regex> =
    LazyLock::new(|| pattern::fixed(r"^.{1,24}(?:です|と申します)[。、]?$"));

/// Whether an author's lines say that the answers stand inside the earlier mail below them, or greet only:
/// then there is nowhere else for the answers to be.
pub(super) fn announces_inline_answers(above: &[&Line<'_>]) -> bool {
    let greets = |line: &&Line<'_>| GREETING.is_match(line.short());
    let greets_only = above.iter().any(greets)
        && above
            .iter()
            .all(|line| greets(line) || INTRODUCTION.is_match(line.short()));
    greets_only || above.iter().any(|line| INLINE.is_match(line.body))
}

pub(super) fn announces_forward(line: &str) -> bool {
    PASSED_ON.is_match(line)
}
