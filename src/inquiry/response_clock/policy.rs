//! Working hours and targets of the desks. Comes in: the configuration. Goes out: when a desk starts on
//! something, and which target applies.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, Utc};
use serde::Deserialize;

use super::spoken::spoken;
use crate::calendar::Calendar;
use crate::ticket::{Category, Desk, Language, Severity};

crate::slug_enum! {
    /// When a desk works.
    pub enum Hours {
        /// Around the clock, every day.
        Always = "always",
        /// Business days 09:00–17:00 JST.
        Business = "business",
    }
}

/// Working hours and targets, as configured.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResponsePolicy {
    /// Working hours of each desk; a desk that is not named keeps the default of SPEC §1.
    pub hours: BTreeMap<Desk, Hours>,
    /// Targets; the first that fits category and severity counts.
    pub targets: Vec<Target>,
    /// How long before the breach staff are reminded, in percent of the target.
    pub remind_at_percent: u8,
    /// Minutes after which an unanswered call goes to the next on-call line.
    pub next_line_minutes: u32,
}

/// A promise to answer within a time, for the tickets it fits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Only tickets of this category; all where absent.
    pub category: Option<Category>,
    /// Only tickets of this severity; all where absent.
    pub severity: Option<Severity>,
    /// Minutes of the desk's working time until the first answer.
    pub first_minutes: u32,
    /// Minutes of the desk's working time until every later answer.
    pub next_minutes: u32,
    /// Whether customers may be told; otherwise it only reminds staff.
    #[serde(default)]
    pub published: bool,
}

impl Default for ResponsePolicy {
    fn default() -> Self {
        Self {
            hours: BTreeMap::new(),
            targets: Vec::new(),
            remind_at_percent: 75,
            next_line_minutes: 30,
        }
    }
}

impl ResponsePolicy {
    /// What is wrong with it, in words that say what to write.
    pub fn problem(&self) -> Option<String> {
        let minutes = |target: &Target| target.first_minutes == 0 || target.next_minutes == 0;
        if self.targets.iter().any(minutes) {
            return Some("a target of 0 minutes is missed at once; leave the target out instead".to_owned());
        }
        if !(1..=99).contains(&self.remind_at_percent) {
            return Some("remind_at_percent must lie between 1 and 99".to_owned());
        }
        (self.next_line_minutes == 0).then(|| "next_line_minutes must not be 0".to_owned())
    }

    /// When that desk works.
    pub fn hours_of(&self, desk: Desk) -> Hours {
        self.hours.get(&desk).copied().unwrap_or(match desk {
            Desk::Technical | Desk::Contract => Hours::Always,
            Desk::Billing => Hours::Business,
        })
    }

    /// When that desk starts on something that came in at `at`.
    pub fn starts_at(&self, desk: Desk, at: DateTime<Utc>, calendar: &Calendar) -> Start {
        let hours = self.hours_of(desk);
        let starts = match hours {
            Hours::Always => crate::calendar::to_jst(at),
            Hours::Business => calendar.next_opening(at),
        };
        Start {
            hours,
            at: starts,
            at_once: starts.to_utc() <= at,
            forecast: hours == Hours::Business && calendar.is_forecast(starts.date_naive()),
        }
    }

    /// The target that applies, where one is configured.
    pub fn target(&self, category: Category, severity: Severity) -> Option<&Target> {
        self.targets.iter().find(|target| {
            target.category.is_none_or(|wanted| wanted == category)
                && target.severity.is_none_or(|wanted| wanted == severity)
        })
    }
}

/// When a desk starts, with what an acknowledgement needs to say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The desk's working hours.
    pub hours: Hours,
    /// The instant, on Japanese clocks.
    pub at: DateTime<FixedOffset>,
    /// The desk is at work already.
    pub at_once: bool,
    /// The date rests on holidays that are not announced yet.
    pub forecast: bool,
}

impl Start {
    /// The instant in words: `3月3日(月)午前9時`, `9:00 a.m. (JST) on Monday, March 3`.
    pub fn spoken(&self, language: Language) -> String {
        spoken(self.at, language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}+09:00")
            .parse::<DateTime<FixedOffset>>()
            .unwrap()
            .to_utc()
    }

    fn start(desk: Desk, text: &str) -> Start {
        ResponsePolicy::default().starts_at(desk, at(text), &Calendar::embedded())
    }

    #[test]
    fn the_acknowledgement_names_the_opening_after_the_weekend() {
        let start = start(Desk::Billing, "2025-02-28T17:00:00");
        assert_eq!(start.spoken(Language::Japanese), "3月3日(月)午前9時");
        assert_eq!(
            start.spoken(Language::English),
            "9:00 a.m. (JST) on Monday, March 3"
        );
        assert!(!start.at_once);
    }

    #[test]
    fn a_desk_that_always_works_starts_at_once() {
        let start = start(Desk::Technical, "2026-05-03T03:10:00");
        assert!(start.at_once);
        assert_eq!(start.spoken(Language::Japanese), "5月3日(日)午前3時10分");
    }

    #[test]
    fn the_hours_of_a_desk_are_a_setting() {
        let policy: ResponsePolicy = toml::from_str("[hours]\ncontract = \"business\"").unwrap();
        assert_eq!(policy.hours_of(Desk::Contract), Hours::Business);
        assert_eq!(policy.hours_of(Desk::Billing), Hours::Business);
    }
}
