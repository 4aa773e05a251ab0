//! Applying the rules. Comes in: an inquiry. Goes out: a category with its confidence, flags, and the
//! evidence for both. A rule counts once however often it matches, so that a pasted log does not outweigh
//! the question; time is linear in the text.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use super::flag::Flag;
use super::inquiry::{Field, Inquiry};
use super::learned::{LEARNED, grams};
use super::matching::{Matched, Part};
use super::rules::{PatternId, Rule, Rules};
use super::rules_file::Within;
use crate::inquiry::secrets::has_secret;
use crate::ticket::{Category, Severity};

/// The categories that can be scored; needs-triage is what remains.
const SCORED: [Category; 4] = [
    Category::Technical,
    Category::Diagnosis,
    Category::AccountBilling,
    Category::Restriction,
];

/// The name under which learned words stand in the evidence.
const LEARNED_RULE: &str = "learned-words";

/// Points and lead from which a numbered point has a subject of its own.
const CLEAR_TOPIC: f64 = 1.5;

/// Fewer points than this are a hint in passing (who writes, a word of the subject) and decide nothing, however
/// much the learned words add to them.
const LEAST_REASON: f64 = 1.2;

/// The points of one category.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct CategoryScore {
    /// The category.
    pub category: Category,
    /// Sum of the points of the rules that matched.
    pub points: f64,
}

/// A rule that matched, and where.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Evidence {
    /// The rule's id.
    pub rule: String,
    /// The flag it raised, if it raises one.
    pub flag: Option<Flag>,
    /// The field it matched in.
    pub field: Field,
    /// Bytes of that field's text.
    pub range: Range<usize>,
    /// The text at that range.
    pub text: String,
}

/// What an inquiry is about, and why.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Classification {
    /// The category; needs-triage below the threshold.
    pub category: Category,
    /// The best of the four even where the category is needs-triage.
    pub best_category: Category,
    /// How often decisions of this strength were right, 0 to 1.
    pub confidence: f64,
    /// Lead of the best category over the next, in points; what the calibration is made from.
    pub lead: f64,
    /// Points of each category, best first.
    pub scores: Vec<CategoryScore>,
    /// Every rule that matched.
    pub evidence: Vec<Evidence>,
    /// Flags, in the order of [`Flag::ALL`].
    pub flags: Vec<Flag>,
    /// A severity for staff to consider; a ticket stays normal until a person sets it.
    pub proposed_severity: Option<Severity>,
    /// Version of the rules that decided.
    pub rules_version: String,
}

/// A rule that holds, with the place that shows it.
struct Firing {
    rule: usize,
    part: usize,
    topic: usize,
    range: Range<usize>,
}

impl Rules {
    /// Classifies an inquiry.
    pub fn classify(&self, inquiry: &Inquiry<'_>) -> Classification {
        let parts: Vec<Part<'_>> = Field::ALL
            .iter()
            .map(|field| Part::new(*field, inquiry))
            .collect();
        let matched: Vec<Matched> = parts
            .iter()
            .enumerate()
            .flat_map(|(index, part)| self.matched(index, part))
            .collect();
        let firings = self.firings(&parts, &matched, inquiry);
        let mut flags = self.flags(&firings, inquiry);
        let counted = Self::counted(&parts, &firings, &flags, inquiry);
        let mut scores = self.scores(&counted);
        let by_rules = scores.first().is_some_and(|score| score.points >= LEAST_REASON);
        let learned = self.add_learned(&parts, &matched, &flags, &mut scores);
        if self.has_several_topics(&counted) {
            flags.push(Flag::MultiTopic);
        }
        let evidence = self
            .evidence(&parts, &firings)
            .into_iter()
            .chain(learned)
            .collect();
        let proposals = firings
            .iter()
            .filter_map(|firing| self.entries.get(firing.rule)?.proposes);
        Classification {
            proposed_severity: proposals.max(),
            ..self.conclude(by_rules, scores, flags, evidence)
        }
    }

