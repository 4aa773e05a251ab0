//! Folded text cut into sentences. Comes in: folded text. Goes out: the sentences with the topic each belongs
//! to: a numbered point or 「別件」 begins a new topic.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::inquiry::fixed_pattern::regex;

/// One sentence of the folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) range: Range<usize>,
    /// 0 until the first numbered point.
    pub(super) topic: usize,
}

/// More sentences than this are a pasted log or document; the question stands before.
const MOST_SENTENCES: usize = 400;

/// How points are numbered and further matters announced.
const POINT: &str = r"^[\s>・■●◆○【\[、-]{0,6}(?:\(?[0-9]{1,2}[).:][^0-9]|\(?[0-9]{1,2}\)|[0-9]{1,2}点目|質問 ?[0-9]{1,2}|q ?[0-9]{1,2}[.:)]|(?:また、?|それと|あと|なお)?(?:別件|もう(?:一|1)(?:点|件|つ)|それとは別に|併せて|あわせて)|(?:a )?second(?:ly)?,|also,|separately|another question|another topic)";

/// A point in the middle of a line: `(1)… (2)…`, `…お願いします、あわせて…`.
const INNER_POINT: &str = r"\([0-9]{1,2}\)|\b[0-9]\) |、(?:あわせて|併せて|また、?別件|それとは別に|別件で)";

/// A bullet. Only a line that asks for something is a point; the others are particulars of one matter.
const BULLET: &str = r"^[\s>]{0,6}(?:[・■●◆○*]|-\s)";

/// What makes a line of a list a request.
const REQUEST: &str = r"ください|下さい|お願い|でしょうか|ますか|ですか|ませんか|知りたい|たいです|\?|please|could you|can you|(?:方法|手順|確認|調査|依頼|申請|変更|発行|再送|解約|相談|見積もり?|原因|の件)(?:について)?[。、]?\s*$";

static STARTS_POINT: LazyLock<Regex> = LazyLock::new(|| regex(POINT));
static INNER: LazyLock<Regex> = LazyLock::new(|| regex(INNER_POINT));
static STARTS_BULLET: LazyLock<Regex> = LazyLock::new(|| regex(BULLET));
static ASKS: LazyLock<Regex> = LazyLock::new(|| regex(REQUEST));

/// Cuts the text at full stops, question marks, line ends and numbered points.
pub(super) fn sentences(text: &str) -> Vec<Sentence> {
    let mut cut = Vec::new();
    let mut topic = 0;
    for line in lines(text) {
        let mut bullet = is_asking_bullet(text.get(line.clone()).unwrap_or_default());
        for range in parts(text, line) {
            let sentence = text.get(range.clone()).unwrap_or_default();
            if sentence.trim().is_empty() {
                continue;
            }
            if std::mem::take(&mut bullet) || STARTS_POINT.is_match(sentence) {
                topic += 1;
            }
            cut.push(Sentence { range, topic });
            if cut.len() == MOST_SENTENCES {
                return cut;
            }
        }
    }
    cut
}

fn is_asking_bullet(line: &str) -> bool {
    STARTS_BULLET.is_match(line) && ASKS.is_match(line)
}

fn lines(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let range = start..start + line.len();
        start = range.end;
        range
    })
}

fn parts(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    let content = text.get(line.clone()).unwrap_or_default();
    let mut cuts: Vec<usize> = ends(content).collect();
    cuts.extend(INNER.find_iter(content).map(|point| point.start()));
    cuts.push(content.len());
    cuts.sort_unstable();
    let mut start = 0;
    let mut ranges = Vec::with_capacity(cuts.len());
    for cut in cuts.into_iter().filter(|cut| *cut > 0) {
        ranges.push(line.start + start..line.start + cut);
        start = cut;
    }
    ranges
}

/// Offsets behind the marks that end a sentence.
fn ends(content: &str) -> impl Iterator<Item = usize> + '_ {
    let mut chars = content.char_indices().peekable();
    let mut previous = None;
    std::iter::from_fn(move || {
        loop {
            let (at, c) = chars.next()?;
            let next = chars.peek().map(|(_, next)| *next);
            let ends = match c {
                '。' | '!' | '?' => true,
                // `1. ` numbers a point.
                '.' => {
                    next.is_some_and(char::is_whitespace)
                        && !previous.is_some_and(|c: char| c.is_ascii_digit())
                }
                _ => false,
            };
            previous = Some(c);
            if ends {
                return Some(at + c.len_utf8());
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(&str, usize)> {
        sentences(text)
            .into_iter()
            .map(|s| (text.get(s.range).unwrap().trim(), s.topic))
            .collect()
    }

    #[test]
    fn marks_and_line_ends_cut() {
        assert_eq!(
            cut("あ。い?\nis v1.2 ok. yes"),
            [("あ。", 0), ("い?", 0), ("is v1.2 ok.", 0), ("yes", 0)]
        );
    }

    #[test]
    fn bullets_that_ask_are_topics_and_particulars_are_not() {
        assert_eq!(
            cut("・原因を調べてください。\n・請求書をお願いします。"),
            [("・原因を調べてください。", 1), ("・請求書をお願いします。", 2)]
        );
        assert_eq!(cut("・東京\n・RDS"), [("・東京", 0), ("・RDS", 0)]);
    }

    #[test]
    fn a_further_matter_may_begin_within_a_sentence() {
        assert_eq!(
            cut("調査をお願いします、あわせて解約も。"),
            [("調査をお願いします", 0), ("、あわせて解約も。", 1)]
        );
    }

    #[test]
    fn numbered_points_are_topics() {
        assert_eq!(cut("(1)原因 (2)料金"), [("(1)原因", 1), ("(2)料金", 2)]);
        assert_eq!(
            cut("1. 設定\n2. 請求\n別件ですが解約"),
            [("1. 設定", 1), ("2. 請求", 2), ("別件ですが解約", 3)]
        );
    }
}
