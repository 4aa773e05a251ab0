//! How well rules do on labelled inquiries. Comes in: rules and a file of labelled inquiries, one JSON object
//! a line. Goes out: figures as values, printable as a report.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::flag::Flag;
use super::inquiry::Inquiry;
use super::rules::Rules;
use super::scoring::Classification;
use crate::mail::reply::separate;
use crate::ticket::Category;

/// An inquiry with what a person says about it. The body is the whole text of the mail: quotes, forwarded
/// mails and the signature are told apart as they are for a mail that arrives.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Labelled {
    /// Names the inquiry in the list of mistakes.
    #[serde(default)]
    pub id: String,
    /// Subject.
    #[serde(default)]
    pub subject: String,
    /// Body.
    pub body: String,
    /// The right category.
    pub category: Category,
    /// The right flags.
    #[serde(default)]
    pub flags: Vec<Flag>,
    /// Written by AWS itself.
    #[serde(default)]
    pub sender_is_aws: bool,
}

/// A line that is no labelled inquiry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LabelError {
    line: usize,
    problem: String,
}

impl Labelled {
    /// Reads a file of one JSON object a line; blank lines are skipped.
    pub fn parse_lines(jsonl: &str) -> Result<Vec<Self>, LabelError> {
        jsonl
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(index, line)| {
                serde_json::from_str(line).map_err(|error| LabelError {
                    line: index + 1,
                    problem: error.to_string(),
                })
            })
            .collect()
    }

    /// The inquiry as one line of such a file: how a correction of staff is kept.
    pub fn to_line(&self) -> String {
        // Strings, lists and slugs always have a JSON form; should one ever not, the line is left out.
        serde_json::to_string(self).unwrap_or_default()
    }

    fn classified_by(&self, rules: &Rules) -> Classification {
        let reply = separate(&self.body, None);
        rules.classify(&Inquiry {
            subject: &self.subject,
            written: &reply.written(),
            quoted: &reply.folded(),
            sender_is_aws: self.sender_is_aws,
        })
    }
}

/// One inquiry with the right answer and ours.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) right: Category,
    pub(super) right_flags: Vec<Flag>,
    pub(super) ours: Classification,
}

/// The figures.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    pub(super) outcomes: Vec<Outcome>,
}

/// Precision and recall of one class or flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    right: u32,
    claimed: u32,
    pub(super) wanted: u32,
}

impl Counts {
    pub(super) fn precision(self) -> f64 {
        share(self.right, self.claimed)
    }

    pub(super) fn recall(self) -> f64 {
        share(self.right, self.wanted)
    }

    pub(super) fn f1(self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall == 0.0 {
            0.0
        } else {
            2.0 * precision * recall / (precision + recall)
        }
    }

    fn count(&mut self, wanted: bool, claimed: bool) {
        self.wanted += u32::from(wanted);
        self.claimed += u32::from(claimed);
        self.right += u32::from(wanted && claimed);
    }
}

impl Evaluation {
    /// Applies the rules to every labelled inquiry.
    pub fn of(rules: &Rules, labelled: &[Labelled]) -> Self {
        let outcomes = labelled
            .iter()
            .map(|inquiry| Outcome {
                id: inquiry.id.clone(),
                subject: inquiry.subject.clone(),
                right: inquiry.category,
                right_flags: inquiry.flags.clone(),
                ours: inquiry.classified_by(rules),
            })
            .collect();
        Self { outcomes }
    }

    /// Share of inquiries of the four categories whose best category is right, without abstaining.
    pub fn accuracy(&self) -> f64 {
        let right = self
            .decidable()
            .filter(|o| o.ours.best_category == o.right)
            .count();
        share(count(right), count(self.decidable().count()))
    }

    /// Mean F1 of the four categories, without abstaining.
    pub fn macro_f1(&self) -> f64 {
        let scored = self.categories();
        scored.values().map(|counts| counts.f1()).sum::<f64>() / f64::from(count(scored.len()).max(1))
    }

    /// Share of the inquiries of the four categories that are routed without a person.
    pub fn coverage(&self) -> f64 {
        let routed = self.decidable().filter(|o| o.is_routed()).count();
        share(count(routed), count(self.decidable().count()))
    }

    /// Share of all routed inquiries that are routed right; those that a person should see count as wrong.
    pub fn routed_precision(&self) -> f64 {
        let routed = || self.outcomes.iter().filter(|o| o.is_routed());
        share(
            count(routed().filter(|o| o.ours.category == o.right).count()),
            count(routed().count()),
        )
    }

    /// Share of the inquiries that a person should see of which we abstain.
    pub fn abstention_recall(&self) -> f64 {
        let triage = || self.outcomes.iter().filter(|o| o.right == Category::NeedsTriage);
        share(
            count(triage().filter(|o| !o.is_routed()).count()),
            count(triage().count()),
        )
    }

    /// Precision and recall of a flag; 1 where there was nothing to find or claim.
    pub fn flag(&self, flag: Flag) -> (f64, f64) {
        let mut counts = Counts::default();
        for outcome in &self.outcomes {
            counts.count(
                outcome.right_flags.contains(&flag),
                outcome.ours.flags.contains(&flag),
            );
        }
        (counts.precision(), counts.recall())
    }

    fn decidable(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|o| o.right != Category::NeedsTriage)
    }

    pub(super) fn categories(&self) -> BTreeMap<Category, Counts> {
        let mut all: BTreeMap<Category, Counts> = BTreeMap::new();
        for category in Category::ALL.iter().filter(|c| **c != Category::NeedsTriage) {
            let counts = all.entry(*category).or_default();
            for outcome in self.decidable() {
                counts.count(
                    outcome.right == *category,
                    outcome.ours.best_category == *category,
                );
            }
        }
        all
    }

    pub(super) fn confusion(&self) -> BTreeMap<(Category, Category), usize> {
        let mut cells = BTreeMap::new();
        for outcome in &self.outcomes {
            *cells.entry((outcome.right, outcome.ours.category)).or_default() += 1;
        }
        cells
    }
}

impl Outcome {
    fn is_routed(&self) -> bool {
        self.ours.category != Category::NeedsTriage
    }

    /// Routed wrongly, or wrong about what a machine should know.
    pub(super) fn is_mistaken(&self) -> bool {
        let routed_wrong = self.is_routed() && self.ours.category != self.right;
        routed_wrong || (self.right != Category::NeedsTriage && self.ours.best_category != self.right)
    }
}

pub(super) fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 {
        1.0
    } else {
        f64::from(part) / f64::from(whole)
    }
}

pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
