//! The rules file as staff write it. Comes in: TOML. Goes out: its entries, checked one by one; the first
//! mistake is named with the rule it stands in.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::confidence::Point;
use super::flag::Flag;
use super::inquiry::Field;
use crate::ticket::{Category, Severity};

/// Why a rules file is refused. The rules in force stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// No TOML, an unknown key or a wrong type.
    #[error("the rules file does not read: {0}")]
    Syntax(String),
    /// A rule with a mistake.
    #[error("rule `{rule}`: {problem}")]
    Rule {
        /// The rule's id.
        rule: String,
        /// What is wrong, in words.
        problem: String,
    },
    /// A mistake outside the rules.
    #[error("{0}")]
    File(String),
    /// Examples that do not hold.
    #[error("{0}")]
    Examples(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RulesFile {
    /// Shown with every decision, so that one can tell which rules made it.
    pub(super) version: String,
    /// Confidence below which a person decides.
    pub(super) threshold: f64,
    pub(super) calibration: Vec<Point>,
    /// What a unit of the learned words counts, in points; 0 leaves them out.
    #[serde(default)]
    pub(super) learned_weight: f64,
    /// Word lists, used as `@name`.
    #[serde(default)]
    pub(super) words: BTreeMap<String, Vec<String>>,
    /// Phrases inside which no word counts.
    #[serde(default)]
    pub(super) neutral: Vec<String>,
    /// Sentences with one of these patterns say nothing about the inquiry (greetings, thanks).
    #[serde(default)]
    pub(super) courtesy: Vec<String>,
    #[serde(default)]
    pub(super) rule: Vec<RuleEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleEntry {
    pub(super) id: String,
    /// Points for categories; negative ones speak against.
    #[serde(default)]
    pub(super) scores: BTreeMap<Category, f64>,
    pub(super) flag: Option<Flag>,
    /// A severity that staff are asked to consider; it sets nothing by itself.
    pub(super) proposes: Option<Severity>,
    /// One of these must match.
    #[serde(default)]
    pub(super) any: Vec<String>,
    /// Each of these must match too.
    #[serde(default)]
    pub(super) all: Vec<String>,
    /// None of these may match.
    #[serde(default)]
    pub(super) unless: Vec<String>,
    /// Where `all` and `unless` look.
    #[serde(default)]
    pub(super) within: Within,
    #[serde(default = "own_words")]
    pub(super) fields: Vec<Field>,
    #[serde(default)]
    pub(super) from_aws: bool,
    /// Texts the rule must match.
    #[serde(default)]
    pub(super) examples: Vec<String>,
    /// Texts the rule must not match.
    #[serde(default)]
    pub(super) counterexamples: Vec<String>,
    /// For the people who edit the file.
    #[serde(default)]
    #[expect(dead_code, reason = "a place for staff to write; read by people only")]
    note: String,
}

/// How far apart the parts of a rule may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Within {
    /// In one sentence.
    #[default]
    Sentence,
    /// Anywhere in the fields of the rule.
    Mail,
}

fn own_words() -> Vec<Field> {
    vec![Field::Subject, Field::Written]
}

impl RulesFile {
    /// Reads the TOML and checks what can be checked without matching.
    pub(super) fn parse(toml: &str) -> Result<Self, RulesError> {
        let file: Self = toml::from_str(toml).map_err(|error| RulesError::Syntax(error.to_string()))?;
        if !(0.0..=1.0).contains(&file.threshold) {
            return Err(RulesError::File("`threshold` lies between 0 and 1".to_owned()));
        }
        if !(0.0..=1.0).contains(&file.learned_weight) {
            return Err(RulesError::File(
                "`learned_weight` lies between 0 and 1".to_owned(),
            ));
        }
        let mut ids = std::collections::BTreeSet::new();
        for rule in &file.rule {
            rule.check()?;
            if !ids.insert(&rule.id) {
                return Err(rule.error("there are two rules with this id"));
            }
        }
        Ok(file)
    }
}

impl RuleEntry {
    fn check(&self) -> Result<(), RulesError> {
        let problem = if self.any.is_empty() && !self.from_aws {
            "`any` needs at least one pattern"
        } else if self.scores.is_empty() && self.flag.is_none() && self.proposes.is_none() {
            "a rule needs `scores`, `flag` or `proposes`"
        } else if self.scores.contains_key(&Category::NeedsTriage) {
            "needs-triage cannot be scored; it is what remains below the threshold"
        } else if self
            .scores
            .values()
            .any(|points| !(-20.0..=20.0).contains(points))
        {
            "points lie between -20 and 20"
        } else if self.fields.is_empty() {
            "`fields` must not be empty"
        } else if self.examples.is_empty() && !self.from_aws {
            "a rule needs at least one example"
        } else {
            return Ok(());
        };
        Err(self.error(problem))
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> RulesError {
        RulesError::Rule {
            rule: self.id.clone(),
            problem: problem.into(),
        }
    }
}
