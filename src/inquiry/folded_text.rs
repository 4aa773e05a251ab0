//! Text folded for matching. Comes in: text as a person wrote it. Goes out: the same text with full-width,
//! half-width and other spellings of one character made equal, and the way back from every position to the
//! original, so that evidence can be shown where it stands. Nothing else of the meaning is changed.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

/// How far spellings are folded together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folding {
    /// Widths, hyphens and spaces, as account numbers need it; letters keep their case.
    Numbers,
    /// Also upper case, katakana against hiragana, サーバー against サーバ, and words cut by a line break.
    Words,
}

/// Folded text and the way back to the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedText {
    text: String,
    /// Places at which the folded and the original offset stop running in step, ascending.
    jumps: Vec<Jump>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Jump {
    folded: usize,
    /// Where the original of the character before ends.
    before: usize,
    /// Where the original of the character at `folded` begins.
    at: usize,
}

/// A line of Japanese shorter than this ended where its author pressed Enter; a longer one was cut by the
/// mail client, and a word may run on in the next line.
const WRAPPED_LINE_CHARS: usize = 28;

/// The same for Western text, which is cut at 72 to 78 characters.
const WRAPPED_WESTERN_LINE_CHARS: usize = 55;

/// Katakana words of at least this length are written with and without a long vowel at their end.
const LONG_KATAKANA_CHARS: usize = 3;

impl FoldedText {
    /// Folds the text; linear in its length.
    pub fn new(original: &str, folding: Folding) -> Self {
        let mut folder = Folder::new(original.len(), folding);
        let mut chars = original.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            folder.take(at, c, next);
        }
        folder.jump_to(original.len());
        Self {
            text: folder.text,
            jumps: folder.jumps,
        }
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The bytes of the original from which these bytes of the folded text were made.
    pub fn original_range(&self, folded: &Range<usize>) -> Range<usize> {
        let start = match self.jump_at_or_before(folded.start) {
            Some(jump) => jump.at + (folded.start - jump.folded),
            None => folded.start,
        };
        let end = match self.jump_at_or_before(folded.end) {
            Some(jump) if jump.folded == folded.end => jump.before,
            Some(jump) => jump.at + (folded.end - jump.folded),
            None => folded.end,
        };
        start..end.max(start)
    }

    fn jump_at_or_before(&self, folded: usize) -> Option<Jump> {
        let after = self.jumps.partition_point(|jump| jump.folded <= folded);
        after
            .checked_sub(1)
            .and_then(|index| self.jumps.get(index))
            .copied()
    }
}

struct Folder {
    folding: Folding,
    text: String,
    jumps: Vec<Jump>,
    /// Where the original of the last character kept ends.
    taken_to: usize,
    line_chars: usize,
    katakana_run: usize,
    last: Option<char>,
}

impl Folder {
    fn new(capacity: usize, folding: Folding) -> Self {
        Self {
            folding,
            text: String::with_capacity(capacity),
            jumps: Vec::new(),
            taken_to: 0,
            line_chars: 0,
            katakana_run: 0,
            last: None,
        }
    }

    fn take(&mut self, at: usize, c: char, next: Option<char>) {
        let end = at + c.len_utf8();
        if c.is_ascii() {
            return self.take_ascii(at, c, next);
        }
        match c {
            '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => {}
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => self.push(at, end, '-'),
            'ー' | 'ｰ' if self.is_between_digits(next) => self.push(at, end, '-'),
            '\u{3000}' | '\u{a0}' => self.push(at, end, ' '),
            // A circled number begins a point: ① is read like (1).
            '①'..='⑳' if self.folding == Folding::Words => {
                let number = u32::from(c) - u32::from('①') + 1;
                format!("({number})").chars().for_each(|c| self.push(at, end, c));
            }
            'ﾞ' | '\u{3099}' => self.voice(at, end, '\u{3099}'),
            'ﾟ' | '\u{309a}' => self.voice(at, end, '\u{309a}'),
            '\u{4e00}'..='\u{9fff}' | '\u{3001}'..='\u{3002}' | '\u{300c}'..='\u{300f}' => {
                self.push(at, end, c);
            }
            '\u{3041}'..='\u{30ff}' => self.take_kana(at, end, c, next),
            _ => std::iter::once(c)
                .nfkc()
                .for_each(|folded| self.take_folded(at, end, folded, next)),
        }
    }

    fn take_ascii(&mut self, at: usize, c: char, next: Option<char>) {
        if c == '\n' && self.folding == Folding::Words {
            if self.is_cut_word(next) {
                self.line_chars = 0;
                return;
            }
            if self.is_cut_sentence(next) {
                self.push(at, at + 1, ' ');
                self.line_chars = 0;
                return;
            }
        }
        let lower = if self.folding == Folding::Words {
            c.to_ascii_lowercase()
        } else {
            c
        };
        self.push(at, at + 1, lower);
    }

    fn take_folded(&mut self, at: usize, end: usize, c: char, next: Option<char>) {
        if matches!(c, '\u{30a1}'..='\u{30ff}') {
            self.take_kana(at, end, c, next);
        } else if self.folding == Folding::Words {
            c.to_lowercase().for_each(|lower| self.push(at, end, lower));
        } else {
            self.push(at, end, c);
        }
    }

