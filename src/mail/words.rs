//! Encoded words (RFC 2047). Comes in: an unfolded header value. Goes out: the text a person reads.
//!
//! Words that follow each other in one charset are joined as octets before they are decoded, since mailers
//! cut inside a character, inside a base64 group and before the closing escape sequence. A word is decoded
//! wherever it stands: next to raw UTF-8, inside quotation marks, without white space around it.

use super::{charset, clean, transfer};

/// Longest name of a charset with its language tag that is believed to be one.
const MAX_LABEL_OCTETS: usize = 64;

/// Shortest payload that is believed to be an encoded one although its end is missing.
const MIN_CUT_PAYLOAD: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Base64,
    Quoted,
}

#[derive(Debug, Clone, Copy)]
struct Word<'a> {
    charset: &'a str,
    coding: Coding,
    payload: &'a str,
    end: usize,
}

/// Decodes every word of a value; the result is one line without control characters.
pub(super) fn decode(value: &str) -> String {
    if value.contains("=?") {
        clean::line(&decode_words(value))
    } else {
        clean::line(value)
    }
}

fn decode_words(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut run: Vec<Word<'_>> = Vec::new();
    let mut terminator = Terminator::default();
    let mut at = 0_usize;
    while let Some(offset) = value.get(at..).and_then(|rest| rest.find("=?")) {
        let start = at.saturating_add(offset);
        let between = value.get(at..start).unwrap_or_default();
        let Some(word) = word_at(value, start, &mut terminator) else {
            flush(&mut text, &mut run);
            text.push_str(between);
            text.push_str("=?");
            at = start.saturating_add(2);
            continue;
        };
        // White space between words is part of their folding (RFC 2047 §6.2).
        let adjacent = between.trim().is_empty() && !run.is_empty();
        let same = run
            .last()
            .is_some_and(|last| last.charset.eq_ignore_ascii_case(word.charset));
        if !(adjacent && same) {
            flush(&mut text, &mut run);
        }
        if !adjacent {
            text.push_str(between);
        }
        at = word.end;
        run.push(word);
    }
    flush(&mut text, &mut run);
    text.push_str(value.get(at..).unwrap_or_default());
    text
}

/// Where the next `?=` is, remembered so that a value full of openings is searched once.
#[derive(Debug, Default)]
struct Terminator {
    found: Option<usize>,
    exhausted: bool,
}

impl Terminator {
    fn from(&mut self, value: &str, from: usize) -> Option<usize> {
        if self.exhausted {
            return None;
        }
        if self.found.is_none_or(|found| found < from) {
            self.found = value
                .get(from..)?
                .find("?=")
                .map(|offset| from.saturating_add(offset));
            self.exhausted = self.found.is_none();
        }
        self.found
    }
}

fn word_at<'a>(value: &'a str, start: usize, terminator: &mut Terminator) -> Option<Word<'a>> {
    let after = value.get(start.saturating_add(2)..)?;
    let label_length = after
        .bytes()
        .take(MAX_LABEL_OCTETS)
        .position(|b| b == b'?' || b.is_ascii_whitespace())?;
    let label = after.get(..label_length)?;
    let mut tail = after.get(label_length..)?.chars();
    if tail.next() != Some('?') || label.is_empty() {
        return None;
    }
    let coding = match tail.next()? {
        'B' | 'b' => Coding::Base64,
        'Q' | 'q' => Coding::Quoted,
        _ => return None,
    };
    if tail.next() != Some('?') {
        return None;
    }
    let payload_at = value.len().saturating_sub(tail.as_str().len());
    let Some(stop) = terminator.from(value, payload_at) else {
        return cut_word(label, coding, value, payload_at);
    };
    let payload = value.get(payload_at..stop)?;
    // Another word begins before this one ends: this one is cut, and stays as it is written.
    if payload.contains("=?") {
        return None;
    }
    Some(Word {
        charset: without_language(label),
        coding,
        payload,
        end: stop.saturating_add(2),
    })
}

/// RFC 2231 §5: a language tag may follow the charset.
fn without_language(label: &str) -> &str {
    label.split('*').next().unwrap_or(label)
}

