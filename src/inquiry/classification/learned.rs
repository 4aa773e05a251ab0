//! Words learned from labelled inquiries. Comes in: inquiries with the category a person gave them. Goes out:
//! for a new text, how much its short runs of characters (Japanese) and its words (English) speak for each
//! category. It is one more weighted rule beside those of the rules file, and never decides alone.
//!
//! Each run or word counts as the logarithm of its odds in a category against its odds in all others
//! (naive Bayes); those seen once only are left out.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use super::sentences::sentences;
use crate::ticket::Category;

/// The categories that can be learned, in the order of [`Weights`].
pub(super) const LEARNED: [Category; 4] = [
    Category::Technical,
    Category::Diagnosis,
    Category::AccountBilling,
    Category::Restriction,
];

/// What a run or word says for each category of [`LEARNED`].
pub(super) type Weights = [f64; 4];

/// Runs of Japanese characters of these lengths are looked at.
const SHORTEST_RUN: usize = 2;
const LONGEST_RUN: usize = 4;

/// Seen in fewer inquiries than this, a run or word may be chance.
const FEWEST_INQUIRIES: f64 = 2.0;

/// Added to each count, so that what was never seen in a category is unlikely there and not impossible.
const SMOOTHING: f64 = 0.3;

/// Sentences with one of these are courtesy: they would teach who is polite. Written as `Folding::Words`
/// leaves them.
const COURTESIES: &[&str] = &[
    "お世話にな",
    "よろしくお願い",
    "宜しくお願い",
    "お手数",
    "お忙しいところ",
    "恐れ入りますが",
    "何卒",
    "平素より",
    "と申します",
    "株式会社",
    "ありがとうござい",
    "以上、",
    "以上,",
    "regards",
    "thanks",
    "hello",
    "dear ",
];

/// Weights by the hash of the run or word.
#[derive(Debug, Clone, Default)]
pub(super) struct Learned {
    weights: HashMap<u64, Weights, BuildHasherDefault<Spread>>,
}

/// A run or word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gram {
    hash: u64,
    /// Index of the text it stands in, for callers with several.
    pub(super) part: usize,
    pub(super) range: Range<usize>,
}

impl Gram {
    fn new(hash: u64, range: Range<usize>) -> Self {
        Self { hash, part: 0, range }
    }

    /// The same gram, said to stand in that text.
    pub(super) fn of(self, part: usize) -> Self {
        Self { part, ..self }
    }
}

impl Learned {
    /// Learns from folded texts and their categories; needs-triage teaches nothing.
    pub(super) fn from_examples(examples: &[(Category, String)]) -> Self {
        let mut seen: HashMap<u64, Weights, BuildHasherDefault<Spread>> = HashMap::default();
        let mut inquiries: Weights = [0.0; 4];
        for (category, text) in examples {
            let Some(column) = LEARNED.iter().position(|learned| learned == category) else {
                continue;
            };
            add(&mut inquiries, column);
            let taught = sentences(text)
                .into_iter()
                .filter_map(|sentence| text.get(sentence.range));
            let hashes: BTreeSet<u64> = taught
                .flat_map(|sentence| grams(sentence, 0))
                .map(|gram| gram.hash)
                .collect();
            for hash in hashes {
                add(seen.entry(hash).or_default(), column);
            }
        }
        seen.retain(|_, counts| counts.iter().sum::<f64>() >= FEWEST_INQUIRIES);
        let weights = seen
            .into_iter()
            .map(|(hash, counts)| (hash, log_odds(counts, inquiries)));
        Self {
            weights: weights.collect(),
        }
    }

    /// What the known grams of a text say together, and the gram that says most for each category.
    pub(super) fn judge(&self, grams: impl Iterator<Item = Gram>) -> (Weights, [Option<Gram>; 4]) {
        let mut known: Vec<(Gram, &Weights)> = grams
            .filter_map(|gram| self.weights.get(&gram.hash).map(|weights| (gram, weights)))
            .collect();
        known.sort_by_key(|(gram, _)| (gram.hash, gram.range.start));
        known.dedup_by_key(|(gram, _)| gram.hash);
        let mut sums: Weights = [0.0; 4];
        let mut strongest: [(f64, Option<&Gram>); 4] = [(0.0, None); 4];
        for (gram, weights) in &known {
            for ((sum, best), weight) in sums.iter_mut().zip(&mut strongest).zip(weights.iter()) {
                *sum += weight;
                if *weight > best.0 {
                    *best = (*weight, Some(gram));
                }
            }
        }
        (sums, strongest.map(|(_, gram)| gram.cloned()))
    }
}

fn add(counts: &mut Weights, column: usize) {
    if let Some(count) = counts.get_mut(column) {
        *count += 1.0;
    }
}