    fn take_kana(&mut self, at: usize, end: usize, c: char, next: Option<char>) {
        if self.folding == Folding::Numbers {
            return self.push(at, end, c);
        }
        let run = self.katakana_run;
        if c == 'ー' && run >= LONG_KATAKANA_CHARS && !next.is_some_and(is_katakana) {
            return;
        }
        let hiragana = match c {
            '\u{30a1}'..='\u{30f6}' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
            _ => c,
        };
        self.push(at, end, hiragana);
        self.katakana_run = if is_katakana(c) { run + 1 } else { 0 };
    }

    /// Joins a voicing mark to the kana before it, where the two make one character.
    fn voice(&mut self, at: usize, end: usize, mark: char) {
        let joined = self.last.and_then(|last| compose(last, mark));
        let Some((last, joined)) = self
            .last
            .zip(joined)
            .filter(|(a, b)| a.len_utf8() == b.len_utf8())
        else {
            return self.push(at, end, mark);
        };
        self.text.truncate(self.text.len() - last.len_utf8());
        self.text.push(joined);
        self.last = Some(joined);
        self.taken_to = end;
    }

    fn push(&mut self, at: usize, end: usize, c: char) {
        self.jump_to(at);
        self.text.push(c);
        self.taken_to = end;
        self.last = Some(c);
        self.katakana_run = 0;
        self.line_chars = if c == '\n' { 0 } else { self.line_chars + 1 };
    }

    /// Notes that the next folded character belongs to this original offset, unless both run in step.
    fn jump_to(&mut self, at: usize) {
        let folded = self.text.len();
        if at != self.taken_to || self.in_step_at(folded) != Some(at) {
            self.jumps.push(Jump {
                folded,
                before: self.taken_to,
                at,
            });
        }
    }

    /// The original offset that belongs to a folded one if nothing jumps there.
    fn in_step_at(&self, folded: usize) -> Option<usize> {
        match self.jumps.last() {
            Some(jump) => folded.checked_sub(jump.folded).map(|run| jump.at + run),
            None => Some(folded),
        }
    }

    fn is_between_digits(&self, next: Option<char>) -> bool {
        let digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
        self.last.is_some_and(digit) && next.is_some_and(digit)
    }

    /// A line break inside a word: the mail client cut a long line between two Japanese letters.
    fn is_cut_word(&self, next: Option<char>) -> bool {
        self.line_chars >= WRAPPED_LINE_CHARS
            && self.last.is_some_and(is_japanese_letter)
            && next.is_some_and(is_japanese_letter)
    }

    /// The same in a Western text, whose lines are cut between words.
    fn is_cut_sentence(&self, next: Option<char>) -> bool {
        self.line_chars >= WRAPPED_WESTERN_LINE_CHARS
            && self.last.is_some_and(|c| c.is_ascii_alphanumeric() || c == ',')
            && next.is_some_and(|c| c.is_ascii_lowercase())
    }
}

fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30a1}'..='\u{30fa}' | 'ー' | '\u{ff66}'..='\u{ff9f}')
}

fn is_japanese_letter(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}')
}

/// The beginning of a text, at most that many bytes and never part of a character.
pub(super) fn head(text: &str, most_bytes: usize) -> &str {
    let mut end = text.len().min(most_bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        FoldedText::new(text, Folding::Words).text
    }

    #[test]
    fn widths_hyphens_and_spaces_are_folded() {
        let folded = FoldedText::new("ＩＤ：４８０９－1337ー2265　です", Folding::Numbers);
        assert_eq!(folded.as_str(), "ID:4809-1337-2265 です");
    }

    #[test]
    fn a_head_never_ends_inside_a_character() {
        assert_eq!((head("あい", 4), head("ab", 9), head("", 0)), ("あ", "ab", ""));
    }

    #[test]
    fn a_long_vowel_in_a_word_is_no_hyphen() {
        assert_eq!(FoldedText::new("サーバー", Folding::Numbers).as_str(), "サーバー");
    }

    #[test]
    fn words_meet_whatever_their_width_case_or_kana() {
        assert_eq!(words("ｻｰﾊﾞｰでＥｒｒｏｒ"), words("サーバでerror"));
        assert_eq!(words("か\u{3099}"), "が");
    }

    #[test]
    fn a_word_cut_by_the_mail_client_is_joined_again() {
        let long = "本日の朝から開発環境のサーバにどうしても接続することができ\nません";
        assert!(words(long).contains("できません"));
        assert!(words("接続でき\nません").contains('\n'));
    }

    #[test]
    fn evidence_points_at_the_original() {
        let original = "㈱例：４８０９\u{200b}1337 ｶﾞ";
        let folded = FoldedText::new(original, Folding::Numbers);
        for (wanted, found) in [
            ("4809", "４８０９"),
            ("1337", "1337"),
            ("(株)", "㈱"),
            ("ガ", "ｶﾞ"),
        ] {
            let start = folded.as_str().find(wanted).unwrap();
            let range = folded.original_range(&(start..start + wanted.len()));
            assert_eq!(original.get(range), Some(found));
        }
    }

    proptest::proptest! {
        #[test]
        fn every_stretch_of_the_folded_text_has_its_original(text in "\\PC{0,80}|[ｱ-ﾝﾞﾟー０-９①-⑳\n a-z㈱]{0,80}") {
            for folding in [Folding::Numbers, Folding::Words] {
                let folded = FoldedText::new(&text, folding);
                let mut reached = 0;
                for (at, c) in folded.as_str().char_indices() {
                    let range = folded.original_range(&(at..at + c.len_utf8()));
                    proptest::prop_assert!(text.get(range.clone()).is_some(), "{range:?}");
                    proptest::prop_assert!(range.end >= reached, "{range:?} after {reached}");
                    reached = range.end;
                }
            }
        }
    }
}
