//! Company disclaimers. Comes in: the end of an author's text. Goes out: where the disclaimer begins. One
//! phrase is no disclaimer: a customer may ask about confidential data.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::lines::Line;
use crate::mail::pattern;

/// The longest disclaimer, in lines.
const MAX_LINES: usize = 40;

/// Phrases of disclaimers; two different ones within one paragraph make one.
static PHRASES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?:本|この)(?:電子)?(?:メール|e-?mail|Eメール)(?:およ?び添付|及び添付|には?|に含まれる|の内容|は、)",
        r"(?:誤って|誤送信|間違って).{0,20}(?:受信|受け取|届い|送信)",
        r"(?:意図し(?:た|ない)|宛先|名宛人|受信者|受取人)(?:の方)?(?:以外|である方|のみ|ではない)",
        r"(?:破棄|削除|消去)(?:し|いただ|くださ|をお願い|願い)",
        r"(?:複製|複写|転載|配布|転送|開示|漏洩).{0,30}(?:禁止|禁じ|お断り|ご遠慮|固く)",
        r"(?i)intended (?:solely |only )?(?:recipient|for the)|addressee",
        r"(?i)(?:received|receive) (?:this|it).{0,30}(?:in error|by mistake)|not the intended",
        r"(?i)\bconfidential\b|\bprivileged\b|confidentiality notice",
        r"(?i)(?:disclos|distribut|copying|dissemination|unauthori[sz]ed).{0,80}(?:prohibited|unlawful|not permitted)",
        r"(?i)(?:notify|inform|contact) the sender|delete (?:this|the|it)",
    ]
    .into_iter()
    .map(pattern::fixed)
    .collect()
});

/// Where the disclaimer at the end of a range begins.
pub(super) fn find_start(lines: &[Line<'_>], range: Range<usize>) -> Option<usize> {
    let earliest = range.end.saturating_sub(MAX_LINES).max(range.start);
    let tail: Vec<usize> = (earliest..range.end).collect();
    let mut found = None;
    for paragraph in tail
        .split(|index| {
            lines
                .get(*index)
                .is_none_or(|line| line.is_blank() || line.is_rule())
        })
        .rev()
    {
        let Some(first) = paragraph.first() else { continue };
        match first_phrase(lines, paragraph) {
            Some(at) => found = Some(at),
            None if found.is_some() || !is_frame(lines, *first) => break,
            None => {}
        }
    }
    found.map(|at| with_rule_above(lines, at, range.start))
}

/// The first line of a paragraph that holds two phrases.
fn first_phrase(lines: &[Line<'_>], paragraph: &[usize]) -> Option<usize> {
    let hits: Vec<(usize, usize)> = paragraph
        .iter()
        .filter_map(|index| lines.get(*index).map(|line| (*index, line)))
        .flat_map(|(index, line)| {
            PHRASES
                .iter()
                .enumerate()
                .filter(move |(_, phrase)| phrase.is_match(line.body))
                .map(move |(number, _)| (index, number))
        })
        .collect();
    let (first, number) = *hits.first()?;
    hits.iter().any(|(_, other)| *other != number).then_some(first)
}

fn is_frame(lines: &[Line<'_>], index: usize) -> bool {
    lines.get(index).is_some_and(Line::is_rule)
}

fn with_rule_above(lines: &[Line<'_>], at: usize, start: usize) -> usize {
    match at.checked_sub(1) {
        Some(above) if above >= start && is_frame(lines, above) => above,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::reply::lines::split;

    fn start(text: &str) -> Option<usize> {
        let lines = split(text);
        find_start(&lines, 0..lines.len())
    }

    #[test]
    fn a_disclaimer_is_two_of_its_phrases_at_the_end() {
        assert_eq!(
            start(
                "質問です。\n\n本メールには機密情報が含まれます。\n誤って受信された場合は破棄してください。\n"
            ),
            Some(2)
        );
        assert_eq!(
            start("Hi\n\nThis mail is confidential. If you are not the intended recipient, delete it.\n"),
            Some(2)
        );
    }

    #[test]
    fn a_question_about_confidential_data_is_none() {
        assert_eq!(start("S3に機密情報を置いてもよいでしょうか。\n"), None);
        assert_eq!(start("Is our confidential data encrypted?\n"), None);
    }
}