fn log_odds(counts: Weights, inquiries: Weights) -> Weights {
    let (seen, all): (f64, f64) = (counts.iter().sum(), inquiries.iter().sum());
    let mut weights = [0.0; 4];
    for ((weight, count), of) in weights.iter_mut().zip(counts).zip(inquiries) {
        let here = (count + SMOOTHING) / (of + 2.0 * SMOOTHING);
        let elsewhere = (seen - count + SMOOTHING) / (all - of + 2.0 * SMOOTHING);
        *weight = (here / elsewhere).ln();
    }
    weights
}

/// The grams of a sentence of folded text that begins at `offset`, none of a courtesy; linear in its length.
pub(super) fn grams(sentence: &str, offset: usize) -> impl Iterator<Item = Gram> + '_ {
    let text = if COURTESIES.iter().any(|words| sentence.contains(words)) {
        ""
    } else {
        sentence
    };
    let moved = move |gram: Gram| Gram {
        range: gram.range.start + offset..gram.range.end + offset,
        ..gram
    };
    runs(text).chain(words(text)).map(moved)
}

fn runs(text: &str) -> impl Iterator<Item = Gram> + '_ {
    text.char_indices()
        .filter(|(_, c)| is_run_letter(*c))
        .flat_map(move |(start, _)| {
            let rest = text.get(start..).unwrap_or_default();
            let run = rest
                .char_indices()
                .take_while(|(_, c)| is_run_letter(*c))
                .take(LONGEST_RUN);
            let mut hash = FNV_OFFSET;
            run.enumerate().filter_map(move |(index, (at, c))| {
                hash = hashed(hash, u64::from(u32::from(c)));
                let range = start..start + at + c.len_utf8();
                (index + 1 >= SHORTEST_RUN).then_some(Gram::new(hash, range))
            })
        })
}

/// Latin words and pairs of neighbouring ones.
fn words(text: &str) -> impl Iterator<Item = Gram> + '_ {
    let mut previous: Option<Gram> = None;
    latin_words(text).flat_map(move |word| {
        let pair = previous
            .as_ref()
            .map(|before| Gram::new(hashed(before.hash, word.hash), before.range.start..word.range.end));
        previous = Some(word.clone());
        std::iter::once(word).chain(pair)
    })
}

fn latin_words(text: &str) -> impl Iterator<Item = Gram> + '_ {
    let mut start = 0;
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '\'')
        .filter_map(move |word| {
            // The pieces lie in order, so each is found at or behind the end of the one before.
            let at = start + text.get(start..)?.find(word)?;
            start = at + word.len();
            let is_word = word.len() >= 2 && word.starts_with(|c: char| c.is_ascii_alphabetic());
            let hash = word
                .bytes()
                .fold(FNV_OFFSET, |hash, byte| hashed(hash, u64::from(byte)));
            is_word.then_some(Gram::new(hash, at..start))
        })
}

/// Kana and kanji; not punctuation, so that runs stay within a clause.
fn is_run_letter(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '々')
}

/// FNV-1a.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

fn hashed(hash: u64, value: u64) -> u64 {
    (hash ^ value).wrapping_mul(FNV_PRIME)
}

/// Grams are hashed already; the map only spreads the bits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes
            .iter()
            .fold(self.0, |hash, byte| hashed(hash, u64::from(*byte)));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned() -> Learned {
        let examples = [
            (Category::Diagnosis, "接続が切れる the tunnel drops"),
            (Category::Diagnosis, "接続が切れる again the tunnel drops"),
            (Category::AccountBilling, "請求書の再発行"),
            (Category::AccountBilling, "請求書の宛名"),
        ];
        Learned::from_examples(&examples.map(|(category, text)| (category, text.to_owned())))
    }

    #[test]
    fn what_was_seen_in_one_category_speaks_for_it() {
        let text = "請求書が届かない";
        let (sums, strongest) = learned().judge(grams(text, 0));
        assert!(sums[2] > 0.0 && sums[1] < 0.0, "{sums:?}");
        let range = strongest[2].clone().unwrap().range;
        assert!("請求書の".contains(text.get(range).unwrap()));
    }

    #[test]
    fn latin_words_and_pairs_are_learned() {
        let (sums, _) = learned().judge(grams("the tunnel drops", 0));
        assert!(sums[1] > 0.0);
    }

    #[test]
    fn unknown_text_says_nothing() {
        let (sums, strongest) = learned().judge(grams("天気", 0));
        assert!(sums.iter().all(|sum| sum.abs() < 1e-9) && strongest.iter().all(Option::is_none));
    }

    #[test]
    fn courtesy_says_nothing() {
        assert_eq!(grams("いつもお世話になっております。", 0).count(), 0);
    }

    #[test]
    fn ranges_are_counted_from_the_offset() {
        let ranges: Vec<_> = grams("ab 日本", 10).map(|gram| gram.range).collect();
        assert_eq!(ranges, [13..19, 10..12]);
    }
}