    fn conclude(
        &self,
        by_rules: bool,
        scores: Vec<CategoryScore>,
        mut flags: Vec<Flag>,
        evidence: Vec<Evidence>,
    ) -> Classification {
        let points = |index: usize| scores.get(index).map_or(0.0, |score| score.points.max(0.0));
        let best_category = scores.first().map_or(Category::Technical, |score| score.category);
        let lead = points(0) - points(1);
        // Learned words alone are no reason: they have an opinion on everything.
        let confidence = if by_rules {
            self.calibration.confidence(lead)
        } else {
            0.0
        };
        let abstains = confidence < self.threshold
            || flags
                .iter()
                .any(|flag| matches!(flag, Flag::MultiTopic | Flag::Spam));
        flags.sort_unstable();
        flags.dedup();
        Classification {
            category: if abstains {
                Category::NeedsTriage
            } else {
                best_category
            },
            best_category,
            confidence,
            lead,
            scores,
            evidence,
            flags,
            proposed_severity: None,
            rules_version: self.version().to_owned(),
        }
    }

    /// The rules that hold, once for each topic they hold in. What the author wrote outranks the subject as
    /// the place that shows a rule.
    fn firings(&self, parts: &[Part<'_>], matched: &[Matched], inquiry: &Inquiry<'_>) -> Vec<Firing> {
        let whole = WholeMail::new(parts, matched);
        let is_subject = |m: &&Matched| parts.get(m.part).is_some_and(|part| part.field == Field::Subject);
        let body_first = matched
            .iter()
            .filter(|m| !is_subject(m))
            .chain(matched.iter().filter(is_subject));
        let mut firings: BTreeMap<(usize, usize), Firing> = BTreeMap::new();
        for sentence in body_first {
            for (index, range) in self.asked_in(sentence) {
                let key = (index, sentence.topic);
                let Some(rule) = self.entries.get(index).filter(|_| !firings.contains_key(&key)) else {
                    continue;
                };
                let asked = parts
                    .get(sentence.part)
                    .is_some_and(|part| rule.fields.contains(&part.field));
                if asked && holds(rule, sentence, &whole, inquiry) {
                    let (part, topic) = (sentence.part, sentence.topic);
                    firings.insert(
                        key,
                        Firing {
                            rule: index,
                            part,
                            topic,
                            range: range.clone(),
                        },
                    );
                }
            }
        }
        firings.into_values().collect()
    }

    /// The rules that have a pattern of the sentence in `any`, with its place.
    fn asked_in<'m>(&'m self, sentence: &'m Matched) -> impl Iterator<Item = (usize, &'m Range<usize>)> {
        sentence.patterns.iter().flat_map(|(pattern, range)| {
            let rules = self.asked_by.get(*pattern).into_iter().flatten();
            rules.map(move |index| (*index, range))
        })
    }

    fn flags(&self, firings: &[Firing], inquiry: &Inquiry<'_>) -> Vec<Flag> {
        let mut flags: Vec<Flag> = firings
            .iter()
            .filter_map(|firing| self.entries.get(firing.rule)?.flag)
            .collect();
        if inquiry.sender_is_aws {
            flags.push(Flag::AwsNotice);
        }
        if Field::ALL.iter().any(|field| has_secret(inquiry.text(*field))) {
            flags.push(Flag::SecretInMail);
        }
        flags
    }