/// A word that the end of the value cut: all that is left belongs to its coding.
fn cut_word<'a>(label: &'a str, coding: Coding, value: &'a str, payload_at: usize) -> Option<Word<'a>> {
    let payload = value.get(payload_at..)?;
    let payload = payload.strip_suffix('?').unwrap_or(payload);
    let belongs = |b: u8| match coding {
        Coding::Base64 => b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='),
        Coding::Quoted => b.is_ascii_graphic() && b != b'?',
    };
    if payload.len() < MIN_CUT_PAYLOAD || !payload.bytes().all(belongs) {
        return None;
    }
    // A group that was cut would read as a broken character.
    let whole = match coding {
        Coding::Base64 => payload.len() & !3,
        Coding::Quoted => {
            let last = payload.rfind('=').unwrap_or_default();
            let cut = last.saturating_add("=XX".len()) > payload.len();
            if cut { last } else { payload.len() }
        }
    };
    Some(Word {
        charset: without_language(label),
        coding,
        payload: payload.get(..whole)?,
        end: value.len(),
    })
}

fn flush(text: &mut String, run: &mut Vec<Word<'_>>) {
    let Some(first) = run.first() else { return };
    let charset = first.charset;
    let joined = charset::decode(&octets(run, true), Some(charset));
    let uneven = run
        .iter()
        .any(|word| word.coding == Coding::Base64 && !is_whole(word.payload));
    if uneven && run.len() > 1 {
        let apart = charset::decode(&octets(run, false), Some(charset));
        let better = joined.damaged && !apart.damaged;
        text.push_str(if better { &apart.text } else { &joined.text });
    } else {
        text.push_str(&joined.text);
    }
    run.clear();
}

fn is_whole(payload: &str) -> bool {
    payload.len().is_multiple_of(4)
}

/// The octets of a run; with `across`, a base64 group may go on in the next word.
fn octets(run: &[Word<'_>], across: bool) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut group = String::new();
    for word in run {
        match word.coding {
            Coding::Base64 => {
                group.push_str(word.payload);
                if !across || is_whole(&group) || group.ends_with('=') {
                    octets.extend(transfer::base64_leniently(group.as_bytes()));
                    group.clear();
                }
            }
            Coding::Quoted => {
                octets.extend(transfer::base64_leniently(group.as_bytes()));
                group.clear();
                octets.extend(transfer::quoted_word(word.payload.as_bytes()));
            }
        }
    }
    octets.extend(transfer::base64_leniently(group.as_bytes()));
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cut_inside_a_character_are_joined() {
        assert_eq!(
            decode("=?UTF-8?B?5pel5pys6Kqe5Lu2?= =?utf-8?B?5ZCN?="),
            "日本語件名"
        );
        assert_eq!(decode("=?UTF-8?B?5pel5g==?= =?UTF-8?B?nKw=?="), "日本");
        assert_eq!(decode("=?UTF-8?Q?=E6=97=A5=E6=9C?= =?UTF-8?Q?=AC?="), "日本");
        assert_eq!(
            decode("=?ISO-2022-JP?B?GyRCRnw=?= =?ISO-2022-JP?B?S1wbKEI=?="),
            "日本"
        );
    }

    #[test]
    fn base64_cut_outside_its_groups_is_joined() {
        assert_eq!(decode("=?UTF-8?B?5pel5?= =?UTF-8?B?pys?="), "日本");
        assert_eq!(decode("=?UTF-8?B?5pel5py?= =?UTF-8?B?s?="), "日本");
    }

    #[test]
    fn words_stand_next_to_anything() {
        assert_eq!(decode("Re:【重要】 =?UTF-8?B?5pel5pys?="), "Re:【重要】 日本");
        assert_eq!(decode("\"=?UTF-8*ja?B?5pel5pys?=\" x"), "\"日本\" x");
        assert_eq!(decode("=?UTF-8?B?5pel?==?ISO-2022-JP?B?GyRCS1wbKEI=?="), "日本");
        assert_eq!(decode("a =?UTF-8?Q?b?= =?UTF-8?Q?_c?= d"), "a b c d");
    }

    #[test]
    fn a_word_that_the_end_cut_is_read_as_far_as_it_goes() {
        assert_eq!(decode("Re: =?UTF-8?B?5pel5pys?"), "Re: 日本");
        assert_eq!(decode("=?UTF-8?Q?a_=E6=97=A5=E"), "a 日");
        assert_eq!(decode("=?UTF-8?B?5pel and more"), "=?UTF-8?B?5pel and more");
    }

    #[test]
    fn what_is_no_word_stays_and_costs_no_time() {
        assert_eq!(decode("=?a =?UTF-8?X?b?= =?"), "=?a =?UTF-8?X?b?= =?");
        assert!(decode(&"=?a?q?".repeat(50_000)).starts_with("=?a?q"));
        assert_eq!(decode(&" =?a?=x".repeat(50_000)).len(), 349_999);
    }

    #[test]
    fn line_ends_and_controls_in_a_word_are_taken_out() {
        assert_eq!(decode("=?UTF-8?Q?x=0D=0ABcc:_y=00=1B?="), "x Bcc: y");
    }
}
