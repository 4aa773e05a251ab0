//! Whether the examples of a rules file hold. Comes in: rules. Goes out: the examples that a rule should
//! match and does not, and the counterexamples it matches. A file with broken examples is not put in force.

use std::fmt;

use super::inquiry::Inquiry;
use super::rules::{Rule, Rules};
use super::rules_file::RulesError;

/// An example that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenExample {
    /// The rule it stands in.
    pub rule: String,
    /// Its text.
    pub text: String,
    /// Whether the rule should have matched.
    pub should_match: bool,
}

/// The result of checking a rules file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// How many rules there are.
    pub rules: usize,
    /// How many examples and counterexamples were tried.
    pub examples: usize,
    /// Those that do not hold.
    pub broken: Vec<BrokenExample>,
}

impl Rules {
    /// Tries every example of every rule.
    pub fn check(&self) -> CheckReport {
        let tried = self.entries.iter().flat_map(|rule| {
            let good = rule.examples.iter().map(move |text| (rule, text, true));
            good.chain(rule.counterexamples.iter().map(move |text| (rule, text, false)))
        });
        let tried: Vec<_> = tried.collect();
        let broken = tried
            .iter()
            .filter(|(rule, text, should_match)| self.matches(rule, text) != *should_match)
            .map(|(rule, text, should_match)| BrokenExample {
                rule: rule.id.clone(),
                text: (*text).clone(),
                should_match: *should_match,
            })
            .collect();
        CheckReport {
            rules: self.entries.len(),
            examples: tried.len(),
            broken,
        }
    }

    /// Reads a rules file and refuses it where an example does not hold; what a reload calls.
    pub fn parse_checked(toml: &str) -> Result<Self, RulesError> {
        let rules = Self::parse(toml)?;
        let report = rules.check();
        if report.broken.is_empty() {
            Ok(rules)
        } else {
            Err(RulesError::Examples(report.to_string()))
        }
    }

    /// Whether the rule matches a text that stands in the first of its fields.
    fn matches(&self, rule: &Rule, text: &str) -> bool {
        let mut inquiry = Inquiry {
            sender_is_aws: rule.from_aws,
            ..Inquiry::default()
        };
        match rule.fields.first() {
            Some(super::Field::Subject) if rule.fields.len() == 1 => inquiry.subject = text,
            Some(super::Field::Quoted) => inquiry.quoted = text,
            Some(super::Field::Subject | super::Field::Written) | None => inquiry.written = text,
        }
        self.classify(&inquiry)
            .evidence
            .iter()
            .any(|evidence| evidence.rule == rule.id)
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} rules, {} examples, {} broken",
            self.rules,
            self.examples,
            self.broken.len()
        )?;
        for broken in &self.broken {
            let what = if broken.should_match {
                "does not match its example"
            } else {
                "matches its counterexample"
            };
            writeln!(f, "rule `{}` {what}: {}", broken.rule, broken.text)?;
        }
        Ok(())
    }
}
