//! Company disclaimers. Comes in: the end of an author's text. Goes out: where the disclaimer begins. One
//! phrase is no disclaimer: a customer may ask about confidential data, or to delete something.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::lines::Line;
use crate::mail::pattern;

/// The longest disclaimer, in lines.
const MAX_LINES: usize = 40;

/// What every disclaimer comes to: the mail may have reached the wrong reader.
static MISDELIVERY: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)(?:誤って|誤送信|間違って|手違い).{0,20}(?:受信|受け取|届い|送信)|意図しない(?:受信|方|送信)|心当たり(?:が|の)な",
        r"|received? (?:this|it)\b.{0,40}(?:in error|by mistake)|not (?:the|an) (?:intended|named)|intended (?:solely|only|exclusively)"
    ))
});
/// What disclaimers say beside it; one more of these is wanted.
static PHRASES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?:本|この|当)(?:電子)?(?:メール|e-?mail|Eメール)(?:およ?び添付|及び添付|には?|に含まれる|の内容|は)",
        r"(?:意図し(?:た|ない)|宛先|名宛人|受信者|受取人)(?:の方|の皆様)?(?:以外|である方|のみ|ではない)",
        r"(?:破棄|削除|消去)(?:し|いただ|くださ|をお願い|願い)",
        r"(?:複製|複写|転載|配布|転送|開示|漏洩|利用).{0,30}(?:禁止|禁じ|お断り|ご遠慮|固く)",
        r"(?i)\b(?:this|the) (?:e-?mail|message|communication|transmission)\b",
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
    found.map(|at| with_heading_above(lines, at, range.start))
}

/// The first line with a phrase in a paragraph that is a disclaimer; phrases may be wrapped.
fn first_phrase(lines: &[Line<'_>], paragraph: &[usize]) -> Option<usize> {
    let picked = || {
        paragraph
            .iter()
            .filter_map(|index| lines.get(*index).map(|line| (*index, line)))
    };
    let bodies: Vec<&str> = picked().map(|(_, line)| line.body).collect();
    let joined = unwrapped(&bodies);
    if !MISDELIVERY.is_match(&joined) || !PHRASES.iter().any(|phrase| phrase.is_match(&joined)) {
        return None;
    }
    let holds_any = |line: &Line<'_>| {
        MISDELIVERY.is_match(line.body) || PHRASES.iter().any(|phrase| phrase.is_match(line.body))
    };
    picked().find(|(_, line)| holds_any(line)).map(|(index, _)| index)
}

/// Lines as one, with a space where the words need one.
fn unwrapped(lines: &[&str]) -> String {
    let mut joined = String::new();
    for line in lines {
        if joined.ends_with(|c: char| c.is_ascii()) {
            joined.push(' ');
        }
        joined.push_str(line);
    }
    joined
}

fn is_frame(lines: &[Line<'_>], index: usize) -> bool {
    lines.get(index).is_some_and(Line::is_rule)
}

/// Headings of disclaimers.
static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    pattern::fixed(concat!(
        r"(?i)^[\[【《<＜(（■◆●*※\s]*(?:ご注意|注意事項?|重要|免責(?:事項)?|機密(?:情報|保持)?(?:について)?|お願い",
        r"|confidentiality(?: notice)?|disclaimer|notice|important)[\]】》>＞)）■◆●*\s:：]*$"
    ))
});

/// The rule and the heading above belong to it.
fn with_heading_above(lines: &[Line<'_>], at: usize, start: usize) -> usize {
    let mut first = at;
    while let Some(above) = first.checked_sub(1).filter(|above| *above >= start) {
        let belongs = lines
            .get(above)
            .is_some_and(|line| line.is_rule() || HEADING.is_match(line.short()));
        if !belongs {
            break;
        }
        first = above;
    }
    first
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
    fn a_disclaimer_speaks_of_the_wrong_reader() {
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
        assert_eq!(start("Please delete the snapshot. This is confidential.\n"), None);
        assert_eq!(
            start("削除してください。本メールは宛先の方以外に転送しないでください。\n"),
            None
        );
    }
}
