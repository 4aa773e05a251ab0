//! Stage: encoded words (RFC 2047). Comes in: a raw header value. Goes out: its text, still folded: words
//! decoded, raw 8-bit text between them sniffed. It must not be given an address list that is still to be
//! split.
//!
//! mailparse 0.18 is not used here: its `get_value` is cubic on hostile input and damages characters that
//! are cut between two words.

use super::charset;
use super::encoding::{decode_base64, decode_quoted};

/// Longest encoded word that is believed, in octets. RFC 2047 says 75; Japanese mailers write whole
/// subjects into one word.
const MAX_WORD_OCTETS: usize = 4000;
/// A run of encoded words that belong together.
struct Run {
    label: String,
    payload: Vec<u8>,
    bytes: Vec<u8>,
}

impl Run {
    /// Base64 that was cut between two words not at a multiple of four goes on in the next word.
    fn push(&mut self, word: &Word<'_>) {
        if word.base64 {
            self.payload.extend_from_slice(word.payload);
            if self.payload.len().is_multiple_of(4) || word.payload.ends_with(b"=") {
                self.flush();
            }
        } else {
            self.flush();
            self.bytes.extend(decode_quoted(word.payload, true));
        }
    }

    fn flush(&mut self) {
        let payload = std::mem::take(&mut self.payload);
        self.bytes.extend(decode_base64(&payload).bytes);
    }

    fn finish(mut self) -> String {
        self.flush();
        charset::decode(&self.bytes, Some(&self.label)).text
    }
}

/// Decodes encoded words and sniffs what lies between them. Words of one charset that follow each other
/// are joined as bytes first, since mailers cut inside characters.
pub(super) fn decode_words(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut run: Option<Run> = None;
    let mut plain_from = 0usize;
    let mut at = 0usize;
    while let Some(found) = find_word_start(raw, at) {
        let Some(word) = raw.get(found..).and_then(read_word) else {
            at = found.saturating_add(2);
            continue;
        };
        let between = raw.get(plain_from..found).unwrap_or_default();
        let adjacent = between.iter().all(u8::is_ascii_whitespace);
        match run.as_mut() {
            Some(open) if adjacent && open.label.eq_ignore_ascii_case(&word.label) => open.push(&word),
            _ => {
                let kept = if adjacent && run.is_some() { &[] } else { between };
                out.extend(run.take().map(Run::finish));
                out.push_str(&plain(kept));
                let mut next = Run {
                    label: word.label.clone(),
                    payload: Vec::new(),
                    bytes: Vec::new(),
                };
                next.push(&word);
                run = Some(next);
            }
        }
        at = found.saturating_add(word.octets);
        plain_from = at;
    }
    out.extend(run.map(Run::finish));
    out.push_str(&plain(raw.get(plain_from..).unwrap_or_default()));
    out
}

fn plain(bytes: &[u8]) -> String {
    charset::decode(bytes, None).text
}

fn find_word_start(raw: &[u8], from: usize) -> Option<usize> {
    let rest = raw.get(from..)?;
    rest.windows(2)
        .position(|pair| pair == b"=?")
        .map(|n| n.saturating_add(from))
}

/// The length of the encoded word at the front of `text`, if there is one.
pub(super) fn word_length(text: &str) -> Option<usize> {
    let starts = text.starts_with("=?");
    starts.then(|| read_word(text.as_bytes()).map(|word| word.octets))?
}

struct Word<'a> {
    label: String,
    base64: bool,
    payload: &'a [u8],
    octets: usize,
}

/// Reads `=?charset*language?B?payload?=` at the front of `raw`. Each step stops at the next `?`, so that
/// a value full of broken words is still read in linear time.
fn read_word(raw: &[u8]) -> Option<Word<'_>> {
    let raw = raw.get(..raw.len().min(MAX_WORD_OCTETS))?;
    let mut sections = raw.get(2..)?.splitn(3, |b| *b == b'?');
    let (label, kind, rest) = (sections.next()?, sections.next()?, sections.next()?);
    let base64 = match kind {
        b"B" | b"b" => true,
        b"Q" | b"q" => false,
        _ => return None,
    };
    let end = rest.windows(2).position(|pair| pair == b"?=")?;
    let payload = rest.get(..end)?;
    if payload.windows(2).any(|pair| pair == b"=?") || (base64 && payload.contains(&b' ')) {
        return None;
    }
    let label = label.split(|b| *b == b'*').next()?;
    if label.is_empty() || !label.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let octets = raw
        .len()
        .saturating_sub(rest.len())
        .saturating_add(end)
        .saturating_add(2);
    Some(Word {
        label: String::from_utf8_lossy(label).into_owned(),
        base64,
        payload,
        octets,
    })
}

#[cfg(test)]
mod tests {
    use crate::mail::header::decode_value;

    fn decoded(raw: &[u8]) -> String {
        decode_value(raw)
    }

    #[test]
    fn encoded_words_cut_inside_a_character_are_joined() {
        let utf8 = b"=?UTF-8?B?5pel5pys6Kqe5Lu2?=\r\n =?UTF-8?B?5ZCN?=";
        assert_eq!(decoded(utf8), "日本語件名");
        assert_eq!(decoded(b"=?UTF-8?B?5pel5g==?= =?UTF-8?B?nKw=?="), "日本");
        assert_eq!(decoded(b"=?utf-8?q?=E6=97?= =?UTF-8?Q?=A5?="), "日");
        assert_eq!(
            decoded(b"=?iso-2022-jp?B?GyRCRnwbKEI=?= =?iso-2022-jp?B?GyRCS1wbKEI=?="),
            "日本"
        );
        assert_eq!(
            decoded(b"=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?="),
            "日本"
        );
    }

    #[test]
    fn base64_that_was_not_cut_at_four_goes_on_in_the_next_word() {
        assert_eq!(decoded(b"=?UTF-8?B?5pel5p?= =?UTF-8?B?ys?="), "日本");
    }

    #[test]
    fn words_stand_beside_plain_and_raw_text() {
        assert_eq!(
            decoded("Re:【重要】 =?UTF-8?B?5pel5pys?=".as_bytes()),
            "Re:【重要】 日本"
        );
        assert_eq!(decoded(b"=?UTF-8?B?5pel?==?UTF-8?B?5pys?="), "日本");
        assert_eq!(decoded(b"=?UTF-8*ja?B?5pel5pys?= [a]"), "日本 [a]");
        assert_eq!(decoded(b"=?utf-8?Q?a_b?= c =?x"), "a b c =?x");
    }

    #[test]
    fn values_full_of_broken_words_come_back_whole() {
        for pattern in [" =?a?=x", "=?", "=?a?Q?", "=?a?b", "=?UTF-8?B?5?= "] {
            let value = pattern.repeat(250_000 / pattern.len());
            assert!(decoded(value.as_bytes()).len() <= value.len());
        }
    }
}
