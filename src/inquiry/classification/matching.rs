//! Finding patterns in an inquiry. Comes in: one field. Goes out: for each sentence the patterns that match
//! in it, with their places. Linear in the length of the text.

use std::collections::BTreeMap;
use std::ops::Range;

use super::inquiry::{Field, Inquiry};
use super::lexicon::Hit;
use super::rules::{PatternId, Rules};
use super::sentences::sentences;
use crate::inquiry::folded_text::{FoldedText, Folding, head};

/// Only so much of a field is judged; what follows is a log or a document.
const MOST_BYTES: usize = 48 * 1024;

/// `…` in a pattern stands for at most this many bytes: 24 Japanese or 72 Latin characters.
const GAP_BYTES: usize = 72;

/// A courtesy longer than this (in bytes) is a sentence that also says something.
const COURTESY_BYTES: usize = 120;

/// A field of the inquiry, made ready.
pub(super) struct Part<'a> {
    pub(super) field: Field,
    pub(super) original: &'a str,
    pub(super) folded: FoldedText,
}

/// Patterns that matched in one sentence.
pub(super) struct Matched {
    pub(super) part: usize,
    pub(super) topic: usize,
    pub(super) range: Range<usize>,
    pub(super) patterns: Vec<(PatternId, Range<usize>)>,
}

impl Rules {
    /// The patterns that match in each sentence of a field; courtesies are left out.
    pub(super) fn matched(&self, index: usize, part: &Part<'_>) -> Vec<Matched> {
        let text = part.folded.as_str();
        let hits = self.lexicon.hits(text);
        let matched = sentences(text).into_iter().filter_map(|sentence| {
            let range = sentence.range;
            let from = hits.partition_point(|hit| hit.range.start < range.start);
            let to = hits.partition_point(|hit| hit.range.start < range.end);
            let patterns = self.patterns_in(hits.get(from..to).unwrap_or_default());
            let courtesy =
                range.len() <= COURTESY_BYTES && patterns.iter().any(|(id, _)| self.courtesy.contains(id));
            let topic = sentence.topic;
            (!courtesy).then_some(Matched {
                part: index,
                topic,
                range,
                patterns,
            })
        });
        matched.collect()
    }

    /// The patterns that match among the hits of one sentence, each with its first place.
    fn patterns_in(&self, hits: &[Hit]) -> Vec<(PatternId, Range<usize>)> {
        let mut found: BTreeMap<PatternId, Range<usize>> = BTreeMap::new();
        for (index, hit) in hits.iter().enumerate() {
            let later = hits.get(index + 1..).unwrap_or_default();
            for id in self.beginning.get(hit.slot).into_iter().flatten() {
                let rest = self
                    .patterns
                    .get(*id)
                    .and_then(|slots| slots.get(1..))
                    .unwrap_or_default();
                if !found.contains_key(id)
                    && let Some(end) = reach(rest, hit.range.end, later)
                {
                    found.insert(*id, hit.range.start..end);
                }
            }
        }
        found.into_iter().collect()
    }
}

impl<'a> Part<'a> {
    /// One field of an inquiry, folded; linear in its length.
    pub(super) fn new(field: Field, inquiry: &Inquiry<'a>) -> Self {
        let original = head(inquiry.text(field), MOST_BYTES);
        Self {
            field,
            original,
            folded: FoldedText::new(original, Folding::Words),
        }
    }

    /// Whether the subject is one that was forwarded or that AWS wrote.
    pub(super) fn is_notice_subject(&self) -> bool {
        self.is_forwarded_subject()
            || (self.field == Field::Subject && self.folded.as_str().trim_start().starts_with('['))
    }

    /// Whether the subject is one that was forwarded.
    pub(super) fn is_forwarded_subject(&self) -> bool {
        let subject = self.folded.as_str().trim_start();
        self.field == Field::Subject
            && ["fw:", "fwd:", "転送:", "tr:", "wg:"]
                .iter()
                .any(|prefix| subject.starts_with(prefix))
    }
}

impl Matched {
    pub(super) fn has(&self, pattern: PatternId) -> bool {
        self.patterns
            .binary_search_by_key(&pattern, |(id, _)| *id)
            .is_ok()
    }
}

/// Where the rest of a pattern ends that begins behind `from`, with no gap longer than allowed.
fn reach(rest: &[usize], from: usize, hits: &[Hit]) -> Option<usize> {
    let Some((slot, rest)) = rest.split_first() else {
        return Some(from);
    };
    let next = hits
        .iter()
        .enumerate()
        .take_while(|(_, hit)| hit.range.start <= from + GAP_BYTES)
        .find(|(_, hit)| hit.slot == *slot && hit.range.start >= from);
    let (index, hit) = next?;
    reach(rest, hit.range.end, hits.get(index + 1..).unwrap_or_default())
}
