//! Guessing a charset from the octets. Comes in: octets above 127 with no label worth believing. Goes out: UTF-8,
//! CP932 or EUC-JP where the octets speak for it, else Windows-1252. It must not turn western text into
//! kanji: `Téléphone` is valid CP932 too.

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much of a text is enough to tell its charset, in octets.
const SAMPLE_OCTETS: usize = 32 * 1024;

/// The most likely charset; `claims_latin` says that the label names a western one.
pub(super) fn guess(bytes: &[u8], claims_latin: bool) -> &'static Encoding {
    let sample = bytes.get(..SAMPLE_OCTETS).unwrap_or(bytes);
    if std::str::from_utf8(bytes).is_ok() || is_mostly_readable(&String::from_utf8_lossy(sample)) {
        return UTF_8;
    }
    let [sjis, euc] = [SHIFT_JIS, EUC_JP].map(|encoding| Look::at(sample, encoding));
    let best = if euc.score > sjis.score { euc } else { sjis };
    if best.is_japanese(claims_latin) {
        best.encoding
    } else {
        WINDOWS_1252
    }
}

/// Whether octets that claim another table are UTF-8 after all. Sequences of three octets are hardly ever
/// formed by two-octet sets, nor any sequence by sets of letters, nor UTF-16 without a single NUL.
pub(super) fn is_utf8_against(bytes: &[u8], claimed: Option<&'static Encoding>) -> bool {
    let Some(claimed) = claimed.filter(|claimed| *claimed != UTF_8) else {
        return false;
    };
    let sample = bytes.get(..SAMPLE_OCTETS).unwrap_or(bytes);
    if claimed == UTF_16LE || claimed == UTF_16BE {
        return memchr::memchr(0, bytes).is_none() && std::str::from_utf8(bytes).is_ok();
    }
    let long = sample.iter().filter(|b| (0xE0..=0xF4).contains(*b)).count();
    let short = sample.iter().filter(|b| (0xC2..=0xDF).contains(*b)).count();
    let is_japanese = claimed == SHIFT_JIS || claimed == EUC_JP;
    let telling = if claimed.is_single_byte() {
        long.saturating_mul(2).saturating_add(short) >= 2
    } else {
        long >= if is_japanese { 1 } else { 2 }
    };
    if !telling || std::str::from_utf8(bytes).is_err() {
        return false;
    }
    if !is_japanese {
        return true;
    }
    let (as_claimed, damaged) = claimed.decode_without_bom_handling(sample);
    damaged || japanese_score(&String::from_utf8_lossy(sample)) >= japanese_score(&as_claimed)
}

/// Whether UTF-16 without a byte order mark has its high octets first: those of ASCII and line ends are NUL.
pub(super) fn is_big_endian(bytes: &[u8]) -> bool {
    let sample = bytes.get(..SAMPLE_OCTETS).unwrap_or(bytes);
    let (mut even, mut odd) = (0_usize, 0_usize);
    for pair in sample.chunks_exact(2) {
        even = even.saturating_add(usize::from(pair.first() == Some(&0)));
        odd = odd.saturating_add(usize::from(pair.get(1) == Some(&0)));
    }
    even > odd
}

/// How much a text looks like Japanese that was decoded rightly; negative for mojibake.
pub(super) fn japanese_score(text: &str) -> i64 {
    text.chars().map(worth).fold(0, i64::saturating_add)
}

/// UTF-8 with a cut character somewhere: other charsets hardly ever form valid sequences of it.
pub(super) fn is_mostly_readable(lossy: &str) -> bool {
    let beyond_ascii = lossy.chars().filter(|c| !c.is_ascii()).count();
    beyond_ascii > replacements(lossy).saturating_mul(2)
}

/// How many characters could not be read.
pub(super) fn replacements(text: &str) -> usize {
    text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count()
}

fn worth(c: char) -> i64 {
    match c {
        c if is_kana(c) => 4,
        '\u{4E00}'..='\u{9FFF}' | '\u{FF01}'..='\u{FF5E}' => 2,
        // EUC-JP read as CP932 is full of half-width kana.
        '\u{FF61}'..='\u{FF9F}' => -1,
        '\u{E000}'..='\u{F8FF}' => -4,
        char::REPLACEMENT_CHARACTER => -12,
        _ => 0,
    }
}

/// Kana and the punctuation that stands between them.
fn is_kana(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '、' | '。' | '「' | '」' | '　')
}

/// What octets look like in one charset.
#[derive(Debug)]
struct Look {
    encoding: &'static Encoding,
    score: i64,
    beyond_ascii: usize,
    kana: usize,
    /// Longest run of characters beyond ASCII.
    longest: usize,
    /// The octets that start characters are the ones Japanese text starts most of them with.
    usual_leads: bool,
}

impl Look {
    fn at(sample: &[u8], encoding: &'static Encoding) -> Self {
        let (text, _) = encoding.decode_without_bom_handling(sample);
        let (mut longest, mut current) = (0_usize, 0_usize);
        for c in text.chars() {
            current = if c.is_ascii() {
                0
            } else {
                current.saturating_add(1)
            };
            longest = longest.max(current);
        }
        // Western accented letters lie above 0xE0, where CP932 has its rare kanji only.
        let common = sample.iter().filter(|b| (0x81..=0x9F).contains(*b)).count();
        let rare = sample.iter().filter(|b| **b >= 0xE0).count();
        Self {
            encoding,
            score: japanese_score(&text),
            beyond_ascii: text.chars().filter(|c| !c.is_ascii()).count(),
            kana: text.chars().filter(|c| is_kana(*c)).count(),
            longest,
            usual_leads: encoding == EUC_JP || common >= rare,
        }
    }

    fn is_japanese(&self, claims_latin: bool) -> bool {
        let has_kana = self.kana.saturating_mul(7) >= self.beyond_ascii;
        let only_kanji = !claims_latin && self.longest >= 2 && self.usual_leads;
        self.score > 0 && (has_kana || only_kanji)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn western_text_is_not_taken_for_kanji() {
        for text in ["Téléphone", "don’t", "l’été à Köln, “naïve”", "ÜBERGRÖSSE €5"] {
            let bytes = WINDOWS_1252.encode(text).0;
            assert_eq!(guess(&bytes, true), WINDOWS_1252, "{text}");
            assert_eq!(guess(&bytes, false), WINDOWS_1252, "{text}");
        }
    }

    #[test]
    fn short_japanese_is_found_even_without_kana() {
        for encoding in [SHIFT_JIS, EUC_JP] {
            assert_eq!(guess(&encoding.encode("障害連絡").0, false), encoding);
            assert_eq!(guess(&encoding.encode("EC2 が停止").0, true), encoding);
        }
    }
}
