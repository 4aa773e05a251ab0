//! All words of a rules file, looked for in one pass. Comes in: folded text. Goes out: every hit with the
//! slots of patterns it can fill, in order. Hits inside a neutral phrase (`いただけませんか`) are left out.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::pattern::Slot;
use crate::inquiry::folded_text::{FoldedText, Folding};

/// Index of a slot that patterns ask for.
pub(super) type SlotId = usize;

/// A word of the text that fills a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) slot: SlotId,
    pub(super) range: Range<usize>,
}

#[derive(Debug, Clone, Default)]
struct Word {
    slots: Vec<SlotId>,
    neutral: bool,
    /// A Latin letter or digit must not touch it on this side.
    edge_before: bool,
    edge_behind: bool,
}

/// The words and the automaton that finds them.
#[derive(Debug, Clone)]
pub(super) struct Lexicon {
    words: Vec<Word>,
    automaton: AhoCorasick,
}

/// Gathers words before the automaton is built.
#[derive(Debug, Default)]
pub(super) struct LexiconBuilder {
    slots: HashMap<Slot, SlotId>,
    words: BTreeMap<(String, bool, bool), Word>,
}

impl LexiconBuilder {
    /// The id of a slot; words are the words that fill it.
    pub(super) fn slot(&mut self, slot: &Slot, words: &[String]) -> SlotId {
        if let Some(id) = self.slots.get(slot) {
            return *id;
        }
        let id = self.slots.len();
        self.slots.insert(slot.clone(), id);
        for word in words {
            self.word(word).slots.push(id);
        }
        id
    }

    /// Adds a phrase inside which no other word counts.
    pub(super) fn neutral(&mut self, phrase: &str) {
        self.word(phrase).neutral = true;
    }

    fn word(&mut self, written: &str) -> &mut Word {
        let bare = written.trim_matches('*');
        let folded = FoldedText::new(bare, Folding::Words).as_str().to_owned();
        let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let edge_before = latin(folded.chars().next()) && !written.starts_with('*');
        let edge_behind = latin(folded.chars().next_back()) && !written.ends_with('*');
        let word = self.words.entry((folded, edge_before, edge_behind)).or_default();
        word.edge_before = edge_before;
        word.edge_behind = edge_behind;
        word
    }

    /// Builds the automaton; fails only on absurdly many words.
    pub(super) fn build(self) -> Result<Lexicon, aho_corasick::BuildError> {
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(self.words.keys().map(|(text, _, _)| text))?;
        Ok(Lexicon {
            words: self.words.into_values().collect(),
            automaton,
        })
    }
}

impl Lexicon {
    /// Every hit in the folded text, ordered by where it begins.
    pub(super) fn hits(&self, text: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut neutral: Vec<Range<usize>> = Vec::new();
        for found in self.automaton.find_overlapping_iter(text) {
            let range = found.range();
            let Some(word) = self.words.get(found.pattern().as_usize()) else {
                continue;
            };
            if !word.fits(text, &range) {
                continue;
            }
            if word.neutral {
                neutral.push(range.clone());
            }
            hits.extend(word.slots.iter().map(|slot| Hit {
                slot: *slot,
                range: range.clone(),
            }));
        }
        drop_inside(&mut hits, neutral);
        hits
    }
}

impl Word {
    fn fits(&self, text: &str, range: &Range<usize>) -> bool {
        let latin = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let before = range.start.checked_sub(1).and_then(|at| text.as_bytes().get(at));
        let behind = text.as_bytes().get(range.end);
        let touched = (self.edge_before && latin(before)) || (self.edge_behind && latin(behind));
        !touched
    }
}

/// Removes hits that lie inside a neutral phrase (but not those that are longer), and sorts the rest.
fn drop_inside(hits: &mut Vec<Hit>, mut neutral: Vec<Range<usize>>) {
    neutral.sort_by_key(|range| range.start);
    hits.sort_by_key(|hit| (hit.range.start, hit.range.end));
    if neutral.is_empty() {
        return;
    }
    hits.retain(|hit| {
        let begun = neutral.partition_point(|range| range.start <= hit.range.start);
        // Neutral phrases are short, so only the few that began last can still reach over the hit.
        let near = neutral.get(begun.saturating_sub(4)..begun).unwrap_or_default();
        !near
            .iter()
            .any(|range| hit.range.end <= range.end && hit.range.len() < range.len())
    });
}