    /// The firings that count for the category: not those in the subject of a forwarded notice, which are
    /// AWS's words, nor those in the subject of a mail that was passed on without a word.
    fn counted<'f>(
        parts: &[Part<'_>],
        firings: &'f [Firing],
        flags: &[Flag],
        inquiry: &Inquiry<'_>,
    ) -> Vec<&'f Firing> {
        let notice = flags.contains(&Flag::AwsNotice);
        let wordless = inquiry.written.trim().is_empty();
        let of_another = |part: &Part<'_>| {
            (notice && part.is_notice_subject()) || (wordless && part.is_forwarded_subject())
        };
        let theirs = |firing: &Firing| parts.get(firing.part).is_some_and(of_another);
        firings.iter().filter(|firing| !theirs(firing)).collect()
    }

    fn scores(&self, firings: &[&Firing]) -> Vec<CategoryScore> {
        let mut seen = BTreeSet::new();
        let mut sums: BTreeMap<Category, f64> = BTreeMap::new();
        for rule in firings
            .iter()
            .filter(|f| seen.insert(f.rule))
            .filter_map(|f| self.entries.get(f.rule))
        {
            for (category, points) in &rule.scores {
                *sums.entry(*category).or_default() += points;
            }
        }
        let points = |category: &Category| sums.get(category).copied().unwrap_or(0.0);
        let mut scores = SCORED
            .map(|category| CategoryScore {
                category,
                points: points(&category),
            })
            .to_vec();
        scores.sort_by(|a, b| b.points.total_cmp(&a.points));
        scores
    }

    /// Adds what the learned words say to the scores; the evidence is the word that says most for the best.
    fn add_learned(
        &self,
        parts: &[Part<'_>],
        matched: &[Matched],
        flags: &[Flag],
        scores: &mut [CategoryScore],
    ) -> Option<Evidence> {
        let notice = flags.contains(&Flag::AwsNotice);
        let own_words = matched.iter().filter_map(|sentence| {
            let part = parts.get(sentence.part)?;
            let counts = part.field != Field::Quoted && !(notice && part.is_notice_subject());
            counts.then_some((sentence, part))
        });
        let grams = own_words.flat_map(|(sentence, part)| {
            let text = part
                .folded
                .as_str()
                .get(sentence.range.clone())
                .unwrap_or_default();
            grams(text, sentence.range.start).map(move |gram| gram.of(sentence.part))
        });
        let (sums, strongest) = self.learned.judge(grams);
        for score in scores.iter_mut() {
            let column = LEARNED.iter().position(|learned| *learned == score.category);
            let sum = column.and_then(|column| sums.get(column)).copied().unwrap_or(0.0);
            score.points += self.learned_weight * sum;
        }
        scores.sort_by(|a, b| b.points.total_cmp(&a.points));
        let best = scores.first()?.category;
        let column = LEARNED.iter().position(|learned| *learned == best)?;
        let gram = strongest.into_iter().nth(column).flatten()?;
        let part = parts.get(gram.part)?;
        Some(part.evidence(LEARNED_RULE, None, &gram.range))
    }

    /// Whether two numbered points clearly belong to different desks.
    fn has_several_topics(&self, firings: &[&Firing]) -> bool {
        let topics: BTreeSet<usize> = firings.iter().map(|f| f.topic).collect();
        let desks: BTreeSet<_> = topics
            .into_iter()
            .filter_map(|topic| {
                let of_topic: Vec<&Firing> = firings.iter().copied().filter(|f| f.topic == topic).collect();
                let scores = self.scores(&of_topic);
                let (best, next) = (scores.first()?, scores.get(1)?);
                let clear = best.points - next.points.max(0.0) >= CLEAR_TOPIC;
                clear.then(|| best.category.desk())
            })
            .collect();
        desks.len() > 1
    }

    fn evidence(&self, parts: &[Part<'_>], firings: &[Firing]) -> Vec<Evidence> {
        let of = |firing: &Firing| {
            let (rule, part) = (self.entries.get(firing.rule)?, parts.get(firing.part)?);
            Some(part.evidence(&rule.id, rule.flag, &firing.range))
        };
        let mut evidence: Vec<Evidence> = firings.iter().filter_map(of).collect();
        evidence.sort_by_key(|e| (e.field, e.range.start));
        evidence
    }
}

impl Part<'_> {
    fn evidence(&self, rule: &str, flag: Option<Flag>, folded: &Range<usize>) -> Evidence {
        let range = self.folded.original_range(folded);
        Evidence {
            rule: rule.to_owned(),
            flag,
            field: self.field,
            text: self.original.get(range.clone()).unwrap_or_default().to_owned(),
            range,
        }
    }
}

/// All patterns of the mail with the fields they match in, for rules that look beyond one sentence.
struct WholeMail {
    fields: HashMap<PatternId, Vec<Field>>,
}

impl WholeMail {
    fn new(parts: &[Part<'_>], matched: &[Matched]) -> Self {
        let mut fields: HashMap<PatternId, Vec<Field>> = HashMap::new();
        for sentence in matched {
            let Some(part) = parts.get(sentence.part) else {
                continue;
            };
            for (pattern, _) in &sentence.patterns {
                let known = fields.entry(*pattern).or_default();
                if !known.contains(&part.field) {
                    known.push(part.field);
                }
            }
        }
        Self { fields }
    }

    fn has(&self, pattern: PatternId, rule: &Rule) -> bool {
        let fields = self.fields.get(&pattern);
        fields.is_some_and(|fields| fields.iter().any(|field| rule.fields.contains(field)))
    }
}

fn holds(rule: &Rule, sentence: &Matched, whole: &WholeMail, inquiry: &Inquiry<'_>) -> bool {
    let has = |pattern: &PatternId| match rule.within {
        Within::Sentence => sentence.has(*pattern),
        Within::Mail => whole.has(*pattern, rule),
    };
    (!rule.from_aws || inquiry.sender_is_aws) && rule.all.iter().all(has) && !rule.unless.iter().any(has)
}
