//! How well rules do on labelled inquiries. Comes in: rules and a file of labelled inquiries, one JSON object
//! a line. Goes out: figures as values, printable as a report.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::flag::Flag;
use super::inquiry::Inquiry;
use super::rules::Rules;
use super::scoring::Classification;
use crate::ticket::Category;

/// An inquiry with what a person says about it. Lines of the body that begin with `>` count as quoted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
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

    fn classified_by(&self, rules: &Rules) -> Classification {
        let is_quoted = |line: &&str| line.starts_with('>');
        let joined = |lines: Vec<&str>| lines.join("\n");
        let (quoted, written): (Vec<&str>, Vec<&str>) = self.body.lines().partition(is_quoted);
        rules.classify(&Inquiry {
            subject: &self.subject,
            written: &joined(written),
            quoted: &joined(quoted),
            sender_is_aws: self.sender_is_aws,
        })
    }
}

/// One inquiry with the right answer and ours.
#[derive(Debug, Clone, PartialEq)]
struct Outcome {
    id: String,
    subject: String,
    right: Category,
    right_flags: Vec<Flag>,
    ours: Classification,
}

/// The figures.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    outcomes: Vec<Outcome>,
}

/// Precision and recall of one class or flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    right: u32,
    claimed: u32,
    wanted: u32,
}

impl Counts {
    fn precision(self) -> f64 {
        share(self.right, self.claimed)
    }

    fn recall(self) -> f64 {
        share(self.right, self.wanted)
    }

    fn f1(self) -> f64 {
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

/// Upper ends of the rows of the reliability table.
const RELIABILITY_ROWS: [f64; 6] = [0.5, 0.7, 0.8, 0.9, 0.95, 1.01];

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

    fn categories(&self) -> BTreeMap<Category, Counts> {
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

    fn confusion(&self) -> BTreeMap<(Category, Category), usize> {
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
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 {
        1.0
    } else {
        f64::from(part) / f64::from(whole)
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "inquiries            {}", self.outcomes.len())?;
        writeln!(
            f,
            "forced choice        accuracy {:.3}, macro-F1 {:.3}",
            self.accuracy(),
            self.macro_f1()
        )?;
        writeln!(
            f,
            "routed by machine    {:.1} % of the decidable, {:.1} % of the routed right",
            self.coverage() * 100.0,
            self.routed_precision() * 100.0
        )?;
        writeln!(
            f,
            "left to a person     {:.1} % of those that should be",
            self.abstention_recall() * 100.0
        )?;
        self.write_categories(f)?;
        self.write_confusion(f)?;
        self.write_flags(f)?;
        self.write_reliability(f)?;
        self.write_mistakes(f)
    }
}

impl Evaluation {
    fn write_categories(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<18} {:>9} {:>9} {:>9} {:>6}",
            "forced choice", "precision", "recall", "F1", "n"
        )?;
        for (category, c) in self.categories() {
            let (p, r, f1) = (c.precision(), c.recall(), c.f1());
            writeln!(f, "{category:<18} {p:>9.3} {r:>9.3} {f1:>9.3} {:>6}", c.wanted)?;
        }
        Ok(())
    }

    fn write_confusion(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{:<18}", "right \\ decided")?;
        for category in Category::ALL {
            write!(f, " {category:>15}")?;
        }
        let cells = self.confusion();
        for right in Category::ALL {
            write!(f, "\n{right:<18}")?;
            for ours in Category::ALL {
                write!(f, " {:>15}", cells.get(&(*right, *ours)).copied().unwrap_or(0))?;
            }
        }
        writeln!(f)
    }

    fn write_flags(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<20} {:>9} {:>9} {:>6}",
            "flag", "precision", "recall", "n"
        )?;
        for flag in Flag::ALL {
            let (precision, recall) = self.flag(*flag);
            let wanted = self
                .outcomes
                .iter()
                .filter(|o| o.right_flags.contains(flag))
                .count();
            writeln!(f, "{flag:<20} {precision:>9.3} {recall:>9.3} {wanted:>6}")?;
        }
        Ok(())
    }

    fn write_reliability(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<18} {:>6} {:>9} {:>9}",
            "confidence", "n", "said", "right"
        )?;
        let mut from = 0.0;
        for to in RELIABILITY_ROWS {
            let row: Vec<&Outcome> = self
                .outcomes
                .iter()
                .filter(|o| from <= o.ours.confidence && o.ours.confidence < to)
                .collect();
            let n = count(row.len());
            let said = row.iter().map(|o| o.ours.confidence).sum::<f64>() / f64::from(n.max(1));
            let right = share(
                count(row.iter().filter(|o| o.ours.best_category == o.right).count()),
                n,
            );
            writeln!(
                f,
                "{from:.2} – {:<11.2} {n:>6} {said:>9.3} {right:>9.3}",
                f64::min(to, 1.0)
            )?;
            from = to;
        }
        Ok(())
    }

    fn write_mistakes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nmistakes")?;
        for outcome in self.outcomes.iter().filter(|o| o.is_mistaken()) {
            let ours = &outcome.ours;
            writeln!(
                f,
                "{:<8} {} → {} (best {}, {:.2})  {}",
                outcome.id,
                outcome.right,
                ours.category,
                ours.best_category,
                ours.confidence,
                outcome.subject
            )?;
        }
        Ok(())
    }
}

impl Outcome {
    fn is_mistaken(&self) -> bool {
        let routed_wrong = self.is_routed() && self.ours.category != self.right;
        routed_wrong || (self.right != Category::NeedsTriage && self.ours.best_category != self.right)
    }
}
